"""Which of many patterns can match a message at all: each needs one of a few characters, and one of a few others.

Hundreds of patterns tell how customers speak, and a message has a dozen characters. The others are neither tried nor compiled.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cache
from typing import Generic, TypeVar

Label = TypeVar("Label", bound=Hashable)
Branch = list[str]
"""An expression, and twice the characters of which each of its matches has at least one, the rarer first; none where that
can't be told."""

_UNKNOWN: frozenset[str] = frozenset()
_WIDEST_RANGE = 64
_COMMON, _COMMON_COST = frozenset("的了我你们是不没有在人要给吗呢吧这那个一么什怎来到上下就都还也说,.!? "), 20
"""Characters of nearly every message tell little: one of them is needed only where nothing rarer is."""
_QUANTIFIER = re.compile(r"[?*+]\??|\{(\d*)(?:,\d*)?\}\??")
_GROUP = re.compile(r"\((?:\?(?:(:)|<?[=!]))?")
_LITERAL_ESCAPES = frozenset(r"\.^$*+?{}[]|()-/&~#")


@cache
def compiled(source: str) -> re.Pattern[str]:
    """Compiled at first use and kept."""
    return re.compile(source)


class Alternatives(Generic[Label]):
    """Regular expressions, any of which will do, each with a label.

    :param labelled: what `split` gives for each expression, with its label.
    """

    def __init__(self, labelled: Iterable[tuple[Label, Sequence[Branch]]]) -> None:
        self._parts: list[tuple[Label, str, frozenset[str]]] = []
        self._by_char: dict[str, list[int]] = {}
        self._always: list[int] = []
        for label, (branch, needed, also) in ((label, branch) for label, branches in labelled for branch in branches):
            for places in [self._by_char.setdefault(char, []) for char in needed] or [self._always]:
                places.append(len(self._parts))
            self._parts.append((label, branch, frozenset(also)))

    def possible(self, text: str) -> list[tuple[Label, re.Pattern[str]]]:
        """Those that may match ``text``, in their order."""
        places, chars = set(self._always), set(text)
        for char in chars & self._by_char.keys():
            places.update(self._by_char[char])
        likely = map(self._parts.__getitem__, sorted(places))
        return [(label, compiled(source)) for label, source, also in likely if not also or not also.isdisjoint(chars)]

    def matches(self, text: str) -> list[tuple[Label, list[re.Match[str]]]]:
        """By label in their order, the matches from left to right; where two begin, the earlier expression's is first."""
        found: dict[Label, list[re.Match[str]]] = {}
        for label, one in self.possible(text):
            if hits := list(one.finditer(text)):
                found.setdefault(label, []).extend(hits)
        return [(label, sorted(hits, key=lambda match: match.start())) for label, hits in found.items()]

    def found_in(self, text: str) -> bool:
        return any(one.search(text) for _, one in self.possible(text))

    def found_at(self, text: str, place: int) -> bool:
        """Whether one matches from ``place`` on."""
        return any(one.match(text, place) for _, one in self.possible(text))

    def blanked(self, text: str) -> str:
        """``text`` with commas over whatever matches: of the same length, and the clause ends there."""
        for _, one in self.possible(text):
            text = one.sub(lambda match: "," * len(match.group()), text)
        return text


def split(sources: Sequence[str]) -> list[list[Branch]]:
    """The top-level alternatives of each expression, with what they need.

    >>> split(["我(转|找)工?|电话"])
    [[['我(转|找)工?', '找转', '我'], ['电话', '电', '话']]]
    """
    return [list(_branches(source)) for source in sources]


def _branches(source: str) -> Iterator[Branch]:
    """Each top-level alternative, and what it needs."""
    place = 0
    while place <= len(source):
        end, needed = _sequence(source, place)
        first, second = (*needed, _UNKNOWN, _UNKNOWN)[:2]
        yield [source[place:end], "".join(sorted(first)), "".join(sorted(second))]
        place = end + 1


def _alternation(source: str, place: int) -> tuple[int, frozenset[str]]:
    """From behind a bracket to behind its closing one."""
    sets = []
    while True:
        place, needed = _sequence(source, place)
        sets.append(needed[0] if needed else _UNKNOWN)
        place += 1
        if source[place - 1] == ")":
            return place, frozenset().union(*sets) if all(sets) else _UNKNOWN


def _sequence(source: str, place: int) -> tuple[int, list[frozenset[str]]]:
    """To the next ``|`` or ``)`` of this level; the sets that its items need, the rarest first."""
    sets = []
    while place < len(source) and source[place] not in "|)":
        place, found = _item(source, place)
        if quantifier := _QUANTIFIER.match(source, place):
            place = quantifier.end()
            if quantifier.group()[0] in "?*" or (quantifier.group(1) is not None and not int(quantifier.group(1) or 0)):
                continue
        if found:
            sets.append(found)
    return place, sorted(sets, key=_cost)


def _cost(chars: frozenset[str]) -> int:
    return len(chars) + _COMMON_COST * len(chars & _COMMON)


def _item(source: str, place: int) -> tuple[int, frozenset[str]]:
    char = source[place]
    if char == "(":
        group = _GROUP.match(source, place)
        assert group is not None
        end, found = _alternation(source, group.end())
        return end, found if group.group() in ("(", "(?:") else _UNKNOWN
    if char == "[":
        return _class(source, place)
    if char == "\\":
        escaped = source[place + 1]
        return place + 2, frozenset(escaped) if escaped in _LITERAL_ESCAPES else _UNKNOWN
    return place + 1, _UNKNOWN if char in ".^$" else frozenset(char)


def _class(source: str, place: int) -> tuple[int, frozenset[str]]:
    end = place + 2 if source[place + 1] == "^" else place + 1
    first, chars, known = end, set(), end == place + 1
    while source[end] != "]" or end == first:
        if source[end] == "\\":
            known, end = known and source[end + 1] in _LITERAL_ESCAPES, end + 1
            chars.add(source[end])
        elif source[end] == "-" and end > first and source[end + 1] != "]":
            span = range(ord(source[end - 1]), ord(source[end + 1]))
            known = known and len(span) <= _WIDEST_RANGE
            chars.update(map(chr, span if known else ()))
        else:
            chars.add(source[end])
        end += 1
    return end + 1, frozenset(chars) if known else _UNKNOWN
