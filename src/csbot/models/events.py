"""The event log: what happened, one typed record each, with nothing personal in it but the id that the host gave the customer.

An event is told from others by its id: the same one read twice, or imported again, is one event. Times are aware.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from csbot.models.base import Frozen, aware
from csbot.models.conversation import LookupResult, ReplyKind
from csbot.models.reply import Band
from csbot.models.ticket import Actor, Speaker, TicketState


class _Event(Frozen):
    id: str = Field(default_factory=lambda: uuid.uuid4().hex, min_length=1, description="one per event, in all logs")
    at: Annotated[datetime, AfterValidator(aware)]
    session_id: str
    customer_id: str = Field(default="", description="as the host gave it, its pseudonym of the customer; empty: not known")
    channel: str = ""
    number: int = Field(
        default=0, ge=0, description="0, 1, … of the turn within its session; of the step or message within its ticket"
    )


class MessageEvent(_Event):
    """Something was said. What an agent said has the number of the message within its ticket."""

    type: Literal["message"] = "message"
    who: Speaker
    text: str = Field(description="masked")
    ticket_id: str = Field(default="", description="of what an agent said")


class Ranked(Frozen):
    """A candidate, without its texts."""

    faq_id: str
    confidence: float = Field(ge=0, le=1)


class DecisionEvent(_Event):
    """What the bot did about the customer's message with the same session and number."""

    type: Literal["decision"] = "decision"
    kind: ReplyKind
    rule: str
    intent: str | None = Field(default=None, description="as in the trace: faq:<id>, order_progress, human_handoff, …")
    band: Band | None = None
    faq_id: str | None = Field(default=None, description="the FAQ answered")
    category: str = Field(default="", description="of the FAQ answered, or of the first one offered")
    confidence: float | None = Field(default=None, ge=0, le=1, description="of the FAQ answered, or of the best candidate")
    candidates: tuple[Ranked, ...] = Field(default=(), description="best first, at most ten")
    offered: tuple[str, ...] = Field(default=(), description="ids of the FAQs (or tasks) offered to pick from; never orders")
    task: str | None = Field(default=None, description="task that the message belongs to")
    slot: str | None = Field(default=None, description="slot asked for")
    reason: str | None = Field(default=None, description="why a human is needed")
    ticket_id: str = Field(default="", description="ticket that was opened, or that the session has")
    misses: int = Field(default=0, ge=0, description="misses in a row, this message included")
    degraded: bool = False
    kb_version: str = ""
    encoder: str = ""
    latency_ms: float = Field(default=0.0, ge=0, description="from reading the message to the reply")


class LookupEvent(_Event):
    """Orders were looked up: not whose, and not which."""

    type: Literal["lookup"] = "lookup"
    result: LookupResult


class TicketEvent(_Event):
    """A ticket came into a state."""

    type: Literal["ticket"] = "ticket"
    ticket_id: str
    state: TicketState
    by: Actor
    reason: str = Field(default="", description="why the human was called")
    tier: int = Field(default=1, ge=1)
    skill: str = ""


class FeedbackEvent(_Event):
    """What the customer thinks of it, as the host learnt it. What is not said is None."""

    type: Literal["feedback"] = "feedback"
    solved: bool | None = None
    score: int | None = Field(default=None, ge=1, le=5, description="1 (bad) to 5")
    comment: str = Field(default="", description="masked")
    ticket_id: str = Field(default="", description="the ticket it is about; empty: the conversation with the bot")


Event = Annotated[
    MessageEvent | DecisionEvent | LookupEvent | TicketEvent | FeedbackEvent,
    Field(discriminator="type"),
]

_READER: TypeAdapter[Event] = TypeAdapter(Event)


def read_event(line: str | bytes) -> Event:
    """The event in a JSON text. :raises pydantic.ValidationError: it is none."""
    return _READER.validate_json(line)
