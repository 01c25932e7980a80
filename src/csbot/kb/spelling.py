"""Words typed by ear: an input method offers 绞练 for 铰链, and the customer takes it.

A noisy channel (Kernighan, Church & Gale 1990) over the knowledge base's own words: the most likely way to read some hanzi as
words, where a word of the knowledge base may stand behind others that sound the same. Words it doesn't have are never put in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from csbot.resources import load_lines
from csbot.text import Tokeniser

CHANGED, ACCENT = 6.0, 3.0
"""What a character costs that was typed for another of the same sound, and on top of that, of a sound that only some accents
tell apart (zh and z, in and ing); natural logs. With these, of 30 misspelt questions in data/ 27 are found instead of 21; of
2,400 questions of the held-back trades 2.4 % are changed as typed, at no loss of top-1, and with one homophone put into each,
top-1 rises by 0.9 points, with two by 1.7 (the encoder is used to them). At 9 hardly a word is mended, at 5 plain text is."""
OWN_SHARE = 0.3
"""How much of what customers say is in the words of the knowledge base, over what any text would hold of them."""
FEW = 300
"""Words that a knowledge base counts as having on top of its own: three FAQs don't tell what customers talk of."""
LONGEST_MENDED, LONGEST = 4, 6
"""Characters of a word that is put in, and of one that is looked for as typed."""

_RUN = re.compile(r"[\u4e00-\u9fff]{2,}")
_ACCENTS = re.compile(r"^([zcs])h|(?<=[aei]n)g$")


class Spelling:
    """Puts words of a knowledge base in place of what only sounds like them.

    :param counts: its words, with the number of texts that have them. :param tokeniser: tells how common a word is anywhere.
    """

    def __init__(self, counts: Mapping[str, int], tokeniser: Tokeniser) -> None:
        whole = sum(counts.values()) + FEW
        self._own = {word: math.log(OWN_SHARE * count / whole) for word, count in counts.items()}
        self._tokeniser = tokeniser
        self._alike: dict[tuple[str, ...], list[str]] = {}
        for word in counts:
            if 2 <= len(word) <= LONGEST_MENDED and _RUN.fullmatch(word):
                self._alike.setdefault(_heard(word), []).append(word)
        self._begun = {heard[:2] for heard in self._alike}

    def mended(self, text: str) -> str:
        """``text`` (normal form) with such words put in; every other character, and the length, as they were."""
        return _RUN.sub(lambda run: self._read(run.group()), text)

    def _read(self, run: str) -> str:
        """The most likely reading of some hanzi (Viterbi)."""
        heard = _heard(run)
        if not self._may_differ(run, heard):
            return run
        best: list[tuple[float, str]] = [(0.0, "")] + [(-math.inf, "")] * len(run)
        for start in range(len(run)):
            so_far, read = best[start]
            for end in range(start + 1, min(len(run), start + LONGEST) + 1):
                for cost, word in self._readings(run[start:end], heard[start:end]):
                    if so_far + cost > best[end][0]:
                        best[end] = (so_far + cost, read + word)
        return best[-1][1]

    def _may_differ(self, run: str, heard: tuple[str, ...]) -> bool:
        """Whether any part of it is likelier as a word that sounds like it: if none is by itself, none is in the whole."""
        for start, pair in enumerate(pairwise(heard)):
            if pair in self._begun:
                for end in range(start + 2, min(len(run), start + LONGEST_MENDED) + 1):
                    if self._gains(run[start:end], heard[start:end]):
                        return True
        return False

    def _gains(self, typed: str, heard: tuple[str, ...]) -> bool:
        instead = [cost for cost, _ in self._instead(typed, heard)]
        if not instead:
            return False
        as_typed = sum(map(self._likely, typed))
        return max(instead) > (max(as_typed, self._likely(typed)) if self._is_word(typed) else as_typed)

    def _is_word(self, typed: str) -> bool:
        return typed in self._own or self._tokeniser.count(typed) > 0

    def _readings(self, typed: str, heard: tuple[str, ...]) -> Iterator[tuple[float, str]]:
        if len(typed) == 1 or self._is_word(typed):
            yield self._likely(typed), typed
        yield from self._instead(typed, heard)

    def _instead(self, typed: str, heard: tuple[str, ...]) -> Iterator[tuple[float, str]]:
        for word in self._alike.get(heard, ()):
            if word != typed:
                changed = [(a, b) for a, b in zip(word, typed, strict=True) if a != b]
                accents = sum(_sounds().get(a) != _sounds().get(b) for a, b in changed)
                yield self._likely(word) - CHANGED * len(changed) - ACCENT * accents, word

    def _likely(self, word: str) -> float:
        """Natural log of how often a word is said, by customers here or by anybody; one that nobody knows counts once."""
        return max(self._own.get(word, -math.inf), self._tokeniser.log_share(max(self._tokeniser.count(word), 1)))


def _heard(text: str) -> tuple[str, ...]:
    """The syllable of each character, those alike that some accents don't tell apart; a character without one is its own."""
    plain = _plain_sounds()
    return tuple(plain.get(char, char) for char in text)


@cache
def _plain_sounds() -> dict[str, str]:
    return {char: _ACCENTS.sub(lambda found: found.group(1) or "", syllable) for char, syllable in _sounds().items()}


@cache
def _sounds() -> dict[str, str]:
    """The syllable of each character, without its tone; of several readings the most common one."""
    rows = (line.split(" ") for line in load_lines("csbot.kb", "syllables.txt"))
    return {char: syllable for syllable, chars in rows for char in chars}
