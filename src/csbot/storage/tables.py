"""The tables of a store."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from csbot.errors import StoreError
from csbot.storage.database import Moment
from csbot.storage.families import Family, make_tables

METADATA = sa.MetaData()
STORE = Family("store", called=("会话库", "the store"), lock=0x637362_6F74, head="store_0001", metadata=METADATA)

META = sa.Table(
    "csbot_meta", METADATA, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
"""The ``salt`` of the hashes in `ATTEMPTS` and `LINKS`."""

SESSIONS = sa.Table(
    "csbot_sessions",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("turns", sa.Integer, nullable=False, comment="how many turns this version has"),
    sa.Column("spoken", Moment, nullable=False, comment="time of the last turn; of the beginning where there is none"),
    sa.Column("head", sa.Text, nullable=False, comment="JSON of the session without its turns"),
    sa.Column("worker", sa.Text, nullable=False, default="", comment="who alone may save it, until claimed_until"),
    sa.Column("claimed_until", Moment),
    sa.Index("csbot_sessions_newest", "customer_id", "spoken"),
    sa.Index("csbot_sessions_age", "spoken"),
)

TURNS = sa.Table(
    "csbot_turns",
    METADATA,
    sa.Column("session_id", sa.ForeignKey(SESSIONS.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False, comment="0, 1, …"),
    sa.Column("body", sa.Text, nullable=False, comment="JSON of the turn"),
)

REPLIES = sa.Table(
    "csbot_replies",
    METADATA,
    sa.Column("owner", sa.Text, primary_key=True, comment="customer id; session id where there is none"),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("session_id", sa.ForeignKey(SESSIONS.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False, comment="JSON of the reply"),
)

ATTEMPTS = sa.Table(
    "csbot_attempts",
    METADATA,
    sa.Column("key_hash", sa.Text, primary_key=True),
    sa.Column("attempt_hash", sa.Text, primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
)

LINKS = sa.Table(
    "csbot_links",
    METADATA,
    sa.Column("proof_hash", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, primary_key=True, index=True),
    sa.Column("at", Moment, nullable=False, index=True),
)

EVENTS = sa.Table(
    "csbot_events",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False, comment="JSON of the event, masked"),
)
"""They refer to no other table: what happened stays when the session is deleted."""


def prepare(connection: Connection) -> bytes:
    """Make the tables if they are absent; the store's salt.

    :raises StoreVersionError: the tables are of another version. :raises StoreError: the salt is gone.
    """
    if make_tables(connection, STORE):
        connection.execute(sa.insert(META).values(name="salt", value=secrets.token_hex(32)))
    salt = connection.scalar(sa.select(META.c.value).where(META.c.name == "salt"))
    if salt is None:
        raise StoreError("会话库的 csbot_meta 里没有盐：请从备份恢复 | the store has lost its salt: restore it from a backup")
    return bytes.fromhex(salt)
