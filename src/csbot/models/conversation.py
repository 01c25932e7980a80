"""What is decided about a message, and the turns and the session that remain of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Literal

from pydantic import Field

from csbot.models.base import Data, Frozen, utc_now
from csbot.models.faq import Candidate
from csbot.models.order import Order, OrderQuery

ReplyKind = Literal["answer", "clarify", "ask_slot", "order_status", "task_done", "handoff", "smalltalk", "fallback"]
Offer = Literal["asked", "mentioned"]
"""A human was offered with the reply: by a question, to which 「好的」 is yes, or only mentioned."""
LookupResult = Literal["found", "not_found", "failed", "refused"]
"""What a look-up of orders came to; refused: too many attempts, the order system was not asked."""


class Action(Frozen):
    """What to do about a message: the outcome of `dialogue.policy.decide`."""

    kind: ReplyKind
    rule: str = Field(description="name of the rule that decided, for the trace")
    candidate: Candidate | None = None
    also: tuple[Candidate, ...] = Field(
        default=(), description="the other questions of a message that asks several, answered too"
    )
    left: tuple[str, ...] = Field(default=(), description="parts of the message that are not answered, told to be left")
    part: str = Field(default="", description="sentences of the answer, told instead of all of it")
    options: tuple[Candidate, ...] = Field(default=(), description="questions offered in a clarification")
    wording: str = Field(default="", description="key into dialogue/data/replies.yaml")
    task: str | None = None
    slot: str | None = Field(default=None, description="slot asked for")
    slots: dict[str, str] = Field(default_factory=dict, description="all slots of the task known so far")
    trusted: dict[str, str] = Field(default_factory=dict, description="what the host itself has proven of the customer")
    order: Order | None = None
    orders: tuple[Order, ...] = Field(default=(), description="several orders, told in short")
    lookup: LookupResult | None = Field(default=None, description="what the look-up of orders came to, once it was made")
    about: str = Field(default="", description="what of the order is asked: a key of dialogue/data/order_questions.yaml")
    order_id: str | None = Field(default=None, description="order in hand when a human is called")
    reason: str | None = Field(default=None, description="why a human is needed")
    text: str = Field(
        default="",
        description="what is said, or filled into the wording, where that is not fixed: an order, what a task came to, the "
        "title of a slot or of what is forgone, a sentence before an answer",
    )
    offer: Offer | None = None


class Turn(Data):
    """One message and what came of it: all that is needed to replay a session."""

    user: str
    kind: ReplyKind
    rule: str
    faq_id: str | None = Field(default=None, description="the FAQ answered, or asked for once more though it was told")
    confidence: float | None = Field(default=None, ge=0, le=1, description="of the FAQ answered, or of the best one offered")
    reply: str = ""
    whole: str = Field(default="", description="the FAQ's answer, where the reply was a shorter one for the channel")
    options: list[str] = Field(default_factory=list, description="faq ids offered")
    option_texts: list[str] = Field(default_factory=list)
    task: str | None = None
    slot: str | None = None
    slots: dict[str, str] = Field(default_factory=dict)
    order_id: str | None = None
    done: str | None = Field(default=None, description="merchant's task that was done with this message")
    reason: str | None = None
    dangers: list[str] = Field(default_factory=list, description="kinds of danger told of, where a human was called for it")
    offer: Offer | None = None
    ticket_id: str | None = Field(default=None, description="ticket that was open then; the desk has this message too")
    names: list[str] = Field(default_factory=list, description="people's names in the message: covered in all that is logged")
    at: datetime = Field(default_factory=utc_now, description="when the message was decided upon; times out what is under way")


class Session(Data):
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
    known_since: int = Field(
        default=0, ge=0, description="turns before the host named the customer of a session without one; a store counts them"
    )
    version: int = Field(default=0, ge=0, description="how often a store has saved it: what its optimistic lock compares")


class Caller(Frozen):
    """Who wants a task done: the session's identity, for the merchant's function that does it."""

    customer_id: str
    channel: str
    session_id: str
    identified: OrderQuery | None = Field(default=None, description="what the host itself has proven of the customer")
    request_id: str = Field(
        description="the same however often one message is decided upon: doing it twice can be avoided by it"
    )
