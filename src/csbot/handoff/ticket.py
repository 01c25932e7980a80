"""The ticket (工单) that a human takes over from."""

from __future__ import annotations

from collections.abc import Sequence

from csbot.intents.slots import read_slots
from csbot.models import Action, Session, Signal, Ticket, Understanding
from csbot.privacy import mask, mask_spans, mask_value

TRIED = 5
"""Candidates of the last message that go with the ticket."""


def open_ticket(session: Session, message: Understanding, action: Action, names: Sequence[str]) -> Ticket:
    """A queued ticket with the masked transcript, what was tried, what is known and how the customer sounds.

    ``session`` has the turns before ``message``; ``names`` are those known of the customer.
    """
    known = action.slots | {slot.name: slot.value for slot in message.slots}
    transcript, asked = [], None
    for turn in session.turns:
        transcript.append(f"客户：{mask_spans(turn.user, read_slots(turn.user, asked=asked).found, names)}")
        transcript.append(f"机器人：{mask(turn.reply, names)}")
        asked = turn.slot
    transcript.append(f"客户：{mask_spans(message.text, (*message.slots, *message.denied), names)}")
    return Ticket(
        session_id=session.id,
        customer_id=session.customer_id,
        channel=session.channel,
        reason=action.reason or "",
        transcript=transcript,
        tried=list(message.candidates[:TRIED]),
        slots={name: mask_value(name, value, names) for name, value in known.items()},
        order_id=action.order_id,
        signals=mask_signals(message.signals, names),
        earlier=session.earlier,
    )


def mask_signals(signals: tuple[Signal, ...], names: Sequence[str]) -> list[Signal]:
    """Signals whose words show no personal data."""
    return [signal.model_copy(update={"text": mask(signal.text, names)}) for signal in signals]
