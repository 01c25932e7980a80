"""Accounts that ask for nothing: a thing done, or not ordered yet. They begin no look-up and end one that waits. Pure."""

from __future__ import annotations

from csbot.dialogue.order_progress import keys_in
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State
from csbot.intents.progress import asks_progress, tells
from csbot.intents.signals import PRESENT
from csbot.intents.understand import matter_of
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Understanding

CONTACT = "contact_told"
"""Rule of the turn in which a number was given for somebody to be called: it is no proof of anything."""


def only_told(state: State, message: Understanding, policy: Policy) -> Action | None:
    """Courtesy for a message that is nothing but such an account; another task may want it, and an exact question is one.

    While a human is awaited, more of the trouble is for them; what is urgent is not only noted. A detail of a question is
    answered with it, where the bot can; else it takes a human to see what it changes.
    """
    if message.about and not state.orders.called:
        top = message.candidates[0] if message.candidates else None
        known = policy.band(top) != "miss" or policy.likeliest_task(message)[0] >= policy.config.dialogue.task_intent
        return None if known else Action(kind="fallback", rule="told_detail", wording="told_detail", offer="asked")
    if state.task not in (None, ORDER_PROGRESS) or keys_in(message) or asks_progress(message.text, message.normalised):
        return None
    if message.candidates and message.candidates[0].exact:
        return None
    form = message.normalised
    if tells("undone", form):
        words = "told_undone"
    elif tells("done", form):
        words = "told_done"
    elif state.orders.called and message.signal("urgency") < PRESENT and tells("beside", form):
        words = "told_beside"
    else:
        return None
    return Action(kind="smalltalk", rule=words, wording=words)


def speaks_of_something_else(message: Understanding) -> bool:
    """Whether a message is no answer to a question for a phone, an id or a name: it tells of something else altogether."""
    form = message.normalised
    return tells("beside", form) and not keys_in(message) and not asks_progress(message.text, form)


def names_contact(message: Understanding) -> Action | None:
    """A number of somebody who is to be called, 「到了打我老婆电话139…」: it is for a colleague to note, no key to an order."""
    if list(keys_in(message)) != ["phone"] or not tells("contact", matter_of(message.text, message.slots)):
        return None
    return Action(kind="fallback", rule=CONTACT, wording="contact_told", offer="asked")
