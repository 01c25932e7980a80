"""The dialogue around a task under way: what was given, what to ask next, when to do it, when to give up. Pure."""

from __future__ import annotations

from csbot.config import DialogueConfig
from csbot.dialogue.slot_filling import fill, taken_back
from csbot.dialogue.state import State
from csbot.dialogue.tasks import CONFIRM, SAID, Task
from csbot.intents.answers import says
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Candidate, Understanding


def start(task: Task, state: State, message: Understanding, config: DialogueConfig, *, rule: str) -> Action:
    """Begin a merchant's task with what the message gives and with what is known of the customer."""
    known = known_before(task, state)
    return proceed(task, state, known | fill(task, {}, None, message, whole=False).values, config, rule=rule)


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
    lacks = says("lacks", message.normalised)
    filled = fill(task, known, asked, message, whole=not (asks or other or lacks))
    if filled.values:
        kept = {name: value for name, value in known.items() if name.removesuffix(SAID) not in filled.values}
        return proceed(task, state, kept | filled.values, config, rule="slot_given")
    if gone := taken_back(task, known, asked, message):
        kept = {name: value for name, value in known.items() if name.removesuffix(SAID) not in gone}
        return ask(task, state, kept, gone[0], config, rule="slot_withdrawn")
    if filled.invalid:
        return ask(task, state, known, filled.invalid, config, rule="slot_invalid", wording="invalid")
    return insist(task, state, message, config) if lacks else None


def insist(task: Task, state: State, message: Understanding, config: DialogueConfig) -> Action | None:
    """What to do about a message that gives nothing and asks nothing else: leave the slot open, or ask once more."""
    if state.asked is None:
        return None
    slot = task.slot(state.asked)
    if slot and not slot.required:
        return proceed(task, state, _left_open(state, message), config, rule="slot_left_open")
    if state.asked == CONFIRM:
        return ask(task, state, state.slots, CONFIRM, config, rule="not_confirmed", wording="which")
    return ask(task, state, state.slots, state.asked, config, rule="slot_missing")


def answer_to_question(task: Task, state: State, message: Understanding, config: DialogueConfig) -> Action | None:
    """Yes to a confirmation, or no preference for a slot that need not be filled: words that are courtesy elsewhere."""
    slot = task.slot(state.asked) if state.asked else None
    if state.asked == CONFIRM and (says("agrees", message.normalised) or says("wants", message.normalised)):
        return _do(task, state.slots, rule="confirmed")
    if slot and not slot.required and says("leaves_open", message.normalised):
        return proceed(task, state, _left_open(state, message), config, rule="slot_left_open")
    return None


def _left_open(state: State, message: Understanding) -> dict[str, str]:
    """The slots with the one asked for marked as open, and what the customer said instead of it."""
    asked = state.asked or ""
    said = "" if message.text.strip() in ("", "跳过") else message.text.strip()[:40]
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
        words = "handoff_orders" if task.name == ORDER_PROGRESS else "handoff_task"
        return Action(
            kind="handoff", rule="slot_retry_limit", task=task.name, slots=slots, reason="slot_not_given", wording=words
        )
    return Action(kind="ask_slot", rule=rule, task=task.name, slot=slot, slots=slots, wording=wording)


def _do(task: Task, slots: dict[str, str], *, rule: str) -> Action:
    """The merchant's function is to be called; what comes of it is settled outside."""
    return Action(kind="task_done", rule=rule, task=task.name, slots=slots, wording="done")
