"""The built-in desk, in SQLite or PostgreSQL: one row per ticket and one per message; every change is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from csbot.errors import StoreError, TicketError
from csbot.handoff.desk import OPEN
from csbot.handoff.due import DeskRules, due_step, escalated
from csbot.handoff.rows import (
    add_message,
    change,
    earlier_of,
    for_agent,
    insert_ticket,
    may_be_due,
    message_of,
    open_one_of,
    read_locked,
    read_one,
)
from csbot.handoff.states import check_speaker, rated, transition
from csbot.handoff.tables import DESK, MESSAGES, TICKETS
from csbot.models import Actor, Earlier, Message, Note, Ticket, TicketState, Waiting
from csbot.models.base import aware
from csbot.privacy import mask
from csbot.storage.database import Database
from csbot.storage.families import make_tables

RECENT = timedelta(hours=2)
"""Claims of the last two hours tell how fast the queue moves; older ones belong to another shift."""
LEAST_CLAIMS = 5
"""With fewer claims than this nothing is said about the time."""


class SqlDesk(Database):
    """A `csbot.handoff.desk.Desk` behind a database URL. The tables are made at first use, and may stand beside a store's.

    :param url: ``sqlite:///PATH`` or ``postgresql://…``. :param rules: what is due when, for `tick`.
    :param personal: whether agents read what customers write while they wait or talk as it was typed; False: masked.
    :raises ConfigError: no such URL can be used. :raises MissingDependency: psycopg is absent.
    :raises StoreVersionError: the tables are of another version. :raises StoreError: the database can't be opened.
    """

    called = DESK.called

    def __init__(self, url: str = "sqlite:///var/csbot.db", *, rules: DeskRules | None = None, personal: bool = False) -> None:
        self.rules = rules or DeskRules()
        self.personal = personal
        super().__init__(url)
        self._prepare(partial(make_tables, family=DESK))

    def file(self, ticket: Ticket) -> Ticket:
        """See `Desk.file`."""
        own = TICKETS.c.id == ticket.id
        try:
            with self._writing() as connection:
                there = read_one(connection, own) or read_one(connection, open_one_of(ticket.session_id))
                if there is None:
                    insert_ticket(connection, ticket)
        except IntegrityError:  # another worker filed one for this session in between
            there = self.get(ticket.id) or self.of_session(ticket.session_id)
            if there is None:
                raise StoreError(f"工单 {ticket.id} 没能登记 | the ticket could not be filed") from None
        if there is not None and there.session_id != ticket.session_id:
            raise StoreError(f"工单号 {ticket.id} 已被另一个会话占用 | the ticket's id is another session's")
        return there or ticket

    def get(self, ticket_id: str) -> Ticket | None:
        """See `Desk.get`."""
        with self._reading() as connection:
            return read_one(connection, TICKETS.c.id == ticket_id)

    def of_session(self, session_id: str) -> Ticket | None:
        """See `Desk.of_session`."""
        with self._reading() as connection:
            return read_one(connection, open_one_of(session_id))

    def queue(
        self, *, states: Sequence[TicketState] = OPEN, tiers: Sequence[int] = (), skills: Sequence[str] = (), most: int = 100
    ) -> list[Ticket]:
        """See `Desk.queue`."""
        query = sa.select(TICKETS.c.body).where(TICKETS.c.state.in_(states), *for_agent(tiers, skills))
        with self._reading() as connection:
            bodies = connection.scalars(query.order_by(TICKETS.c.rank, TICKETS.c.created, TICKETS.c.id).limit(most))
            return [Ticket.model_validate_json(body) for body in bodies]

    def waiting(self, ticket_id: str, at: datetime) -> Waiting:
        """See `Desk.waiting`. The time is that of the next claims at the pace of the last two hours in the same queue."""
        with self._reading() as connection:
            row = connection.execute(sa.select(TICKETS).where(TICKETS.c.id == ticket_id)).mappings().one_or_none()
            if row is None or row["state"] != "queued":
                return Waiting()
            same = (TICKETS.c.tier == row["tier"], TICKETS.c.skill == row["skill"])
            sooner = sa.tuple_(TICKETS.c.rank, TICKETS.c.created, TICKETS.c.id) < (row["rank"], row["created"], row["id"])
            before = sa.select(sa.func.count()).where(TICKETS.c.state == "queued", *same, sooner)
            ahead = connection.scalar(before) or 0
            recent = sa.select(sa.func.count(), sa.func.min(TICKETS.c.claimed)).where(*same, TICKETS.c.claimed >= at - RECENT)
            count, first = connection.execute(recent).one()
        if count < LEAST_CLAIMS:
            return Waiting(ahead=ahead)
        return Waiting(ahead=ahead, minutes=(ahead + 1) * (at - first).total_seconds() / 60 / count)

    def claim(self, agent: str, at: datetime, *, tiers: Sequence[int] = (), skills: Sequence[str] = ()) -> Ticket | None:
        """See `Desk.claim`. PostgreSQL passes over rows that others are taking; SQLite has one writer at a time."""
        query = sa.select(TICKETS.c.id).where(TICKETS.c.state == "queued", *for_agent(tiers, skills))
        query = query.order_by(TICKETS.c.rank, TICKETS.c.created, TICKETS.c.id).limit(1).with_for_update(skip_locked=True)
        with self._writing() as connection:
            ticket_id = connection.scalar(query)
            if ticket_id is None:
                return None
            who, at = Actor(kind="agent", id=agent), aware(at)
            return change(connection, ticket_id, lambda ticket: transition(ticket, "assigned", who, max(at, ticket.changed)))

    def move(
        self, ticket_id: str, to: TicketState, by: Actor, at: datetime, note: str = "", *, agent: str | None = None
    ) -> Ticket:
        """See `Desk.move`."""
        try:
            with self._writing() as connection:
                return change(connection, ticket_id, lambda ticket: transition(ticket, to, by, at, note, agent=agent))
        except IntegrityError:  # another worker opened one in between
            raise TicketError(f"工单 {ticket_id} 的会话刚有了另一张工单 | its session has just got another ticket") from None

    def hear(self, ticket_id: str, message: Message) -> Ticket | None:
        """See `Desk.hear`."""
        with self._writing() as connection:
            ticket = read_locked(connection, ticket_id)
            if ticket.state not in OPEN:
                return None
            add_message(connection, ticket, message, waits=False)
            return ticket

    def say(self, ticket_id: str, message: Message) -> Message:
        """See `Desk.say`."""
        same = sa.and_(MESSAGES.c.ticket_id == ticket_id, MESSAGES.c.key == message.key)
        with self._writing() as connection:
            ticket = read_locked(connection, ticket_id)
            if connection.scalar(sa.select(MESSAGES.c.number).where(same)) is None:
                check_speaker(ticket, message)
            return add_message(connection, ticket, message, waits=message.who == "agent")

    def note(self, ticket_id: str, note: Note) -> Ticket:
        """See `Desk.note`."""
        if not self.personal:
            note = note.model_copy(update={"text": mask(note.text)})
        with self._writing() as connection:
            return change(connection, ticket_id, lambda one: one.model_copy(update={"notes": [*one.notes, note]}))

    def messages(self, ticket_id: str, after: int = 0) -> list[Message]:
        """See `Desk.messages`."""
        return self._messages(sa.and_(MESSAGES.c.ticket_id == ticket_id, MESSAGES.c.number > after), MESSAGES.c.number)

    def outbox(self, most: int = 100) -> list[Message]:
        """See `Desk.outbox`."""
        return self._messages(MESSAGES.c.delivered.is_(None), MESSAGES.c.at, MESSAGES.c.ticket_id, MESSAGES.c.number, most=most)

    def delivered(self, message: Message, at: datetime) -> None:
        """See `Desk.delivered`."""
        this = sa.and_(MESSAGES.c.ticket_id == message.ticket_id, MESSAGES.c.number == message.number)
        with self._writing() as connection:
            connection.execute(sa.update(MESSAGES).where(this, MESSAGES.c.delivered.is_(None)).values(delivered=at))

    def update(self, ticket_id: str, step: Callable[[Ticket], Ticket]) -> Ticket:
        """See `Desk.update`."""
        with self._writing() as connection:
            return change(connection, ticket_id, step)

    def reach(self, ticket_id: str, phone: str) -> None:
        """See `Desk.reach`."""
        with self._writing() as connection:
            change(connection, ticket_id, lambda ticket: ticket.model_copy(update={"contact": phone}))

    def rate(self, ticket_id: str, score: int, comment: str = "") -> Ticket:
        """See `Desk.rate`."""
        with self._writing() as connection:
            return change(connection, ticket_id, lambda ticket: rated(ticket, score, comment))

    def history(self, customer_id: str, most: int = 5) -> list[Earlier]:
        """See `Desk.history`."""
        if not customer_id:
            return []
        query = sa.select(TICKETS.c.body).where(TICKETS.c.customer_id == customer_id)
        with self._reading() as connection:
            bodies = connection.scalars(query.order_by(TICKETS.c.created.desc()).limit(most))
            return [earlier_of(Ticket.model_validate_json(body)) for body in bodies]

    def tick(self, at: datetime) -> list[Ticket]:
        """See `Desk.tick`."""
        with self._reading() as connection:
            ids = connection.scalars(sa.select(TICKETS.c.id).where(may_be_due(self.rules, at))).all()
        changed = []
        for ticket_id in ids:
            with self._writing() as connection:
                changed += self._do_due(connection, ticket_id, at)
        return changed

    def _do_due(self, connection: Connection, ticket_id: str, at: datetime) -> list[Ticket]:
        """All that is due of one ticket, looked at again under its lock."""
        ticket = first = read_locked(connection, ticket_id)
        unanswered = connection.scalar(sa.select(TICKETS.c.unanswered).where(TICKETS.c.id == ticket_id))
        while step := due_step(ticket, unanswered, self.rules, at):
            if step == "escalate":
                ticket = change(connection, ticket_id, lambda one: escalated(one, self.rules, at))
            else:
                to, note = step
                ticket = change(connection, ticket_id, partial(transition, to=to, by=Actor(kind="system"), at=at, note=note))
        return [] if ticket is first else [ticket]

    def _messages(self, where: sa.ColumnElement[bool], *order: sa.Column[Any], most: int = 10_000) -> list[Message]:
        query = sa.select(MESSAGES, TICKETS.c.session_id).join(TICKETS, TICKETS.c.id == MESSAGES.c.ticket_id).where(where)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(*order).limit(most)).mappings()
            return [message_of(row, row["session_id"]) for row in rows]

    def _in_conflict(self, error: IntegrityError) -> IntegrityError:
        return error  # `file` knows what to do
