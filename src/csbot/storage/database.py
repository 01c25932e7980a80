"""A database of csbot's own tables: opening it, and transactions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError
from sqlalchemy.engine import URL, Connection, Dialect, Engine, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from csbot.errors import ConfigError, InputError, MissingDependency, StoreError
from csbot.models.base import aware
from csbot.storage.base import HALF

BUSY_TIMEOUT_S = 10
"""How long SQLite waits for another writer, whose transaction takes milliseconds."""

WRITES = "csbot_writes"
"""Execution option of connections that are going to write: SQLite locks for them at the beginning, not midway."""


Prepared = TypeVar("Prepared")


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment, kept in UTC without its zone: SQLite knows none. One without a zone is meant in China's, as everywhere."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        moment = aware(value)
        return None if moment is None else moment.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=timezone.utc)


class Database:
    """What works on csbot's own tables. Safe to use from many threads, and after a fork.

    :cvar called: what it is to people, in Chinese and in English.
    :param url: ``sqlite:///PATH`` or ``postgresql://…``. :param make: whether SQLite's file is made where there is none.
    :raises ConfigError: no such URL can be used. :raises InputError: there is no such file, and none is to be made.
    :raises MissingDependency: psycopg is absent.
    """

    called: ClassVar[tuple[str, str]]

    def __init__(self, url: str, *, make: bool = True) -> None:
        self._engine = open_engine(url, make=make)
        self._process = os.getpid()

    def _prepare(self, prepare: Callable[[Connection], Prepared]) -> Prepared:
        """What ``prepare`` gives at opening; connections are let go where it fails."""
        try:
            with self._writing() as connection:
                return prepare(connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let connections go."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        """A transaction, committed at the end.

        :raises StoreError: for what the database or its driver raised. :raises InputError: a text can't be encoded.
        """
        if self._process != os.getpid():  # forked: the connections are the parent's
            self._engine.dispose(close=False)
            self._process = os.getpid()
        try:
            with self._engine.execution_options(**{WRITES: writes}).begin() as connection:
                yield connection
        except IntegrityError as error:
            raise self._in_conflict(error) from None
        except (UnicodeEncodeError, PydanticSerializationError) as error:
            raise InputError(HALF) from error
        except (SQLAlchemyError, ValidationError) as error:
            raise self._failed(error) from error

    def _in_conflict(self, error: IntegrityError) -> Exception:
        """What is raised where another worker wrote the same row first."""
        return self._failed(error)

    def _failed(self, error: Exception) -> StoreError:
        chinese, english = self.called
        what = getattr(error, "orig", None) or error
        return StoreError(f"{chinese} {self._engine.url!r} 读写失败：{what} | {english} can't be read or written")


def open_engine(url: str, *, make: bool = True) -> Engine:
    """An engine for SQLite (a file; write-ahead log, foreign keys) or PostgreSQL (psycopg 3).

    :param make: whether SQLite's file is made where there is none.
    :raises ConfigError: the URL can't be used. :raises InputError: there is no such file, and none is to be made.
    :raises MissingDependency: psycopg is absent.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise ConfigError(f"store 不是数据库 URL：{url!r} | not a database URL, write sqlite:///var/csbot.db") from None
    if backend == "sqlite":
        return _sqlite(parsed, make)
    if backend != "postgresql":
        raise ConfigError(f"store 不支持 {backend}，请用 sqlite 或 postgresql | unsupported database")
    try:
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except ModuleNotFoundError:
        raise MissingDependency("psycopg", what="PostgreSQL 会话库", pip="'csbot-zh[postgres]'") from None


def _sqlite(url: URL, make: bool) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigError("SQLite 会话库须是文件；只用内存请传 MemoryStore() | give a file, or MemoryStore() for memory")
    if not make and not Path(url.database).exists():
        raise InputError(f"没有数据库 {url.database}，请用 --store 指定 | no database there, give --store", path=url.database)
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
