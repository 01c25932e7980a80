"""What the customer is told, why, and what a human gets to take over."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, ModelWrapValidatorHandler, computed_field, model_validator

from csbot.models.base import Data, Frozen, utc_now
from csbot.models.conversation import ReplyKind
from csbot.models.faq import Candidate
from csbot.models.message import Signal, Slot
from csbot.models.order import Order

Band = Literal["answer", "clarify", "miss"]


class Ticket(Data):
    """What a human gets to take over (工单): the conversation and what was tried."""

    id: str = Field(default_factory=lambda: "T" + uuid.uuid4().hex[:12].upper())
    session_id: str
    customer_id: str
    channel: str
    reason: str
    state: Literal["queued"] = "queued"
    created: datetime = Field(default_factory=utc_now)
    transcript: list[str] = Field(description="masked; alternating 客户 and 机器人 lines")
    tried: list[Candidate] = Field(default_factory=list, description="candidates of the last message, best first")
    slots: dict[str, str] = Field(default_factory=dict, description="masked")
    order_id: str | None = Field(default=None, description="order that was proven and shown in this session")
    signals: list[Signal] = Field(default_factory=list, description="texts masked")
    earlier: list[str] = Field(default_factory=list, description="ids of this customer's sessions before it, newest first")


class Trace(Frozen):
    """Why a reply is what it is; the one record that hit test, log, evaluation and handoff read."""

    normalised: str
    rule: str
    intent: str | None = Field(description="faq:<id>, order_progress, human_handoff, smalltalk:<kind> or None")
    band: Band | None = None
    answer_threshold: float
    clarify_threshold: float
    candidates: tuple[Candidate, ...] = ()
    signals: tuple[Signal, ...] = ()
    slots: tuple[Slot, ...] = Field(default=(), description="values masked")
    misses: int = Field(description="misses in a row, this message included")
    degraded: bool = False
    kb_version: str = ""
    encoder: str = ""
    elapsed_ms: float = 0.0


class Reply(Data):
    """What the customer is told, and why."""

    text: str
    kind: ReplyKind
    match: Candidate | None = Field(default=None, description="the FAQ answered, for kind answer")
    candidates: list[Candidate] = Field(default_factory=list, description="best first; the options for kind clarify")
    slot: str | None = None
    order: Order | None = None
    ticket: Ticket | None = None
    trace: Trace

    @computed_field  # type: ignore[prop-decorator]
    @property
    def faq_id(self) -> str | None:
        return self.match.faq_id if self.match else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def confidence(self) -> float:
        """Confidence of the answer; of the best candidate where nothing was answered; 0.0 where there is none."""
        if self.match:
            return self.match.confidence
        return self.trace.candidates[0].confidence if self.trace.candidates else 0.0

    @model_validator(mode="wrap")
    @classmethod
    def _reread(cls, data: Any, read: ModelWrapValidatorHandler[Reply]) -> Reply:
        """A reply's own JSON is read back: ``faq_id`` and ``confidence`` follow from the rest, and must agree with it."""
        if not isinstance(data, Mapping):
            return read(data)
        derived = {name: data[name] for name in cls.model_computed_fields if name in data}
        reply = read({name: value for name, value in data.items() if name not in derived})
        for name, value in derived.items():
            if getattr(reply, name) != value:
                raise ValueError(f"{name} 与回复的其余部分矛盾 | {name} contradicts the rest of the reply")
        return reply
