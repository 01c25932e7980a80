"""The tables of the built-in desk."""

from __future__ import annotations

import sqlalchemy as sa

from csbot.handoff.desk import OPEN
from csbot.storage.database import Moment
from csbot.storage.families import Family

RANKS = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
"""Order of priorities in a queue."""

METADATA = sa.MetaData()
DESK = Family("desk", called=("工单库", "the desk"), lock=0x6465_736B, head="desk_0001", metadata=METADATA)

TICKETS = sa.Table(
    "csbot_tickets",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False, comment="of its priority, 0 first"),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("skill", sa.Text, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("changed", Moment, nullable=False, comment="when it came into its state"),
    sa.Column("claimed", Moment, comment="when an agent took it for the first time"),
    sa.Column("due", Moment, comment="first contact"),
    sa.Column("unanswered", Moment, comment="since when the customer waits for the agent's word"),
    sa.Column("body", sa.Text, nullable=False, comment="JSON of the ticket"),
    sa.Index("csbot_tickets_queue", "state", "rank", "created"),
    sa.Index("csbot_tickets_customer", "customer_id", "created"),
)

_IS_OPEN = TICKETS.c.state.in_(OPEN)
sa.Index(
    "csbot_tickets_one_per_session",
    TICKETS.c.session_id,
    unique=True,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)

MESSAGES = sa.Table(
    "csbot_messages",
    METADATA,
    sa.Column("ticket_id", sa.ForeignKey(TICKETS.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, …"),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("delivered", Moment, comment="when it reached the customer's channel; what comes from there at once"),
    sa.UniqueConstraint("ticket_id", "key"),
    sa.Index("csbot_messages_outbox", "delivered", "at"),
)
