"""The form of a message in which slots are looked for, with the way back to what the customer typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from csbot.text import INVISIBLE, simplify

NUMERALS = dict(zip("零〇洞一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖拐勾", "0001234567891212345678979", strict=True))
"""Numerals as they are said one by one in numbers; 洞 拐 勾 as on the wireless, where 七 and 一 sound alike."""

_SPOKEN = re.compile(rf"[{''.join(NUMERALS)}\d]+(?:[\s-]{{1,2}}[{''.join(NUMERALS)}\d]+)*")
_AS_DIGITS = str.maketrans(NUMERALS)
_LEAST_SPOKEN = 3
_KEYCAP = "\u20e3"
"""The frame around the digit of an emoji (1️⃣)."""

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_PLAIN = re.compile(r"[ -~\u4e00-\u9fff。、]*")


@dataclass(frozen=True)
class Folded:
    """A message in half width, without invisible characters.

    :ivar typed: its characters otherwise as typed. :ivar text: the same length, in simplified characters, with the digits of
        every script and spoken numerals (幺三八 …) as ASCII digits.
    :ivar places: for each of their characters its place in the original.
    """

    typed: str
    text: str
    places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) of the original for [start, end) of the folded form; ``start`` < ``end``."""
        return self.places[start], self.places[end - 1] + 1


@lru_cache(maxsize=64)  # slots, signals and numbers are all looked for in a message's folded form
def fold(text: str) -> Folded:
    """Fold a message.

    >>> fold("手機：１３８零零零").text
    '手机:138000'
    """
    half = text.translate(_HALF_WIDTH)
    if _PLAIN.fullmatch(half):
        return Folded(half, _SPOKEN.sub(_digits, simplify(half)), range(len(text)))
    typed: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if " " <= char <= "~" or "\u4e00" <= char <= "\u9fff":
            typed.append(char)
            places.append(place)
        elif char != _KEYCAP and not INVISIBLE.match(char):
            plain = _plain(char)
            typed.append(plain)
            places.extend([place] * len(plain))
    half = "".join(typed)
    return Folded(half, _SPOKEN.sub(_digits, simplify(half)), tuple(places))


def _plain(char: str) -> str:
    """A character in half width. ⑩ is 10 and № is No; what stands for a mixture (½, ㏠, ㍿) is a space: no value
    may end inside it."""
    parts = "".join(str(unicodedata.decimal(part, part)) for part in unicodedata.normalize("NFKC", char))
    if len(parts) == 1:
        return " " if unicodedata.category(parts).startswith("C") else parts
    return parts if parts.isascii() and (parts.isdigit() or parts.isalpha()) else " "


def _digits(spoken: re.Match[str]) -> str:
    """A run of numerals as digits, unless too few of them are there to be a number said digit by digit (两个, 三三 …)."""
    run = spoken.group()
    return run.translate(_AS_DIGITS) if sum(char in NUMERALS for char in run) >= _LEAST_SPOKEN else run


_UNITS = {"十": 10, "百": 100}


def number(text: str) -> int | None:
    """A whole number below 1000 in digits or in words, None where ``text`` is none.

    >>> number("25"), number("二十五"), number("十"), number("廿三"), number("零五"), number("一百二十"), number("十十")
    (25, 25, 10, 23, 5, 120, None)
    """
    if text.isascii():
        return int(text) if text.isdigit() else None
    text = text.replace("廿", "二十").replace("卅", "三十")
    total, digit, unit = 0, None, 1000
    for char in text:
        if char in _UNITS:
            if _UNITS[char] >= unit or digit == 0:
                return None
            unit = _UNITS[char]
            total, digit = total + (1 if digit is None else digit) * unit, None
        elif char in NUMERALS and not digit:
            digit = int(NUMERALS[char])
        else:
            return None
    return total + (digit or 0) if text else None
