"""Accounts that ask for nothing: a thing done, or not ordered yet. They begin no look-up and end one that waits. Pure."""

from __future__ import annotations

from csbot.dialogue.answer_memory import last_told
from csbot.dialogue.asked_parts import is_detail, part_if_it_stays, part_told
from csbot.dialogue.order_progress import keys_in
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import NOT_UNDERSTOOD, State
from csbot.dialogue.told_before import tell_part
from csbot.intents.details import failed
from csbot.intents.matters import matter_of
from csbot.intents.progress import Account, asks_progress, names_order, tells
from csbot.intents.signals import PRESENT
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Understanding
from csbot.text import normalise

FAILED = "answer_failed"
"""Rule of the turn in which the customer told that what was told has not helped."""
SURE = 0.95
"""An FAQ this sure answers even what is told, not asked, while a human is awaited."""
SURE_OF_ANOTHER = 0.8
"""Another answer this sure is meant by a detail, though the last answer has a sentence about it."""
SURE_OF_TROUBLE = 0.7
"""Of what does not work, something may be done while waiting: this sure, its remedy is told all the same."""
_ACCOUNTS: tuple[Account, ...] = ("undone", "done", "beside", "detail", "lasts", "stays", "tried")
LEAST_BESIDE = 4
"""Characters beside a number that tell what it is given for."""
CONTACT = "contact_told"
"""Rule of the turn in which a number was given for somebody to be called: it is no proof of anything."""


def only_told(state: State, message: Understanding, policy: Policy) -> Action | None:
    """Courtesy for a message that is nothing but such an account; another task may want it, and an exact question is one.

    While a human is awaited, more of the trouble is for them; what is urgent is not only noted. A detail of a question is
    answered with it, where the bot can; else it takes a human to see what it changes.
    """
    if not state.orders.called and message.signal("urgency") < PRESENT and failed(message.normalised, message.about):
        return _offer_after_failure(state, policy)
    if message.about and not state.orders.called:
        if part := _turns_on(state, message):
            return part
        top = message.candidates[0] if message.candidates else None
        known = policy.band(top) != "miss" or policy.likeliest_task(message)[0] >= policy.config.dialogue.task_intent
        return None if known else Action(kind="fallback", rule="told_detail", wording="told_detail", offer="asked")
    if state.task not in (None, ORDER_PROGRESS) or keys_in(message) or (message.candidates and message.candidates[0].exact):
        return None
    form = message.normalised
    if state.task is None and (noted := _for_colleague(state, message, policy)):
        return noted
    if asks_progress(message.text, form):
        return None
    if state.told and tells("solved", form):
        return Action(kind="smalltalk", rule="told_done", wording="told_done")
    if state.told and tells("settled", form) and any(tells("trouble", normalise(said)) for said in state.said[-1:]):
        return Action(kind="smalltalk", rule="told_done", wording="told_done")
    if tells("undone", form):
        words = "told_undone"
    elif tells("done", form):
        words = "told_done"
    else:
        return None
    return Action(kind="smalltalk", rule=words, wording=words)


def _turns_on(state: State, message: Understanding) -> Action | None:
    """The sentence of the answer just told that turns on what is told now, unless it clearly is about another."""
    faq_id, told = last_told(state.answers)
    top = message.candidates[0] if message.candidates else None
    if told is None or (top and (top.exact or (top.faq_id != faq_id and top.confidence >= SURE_OF_ANOTHER))):
        return None
    part = part_told(message.normalised, told)
    return tell_part(faq_id, told, part, message) if part else None


def _for_colleague(state: State, message: Understanding, policy: Policy) -> Action | None:
    """What is told while a human is awaited, and asks for nothing: it is for them, however much an FAQ sounds like it. So is a
    detail of the order that was just told, for which one is offered."""
    form = message.normalised
    account = any(tells(kind, form) for kind in _ACCOUNTS)
    if not state.orders.called:
        of_order = state.order_id is not None and state.since_order == 0 and tells("detail", form)
        return Action(kind="fallback", rule="told_detail", wording="told_detail", offer="asked") if of_order else None
    if message.signal("urgency") >= PRESENT:
        return None
    if account and (tells("beside", form) or tells("lasts", form) or not asks_progress(message.text, form)):
        return Action(kind="smalltalk", rule="told_beside", wording="told_beside")
    top = message.candidates[0].confidence if message.candidates else 0.0
    task, name = policy.likeliest_task(message)
    starts = name != ORDER_PROGRESS and task >= policy.config.dialogue.task_intent
    sure = top >= (SURE_OF_TROUBLE if tells("trouble", form) else SURE)
    if sure or starts or not is_detail(form) or asks_progress(message.text, form):
        return None
    return Action(kind="fallback", rule="told_beside", wording="told_beside")


def _offer_after_failure(state: State, policy: Policy) -> Action:
    """A human for a trouble that what was told has not ended, with what the answer itself says of that case; the second time
    the human is called."""
    if state.misses + 1 >= policy.config.dialogue.miss_limit:
        return Action(kind="handoff", rule=FAILED, reason=NOT_UNDERSTOOD, wording="handoff_missed")
    last = min(state.answers.values(), key=lambda told: told.since, default=None)
    text = part_if_it_stays(last) if last else ""
    words = "answer_failed" if text else "answer_failed_bare"
    return Action(kind="fallback", rule=FAILED, wording=words, text=text, offer="asked")


def speaks_of_something_else(message: Understanding) -> bool:
    """Whether a message is no answer to a question for a phone, an id or a name: it tells of something else altogether."""
    form = message.normalised
    return tells("beside", form) and not keys_in(message) and not asks_progress(message.text, form)


def names_contact(state: State, message: Understanding) -> Action | None:
    """A number of somebody who is to be called, 「到了打我老婆电话139…」: it is for a colleague to note, no key to an order;
    nor is one that is given with more, 「139…，我住三单元」, while the colleague is awaited."""
    matter = matter_of(message.text, message.slots)
    if list(keys_in(message)) != ["phone"]:
        return None
    if state.orders.called and len(matter) >= LEAST_BESIDE and not asks_progress(matter, matter) and not names_order(matter):
        return Action(kind="smalltalk", rule="told_beside", wording="told_beside")
    if not tells("contact", matter):
        return None
    return Action(kind="fallback", rule=CONTACT, wording="contact_told", offer="asked")
