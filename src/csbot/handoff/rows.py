"""Tickets and messages as rows of the built-in desk's tables. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from csbot.errors import TicketError
from csbot.handoff.desk import OPEN
from csbot.handoff.due import FINISHED, DeskRules
from csbot.handoff.states import TITLES
from csbot.handoff.tables import MESSAGES, RANKS, TICKETS
from csbot.handoff.wording import notice_of
from csbot.models import Earlier, Message, Ticket
from csbot.storage.database import Moment


def insert_ticket(connection: Connection, ticket: Ticket) -> None:
    """Put a new ticket into the table."""
    known = {"session_id": ticket.session_id, "customer_id": ticket.customer_id}
    connection.execute(sa.insert(TICKETS).values(_columns_of(ticket) | known))


def read_one(connection: Connection, where: sa.ColumnElement[bool]) -> Ticket | None:
    """The ticket that fits; None where there is none."""
    body = connection.scalar(sa.select(TICKETS.c.body).where(where))
    return None if body is None else Ticket.model_validate_json(body)


def read_locked(connection: Connection, ticket_id: str) -> Ticket:
    """The ticket, which nobody else changes until this transaction ends. :raises TicketError: there is none."""
    body = connection.scalar(sa.select(TICKETS.c.body).where(TICKETS.c.id == ticket_id).with_for_update())
    if body is None:
        raise TicketError(f"没有工单 {ticket_id} | no such ticket")
    return Ticket.model_validate_json(body)


def open_one_of(session_id: str) -> sa.ColumnElement[bool]:
    """Condition: the open ticket of a session."""
    return sa.and_(TICKETS.c.session_id == session_id, TICKETS.c.state.in_(OPEN))


def change(connection: Connection, ticket_id: str, step: Callable[[Ticket], Ticket]) -> Ticket:
    """The ticket after ``step``, written. A customer to whom the bot speaks again is told so; one who gets an agent waits.

    :raises TicketError: there is no such ticket, or its session has another open one.
    """
    before = read_locked(connection, ticket_id)
    after = step(before)
    if after.state in OPEN and before.state not in OPEN:
        other = read_one(connection, open_one_of(after.session_id))
        if other is not None:
            raise TicketError(f"这个会话已有未完结的工单 {other.id}，请在那张上处理 | its session has another open ticket")
    values = _columns_of(after)
    if after.state == "assigned":
        values["claimed"] = sa.func.coalesce(TICKETS.c.claimed, sa.literal(after.changed, Moment()))
    if after.state != before.state:
        values["unanswered"] = after.changed if after.state == "active" else None
    connection.execute(sa.update(TICKETS).where(TICKETS.c.id == ticket_id).values(values))
    notice = notice_of(before, after)
    if notice:
        key = f"csbot-notice-{len(after.steps)}"
        add_message(connection, after, Message(key=key, who="bot", text=notice, at=after.changed), waits=True)
    return after


def add_message(connection: Connection, ticket: Ticket, message: Message, *, waits: bool) -> Message:
    """The message with its number; the one that is there, where the ticket has one with this key.

    :param waits: whether it is still to be delivered to the customer.
    """
    same = sa.and_(MESSAGES.c.ticket_id == ticket.id, MESSAGES.c.key == message.key)
    there = connection.execute(sa.select(MESSAGES).where(same)).mappings().one_or_none()
    if there is not None:
        return message_of(there, ticket.session_id)
    count = sa.select(sa.func.coalesce(sa.func.max(MESSAGES.c.number), 0)).where(MESSAGES.c.ticket_id == ticket.id)
    number = (connection.scalar(count) or 0) + 1
    message = message.model_copy(update={"text": message.text.replace("\x00", "")})  # PostgreSQL's text has none
    values = message.model_dump(include={"key", "who", "by", "text", "at"})
    delivered = None if waits else message.at
    connection.execute(sa.insert(MESSAGES).values(**values, ticket_id=ticket.id, number=number, delivered=delivered))
    if message.who == "agent" or (message.who == "customer" and ticket.state == "active"):
        since = sa.literal(message.at, Moment())
        waiting = None if message.who == "agent" else sa.func.coalesce(TICKETS.c.unanswered, since)
        connection.execute(sa.update(TICKETS).where(TICKETS.c.id == ticket.id).values(unanswered=waiting))
    return message.model_copy(update={"ticket_id": ticket.id, "session_id": ticket.session_id, "number": number})


def for_agent(tiers: Sequence[int], skills: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Conditions for tickets that an agent of these tiers and skills may have."""
    return [*([TICKETS.c.tier.in_(tiers)] if tiers else []), *([TICKETS.c.skill.in_(skills)] if skills else [])]


def may_be_due(rules: DeskRules, at: datetime) -> sa.ColumnElement[bool]:
    """Condition that every ticket fulfils of which `csbot.handoff.due.due_step` finds something due, and few others."""
    state, c = TICKETS.c.state, TICKETS.c
    return sa.or_(
        state == "after_hours",
        sa.and_(state == "assigned", c.changed <= at - timedelta(seconds=rules.take_up_s)),
        sa.and_(state == "active", c.unanswered <= at - timedelta(seconds=rules.silence_s)),
        sa.and_(state.in_(("queued", "assigned")), c.due < at, c.tier < len(rules.table.tiers)),
        sa.and_(state.in_(FINISHED), c.changed <= at - timedelta(seconds=rules.close_s)),
    )


def message_of(row: RowMapping, session_id: str) -> Message:
    """The message in a row."""
    names = ("key", "who", "by", "text", "at", "ticket_id", "number")
    return Message(**{name: row[name] for name in names}, session_id=session_id)


def earlier_of(ticket: Ticket) -> Earlier:
    """What a later agent is told of a ticket."""
    note = next((step.note for step in reversed(ticket.steps) if step.state == "resolved"), "")
    about = ticket.summary[1] if len(ticket.summary) > 1 else ticket.reason
    outcome = f"{TITLES[ticket.state]}{'：' + note if note else ''}{f'，评分 {ticket.rating}' if ticket.rating else ''}"
    return Earlier(id=ticket.id, kind="ticket", at=ticket.created, about=about, outcome=outcome)


def _columns_of(ticket: Ticket) -> dict[str, Any]:
    """The columns that follow from a ticket."""
    return {
        "id": ticket.id, "state": ticket.state, "rank": RANKS[ticket.route.priority], "tier": ticket.route.tier,
        "skill": ticket.route.skill, "created": ticket.created, "changed": ticket.changed,
        "due": ticket.route.due.first_contact, "body": ticket.model_dump_json(),
    }  # fmt: skip
