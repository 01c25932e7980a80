"""What one message says."""

from __future__ import annotations

from pydantic import Field

from csbot.models.base import Frozen
from csbot.models.faq import Candidate

MAX_MESSAGE_CHARS = 2000
"""Longer messages are cut before matching (the encoder reads 128 pieces; nothing a customer types needs more)."""


class Signal(Frozen):
    """Something the customer's tone or wish tells, e.g. ``human_wanted``."""

    name: str
    score: float = Field(ge=0, le=1)
    text: str = Field(description="the words that show it; empty where the whole message does")
    span: tuple[int, int] | None = Field(default=None, description="[start, end) of these words in the original message")
    reason: str


class Slot(Frozen):
    """A value found in a message."""

    name: str
    value: str = Field(description="canonical form, e.g. digits only")
    span: tuple[int, int] = Field(description="[start, end) in the original message")


class Understanding(Frozen):
    """What one message says, before anything is decided."""

    text: str
    normalised: str
    read_as: str | None = Field(default=None, description="the matter as understood, where words were typed by ear; else None")
    candidates: tuple[Candidate, ...] = ()
    intents: dict[str, float] = Field(default_factory=dict, description="probability of each task intent")
    topic: tuple[str, ...] = Field(default=(), description="ids of FAQs that the message names as a bare topic, like 「发票」")
    signals: tuple[Signal, ...] = ()
    slots: tuple[Slot, ...] = ()
    smalltalk: str | None = Field(default=None, description="greeting, thanks, goodbye, cancel, ack …")
    picked: Candidate | None = Field(default=None, description="the option picked from those offered before")
    rejected: bool = Field(default=False, description="none of the options offered before is meant")
    called_off: bool = Field(default=False, description="begins by calling off the task under way; the rest is another matter")
    denied: tuple[Slot, ...] = Field(default=(), description="values in the message that it says are wrong")
    withdrawn: tuple[str, ...] = Field(default=(), description="kinds of slots whose earlier value is taken back")
    ambiguous: str | None = Field(default=None, description="a number that may be a phone or an order id")
    parts: tuple[Candidate, ...] = Field(
        default=(), description="what comes closest to each part of one with two or three matters"
    )
    part_texts: tuple[str, ...] = Field(default=(), description="these parts, in normal form")
    about: tuple[str, ...] = Field(default=(), description="earlier messages that this one, an account, is a detail of")
    degraded: bool = Field(default=False, description="the encoder can't run: lexical evidence alone")

    def signal(self, name: str) -> float:
        """Score of the signal ``name``, 0.0 where it is absent."""
        return max((s.score for s in self.signals if s.name == name), default=0.0)
