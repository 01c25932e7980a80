"""What the customer is told, why, and what a human gets to take over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ModelWrapValidatorHandler, computed_field, model_validator

from csbot.models.base import Data, Frozen
from csbot.models.conversation import LookupResult, ReplyKind
from csbot.models.faq import Candidate
from csbot.models.message import Signal, Slot
from csbot.models.order import Order
from csbot.models.ticket import Ticket

Band = Literal["answer", "clarify", "miss"]


class Trace(Frozen):
    """Why a reply is what it is; the one record that hit test, log, evaluation and handoff read."""

    normalised: str
    read_as: str | None = Field(default=None, description="the matter as understood, where words were typed by ear; else None")
    rule: str
    intent: str | None = Field(description="faq:<id>, order_progress, human_handoff, smalltalk:<kind> or None")
    band: Band | None = None
    answer_threshold: float
    clarify_threshold: float
    candidates: tuple[Candidate, ...] = ()
    signals: tuple[Signal, ...] = ()
    slots: tuple[Slot, ...] = Field(default=(), description="values masked")
    lookup: LookupResult | None = Field(default=None, description="what a look-up of orders came to; None: there was none")
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
