"""The ticket (工单) that a human takes over from."""

from __future__ import annotations

from csbot.intents.slots import find_slots
from csbot.models import Action, Session, Signal, Ticket, Understanding
from csbot.privacy import mask, mask_spans, mask_value

TRIED = 5
"""Candidates of the last message that go with the ticket."""


def open_ticket(session: Session, message: Understanding, action: Action, names: list[str]) -> Ticket:
    """A queued ticket with the masked transcript, what was tried, what is known and how the customer sounds.

    ``session`` has the turns before ``message``; ``names`` are those known of the customer.
    """
    known = action.slots | {slot.name: slot.value for slot in message.slots}
    transcript, asked = [], None
    for turn in session.turns:
        transcript.append(f"客户：{mask_spans(turn.user, find_slots(turn.user, asked=asked), names)}")
        transcript.append(f"机器人：{mask(turn.reply, names)}")
        asked = turn.slot
    transcript.append(f"客户：{mask_spans(message.text, message.slots, names)}")
    return Ticket(
        session_id=session.id,
        customer_id=session.customer_id,
        channel=session.channel,
        reason=action.reason or "",
        transcript=transcript,
        tried=list(message.candidates[:TRIED]),
        slots={name: mask_value(name, value) for name, value in known.items()},
        order_id=action.order_id,
        signals=mask_signals(message.signals, names),
        earlier=session.earlier,
    )


def mask_signals(signals: tuple[Signal, ...], names: list[str]) -> list[Signal]:
    """Signals whose words show no personal data."""
    return [signal.model_copy(update={"text": mask(signal.text, names)}) for signal in signals]


def names_in(session: Session, message: Understanding) -> list[str]:
    """Every name that the session or the host gave: what must be covered wherever it stands."""
    found = [slot.value for slot in message.slots if slot.name == "name"]
    asked = None
    for turn in session.turns:
        found += [slot.value for slot in find_slots(turn.user, asked=asked) if slot.name == "name"]
        found += [turn.slots["name"]] if "name" in turn.slots else []
        asked = turn.slot
    if session.identified and session.identified.name:
        found.append(session.identified.name)
    return list(dict.fromkeys(found))
