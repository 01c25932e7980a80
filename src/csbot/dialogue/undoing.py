"""What was just done, asked after or to be undone; a thing no longer wanted; and a wish to cancel. Pure."""

from __future__ import annotations

from csbot.dialogue.cancelling import cancels
from csbot.dialogue.forgoing import forgoes
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import Done, State
from csbot.dialogue.tasks import Task
from csbot.intents.answers import says
from csbot.intents.matters import without_slots
from csbot.intents.task_answers import any_tells, tells
from csbot.models import Action, Understanding
from csbot.text import normalise

RECENT = 4
"""Turns for which what was done is what 「取消吧」 and 「单号多少」 are about."""


def undoes(state: State, message: Understanding, policy: Policy) -> Action | None:
    """What a message wants of the task just done, or of something unsaid that it wants cancelled; None: neither.

    Only the merchant's people can change what was done: a human gets all that it was done with.
    """
    if state.task or message.picked or message.rejected:
        return None
    done = state.done if state.done and state.done.since < RECENT else None
    task = policy.tasks.get(done.task) if done else None
    if done and task and not (state.order_id and state.since_order < done.since):
        if tells("receipt", message.normalised):
            return Action(kind="smalltalk", rule="done_told", wording="done_again", text=done.reply)
        if _revises(task, done, message):
            return Action(
                kind="handoff", rule="done_revised", task=task.name, slots=done.slots, reason="done_revised",
                wording="handoff_done",
            )  # fmt: skip
    if forgone := forgoes(state, message, policy):
        return forgone
    other = policy.likeliest_task(message)[0] >= policy.config.dialogue.task_intent
    return None if other else cancels(state, message, policy)


def _revises(task: Task, done: Done, message: Understanding) -> bool:
    """Whether the message would have otherwise, or undone, what was just done."""
    form = message.normalised
    if any_tells("cancels", form) or any_tells("unbooks", form):
        return True
    if tells("about_orders", form):
        return False
    if any(slot.kind == "date" for slot in task.slots) and _names_another_day(message):
        return True
    names = [name for slot in task.slots if slot.name in done.slots for name in slot.names]
    return tells("changes", form) or (says("corrects", form) and any(name in form for name in names))


def _names_another_day(message: Understanding) -> bool:
    """Whether the message would have a day or an hour instead: 「改后天行吗」, 「周六来可以吗」."""
    days = [slot for slot in message.slots if slot.name == "date"]
    rest = normalise(without_slots(message.text, days))
    return bool(days) and (tells("moves", rest) or tells("proposes", rest))
