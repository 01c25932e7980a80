"""What one message gives for the slots of a task. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from csbot.dialogue.tasks import CONFIRM, SAID, Task, TaskSlot
from csbot.intents.answers import says, without_lead
from csbot.intents.slots import is_attempt
from csbot.intents.understand import find_choice, without_slots
from csbot.models import Slot, Understanding
from csbot.text import normalise

LONGEST_TEXT = 200
"""Characters of a free text that are kept: an address or an account of a fault needs no more."""


@dataclass(frozen=True)
class Filled:
    """:ivar values: what was given, by slot. :ivar invalid: slot for which something was given that can't be right."""

    values: dict[str, str] = field(default_factory=dict)
    invalid: str | None = None


def fill(task: Task, known: dict[str, str], asked: str | None, message: Understanding, *, whole: bool = True) -> Filled:
    """Values for the task's slots.

    Phones, ids, names and dates are taken wherever they stand; choices and texts that can be found unasked only where they are
    not known yet, were asked for, or are being corrected.

    :param known: slots filled before. :param asked: slot asked for. :param whole: the message may be an answer in free text.
    """
    values: dict[str, str] = {}
    taken: list[Slot] = []
    correcting = asked == CONFIRM and says("corrects", message.normalised)
    waiting = task.slot(asked) if asked else None
    for slot in sorted(task.slots, key=lambda slot: (slot.name != asked, slot.name in known)):
        if slot.kind == "choice":
            open_ = slot.name not in known or slot.name == asked or correcting
            value = _chosen(slot, message.normalised, numbered=slot.name == asked) if open_ else _labelled(slot, message.text)
            value = value and _chosen(slot, normalise(value), numbered=False)
        elif slot.kind == "text":
            value = _labelled(slot, message.text)
            if not value and slot.find and (slot.name not in known or correcting) and slot.name != asked:
                value = _found(slot.find, message.text)
        else:
            entity = next(
                (s for s in message.slots if s.name == slot.kind and s not in taken and _meant(s, slot, waiting, message)), None
            )
            value = entity.value if entity else None
            if entity:
                taken.append(entity)
                if slot.kind == "date":
                    values[slot.name + SAID] = message.text[slice(*entity.span)]
        if value and slot.accepts(value):
            values[slot.name] = value
    invalid = None
    if waiting and waiting.name not in values:
        if waiting.kind == "text":
            value = _whole(message.text, taken) if whole else ""
            if waiting.accepts(value):
                values[waiting.name] = value
            elif value and not values:
                invalid = waiting.name
        elif _attempted(waiting, message):
            invalid = waiting.name
    return Filled(values, invalid)


def taken_back(task: Task, known: dict[str, str], asked: str | None, message: Understanding) -> list[str]:
    """Known slots that the message calls wrong, by title (「地址不对」) or kind (「那个号错了」), in the task's order.

    A bare 「不对」 takes back what was given last; where all has been read back, it may be any of it, and is none.
    """
    denies = says("denies", message.normalised)
    wrong = denies or says("corrects", message.normalised)
    gone = {slot.name for slot in task.slots if wrong and slot.title in message.normalised}
    if not (denies and asked == CONFIRM):
        latest = {task.kind_of(name): name for name in known}  # of several of a kind, the one given last
        gone |= {latest[kind] for kind in message.withdrawn if kind in latest}
    return [slot.name for slot in task.slots if slot.name in gone and slot.name in known]


def _meant(entity: Slot, slot: TaskSlot, waiting: TaskSlot | None, message: Understanding) -> bool:
    """A date in an account of what happened is not the date that the task wants, unless that is what was asked for."""
    if slot.kind != "date" or (waiting and waiting.name == slot.name):
        return True
    return not (waiting and waiting.kind == "text") and not says("past", normalise(message.text[slice(*entity.span)]))


def _chosen(slot: TaskSlot, form: str, *, numbered: bool) -> str | None:
    """The choice named in a message in normal form, the longest of its words deciding; or picked by its number."""
    if numbered and (place := find_choice(form, list(slot.choices))) is not None:
        return list(slot.choices)[place]
    words = [(normalise(word), value) for value, others in slot.choices.items() for word in (value, *others)]
    held = [(len(word), value) for word, value in words if word in form]
    return max(held, key=lambda pair: pair[0])[1] if held else None


def _labelled(slot: TaskSlot, text: str) -> str | None:
    """What stands after the slot's title: 「地址是…」「地址改成…」."""
    match = re.search(
        rf"{re.escape(slot.title)}(?:[写填]?错了|不对)?[,，\s]*(?:应该)?(?:是|为|:|：|改成|改为|换成)+\s*([^,，。;；!！\n]+)",
        text,
    )
    return match.group(1).strip() if match else None


def _found(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text)
    return without_lead(match.group()) if match else None


def _whole(text: str, taken: Iterable[Slot]) -> str:
    """The message without the values that other slots took from it."""
    return without_lead(without_slots(text, list(taken)).strip(" ,，。;；、\n"))[:LONGEST_TEXT].strip()


def _attempted(slot: TaskSlot, message: Understanding) -> bool:
    if slot.kind == "phone" and any(found.name == "phone_last4" for found in message.slots):
        return True
    return is_attempt(message.text, slot.kind)
