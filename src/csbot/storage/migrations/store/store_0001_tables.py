"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "store_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "csbot_attempts",
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("attempt_hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", "attempt_hash"),
    )
    op.create_index("ix_csbot_attempts_at", "csbot_attempts", ["at"])

    op.create_table(
        "csbot_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON of the event, masked"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_csbot_events_at", "csbot_events", ["at"])

    op.create_table(
        "csbot_links",
        sa.Column("proof_hash", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("proof_hash", "customer_id"),
    )
    op.create_index("ix_csbot_links_at", "csbot_links", ["at"])
    op.create_index("ix_csbot_links_customer_id", "csbot_links", ["customer_id"])

    op.create_table(
        "csbot_meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "csbot_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False, comment="how many turns this version has"),
        sa.Column(
            "spoken", sa.DateTime(), nullable=False, comment="time of the last turn; of the beginning where there is none"
        ),
        sa.Column("head", sa.Text(), nullable=False, comment="JSON of the session without its turns"),
        sa.Column("worker", sa.Text(), nullable=False, comment="who alone may save it, until claimed_until"),
        sa.Column("claimed_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("csbot_sessions_age", "csbot_sessions", ["spoken"])
    op.create_index("csbot_sessions_newest", "csbot_sessions", ["customer_id", "spoken"])

    op.create_table(
        "csbot_replies",
        sa.Column("owner", sa.Text(), nullable=False, comment="customer id; session id where there is none"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON of the reply"),
        sa.ForeignKeyConstraint(["session_id"], ["csbot_sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner", "channel", "message_id"),
    )
    op.create_index("ix_csbot_replies_at", "csbot_replies", ["at"])
    op.create_index("ix_csbot_replies_session_id", "csbot_replies", ["session_id"])

    op.create_table(
        "csbot_turns",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="0, 1, …"),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON of the turn"),
        sa.ForeignKeyConstraint(["session_id"], ["csbot_sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "number"),
    )
