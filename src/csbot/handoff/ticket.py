"""The ticket (工单) that a human takes over from."""

from __future__ import annotations

from csbot.models import Session, Ticket, Understanding
from csbot.privacy import mask, mask_value

TRIED = 5
"""Candidates of the last message that go with the ticket."""


def open_ticket(session: Session, message: Understanding, slots: dict[str, str], reason: str) -> Ticket:
    """A queued ticket with the masked transcript, what was tried, what is known and how the customer sounds.

    ``session`` has the turns before ``message``.
    """
    known = {slot.name: slot.value for slot in message.slots} | slots
    names = [known["name"]] if "name" in known else []
    transcript = []
    for turn in session.turns:
        names += [turn.slots["name"]] if "name" in turn.slots else []
    for turn in session.turns:
        transcript += [f"客户：{mask(turn.user, names)}", f"机器人：{mask(turn.reply, names)}"]
    transcript.append(f"客户：{mask(message.text, names)}")
    return Ticket(
        session_id=session.id,
        customer_id=session.customer_id,
        channel=session.channel,
        reason=reason,
        transcript=transcript,
        tried=list(message.candidates[:TRIED]),
        slots={name: mask_value(name, value) for name, value in known.items()},
        signals=list(message.signals),
    )
