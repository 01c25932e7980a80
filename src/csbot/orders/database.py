"""The merchant's database: opened with care for its connections, read within a deadline, never written."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from csbot.errors import ConfigError, InputError, MissingDependency

_POSTGRESQL: dict[str, Any] = {
    "application_name": "csbot",
    "connect_timeout": 5,
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2,
    "prepare_threshold": None,
}  # fmt: skip
"""Settings of psycopg, unless the URL has them: a server that vanished is noticed in 20 s instead of the system's two hours, so
that hanging look-ups don't add up; no prepared statements, which poolers like PgBouncer used to refuse."""
_POOL = {"pool_size": 5, "max_overflow": 11, "pool_timeout": 5}
"""At most 16, for as many look-ups as `csbot.orders.lookup.MOST_LOOKUPS` lets wait; 5 stay open, SQLAlchemy's default."""
_STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the clock: well below a millisecond."""
_ABSENT = {"42P01", "42703", "3F000", "42501"}
"""SQLSTATE of an absent table, column or schema, and of one that the account may not read."""


def open_engine(where: str | URL) -> Engine:
    """An engine for reading.

    :raises ConfigError: the URL is wrong, or a database that SQLAlchemy does not know. :raises InputError: the SQLite file is
        absent. :raises MissingDependency: the driver is not installed.
    """
    url = place_of(where)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(url)
    options: dict[str, Any] = {}
    if backend == "postgresql":
        settings = {name: value for name, value in _POSTGRESQL.items() if name not in url.query}
        options = _POOL | {"connect_args": settings}
    try:
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
    except NoSuchModuleError:
        raise ConfigError(f"不支持的数据库 {url.drivername} | unknown kind of database") from None
    except ImportError as error:
        package = error.name or url.drivername
        pip = "'csbot-zh[postgres]'" if package == "psycopg" else package
        raise MissingDependency(package, what="订单数据库", pip=pip) from None


def place_of(where: str | URL) -> URL:
    """The parsed URL, PostgreSQL's with the driver psycopg (3) where none is named.

    :raises ConfigError: it is no SQLAlchemy URL; it is not repeated, for it may hold a password.
    """
    try:
        url = sa.make_url(where)
    except (ArgumentError, ValueError):
        raise ConfigError("数据库 URL 有误，应如 postgresql://user@host/db | not a database URL") from None
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def _open_sqlite(url: URL) -> Engine:
    name = url.database or ":memory:"
    if name == ":memory:":
        raise ConfigError(
            "SQLite 内存库没有订单，请给出文件，或传入 engine | no orders in an empty memory database: name a file"
        )
    if not name.startswith("file:") and not Path(name).is_file():
        raise InputError(f"找不到订单数据库 {name}，请检查路径 | file not found, check the path", path=name)
    engine = sa.create_engine(url, hide_parameters=True)
    sa.event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only=ON"))
    return engine


def read_only(engine: Engine) -> Engine:
    """The engine, with transactions that can't write where the database has such; connections stay shared."""
    return engine.execution_options(postgresql_readonly=True) if engine.dialect.name == "postgresql" else engine


@contextmanager
def reading(engine: Engine, timeout_s: float) -> Iterator[Connection]:
    """A connection in a transaction of its own, in which PostgreSQL and SQLite stop a statement that takes too long.

    :raises SQLAlchemyError: the database can't be reached.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, int(timeout_s * 1000))}")
            yield connection
        return
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            yield connection
            return
        deadline = time.monotonic() + timeout_s
        (patience_ms,) = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute(f"PRAGMA busy_timeout = {max(1, int(timeout_s * 1000))}")  # for a writer to be done
        driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            yield connection
        finally:
            driver.set_progress_handler(None, 0)
            driver.execute(f"PRAGMA busy_timeout = {patience_ms}")


def fetch(connection: Connection, asked: tuple[sa.Select[Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a SELECT with its values, by their labels."""
    return [dict(row) for row in connection.execute(*asked).mappings()]


def is_absent(error: SQLAlchemyError) -> bool:
    """Whether the database says that a table or column of the statement is not there, or not to be read."""
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlstate", None) in _ABSENT or str(cause).startswith("no such")


def own_words(error: SQLAlchemyError) -> str:
    """The first line of the driver's message. Only for statements without customers' data: it may repeat them."""
    return str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
