"""The ticket (工单): what a human gets to take over, and what became of it. Versioned: desks can tell what they read."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from csbot.models.base import Frozen, Moment, utc_now
from csbot.models.conversation import ReplyKind
from csbot.models.faq import Candidate
from csbot.models.message import Signal

SCHEMA_VERSION: Literal[1] = 1
"""Raised when a field changes its meaning or goes; a new optional field leaves it."""

TicketState = Literal[
    "queued", "assigned", "active", "resolved", "followed_up", "closed",
    "returned_to_bot", "abandoned", "after_hours", "failed",
]  # fmt: skip
Priority = Literal["urgent", "high", "normal", "low"]
Speaker = Literal["customer", "bot", "agent"]
SPEAKERS: dict[Speaker, str] = {"customer": "客户", "bot": "机器人", "agent": "客服"}


class Actor(Frozen):
    """Who did something to a ticket."""

    kind: Literal["bot", "system", "customer", "agent"]
    id: str = Field(default="", description="agent: who of them; customer: empty, the ticket knows")


class Step(Frozen):
    """One transition of a ticket."""

    state: TicketState = Field(description="the state it came into")
    by: Actor
    at: datetime
    note: str = Field(default="", description="why; masked")
    agent: str | None = Field(default=None, description="who has it from here on, for assigned and active")


class Line(Frozen):
    """One line of the conversation, masked."""

    who: Speaker
    text: str
    at: Moment = None

    @property
    def said(self) -> str:
        return f"{SPEAKERS[self.who]}：{self.text}"


class Note(Frozen):
    """What an agent, or the bot, leaves for whoever opens the ticket next; the customer never sees it."""

    by: Actor
    at: datetime
    text: str


class Message(Frozen):
    """A message that passes over the desk."""

    key: str = Field(description="one per message of a ticket: a repetition with the same key is the same message")
    who: Speaker
    text: str
    at: datetime
    by: str = Field(default="", description="agent: who of them")
    ticket_id: str = Field(default="", description="given by the desk")
    session_id: str = Field(default="", description="given by the desk: where it is delivered")
    number: int = Field(default=0, ge=0, description="1, 2, … within its ticket; given by the desk")


class Waiting(Frozen):
    """What a desk knows of the wait. None: not known, and not told.

    :ivar ahead: tickets before this one in its queue. :ivar minutes: expected until somebody answers.
    """

    ahead: int | None = None
    minutes: float | None = None


class Attempt(Frozen):
    """What the bot did about one message, and how sure it was."""

    asked: str = Field(description="the customer's message, masked")
    kind: ReplyKind
    what: str = Field(default="", description="the question answered, those offered, the slot asked for, the order shown")
    faq_id: str | None = None
    confidence: float | None = Field(default=None, ge=0, le=1, description="of the FAQ answered, or of the best one offered")


class Suggestion(Frozen):
    """An answer that the agent may send as it is."""

    faq_id: str
    question: str
    answer: str
    confidence: float = Field(ge=0, le=1)


class Earlier(Frozen):
    """An earlier session or ticket of the same customer, and how it ended; filled by whoever has the store."""

    id: str
    kind: Literal["session", "ticket"]
    at: datetime
    about: str = Field(default="", description="what it was about, masked")
    outcome: str = Field(default="", description="how it ended, in words")


class Deadlines(Frozen):
    """When the service level (SLA) is broken, if nothing was done by then. None: not promised."""

    first_contact: Moment = None
    on_site: Moment = None
    resolve: Moment = None


class Route(Frozen):
    """Where a ticket goes, and which row of the routing table said so."""

    priority: Priority = "normal"
    tier: int = Field(default=1, ge=1, description="1: 一线, 2: 二线, 3: 三线")
    tier_title: str = "一线"
    skill: str = Field(default="", description="group of agents")
    why: dict[str, str] = Field(default_factory=dict, description="name of the row that decided, by column")
    due: Deadlines = Deadlines()


class Ticket(Frozen):
    """What a human gets to take over: the conversation, what was tried, what is known, and where it goes."""

    schema_version: Literal[1] = SCHEMA_VERSION
    id: str = Field(default_factory=lambda: "T" + uuid.uuid4().hex[:12].upper())
    session_id: str
    customer_id: str
    channel: str
    reason: str = Field(description="why a human is needed: customer_wish, not_understood, urgent, upset, complaint …")
    state: TicketState = "queued"
    created: datetime = Field(default_factory=utc_now)
    agent: str | None = Field(default=None, description="who has it")
    steps: list[Step] = Field(default_factory=list, description="every transition so far, oldest first")
    route: Route = Route()
    transcript: list[Line] = Field(description="masked, oldest first")
    attempts: list[Attempt] = Field(default_factory=list, description="what the bot did about each message, oldest first")
    tried: list[Candidate] = Field(default_factory=list, description="candidates of the last message, best first")
    slots: dict[str, str] = Field(default_factory=dict, description="masked")
    titles: dict[str, str] = Field(default_factory=dict, description="what the slots are called")
    order_id: str | None = Field(default=None, description="order that was proven and shown in this session")
    order_status: str = Field(default="", description="what the customer was told of it")
    signals: list[Signal] = Field(default_factory=list, description="texts masked")
    contact: str = Field(default="", description="phone to call back, readable: the customer left it for that")
    place: str = Field(default="", description="where help is needed, readable: told by somebody in danger")
    earlier: list[str] = Field(default_factory=list, description="ids of this customer's sessions before it, newest first")
    history: list[Earlier] = Field(default_factory=list, description="earlier sessions and tickets, newest first")
    suggested: list[Suggestion] = Field(default_factory=list, description="answers for the agent, best first")
    summary: list[str] = Field(default_factory=list, description="five lines that are read in ten seconds")
    notes: list[Note] = Field(default_factory=list, description="oldest first")
    rating: int | None = Field(default=None, ge=1, le=5, description="what the customer thinks of the service")
    comment: str = Field(default="", description="the customer's, masked")

    @property
    def changed(self) -> datetime:
        """When it came into its state."""
        return self.steps[-1].at if self.steps else self.created


def ticket_schema() -> dict[str, Any]:
    """The JSON Schema of a ticket as it is written (draft 2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Ticket.model_json_schema(mode="serialization")}


def ticket_id_of(session_id: str, key: str) -> str:
    """The id of the ticket that a message opens: 60 bits, the same however often the message is delivered.

    >>> ticket_id_of("s", "m")
    'TSXIPTTYMFN2N'
    """
    digest = hashlib.sha256(f"{session_id}\n{key}".encode()).digest()
    return "T" + base64.b32encode(digest).decode()[:12]
