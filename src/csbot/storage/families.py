"""Tables that are made, versioned and upgraded together: the store's, the desk's, the deliveries'.

Each family has its own version table, in Alembic's form, so that families may share a database or have one each. Opening makes
absent tables at the newest version and refuses other versions, without importing Alembic; `csbot.storage.upgrading` upgrades.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from csbot.errors import StoreVersionError

MIGRATIONS = Path(__file__).parent / "migrations"
"""Alembic's environment; revisions are in one folder per family."""


@dataclass(frozen=True)
class Family:
    """Tables with one version.

    :ivar name: the store's is ``store``; also the folder of its revisions and the first part of their names.
    :ivar called: what it is to people, in Chinese and in English. :ivar lock: PostgreSQL's advisory lock while tables change.
    :ivar head: the newest revision, which ``metadata`` shows. :ivar more: folders of further revisions.
    """

    name: str
    called: tuple[str, str]
    lock: int
    head: str
    metadata: sa.MetaData = field(repr=False)
    more: tuple[Path, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the revisions are."""
        return (MIGRATIONS / self.name, *self.more)

    @property
    def version(self) -> sa.Table:
        """The version table, just as Alembic makes it."""
        name = f"csbot_{self.name}_version"
        number = sa.Column("version_num", sa.String(32), nullable=False)
        return sa.Table(name, sa.MetaData(), number, sa.PrimaryKeyConstraint("version_num", name=f"{name}_pkc"))

    def revisions(self) -> list[str]:
        """Names of all revisions, oldest first, from their files ``store_0001_….py``."""
        files = [path.name for folder in self.folders for path in folder.glob(f"{self.name}_[0-9]*_*.py")]
        return sorted("_".join(name.split("_")[:2]) for name in files)

    def older(self, found: str) -> bool:
        """Whether that version is one that an upgrade starts from."""
        return found != self.head and found in self.revisions()


def take_lock(connection: Connection, family: Family) -> None:
    """Until the transaction ends nobody else makes or upgrades these tables. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(family.lock)))


def version_of(connection: Connection, family: Family) -> str | None:
    """Version of the tables in the database; "" where tables are there without one, None where none are."""
    inspector = sa.inspect(connection)
    if inspector.has_table(family.version.name):
        return ",".join(sorted(connection.scalars(sa.select(family.version.c.version_num))))
    return "" if set(inspector.get_table_names()) & set(family.metadata.tables) else None


def make_tables(connection: Connection, family: Family) -> bool:
    """Make the tables at the newest version if they are absent; whether they were.

    :raises StoreVersionError: they are there in another version; nothing was changed.
    """
    take_lock(connection, family)
    found = version_of(connection, family)
    if found is None:
        family.metadata.create_all(connection)
        family.version.create(connection)
        connection.execute(sa.insert(family.version).values(version_num=family.head))
    elif found != family.head:
        raise refusal(connection, family, found)
    return found is None


def refusal(connection: Connection, family: Family, found: str) -> StoreVersionError:
    """Why tables of that version are not opened, and what to do."""
    chinese, english = family.called
    url = connection.engine.url
    shown = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
    if family.older(found):
        return StoreVersionError(
            f"{chinese}的表还是 {found}，本版 csbot 要 {family.head}。"
            f"请停掉用它的进程，备份，再执行：csbot db upgrade --store '{shown}'"
            f" | {english}'s tables are older; stop what uses them, back up, and run that command"
        )
    return StoreVersionError(
        f"{chinese} {shown} 的表版本是 {found or '（没有记录）'}，本版 csbot 只认到 {family.head}。"
        f"请换用写它的 csbot，或换一个库"
        f" | {english}'s tables are of a version unknown to this csbot: use the csbot that wrote it, or another database"
    )
