"""The tables of a store, and how its database is opened."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Dialect, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from csbot.errors import ConfigError, MissingDependency, StoreVersionError

SCHEMA_VERSION = "2"
"""Version of the tables below; another one in the database is refused."""

BUSY_TIMEOUT_S = 10
"""How long SQLite waits for another writer, whose transaction takes milliseconds."""

WRITES = "csbot_writes"
"""Execution option of connections that are going to write: SQLite locks for them at the beginning, not midway."""

_LOCK = 0x637362_6F74
"""PostgreSQL's advisory lock while the tables are made: "csbot"."""


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware moment, kept in UTC without its zone: SQLite knows none."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=timezone.utc)


METADATA = sa.MetaData()

META = sa.Table(
    "csbot_meta", METADATA, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
"""``schema_version``, and the ``salt`` of the hashes in `ATTEMPTS` and `LINKS`."""

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


def open_engine(url: str) -> Engine:
    """An engine for SQLite (a file; write-ahead log, foreign keys) or PostgreSQL (psycopg 3).

    :raises ConfigError: the URL can't be used. :raises MissingDependency: psycopg is absent.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise ConfigError(f"store 不是数据库 URL：{url!r} | not a database URL, write sqlite:///var/csbot.db") from None
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend != "postgresql":
        raise ConfigError(f"store 不支持 {backend}，请用 sqlite 或 postgresql | unsupported database")
    try:
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except ModuleNotFoundError:
        raise MissingDependency("psycopg", what="PostgreSQL 会话库", pip="'csbot-zh[postgres]'") from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigError("SQLite 会话库须是文件；只用内存请传 MemoryStore() | give a file, or MemoryStore() for memory")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, record: object) -> None:
        connection.isolation_level = None  # BEGIN is said below, not guessed by the driver
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def prepare(connection: Connection) -> bytes:
    """Make the tables if they are absent; the store's salt.

    :raises StoreVersionError: the tables are of another version.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    if not sa.inspect(connection).has_table(META.name):
        METADATA.create_all(connection)
        rows = [{"name": "schema_version", "value": SCHEMA_VERSION}, {"name": "salt", "value": secrets.token_hex(32)}]
        connection.execute(sa.insert(META), rows)
    meta = {row.name: row.value for row in connection.execute(sa.select(META))}
    if meta.get("schema_version") != SCHEMA_VERSION or "salt" not in meta:
        raise StoreVersionError(
            f"会话库的表版本是 {meta.get('schema_version')}，本版 csbot 只认 {SCHEMA_VERSION}：请换用写它的 csbot，或换一个库"
            f" | the store's tables have another version, this csbot reads {SCHEMA_VERSION}"
        )
    return bytes.fromhex(meta["salt"])
