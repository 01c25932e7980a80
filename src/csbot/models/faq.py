"""What the knowledge base holds, and what of it a message may mean."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from csbot.models.base import Frozen, Moment, Text

FaqStatus = Literal["active", "draft", "archived"]

_STATUS_WORDS = {
    "": "active", "生效": "active", "生效中": "active", "启用": "active", "已发布": "active", "published": "active",
    "草稿": "draft", "待生效": "draft", "未发布": "draft",
    "停用": "archived", "已失效": "archived", "失效": "archived", "归档": "archived", "disabled": "archived",
}  # fmt: skip


def _status(value: Any) -> Any:
    return _STATUS_WORDS.get(value.strip(), value.strip().lower()) if isinstance(value, str) else value


class Faq(Frozen):
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


class Candidate(Frozen):
    """An FAQ that may be meant, with the evidence for it."""

    faq_id: str
    question: str = Field(description="the standard question")
    score: float = Field(description="cosine to the FAQ's best question, [-1, 1]; lexical share [0, 1] when degraded")
    confidence: float = Field(ge=0, le=1, description="calibrated probability that this is the right answer")
    matched: str = Field(default="", description="the question of the FAQ that came closest")
    action: str | None = None
    exact: bool = Field(default=False, description="equal to one of the FAQ's questions after normalisation")
