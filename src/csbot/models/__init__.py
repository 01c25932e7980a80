"""The plain data that csbot passes around: pydantic models, serialisable, without behaviour beyond their own shape."""

from __future__ import annotations

from csbot.models.base import CHINA, Moment, Text, utc_now
from csbot.models.conversation import Action, Caller, LookupResult, Offer, ReplyKind, Session, Turn
from csbot.models.faq import Candidate, Faq, FaqStatus
from csbot.models.message import MAX_MESSAGE_CHARS, Signal, Slot, Understanding
from csbot.models.order import Order, OrderEvent, OrderQuery
from csbot.models.reply import Band, Reply, Trace
from csbot.models.ticket import (
    SPEAKERS,
    Actor,
    Attempt,
    Deadlines,
    Earlier,
    Line,
    Message,
    Note,
    Priority,
    Route,
    Step,
    Suggestion,
    Ticket,
    TicketState,
    Waiting,
    ticket_schema,
)

__all__ = [
    "CHINA",
    "MAX_MESSAGE_CHARS",
    "SPEAKERS",
    "Action",
    "Actor",
    "Attempt",
    "Band",
    "Caller",
    "Candidate",
    "Deadlines",
    "Earlier",
    "Faq",
    "FaqStatus",
    "Line",
    "LookupResult",
    "Message",
    "Moment",
    "Note",
    "Offer",
    "Order",
    "OrderEvent",
    "OrderQuery",
    "Priority",
    "Reply",
    "ReplyKind",
    "Route",
    "Session",
    "Signal",
    "Slot",
    "Step",
    "Suggestion",
    "Text",
    "Ticket",
    "TicketState",
    "Trace",
    "Turn",
    "Understanding",
    "Waiting",
    "ticket_schema",
    "utc_now",
]
