"""What comes back from a merchant's own system: its agents take tickets, answer, leave notes and finish them there.

The host mounts `Replies.handle` in whatever web framework it has: it takes the headers and the body as they came, and gives a
status and a JSON answer back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from csbot.environment import from_environment
from csbot.errors import StoreError, TicketError
from csbot.handoff.deliveries import Deliveries
from csbot.handoff.desk import Desk
from csbot.handoff.signing import verify
from csbot.handoff.webhook import SIGNED_WITH
from csbot.models import Actor, Message, Note, Ticket, TicketState, utc_now
from csbot.models.base import Frozen, Text
from csbot.privacy import mask

MOST_BYTES = 65536
"""A longer body is refused unread: an answer of an agent has a few hundred characters."""
_ENDS: dict[str, TicketState] = {"resolve": "resolved", "return": "returned_to_bot"}


class AgentAction(Frozen):
    """The body of a POST that comes in."""

    schema_version: Literal[1] = 1
    id: str = Field(min_length=1, max_length=200, description="one per action: a repetition with the same id is done once")
    ticket_id: str
    action: Literal["take", "reply", "note", "resolve", "return"]
    agent: Text = Field(description="who of the agents")
    text: str = Field(default="", max_length=10_000, description="reply, note: what; resolve: what was done; return: why")

    @model_validator(mode="after")
    def _says_something(self) -> AgentAction:
        if self.action in ("reply", "note", "resolve") and not self.text.strip():
            raise ValueError(f"{self.action} 须有 text | needs a text")
        return self


@dataclass(frozen=True)
class Answer:
    """What is answered to a request. :ivar status: of HTTP. :ivar body: JSON, as UTF-8."""

    status: int
    body: bytes

    @classmethod
    def of(cls, status: int, **said: Any) -> Answer:
        return cls(status, json.dumps(said, ensure_ascii=False).encode())


class Replies:
    """Does at a desk what agents do elsewhere.

    :param deliveries: where ids of what was done are kept: `Webhook.deliveries`, say.
    :param secret: signs what comes in, as `csbot.handoff.signing.sign` does; ``env:NAME`` is read from the environment.
    :raises ConfigError: the environment has no such variable.
    """

    def __init__(
        self, desk: Desk, deliveries: Deliveries, secret: str = SIGNED_WITH, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._desk, self._deliveries, self._clock = desk, deliveries, clock
        self._secret = from_environment(secret, "webhook secret")
        self._one_by_one = Lock()  # of two deliveries of one action at once, the second finds it done

    def handle(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a POST: 200 done, now or before; 400, 413 no action; 401 not signed, or not now; 404 no such ticket;
        409 the ticket's state forbids it; 503 to be sent again."""
        if len(body) > MOST_BYTES:
            return Answer.of(413, error="请求太长 | too long")
        if not verify(headers, body, self._secret, self._clock()):
            return Answer.of(401, error="签名不对，或时间相差超过 5 分钟 | wrong signature, or not just now")
        try:
            asked = AgentAction.model_validate_json(body)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            return Answer.of(400, error=f"请求格式有误 | wrong request: {faults}")
        try:
            with self._one_by_one:
                return self._answer(asked)
        except TicketError as error:
            return Answer.of(409, error=str(error))
        except StoreError:
            return Answer.of(503, error="工单库暂时不可用，请稍后重发 | the desk is out of order, send it again")

    def _answer(self, asked: AgentAction) -> Answer:
        ticket = self._desk.get(asked.ticket_id)
        if ticket is None:
            return Answer.of(404, error=f"没有工单 {asked.ticket_id} | no such ticket")
        key = f"action {asked.id}"
        if self._deliveries.seen(key):
            return Answer.of(200, result="repeated", state=ticket.state)
        at = self._clock()
        ticket = self._do(asked, ticket, at)
        self._deliveries.see(key, at)
        return Answer.of(200, result="done", state=ticket.state)

    def _do(self, asked: AgentAction, ticket: Ticket, at: datetime) -> Ticket:
        """The ticket afterwards. What was done before a crash, but not marked as seen, is found done.

        :raises TicketError: the desk forbids it.
        """
        who = Actor(kind="agent", id=asked.agent)
        if asked.action == "note":
            there = any(note.by == who and note.text in (asked.text, mask(asked.text)) for note in ticket.notes[-1:])
            return ticket if there else self._desk.note(ticket.id, Note(by=who, at=at, text=asked.text))
        if asked.action in _ENDS:
            to = _ENDS[asked.action]
            if ticket.state == to and ticket.steps[-1].by == who:
                return ticket
            return self._desk.move(ticket.id, to, who, at, asked.text)
        ticket = take(self._desk, ticket, who, at)
        if asked.action == "reply":
            said = Message(key=f"action {asked.id}", who="agent", by=asked.agent, text=asked.text, at=at)
            self._desk.say(ticket.id, said)
        return ticket


def take(desk: Desk, ticket: Ticket, who: Actor, at: datetime) -> Ticket:
    """The ticket in this agent's hands: as it is, if it was there, else out of the queue.

    :raises TicketError: another agent has it, or it is not open.
    """
    if ticket.state in ("queued", "after_hours"):
        ticket = desk.move(ticket.id, "assigned", who, at)
    if ticket.state == "active" and ticket.agent == who.id:
        return ticket
    return desk.move(ticket.id, "active", who, at)
