"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "deliveries_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "csbot_cursors",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.Text(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False, comment="put into requests, the opening included"),
        sa.Column("messages", sa.Integer(), nullable=False, comment="number of the last message read"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "ticket_id"),
    )
    op.create_table(
        "csbot_requests",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="which system it is for"),
        sa.Column("lane", sa.Text(), nullable=False, comment="ticket or conversation, within which the order is kept"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="empty once it has arrived"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("again", sa.DateTime(), nullable=True, comment="not before then"),
        sa.Column("sent", sa.DateTime(), nullable=True),
        sa.Column("refused", sa.Text(), nullable=True, comment="why the receiver never takes it"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("channel", "key"),
    )
    op.create_index("csbot_requests_lane", "csbot_requests", ["channel", "lane", "sent", "number"])
    op.create_index("csbot_requests_waiting", "csbot_requests", ["channel", "sent", "number"])
    op.create_index("ix_csbot_requests_sent", "csbot_requests", ["sent"])

    op.create_table(
        "csbot_seen",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_csbot_seen_at", "csbot_seen", ["at"])
