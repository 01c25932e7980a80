"""What was just done, asked after or to be undone; and a wish to cancel that doesn't say what. Pure."""

from __future__ import annotations

from csbot.dialogue.settings import Policy
from csbot.dialogue.state import Done, State
from csbot.dialogue.tasks import Task
from csbot.intents.answers import says
from csbot.intents.task_answers import any_tells, tells
from csbot.kb.task_intents import HUMAN_HANDOFF, PREFIX, TITLES
from csbot.models import Action, Candidate, Understanding

RECENT = 4
"""Turns for which what was done is what 「取消吧」 and 「单号多少」 are about."""
MOST_OPTIONS = 3
"""FAQs offered to who wants to cancel something."""


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
    other = policy.likeliest_task(message)[0] >= policy.config.dialogue.task_intent
    return _cancel_what(message, policy) if tells("cancels", message.normalised) and not other else None


def _revises(task: Task, done: Done, message: Understanding) -> bool:
    """Whether the message would have otherwise, or undone, what was just done."""
    form = message.normalised
    if any_tells("cancels", form) or any_tells("unbooks", form):
        return True
    if tells("about_orders", form):
        return False
    names = [name for slot in task.slots if slot.name in done.slots for name in slot.names]
    return tells("changes", form) or (says("corrects", form) and any(name in form for name in names))


def _cancel_what(message: Understanding, policy: Policy) -> Action | None:
    """Ask what is to be cancelled; how to undo a cancellation is the last thing that is wanted."""
    top = message.candidates[0] if message.candidates else None
    asks_how = says("asks", message.normalised) and policy.sure_faq(message) and top and tells("cancelling", top.question)
    if top and (top.exact or asks_how) and not tells("uncancels", top.question):
        return None
    likely = [faq for faq in message.candidates if faq.action is None and faq.confidence >= policy.clarify]
    fitting = [faq for faq in likely if tells("cancelling", faq.question) and not tells("uncancels", faq.question)]
    title = TITLES[HUMAN_HANDOFF]
    human = Candidate(
        faq_id=PREFIX + HUMAN_HANDOFF, question=title, score=1.0, confidence=1.0, matched=title, action=HUMAN_HANDOFF
    )
    return Action(kind="clarify", rule="cancel_what", options=(*fitting[:MOST_OPTIONS], human), wording="cancel_what")
