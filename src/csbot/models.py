"""The plain data that csbot passes around: pydantic models, serialisable, without behaviour beyond their own shape."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    computed_field,
    model_validator,
)

ReplyKind = Literal["answer", "clarify", "ask_slot", "order_status", "task_done", "handoff", "smalltalk", "fallback"]
Offer = Literal["asked", "mentioned"]
"""A human was offered with an order that is late: by a question, to which 「好的」 is yes, or only mentioned."""
Band = Literal["answer", "clarify", "miss"]
FaqStatus = Literal["active", "draft", "archived"]

MAX_MESSAGE_CHARS = 2000
"""Longer messages are cut before matching (the encoder reads 128 pieces; nothing a customer types needs more)."""


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("不能为空 | must not be blank")
    return value


CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Times without a zone are meant in China's; it has no summer time, so that a fixed offset is right."""


def _aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=CHINA) if value is not None and value.tzinfo is None else value


_STATUS_WORDS = {
    "": "active", "生效": "active", "生效中": "active", "启用": "active", "已发布": "active", "published": "active",
    "草稿": "draft", "待生效": "draft", "未发布": "draft",
    "停用": "archived", "已失效": "archived", "失效": "archived", "归档": "archived", "disabled": "archived",
}  # fmt: skip


def _status(value: Any) -> Any:
    return _STATUS_WORDS.get(value.strip(), value.strip().lower()) if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(str.strip), AfterValidator(_not_blank)]
Moment = Annotated[datetime | None, AfterValidator(_aware)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Faq(_Frozen):
    """One entry of the knowledge base (知识点).

    >>> Faq(id="f1", question="多久发货", answer="48 小时内").similar
    ()
    """

    id: Text = Field(description="unique, stable; a hash of the question where the source has none")
    question: Text = Field(description="标准问: the standard question, shown to customers")
    similar: tuple[str, ...] = Field(default=(), description="相似问: other wordings, only matched against")
    answer: str = Field(default="", description="答案; may be empty only where `action` is set")
    category: str = ""
    tags: tuple[str, ...] = ()
    status: Annotated[FaqStatus, BeforeValidator(_status)] = "active"
    valid_from: Moment = Field(default=None, description="answered from this moment on (inclusive)")
    valid_until: Moment = Field(default=None, description="answered before this moment; a bare date ends at its midnight")
    channel_answers: dict[str, str] = Field(default_factory=dict, description="answer per channel (视角)")
    related: tuple[str, ...] = Field(default=(), description="ids offered next (猜你想问)")
    action: Literal["order_progress", "human_handoff"] | None = Field(
        default=None, description="task intent started instead of an answer"
    )

    @model_validator(mode="after")
    def _check(self) -> Faq:
        if not self.answer.strip() and not self.action:
            raise ValueError("answer 不能为空（除非设置了 action） | answer must not be blank unless action is set")
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise ValueError("valid_from 必须早于 valid_until | valid_from must be before valid_until")
        return self

    @property
    def questions(self) -> tuple[str, ...]:
        """The standard question, then the similar ones."""
        return (self.question, *self.similar)

    def is_valid(self, now: datetime) -> bool:
        """Whether the entry may be answered at ``now`` (aware): active and within its dates."""
        if self.status != "active":
            return False
        return not (self.valid_from and now < self.valid_from) and not (self.valid_until and now >= self.valid_until)

    def answer_for(self, channel: str) -> str:
        return self.channel_answers.get(channel) or self.answer


class Candidate(_Frozen):
    """An FAQ that may be meant, with the evidence for it."""

    faq_id: str
    question: str = Field(description="the standard question")
    score: float = Field(description="cosine to the FAQ's best question, [-1, 1]; lexical share [0, 1] when degraded")
    confidence: float = Field(ge=0, le=1, description="calibrated probability that this is the right answer")
    matched: str = Field(default="", description="the question of the FAQ that came closest")
    action: str | None = None
    exact: bool = Field(default=False, description="equal to one of the FAQ's questions after normalisation")


class Signal(_Frozen):
    """Something the customer's tone or wish tells, e.g. ``human_wanted``."""

    name: str
    score: float = Field(ge=0, le=1)
    text: str = Field(description="the words that show it; empty where the whole message does")
    span: tuple[int, int] | None = Field(default=None, description="[start, end) of these words in the original message")
    reason: str


class Slot(_Frozen):
    """A value found in a message."""

    name: str
    value: str = Field(description="canonical form, e.g. digits only")
    span: tuple[int, int] = Field(description="[start, end) in the original message")


class Order(_Data):
    """An order of the merchant's, as a backend returns it."""

    order_id: Text
    phone: str = ""
    name: str = ""
    status: str = ""
    items: list[str] = Field(default_factory=list)
    events: list[OrderEvent] = Field(default_factory=list, description="oldest first")
    eta: str | None = None


class OrderEvent(_Data):
    time: Annotated[datetime, AfterValidator(_aware)]
    text: str


class OrderQuery(_Frozen):
    """What is known about the wanted order. Ownership needs two of the three."""

    order_id: str | None = None
    phone: str | None = None
    name: str | None = None


class Understanding(_Frozen):
    """What one message says, before anything is decided."""

    text: str
    normalised: str
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
    degraded: bool = Field(default=False, description="the encoder can't run: lexical evidence alone")

    def signal(self, name: str) -> float:
        """Score of the signal ``name``, 0.0 where it is absent."""
        return max((s.score for s in self.signals if s.name == name), default=0.0)


class Action(_Frozen):
    """What to do about a message: the outcome of `dialogue.policy.decide`."""

    kind: ReplyKind
    rule: str = Field(description="name of the rule that decided, for the trace")
    candidate: Candidate | None = None
    options: tuple[Candidate, ...] = Field(default=(), description="questions offered in a clarification")
    wording: str = Field(default="", description="key into dialogue/data/replies.yaml")
    task: str | None = None
    slot: str | None = Field(default=None, description="slot asked for")
    slots: dict[str, str] = Field(default_factory=dict, description="all slots of the task known so far")
    trusted: dict[str, str] = Field(default_factory=dict, description="what the host itself has proven of the customer")
    order: Order | None = None
    order_id: str | None = Field(default=None, description="order in hand when a human is called")
    reason: str | None = Field(default=None, description="why a human is needed")
    text: str = Field(default="", description="what is said, where it is no fixed wording: an order, what a task came to")
    offer: Offer | None = None


class Turn(_Data):
    """One message and what came of it: all that is needed to replay a session."""

    user: str
    kind: ReplyKind
    rule: str
    faq_id: str | None = None
    reply: str = ""
    options: list[str] = Field(default_factory=list, description="faq ids offered")
    option_texts: list[str] = Field(default_factory=list)
    task: str | None = None
    slot: str | None = None
    slots: dict[str, str] = Field(default_factory=dict)
    order_id: str | None = None
    reason: str | None = None
    offer: Offer | None = None
    names: list[str] = Field(default_factory=list, description="people's names in the message: covered in all that is logged")
    at: datetime = Field(default_factory=utc_now, description="when the message was decided upon; times out what is under way")


class Session(_Data):
    """A customer's conversation: plain data, kept by the host or a store between messages.

    The state of the dialogue is not stored; `dialogue.state.replay` folds it from ``turns``.
    """

    customer_id: str
    channel: str = "web"
    id: str = Field(default_factory=lambda: uuid.uuid4().hex)
    identified: OrderQuery | None = Field(
        default=None, description="what the host itself has proven of the customer (a phone login): enough to look up by"
    )
    turns: list[Turn] = Field(default_factory=list)
    earlier: list[str] = Field(
        default_factory=list, description="ids of this customer's sessions before this one, newest first; a store knows them"
    )
    version: int = Field(default=0, ge=0, description="how often a store has saved it: what its optimistic lock compares")


class Caller(_Frozen):
    """Who wants a task done: the session's identity, for the merchant's function that does it."""

    customer_id: str
    channel: str
    session_id: str
    identified: OrderQuery | None = Field(default=None, description="what the host itself has proven of the customer")
    request_id: str = Field(
        description="the same however often one message is decided upon: doing it twice can be avoided by it"
    )


class Ticket(_Data):
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


class Trace(_Frozen):
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


class Reply(_Data):
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


Order.model_rebuild()
