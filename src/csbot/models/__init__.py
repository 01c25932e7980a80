"""The plain data that csbot passes around: pydantic models, serialisable, without behaviour beyond their own shape."""

from __future__ import annotations

from csbot.models.base import CHINA, Moment, Text, utc_now
from csbot.models.conversation import Action, Caller, Offer, ReplyKind, Session, Turn
from csbot.models.faq import Candidate, Faq, FaqStatus
from csbot.models.message import MAX_MESSAGE_CHARS, Signal, Slot, Understanding
from csbot.models.order import Order, OrderEvent, OrderQuery
from csbot.models.reply import Band, Reply, Ticket, Trace

__all__ = [
    "CHINA",
    "MAX_MESSAGE_CHARS",
    "Action",
    "Band",
    "Caller",
    "Candidate",
    "Faq",
    "FaqStatus",
    "Moment",
    "Offer",
    "Order",
    "OrderEvent",
    "OrderQuery",
    "Reply",
    "ReplyKind",
    "Session",
    "Signal",
    "Slot",
    "Text",
    "Ticket",
    "Trace",
    "Turn",
    "Understanding",
    "utc_now",
]
