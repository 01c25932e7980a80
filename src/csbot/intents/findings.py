"""What was found in one message so far, and the words and labels that tell which value is which."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from csbot.intents.folding import Folded
from csbot.models import Slot
from csbot.resources import load_yaml

NEAR = 24
"""Characters beside a value that may say what it is: as far as a label with a few words between goes. Rules look no further,
so that reading takes time in proportion to the message's length."""


def before(text: str, place: int) -> str:
    """What stands just before ``place``."""
    return text[max(0, place - NEAR) : place]


def after(text: str, place: int) -> str:
    """What stands just behind ``place``."""
    return text[place : place + NEAR]


_TAKEN = "\ufffc"
"""Stands where a value was taken: no space, so that nothing is read across it."""


class Found(NamedTuple):
    """A value at [``start``, ``end``) of the folded message."""

    name: str
    value: str
    start: int
    end: int


class Findings:
    """Values of one message. What has been taken is blank in ``text``, so that it isn't read twice.

    :ivar asked: the slot just asked for. :ivar text: the folded text with blanks.
    """

    def __init__(self, folded: Folded, asked: str | None) -> None:
        self.folded = folded
        self.asked = asked
        self.text = folded.text
        self.found: list[Found] = []

    def take(self, name: str, value: str, start: int, end: int) -> None:
        self.found.append(Found(name, value, start, end))
        self.blank(start, end)

    def blank(self, start: int, end: int) -> None:
        self.text = self.text[:start] + _TAKEN * (end - start) + self.text[end:]

    def has(self, *names: str) -> bool:
        return any(found.name in names for found in self.found)

    def slot(self, found: Found) -> Slot:
        return Slot(name=found.name, value=found.value, span=self.folded.span(found.start, found.end))


@cache
def words() -> dict[str, Any]:
    """``data/slots.yaml``, not to be changed."""
    return load_yaml("csbot.intents.data", "slots.yaml")


@cache
def pattern(room: str, name: str) -> re.Pattern[str]:
    """One of its regular expressions, compiled; line breaks in the file are no part of it."""
    source = words()[room][name] if room else words()[name]
    return re.compile("".join(source.split()), re.IGNORECASE)


@cache
def _labels() -> re.Pattern[str]:
    kinds = "|".join(f"(?P<{kind}>{''.join(source.split())})" for kind, source in words()["labels"].items())
    return re.compile(rf"(?:{kinds}){words()['between']}", re.IGNORECASE)


def label_before(text: str, place: int) -> str | None:
    """What the number at ``place`` is called: ``phone``, ``order_id``, ``card``, ``other``, or None.

    >>> label_before("订单手机号是138", 6), label_before("手机订单：2026", 5), label_before("验证码收不到，2026", 7)
    ('phone', 'order_id', None)
    """
    kind = None
    for match in _labels().finditer(before(text, place)):
        kind = match.lastgroup
    return kind
