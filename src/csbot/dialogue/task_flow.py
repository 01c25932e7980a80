"""The dialogue around a task under way: what was given, what to ask next, when to do it, when to give up. Pure."""

from __future__ import annotations

from csbot.config import DialogueConfig
from csbot.dialogue.slot_filling import LONGEST_TEXT, asks_something, chosen, fill, found_in, taken_back
from csbot.dialogue.state import ACCOUNT_ADDED, State
from csbot.dialogue.tasks import CONFIRM, SAID, Task
from csbot.intents import progress
from csbot.intents.answers import says
from csbot.intents.task_answers import tells, without_question
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Candidate, Understanding
from csbot.text import normalise

ASKED_AGAIN = ("slot_given", "slot_lacking")
"""Rules under which a slot that the customer declined would be asked for a third time, where a human is called instead."""

ONCE_MORE = 2
"""Askings in vain for a slot that need not be filled, before it is left open."""
BARE_CHARS = 4
"""A message this short names a matter, 「质保期」, rather than telling anything, unless it ends in 了: 「屏幕黑了」."""
NEARLY_EXACT = 0.95
"""An FAQ this sure is meant in the middle of a task though the message is no question."""
LONGEST_SAID = 40
"""Characters that are kept of what was said instead of a value."""


def start(
    task: Task, state: State, message: Understanding, config: DialogueConfig, *, rule: str, known: dict[str, str] | None = None
) -> Action:
    """Begin a merchant's task with what the message gives and with what is known of the customer.

    :param known: what the task knew when it was called off.
    """
    known = said_before(task, state) | known_before(task, state) | (known or {})
    return proceed(task, state, known | fill(task, {}, None, message, whole=False).values, config, rule=rule)


def said_before(task: Task, state: State) -> dict[str, str]:
    """Choices and texts named in the last messages, before anything was done: 「锁坏了怎么办」, then 「那帮我报修」."""
    found = {}
    for text in state.said:  # the latest last, and it counts
        for slot in task.slots:
            value = chosen(slot, normalise(text)) if slot.kind == "choice" else found_in(slot, without_question(text))
            if value and slot.accepts(value):
                found[slot.name] = value
    return found


def known_before(task: Task, state: State) -> dict[str, str]:
    """Phone, name and order id of an order just shown, of the task before, or proven by the host, for slots of their kinds."""
    trusted = state.identified.model_dump(exclude_none=True) if state.identified else {}
    known = {**trusted, **state.shown, **state.slots}
    return {slot.name: known[slot.kind] for slot in task.slots if known.get(slot.kind)}


def go_on(
    task: Task, state: State, message: Understanding, faq: Candidate | None, config: DialogueConfig, *, other: bool = False
) -> Action | None:
    """Go on with the merchant's task under way; None where the message is about something else.

    :param faq: the FAQ that the message surely asks, if any. :param other: it asks for another task.
    """
    known, asked = state.slots, state.asked
    asks = faq is not None and (says("asks", message.normalised) or message.text.rstrip().endswith(("?", "？")))
    waiting = task.slot(asked) if asked else None
    asks = asks or (asks_something(message) and not (waiting and found_in(waiting, message.text)))
    lacks = says("lacks", message.normalised)
    filled = fill(task, known, asked, message, whole=not (asks or other or lacks))
    if filled.values:
        kept = {name: value for name, value in known.items() if name.removesuffix(SAID) not in filled.values}
        return proceed(task, state, kept | filled.values, config, rule="slot_given")
    if gone := taken_back(task, known, asked, message):
        kept = {name: value for name, value in known.items() if name.removesuffix(SAID) not in gone}
        return ask(task, state, kept, gone[0], config, rule="slot_withdrawn")
    if waiting and says("as_before", message.normalised):
        return ask(task, state, known, waiting.name, config, rule="slot_elsewhere", wording="not_on_record")
    if filled.invalid:
        return ask(task, state, known, filled.invalid, config, rule="slot_invalid", wording="invalid")
    return insist(task, state, message, config) if lacks else None


def is_account(task: Task, message: Understanding, faq: Candidate | None) -> bool:
    """Whether a message in the middle of a task tells more of the trouble, however much it sounds like an FAQ: it neither asks
    nor demands anything else, puts nothing right, and names no bare matter.

    :param faq: the FAQ that it would be taken for.
    """
    form = message.normalised
    if asks_something(message) or says("asks", form) or says("corrects", form) or tells("demands", form):
        return False
    if any(slot.gathers and found_in(slot, message.text) for slot in task.slots):
        return True
    if (message.topic or len(form) <= BARE_CHARS) and not form.endswith("了"):
        return False
    return progress.tells("beside", form) or (faq is not None and not faq.exact and faq.confidence < NEARLY_EXACT)


def add_account(task: Task, state: State, message: Understanding, config: DialogueConfig) -> Action | None:
    """What more is told of the trouble, added to the slot that gathers it; None where the task has none."""
    slot = next((slot for slot in task.slots if slot.gathers), None)
    if slot is None or state.asked is None or message.slots:
        return None
    known = state.slots.get(slot.name, "")
    told = f"{known}；{message.text.strip()}" if known else message.text.strip()
    slots = {**state.slots, slot.name: told[:LONGEST_TEXT]}
    if not known or state.asked == CONFIRM:
        return proceed(task, state, slots, config, rule=ACCOUNT_ADDED) if slot.accepts(told) else None
    return ask(task, state, slots, state.asked, config, rule=ACCOUNT_ADDED, wording="account_added")


def insist(task: Task, state: State, message: Understanding, config: DialogueConfig) -> Action | None:
    """What to do about a message that gives nothing: ask once more, and leave open at last what need not be filled.

    A question that no FAQ answers is said to be open; what is no value is never taken for one.
    """
    if state.asked is None:
        return None
    slot = task.slot(state.asked)
    if asks_something(message):
        words = "question_at_confirm" if state.asked == CONFIRM else "question_unanswered"
        return ask(task, state, state.slots, state.asked, config, rule="question_unanswered", wording=words)
    if slot and not slot.required and state.asks.get(slot.name, 0) < ONCE_MORE:
        return ask(task, state, state.slots, slot.name, config, rule="slot_invalid", wording="invalid")
    if slot and not slot.required:
        return proceed(task, state, _left_open(state, ""), config, rule="slot_left_open")
    if state.asked == CONFIRM:
        return ask(task, state, state.slots, CONFIRM, config, rule="not_confirmed", wording="which")
    return ask(task, state, state.slots, state.asked, config, rule="slot_missing")


def answer_to_question(task: Task, state: State, message: Understanding, config: DialogueConfig) -> Action | None:
    """Yes to a confirmation, or no preference for a slot that need not be filled: words that are courtesy elsewhere."""
    slot = task.slot(state.asked) if state.asked else None
    form = message.normalised
    if state.asked == CONFIRM and (
        says("agrees", form) or says("wants", form) or tells("soon", form) or tells("submits", form)
    ):
        return _do(task, state.slots, rule="confirmed")
    if slot and slot.soonest and tells("soon", form):
        return proceed(task, state, _left_open(state, slot.soonest), config, rule="slot_left_open")
    if slot is None or slot.required:
        return None
    if says("leaves_open", form) or (slot.kind == "date" and _is_vague_time(message)):
        return leave_open(task, state, message, config)
    if slot.kind != "choice" and says("agrees", form):  # 「好的」 to 「没有要求可以说都行」
        return proceed(task, state, _left_open(state, ""), config, rule="slot_left_open")
    return None


def _is_vague_time(message: Understanding) -> bool:
    """A part of the day or week, or a day ruled out: kept in the customer's words, as it is no day."""
    if any(slot.name == "date" for slot in message.slots):
        return tells("not_then", message.normalised) and not asks_something(message)
    return tells("vague_time", message.normalised) or tells("later", message.normalised)


def leave_open(task: Task, state: State, message: Understanding, config: DialogueConfig) -> Action:
    """Go on without the slot asked for, which need not be filled; what the customer said instead is kept."""
    said = "" if says("no_matter", message.normalised) else message.text.strip()[:LONGEST_SAID]
    return proceed(task, state, _left_open(state, said), config, rule="slot_left_open")


def _left_open(state: State, said: str) -> dict[str, str]:
    """The slots with the one asked for marked as open, and what was said instead of it."""
    asked = state.asked or ""
    return {**state.slots, asked: "", asked + SAID: said}


def proceed(task: Task, state: State, slots: dict[str, str], config: DialogueConfig, *, rule: str) -> Action:
    """Ask for the first slot that is missing; then for confirmation; a task that wants none is done at once."""
    missing = next((slot.name for slot in task.slots if slot.name not in slots), None)
    if missing:
        return ask(task, state, slots, missing, config, rule=rule)
    if task.confirm:
        return ask(task, state, slots, CONFIRM, config, rule=rule)
    return _do(task, slots, rule=rule)


def ask(
    task: Task, state: State, slots: dict[str, str], slot: str, config: DialogueConfig, *, rule: str, wording: str = "ask"
) -> Action:
    """Ask for one slot, in changing words; a human with everything known after `slot_retry_limit` askings in vain.

    :param wording: ask, invalid, which (of all is wrong), or a key of replies.yaml.
    """
    if state.asks.get(slot, 0) - state.learnt.get(slot, 0) >= config.slot_retry_limit:
        return give_up(task, slots, rule="slot_retry_limit")
    if slot in slots and rule == "slot_missing":  # it was given, and nothing found by it
        return Action(kind="ask_slot", rule=rule, task=task.name, slot=slot, slots=slots, wording="order_stands", offer="asked")
    if slot in state.declined and rule in ASKED_AGAIN:
        return give_up(task, slots, rule="slot_declined")
    if slot in state.declined and rule == "slot_missing":
        words = state.declined[slot]
        return Action(kind="ask_slot", rule=rule, task=task.name, slot=slot, slots=slots, wording=words, offer="asked")
    return Action(kind="ask_slot", rule=rule, task=task.name, slot=slot, slots=slots, wording=wording)


def give_up(task: Task, slots: dict[str, str], *, rule: str) -> Action:
    """A human goes on with all that is known."""
    words = "handoff_orders" if task.name == ORDER_PROGRESS else "handoff_task"
    return Action(kind="handoff", rule=rule, task=task.name, slots=slots, reason="slot_not_given", wording=words)


def _do(task: Task, slots: dict[str, str], *, rule: str) -> Action:
    """The merchant's function is to be called; what comes of it is settled outside."""
    return Action(kind="task_done", rule=rule, task=task.name, slots=slots, wording="done")
