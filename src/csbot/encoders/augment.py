"""Typing as it happens: homophones, traditional characters, lost and swapped ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

COMMON = 3000
"""Characters that are given homophones: the most frequent ones of the training texts."""
PLAIN, TRADITIONAL, HOMOPHONE, LOST = 0.78, 0.83, 0.93, 0.97
"""Bounds of one draw in [0, 1): unchanged, traditional, homophone, a character lost, else two swapped."""


class Noise:
    """Changes about one text in five, as customers' keyboards do. ``texts`` tell which characters are common.

    The package ``pypinyin`` (extra ``train``) is needed.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        import opencc
        from pypinyin import lazy_pinyin

        self.traditional = opencc.OpenCC("s2t")
        counts = Counter(char for text in texts for char in text if "\u4e00" <= char <= "\u9fff")
        self.sound = {char: lazy_pinyin(char)[0] for char, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:COMMON]}
        self.homophones: dict[str, list[str]] = {}
        for char, sound in self.sound.items():
            self.homophones.setdefault(sound, []).append(char)

    def __call__(self, text: str, rng: random.Random) -> str:
        kind = rng.random()
        if kind < PLAIN or len(text) < 4:
            return text
        if kind < TRADITIONAL:
            return str(self.traditional.convert(text))
        chars = list(text)
        for _ in range(1 if len(text) < 10 else rng.randint(1, 2)):
            i = rng.randrange(len(chars))
            if kind < HOMOPHONE:
                chars[i] = rng.choice(self.homophones[self.sound[chars[i]]]) if chars[i] in self.sound else chars[i]
            elif kind < LOST:
                del chars[i]
            elif i + 1 < len(chars):
                chars[i], chars[i + 1] = chars[i + 1], chars[i]
        return "".join(chars)
