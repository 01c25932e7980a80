"""Upgrading csbot's tables with Alembic: each family in one transaction, so that a crash leaves the old version or the new one.

Nothing but `csbot db` imports this.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script
from alembic.util import CommandError
from pydantic import BaseModel
from sqlalchemy.engine import Connection

from csbot.errors import InputError, StoreError
from csbot.storage.database import Database, open_engine
from csbot.storage.families import MIGRATIONS, Family, refusal, take_lock, version_of

State = Literal["current", "older", "unknown", "absent"]


class Standing(BaseModel):
    """Where the tables of a family stand. :ivar version: None where they are absent; "" where they have none.

    :ivar state: ``current``; ``older``: an upgrade is due; ``unknown``: another csbot wrote them; ``absent``.
    """

    family: str
    version: str | None
    head: str
    state: State


class Upgrade(BaseModel):
    """What was done to a family. :ivar before: equal to ``after`` where nothing was to be done."""

    family: str
    before: str
    after: str


class Upgrader(Database):
    """Looks at and upgrades the tables of a database.

    :param url: ``sqlite:///PATH`` or ``postgresql://…``. :param families: those that may be in it; absent ones stay absent.
    :raises InputError: there is no such file. :raises ConfigError: no such URL can be used.
    :raises MissingDependency: psycopg is absent.
    """

    called = ("数据库", "the database")

    def __init__(self, url: str, families: Sequence[Family]) -> None:
        super().__init__(url, make=False)
        self._families = families
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _let_tables_be_replaced)

    def standings(self) -> list[Standing]:
        """Where each family stands. :raises StoreError: the database can't be read."""
        with self._reading() as connection:
            return [_standing(connection, family) for family in self._families]

    def upgrade(self) -> list[Upgrade]:
        """Bring the tables that are there to the newest version, family after family; what was done.

        :raises StoreVersionError: tables are of an unknown version; nothing was changed in any family.
        :raises InputError: no tables of csbot are there.
        :raises StoreError: an upgrade failed; that family is as it was.
        """
        done = []
        for family, _ in self._present():
            with self._writing() as connection:
                take_lock(connection, family)
                before = _found(connection, family)  # another may have upgraded them meanwhile
                if before != family.head:
                    command.upgrade(alembic_config(family, connection=connection), family.head)
                    _check_references(connection, family)
                done.append(Upgrade(family=family.name, before=before, after=family.head))
        return done

    def sql(self) -> str:
        """What `upgrade` would do, as SQL for somebody to read or run; nothing is changed.

        :raises StoreVersionError: tables are of an unknown version. :raises InputError: no tables of csbot are there.
        :raises StoreError: SQLite must copy a table, which can't be written down beforehand.
        """
        text = io.StringIO()
        for family, found in self._present():
            text.write(f"-- {family.name}: {found} → {family.head}\n\n")
            if found != family.head:
                config = alembic_config(family, text, dialect=self._engine.dialect.name)
                try:
                    command.upgrade(config, f"{found}:{family.head}", sql=True)
                except CommandError as error:
                    raise StoreError(
                        f"{family.called[0]}的升级要照抄整张表，写不成 SQL，请直接升级 | it can't be written as SQL: {error}"
                    ) from None
        return text.getvalue()

    def _present(self) -> list[tuple[Family, str]]:
        with self._reading() as connection:
            there = [family for family in self._families if version_of(connection, family) is not None]
            if not there:
                raise InputError(f"{self._engine.url!r} 里没有 csbot 的表 | there are no tables of csbot's")
            return [(family, _found(connection, family)) for family in there]


def write_revision(family: Family, message: str) -> Path:
    """Write the next revision, made of what differs between ``family.metadata`` and the tables of its head; its file.

    For developers of csbot; what it does is to be read, completed and tested, and the head of the family set to it.
    """
    name = f"{family.name}_{len(family.revisions()) + 1:04}"
    with tempfile.TemporaryDirectory() as directory:
        engine = open_engine(f"sqlite:///{directory}/empty.db")
        with engine.begin() as connection:
            config = alembic_config(family, connection=connection)
            command.upgrade(config, "head")
            script = command.revision(config, message, autogenerate=True, rev_id=name, version_path=str(family.folders[-1]))
        engine.dispose()
    if not isinstance(script, Script):
        raise StoreError(f"没能写出 {name} | the revision was not written")
    return Path(script.path)


def _standing(connection: Connection, family: Family) -> Standing:
    found = version_of(connection, family)
    state: State
    if found is None:
        state = "absent"
    elif found == family.head:
        state = "current"
    else:
        state = "older" if family.older(found) else "unknown"
    return Standing(family=family.name, version=found, head=family.head, state=state)


def _found(connection: Connection, family: Family) -> str:
    """Version of tables that are there. :raises StoreVersionError: it is unknown."""
    found = version_of(connection, family) or ""
    if found != family.head and not family.older(found):
        raise refusal(connection, family, found)
    return found


def alembic_config(family: Family, text: io.StringIO | None = None, **given: object) -> Config:
    """Alembic's settings; ``given`` is for ``migrations/env.py``."""
    config = Config(output_buffer=text, stdout=io.StringIO(), attributes={"family": family, **given})
    folders = "\n".join(map(str, family.folders))
    for name, value in (("script_location", str(MIGRATIONS)), ("path_separator", "newline"), ("version_locations", folders)):
        config.set_main_option(name, value.replace("%", "%%"))
    return config


def _let_tables_be_replaced(connection: Any, _record: object) -> None:
    """SQLite changes a table by copying it; dropping the old one must not delete the rows that refer to it."""
    connection.execute("PRAGMA foreign_keys = OFF")


def _check_references(connection: Connection, family: Family) -> None:
    """What foreign keys would have held. :raises StoreError: a row refers to none."""
    if connection.dialect.name == "sqlite":
        broken = [row for row in connection.exec_driver_sql("PRAGMA foreign_key_check") if row[0] in family.metadata.tables]
        if broken:
            raise StoreError(f"{family.called[0]}升级后 {broken[0][0]} 有失去所属的行，没有升级 | rows would refer to none")
