"""A customer who waits for a human goes on writing: what becomes of the bot's reply, and what is added to the ticket. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from csbot.courtesy import find_smalltalk
from csbot.dialogue.state import NOTHING_READ
from csbot.handoff.asked import Asked
from csbot.intents.answers import says
from csbot.intents.signals import PRESENT, find_signals
from csbot.intents.wishes import tells_matter
from csbot.models import Action, ReplyKind, Ticket, TicketState
from csbot.privacy import mask_value
from csbot.text import normalise

CONTACT = "contact_left"
"""Rule of the turn in which a waiting customer leaves a phone number."""
STILL_WAITING = "still_waiting"
"""Rule of the turn in which a customer who is in the queue calls for a human again, or asks how long it takes."""
NOTED = "noted_on_ticket"
"""Rule of the turn in which a waiting customer tells more, and the bot, which is not sure of an answer, only notes it."""
COMPLAINT = "complaint_noted"
"""Rule of the turn in which a waiting customer says that it is a complaint."""
WITHDRAWN = "ticket_withdrawn"
"""Rule of the turn in which a waiting customer needs no human any more."""
UNSURE: Mapping[TicketState, tuple[ReplyKind, ...]] = {
    "queued": ("fallback", "clarify"),
    "assigned": ("fallback", "clarify"),
    "after_hours": ("fallback",),
}
"""Kinds of reply that are no help to somebody who waits; who waits for the morning may have the time to pick."""
_LETTER = re.compile(r"[a-z\u4e00-\u9fff]")


def while_waiting(held: Ticket, asked: Asked, action: Action) -> Action:
    """What becomes of the bot's action for a message of a customer whose ticket waits."""
    message, state = asked.message, asked.state
    idle = state.task is None
    if asked.phone and (idle or held.state == "after_hours"):
        return Action(kind="handoff", rule=CONTACT, reason=held.reason)
    declines_else = state.options or state.offer  # then it may be these that are not wanted
    declines = message.smalltalk == "cancel" and not state.emergency.kinds  # to whom is in danger, help comes all the same
    if idle and not declines_else and (declines or says("withdraws", message.normalised)):
        return Action(kind="smalltalk", rule=WITHDRAWN)
    if action.kind == "handoff":
        return action.model_copy(update={"rule": _AGAIN.get(action.reason or "", STILL_WAITING)})
    if idle and _asks_wait(asked, action):
        return Action(kind="handoff", rule=STILL_WAITING, reason=held.reason)
    unsure = action.kind in UNSURE.get(held.state, ()) and action.rule != NOTHING_READ
    if idle and unsure:
        return Action(kind="handoff", rule=NOTED, reason=held.reason)
    return action


_AGAIN = {"complaint": COMPLAINT, "not_understood": NOTED}
"""Rule by the reason for which a human would be called, had none been: what is told then is for the colleague."""


def _asks_wait(asked: Asked, action: Action) -> bool:
    """Whether a message asks about the wait; right after an order or an answer, how long is asked of that."""
    form, last = asked.message.normalised, asked.session.turns[-1] if asked.session.turns else None
    told = last is not None and last.kind in ("answer", "order_status")
    if action.kind == "order_status" and told:
        return False
    return says("asks_wait", form) or (says("how_long", form) and not told)


def adds(text: str) -> bool:
    """Whether a message of a waiting customer tells something that the summary should have.

    Neither courtesy, a value alone, a question about the wait nor one more call for a human does.

    >>> adds("型号是X200"), adds("还要等多久"), adds("138****0001"), adds("转人工"), adds("好的")
    (True, False, False, False, False)
    """
    form = normalise(text)
    if not _LETTER.search(form) or find_smalltalk(form) or says("withdraws", form):
        return False
    if says("asks_wait", form) or says("how_long", form):
        return False
    wish = any(signal.name == "human_wanted" and signal.score >= PRESENT for signal in find_signals(text))
    return not wish or tells_matter(text)


def slots_told(held: Ticket, asked: Asked) -> dict[str, str]:
    """The ticket's slots, masked, with those that the message gives."""
    told = {slot.name: mask_value(slot.name, slot.value, asked.names) for slot in asked.message.slots}
    return {**held.slots, **told}


def titles_of(slots: Mapping[str, str], titles: Mapping[str, str]) -> dict[str, str]:
    """What these slots are called, those that have a title."""
    return {name: titles[name] for name in slots if name in titles}


def told_since(texts: Sequence[str]) -> list[str]:
    """Of what a customer wrote while waiting, masked, what adds something; each once, oldest first."""
    return list(dict.fromkeys(text for text in texts if adds(text)))
