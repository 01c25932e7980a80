"""Which slot of a task a value in a message belongs to, by the name that the customer gives it. Data: ``data/naming.yaml``."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from csbot.dialogue.tasks import Task, TaskSlot
from csbot.models import Slot
from csbot.resources import load_yaml


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
