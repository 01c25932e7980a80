"""Which slot of a task a value in a message belongs to, by the name that the customer gives it. Data: ``data/naming.yaml``."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from csbot.dialogue.tasks import CONFIRM, Task, TaskSlot
from csbot.models import Slot
from csbot.resources import load_yaml
from csbot.text import normalise


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", "naming.yaml")


def value_after_name(slot: TaskSlot, text: str, others: tuple[Slot, ...] = ()) -> str | None:
    """What stands after one of the slot's names: 「地址是…」「地址改成…」, up to the value of another slot.

    :param others: values of other kinds found in the message.
    """
    names = "|".join(map(re.escape, slot.names))
    match = re.search(_data()["given"].replace("{name}", names), text)
    if match is None:
        return None
    start, end = match.span("value")
    end = min([end, *(other.span[0] for other in others if start < other.span[0] < end)])
    return text[start:end].strip()


def is_bare_number(entity: Slot, text: str) -> bool:
    """Whether what was read as a day is no more than a number: 14号, which may be a house."""
    return bool(re.search(_data()["bare_number"], text[slice(*entity.span)].strip()))


def owner_of(entity: Slot, task: Task, text: str) -> TaskSlot | None:
    """The slot named right before a bare number that was read as a day: the address in 「地址写错了 是14号」."""
    ahead = text[max(0, entity.span[0] - _data()["near"]) : entity.span[0]]
    named = [(ahead.rfind(name) + len(name), slot) for slot in task.slots for name in slot.names if name in ahead]
    return max(named, key=lambda pair: pair[0])[1] if named else None


def with_part_replaced(value: str, part: str) -> str | None:
    """A value with the part of the same unit replaced; None where that is not clear.

    >>> with_part_replaced("文一路8号", "14号"), with_part_replaced("文一路8号3栋", "5栋"), with_part_replaced("李家村", "14号")
    ('文一路14号', '文一路8号5栋', None)
    """
    match = re.search(_data()["part"], part)
    if match is None:
        return None
    same_unit = re.compile(rf"[\d一二三四五六七八九十]+{re.escape(match['unit'])}")
    return same_unit.sub(part, value) if len(same_unit.findall(value)) == 1 else None


def is_all_of_it(word: str, form: str) -> bool:
    """Whether a message in normal form is this word and what leads up to it: 「应该是衣柜」."""
    return bool(re.search(_data()["choice_lead"] + re.escape(word) + _data()["choice_tail"], form))


def puts_right(word: str, form: str) -> bool:
    """Whether what leads up to this word in a message says that the value before was wrong: 「说错了,是门锁」「其实是衣柜」."""
    return re.search(_data()["wrong"], form.partition(word)[0]) is not None


def without_names(slot: TaskSlot, value: str) -> str:
    """A value without the slot's own name before it: 「地址 文一路8号」, 「我家在文一路8号」."""
    names = "|".join(map(re.escape, slot.names))
    return re.sub(_data()["named"].replace("{name}", names), "", value)


def day_as_said(text: str, span: tuple[int, int]) -> str:
    """A day in the customer's words, with what makes it a span of time: 「后天下午三点以后」."""
    start, end = span
    behind = re.match(_data()["span"], text[end:])
    return text[start : end + (behind.end() if behind else 0)]


def is_time_alone(text: str) -> bool:
    """Whether a message tells when, and nothing else: 「周六下午」「尽快来」."""
    return re.search(_data()["time_alone"], normalise(text)) is not None


def part_put_right(task: Task, known: dict[str, str], asked: str | None, text: str) -> dict[str, str]:
    """Known texts of which a message puts one number right, by slot: 「是603不是602」「1幢错了，是2幢」「门牌应该是605」.

    The number denied stands once in what is known; where none is denied, the slot is named, and its last number is meant.
    """
    if asked != CONFIRM or not (match := re.search(_data()["number_put_right"], normalise(text))):
        return {}
    old, new = match["old"] or match["older"], match["new"] or match["newer"] or match["newest"]
    texts = [slot for slot in task.slots if slot.kind == "text" and slot.name in known]
    if old:
        number = re.compile(rf"(?<!\d){old}(?!\d)")
        holding = [slot for slot in texts if len(number.findall(known[slot.name])) == 1]
        return {holding[0].name: number.sub(new, known[holding[0].name])} if len(holding) == 1 else {}
    named = next((slot for slot in texts if any(name in text for name in slot.names)), None)
    numbers = list(re.finditer(r"\d+", known[named.name])) if named else []
    if named is None or not numbers:
        return {}
    start, end = numbers[-1].span()
    return {named.name: known[named.name][:start] + new + known[named.name][end:]}
