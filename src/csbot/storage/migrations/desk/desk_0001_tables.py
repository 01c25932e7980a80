"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "desk_0001"
down_revision = None

OPEN = sa.text("state IN ('queued', 'after_hours', 'assigned', 'active')")


def upgrade() -> None:
    op.create_table(
        "csbot_tickets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, comment="of its priority, 0 first"),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("changed", sa.DateTime(), nullable=False, comment="when it came into its state"),
        sa.Column("claimed", sa.DateTime(), nullable=True, comment="when an agent took it for the first time"),
        sa.Column("due", sa.DateTime(), nullable=True, comment="first contact"),
        sa.Column("unanswered", sa.DateTime(), nullable=True, comment="since when the customer waits for the agent's word"),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON of the ticket"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("csbot_tickets_customer", "csbot_tickets", ["customer_id", "created"])
    op.create_index(
        "csbot_tickets_one_per_session", "csbot_tickets", ["session_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("csbot_tickets_queue", "csbot_tickets", ["state", "rank", "created"])

    op.create_table(
        "csbot_messages",
        sa.Column("ticket_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, …"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column(
            "delivered",
            sa.DateTime(),
            nullable=True,
            comment="when it reached the customer's channel; what comes from there at once",
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["csbot_tickets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", "number"),
        sa.UniqueConstraint("ticket_id", "key"),
    )
    op.create_index("csbot_messages_outbox", "csbot_messages", ["delivered", "at"])
