"""What one message gives for the slots of a task. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from csbot.dialogue.naming import (
    day_as_said,
    is_all_of_it,
    is_bare_number,
    is_time_alone,
    owner_of,
    part_put_right,
    puts_right,
    value_after_name,
    with_part_replaced,
    without_names,
)
from csbot.dialogue.tasks import CONFIRM, SAID, Task, TaskSlot
from csbot.intents.answers import says, without_lead
from csbot.intents.choice import find_choice
from csbot.intents.findings import pattern
from csbot.intents.matters import without_slots
from csbot.intents.slots import is_attempt
from csbot.intents.task_answers import tells
from csbot.models import Slot, Understanding
from csbot.text import normalise

LONGEST_TEXT = 200
"""Characters of a free text that are kept: an address or an account of a fault needs no more."""

_CLAUSE = re.compile(r"[,，。;；!！\s]")
_AROUND = " ,，。;；、\n"


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
    waiting = task.slot(asked) if asked else None
    parts, put_right = _parts(task, known, message), part_put_right(task, known, asked, message.text)
    for slot in sorted(task.slots, key=lambda slot: (slot.name != asked, slot.name in known)):
        if slot.kind == "choice":
            value = _choice(task, slot, known, asked, message)
        elif slot.kind == "text":
            value = put_right.get(slot.name) or value_after_name(slot, message.text, message.slots) or parts.get(slot.name)
            open_ = slot.name not in known or _corrected(task, slot, asked, message)
            if not value and slot.find and open_ and slot.name != asked:
                value = found_in(slot, message.text)
            if value and not slot.accepts(value):
                value = with_part_replaced(known.get(slot.name, ""), value)
        else:
            fitting = (s for s in message.slots if s.name == slot.kind and s not in taken)
            entity = next((s for s in fitting if _meant(s, slot, waiting, message, parts)), None)
            value = entity.value if entity else None
            if entity:
                taken.append(entity)
                if slot.kind == "date":
                    values[slot.name + SAID] = day_as_said(message.text, entity.span)
        if value and slot.accepts(value):
            values[slot.name] = value
    invalid = None
    mended = {slot.name for slot in task.slots if slot.kind == "choice" and slot.name in known}
    if waiting and waiting.name not in values:
        if waiting.kind == "text":
            value = _whole(task, waiting, message, taken) if whole and not values.keys() & mended else ""
            value = "" if _is_choice(task, value) else value
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
    wrong = denies or says("corrects", message.normalised) or tells("changes", message.normalised)
    gone = {slot.name for slot in task.slots if wrong and any(name in message.normalised for name in slot.names)}
    if not (denies and asked == CONFIRM):
        latest = {task.kind_of(name): name for name in known}  # of several of a kind, the one given last
        gone |= {latest[kind] for kind in message.withdrawn if kind in latest}
    gone |= {slot.name for slot in task.slots if slot.kind == "date" and _is_ruled_out(known.get(slot.name, ""), message)}
    return [slot.name for slot in task.slots if slot.name in gone and slot.name in known]


def _is_ruled_out(day: str, message: Understanding) -> bool:
    """Whether the message says that this day will not do: 「周六没空」."""
    named = any(entity.name == "date" and entity.value[:10] == day[:10] for entity in message.slots)
    return named and tells("not_then", message.normalised) and not asks_something(message)


def asks_something(message: Understanding) -> bool:
    """Whether the message is clearly a question, be there an FAQ for it or not; 「不知道是哪天坏的」 is none."""
    form = message.normalised
    return (tells("queries", form) and not says("knows_not", form)) or message.text.rstrip().endswith(("?", "？"))


def _corrected(task: Task, slot: TaskSlot, asked: str | None, message: Understanding) -> bool:
    """Whether a value of this slot in the message takes the place of the one read back: what the customer names wins."""
    form = message.normalised
    named = [other.name for other in task.slots if any(name in form for name in other.names)]
    return asked == CONFIRM and says("corrects", form) and (not named or slot.name in named)


def _parts(task: Task, known: dict[str, str], message: Understanding) -> dict[str, str]:
    """Bare numbers read as days that are parts of another slot's value, by that slot: it is named, or its number denied."""
    found = {}
    denied = [message.text[slice(*one.span)] for one in message.denied]
    holding = [slot for slot in task.slots if slot.kind == "text" and any(part in known.get(slot.name, "") for part in denied)]
    for entity in message.slots:
        if entity.name == "date" and is_bare_number(entity, message.text):
            owner = owner_of(entity, task, message.text) or next(iter(holding), None)
            if owner and owner.kind != "date":
                found[owner.name] = message.text[slice(*entity.span)]
    return found


def _meant(entity: Slot, slot: TaskSlot, waiting: TaskSlot | None, message: Understanding, parts: dict[str, str]) -> bool:
    """Whether a value is for this slot. Of dates, many aren't: numbers of houses, days ruled out or asked about, the past."""
    if slot.kind != "date":
        return True
    start, end = entity.span
    said = message.text[start:end]
    if said in parts.values():
        return False
    if asks_something(message) and not tells("proposes", normalise(message.text[:start] + message.text[end:])):
        return False
    if tells("not_then", normalise(_CLAUSE.split(message.text[:start])[-1] + _CLAUSE.split(message.text[end:])[0])):
        return asks_something(message)
    if waiting and waiting.name == slot.name:
        return True
    return not (waiting and waiting.kind == "text" and not _says_when(entity, message.text)) and not says(
        "past", normalise(said)
    )


def _choice(task: Task, slot: TaskSlot, known: dict[str, str], asked: str | None, message: Understanding) -> str | None:
    """The choice that the message makes; of one made before, only where it is named, denied, or all that is said."""
    form = message.normalised
    if slot.name == asked and (place := find_choice(form, list(slot.choices))) is not None:
        return list(slot.choices)[place]
    if slot.name in known and slot.name != asked and (named := value_after_name(slot, message.text, message.slots)):
        return chosen(slot, normalise(named))
    words = _choice_words(slot, form)
    given = next((word for word in words if not word.denied), None)
    if given is None:
        return None
    denied = any(word.denied and word.value == known.get(slot.name) for word in words)
    alone = is_all_of_it(given.word, form) and (asked == CONFIRM or puts_right(given.word, form))
    open_ = slot.name not in known or slot.name == asked or denied or alone or _corrected(task, slot, asked, message)
    return given.value if open_ else None


def chosen(slot: TaskSlot, form: str) -> str | None:
    """The choice named in a message in normal form, the longest of its words deciding."""
    return next((word.value for word in _choice_words(slot, form) if not word.denied), None)


class _Word(NamedTuple):
    word: str
    value: str
    denied: bool


def _choice_words(slot: TaskSlot, form: str) -> list[_Word]:
    """Words in the message that mean a choice, the longest first, none inside another; 「不是橱柜」 denies one."""
    words = [(normalise(word), value) for value, others in slot.choices.items() for word in (value, *others)]
    found, left = [], form
    for word, value in sorted(words, key=lambda pair: -len(pair[0])):
        places = [match.start() for match in re.finditer(re.escape(word), left)]
        if places:
            denied = all(pattern("corrections", "deny_before").search(form[:place]) for place in places)
            found.append(_Word(word, value, denied))
            left = left.replace(word, "\0" * len(word))
    return found


def _is_choice(task: Task, text: str) -> bool:
    """Whether a text is no more than what another slot chooses from: 「门锁」 is no fault."""
    form = normalise(text)
    return any(
        is_all_of_it(one.word, form) for slot in task.slots if slot.kind == "choice" for one in _choice_words(slot, form)
    )


def found_in(slot: TaskSlot, text: str) -> str | None:
    """The value that the slot's ``find`` finds in any text."""
    match = re.search(slot.find, text) if slot.find else None
    return without_lead(match.group()) if match else None


def _whole(task: Task, waiting: TaskSlot, message: Understanding, taken: Iterable[Slot]) -> str:
    """The message without the values that other slots took from it, and without the slot's own name before the rest."""
    spans = [(s, _clause_of(s, message.text) if s.name == "date" and _says_when(s, message.text) else s.span) for s in taken]
    text = without_slots(message.text, [s.model_copy(update={"span": span}) for s, span in spans])
    for slot in task.slots:
        if slot.kind == "text" and slot.name != waiting.name and slot.find:
            text = re.sub(slot.find, "", text)
        elif slot.kind == "date" and is_time_alone(text):
            text = ""
    return without_names(waiting, without_lead(text.strip(_AROUND)).strip(_AROUND))[:LONGEST_TEXT].strip()


def _clause_of(entity: Slot, text: str) -> tuple[int, int]:
    """Where the clause stands that holds a value."""
    start, end = entity.span
    return start - len(_CLAUSE.split(text[:start])[-1]), end + len(_CLAUSE.split(text[end:])[0])


def _says_when(entity: Slot, text: str) -> bool:
    """Whether the clause that holds a day says when, and nothing else: it is for the date, whatever was asked."""
    return is_time_alone(text[slice(*_clause_of(entity, text))])


def _attempted(slot: TaskSlot, message: Understanding) -> bool:
    if slot.kind == "phone" and any(found.name == "phone_last4" for found in message.slots):
        return True
    return is_attempt(message.text, slot.kind)
