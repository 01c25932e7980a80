"""Masking of personal data in whatever is logged, traced or handed on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import NamedTuple

from csbot.models import Slot
from csbot.models.base import storable
from csbot.resources import load_yaml

_HALF_WIDTH = {
    code: code - 0xFEE0
    for span in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    for code in range(span[0], span[1] + 1)
}
"""Full-width digits and letters; everything else stays as it was typed."""
_UNSEEN = re.compile("[\u00ad\u200b\u200c\u2060\ufeff]|(?<=[!-~])\u200d|\u200d(?=[!-~])")
"""Characters without width, which would hide what they stand in; between emoji one of them joins these."""


class _Rule(NamedTuple):
    needs: re.Pattern[str]
    source: str
    shows: str | None


@cache
def _pattern(source: str) -> re.Pattern[str]:
    """Compiled when the first message needs it: all together take a twentieth of a second."""
    return re.compile(source, re.VERBOSE)


@cache
def _rules() -> tuple[_Rule, ...]:
    """The patterns of ``privacy.yaml`` in their order, parts put in their places."""
    data = load_yaml("csbot", "privacy.yaml")

    def whole(pattern: str) -> str:
        longer = re.sub(r"(?<!\?P)<(\w+)>", lambda name: data["parts"][name.group(1)], pattern)
        return pattern if longer == pattern else whole(longer)

    return tuple(
        _Rule(re.compile(whole(rule.get("needs", ""))), whole(rule["pattern"]), rule.get("shows")) for rule in data["patterns"]
    )


def mask(text: str, names: Iterable[str] = ()) -> str:
    """``text`` with phones, ids, cards, addresses, e-mails and the given names covered; days, times, prices and models stay.

    Digits and letters come out in half width, and characters without width not at all, and half characters as
    question marks, so that all of it can be written. What is masked already stays as it is.

    >>> mask("我叫林晓燕，13800000001，单号QH202611030012", names=["林晓燕"])
    '我叫林**，138****0001，单号QH20******12'
    >>> mask("2026-11-03 请发到我邮箱lin@example.com，或文三路478号3幢501室，一共12800元")
    '2026-11-03 请发到我邮箱l***@***，或***，一共12800元'
    """
    stash = _Stash()
    text = _UNSEEN.sub("", storable(text).translate(_HALF_WIDTH))
    text = _PRIVATE.sub(lambda match: stash.put(match.group()), text)
    for needs, source, shows in _rules():
        if needs.search(text):
            text = _pattern(source).sub(partial(_cover, stash, shows), text)
    for name in names:
        if len(name) >= 2:
            text = text.replace(name, name[0] + "*" * (len(name) - 1))
    return stash.restore(text)


_PRIVATE = re.compile("[\U000f0000-\U0010ffff]")
_STASHED = re.compile("[\U00100000-\U0010ffff]?[\U000f0000-\U000fffff]")
_PLANE = 0x10000


class _Stash:
    """Takes pieces out of a text, so that no later pattern reads into them or across them.

    A piece is stood for by a code point of plane 15, which has no characters; beyond the first 65,536 pieces one of plane 16,
    which has none either, stands before it.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def put(self, piece: str) -> str:
        high, low = divmod(len(self._pieces), _PLANE)
        self._pieces.append(piece)
        return (chr(0x100000 + high - 1) if high else "") + chr(0xF0000 + low)

    def restore(self, text: str) -> str:
        return _STASHED.sub(lambda match: self._pieces[_number(match.group())], text)


def _number(stood_for: str) -> int:
    high = ord(stood_for[0]) - 0x100000 + 1 if len(stood_for) > 1 else 0
    return high * _PLANE + ord(stood_for[-1]) - 0xF0000


def _cover(stash: _Stash, shows: str | None, match: re.Match[str]) -> str:
    if shows is None:
        return stash.put(stash.restore(match.group()))
    before = match.groupdict().get("before") or ""
    return before + stash.put(re.sub(r"\\(\d)", lambda group: re.sub(r"\W", "", match.group(int(group.group(1))) or ""), shows))


def mask_value(name: str, value: str, names: Iterable[str] = ()) -> str:
    """A slot's value, covered as its kind asks for; a day is nothing personal. An order id is covered however short it is.

    >>> mask_value("name", "林晓燕"), mask_value("date", "2026-11-25"), mask_value("order_id", "12300")
    ('林**', '2026-11-25', '1***0')
    """
    if name == "name":
        return value[:1] + "*" * (len(value) - 1)
    masked = mask(value, names)
    return f"{value[:1]}***{value[-1:]}" if name == "order_id" and masked == value and "*" not in value else masked


def mask_spans(text: str, slots: Sequence[Slot], names: Iterable[str] = ()) -> str:
    """`mask`, after covering the slots found in ``text`` by their spans: they are known however oddly they are written."""
    for slot in sorted(slots, key=lambda slot: slot.span, reverse=True):
        if slot.name != "date":
            start, end = slot.span
            text = text[:start] + mask_value(slot.name, slot.value) + text[end:]
    return mask(text, names)
