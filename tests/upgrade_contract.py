"""What upgrading tables must hold on every database, shown with a further revision in a folder of the test's own."""

from __future__ import annotations

import multiprocessing
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection

from csbot.errors import InputError, StoreError, StoreVersionError
from csbot.handoff.deliveries import DELIVERIES, Deliveries
from csbot.handoff.sql import SqlDesk
from csbot.handoff.tables import DESK
from csbot.models import Session, Turn
from csbot.storage.database import open_engine
from csbot.storage.families import Family, make_tables
from csbot.storage.sql import SqlStore
from csbot.storage.tables import STORE
from csbot.storage.upgrading import Upgrader, alembic_config

FAMILIES = (STORE, DESK, DELIVERIES)

ADD = """
import time
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "store_0002"
down_revision = "store_0001"


def upgrade():
    with op.batch_alter_table("csbot_sessions") as table:
        table.add_column(sa.Column("language", sa.Text(), nullable=False, server_default="zh"))
"""
COPY = """
    with op.batch_alter_table("csbot_sessions") as table:  # SQLite copies it
        table.alter_column("language", existing_type=sa.Text(), server_default=None)
"""
WAIT = """
    here = Path(__file__).parent
    (here / "middle").touch()
    while not (here / "go").exists():
        time.sleep(0.01)
"""
FAIL = """
    op.execute("INSERT INTO csbot_sessions (id) VALUES ('half a row')")
"""


def with_language(folder: Path, *steps: str) -> Family:
    """The store's tables one version on: sessions have a language. :param steps: of the revision, written into the folder."""
    metadata = sa.MetaData()
    for table in STORE.metadata.sorted_tables:
        table.to_metadata(metadata)
    default = None if COPY in steps else "zh"
    metadata.tables["csbot_sessions"].append_column(sa.Column("language", sa.Text, nullable=False, server_default=default))
    folder.mkdir(exist_ok=True)
    (folder / "store_0002_language.py").write_text("".join(steps), encoding="utf-8")
    return replace(STORE, head="store_0002", metadata=metadata, more=(folder,))


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = open_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def schema(connection: Connection) -> dict[str, Any]:
    """All that the database tells of its tables, columns by name."""
    inspector = sa.inspect(connection)
    asked = ("columns", "pk_constraint", "unique_constraints", "indexes", "foreign_keys")
    told = {part: getattr(inspector, f"get_multi_{part}")() for part in asked}
    told["columns"] = {
        table: {column["name"]: column | {"type": str(column["type"])} for column in columns}
        for table, columns in told["columns"].items()
    }
    for part in ("unique_constraints", "indexes", "foreign_keys"):
        told[part] = {table: sorted(repr(_plain(one)) for one in found) for table, found in told[part].items()}
    return told


def _plain(told: Any) -> Any:
    """The same with SQL as its text."""
    return {name: _plain(one) for name, one in told.items()} if isinstance(told, dict) else str(told)


def differences(connection: Connection, family: Family) -> list[Any]:
    options = {
        "version_table": family.version.name,
        "compare_server_default": True,
        "include_name": lambda name, kind, parents: kind != "table" or name in family.metadata.tables,
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), family.metadata))


def upgrade(url: str, families: Sequence[Family]) -> list[tuple[str, str, str]]:
    with closing(Upgrader(url, families)) as database:
        return [(one.family, one.before, one.after) for one in database.upgrade()]


def upgrade_and_tell(url: str, folder: Path, told: Pipe) -> None:
    told.send("begins")
    told.send(upgrade(url, [with_language(folder, ADD, WAIT, COPY)]))


def started(url: str, folder: Path) -> tuple[Any, Pipe]:
    """A process that upgrades, and what it tells."""
    context = multiprocessing.get_context("forkserver")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=upgrade_and_tell, args=(url, folder, sender), daemon=True)
    process.start()
    sender.close()
    assert receiver.recv() == "begins"
    return process, receiver


def wait_for(file: Path) -> None:
    end = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < end
        time.sleep(0.01)


def stored(url: str) -> Session:
    """A session with turns in a store that is made for it."""
    session = Session(id="s", customer_id="u", turns=[Turn(user=text, kind="answer", rule="r") for text in ("一", "二")])
    store = SqlStore(url)
    store.save(session)
    store.close()
    return session


class UpgradeContract:
    """Subclasses give ``url`` and ``other``, URLs of two empty databases."""

    @pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
    def test_revisions_make_the_tables_that_opening_makes(self, family: Family, url: str, other: str) -> None:
        with connected(url) as connection:
            command.upgrade(alembic_config(family, connection=connection), "head")
            assert differences(connection, family) == []
            migrated = schema(connection)
        with connected(other) as connection:
            assert make_tables(connection, family)
            assert differences(connection, family) == []
            assert schema(connection) == migrated

    def test_the_comparison_sees_a_difference(self, url: str, tmp_path: Path) -> None:
        stored(url)
        with connected(url) as connection:
            assert len(differences(connection, with_language(tmp_path, ADD, COPY))) == 1

    def test_an_upgrade_keeps_the_rows_and_ends_in_what_the_new_csbot_would_make(self, url: str, tmp_path: Path) -> None:
        """Turns refer to their session: where its table is copied they must outlive the old one."""
        session, newer = stored(url), with_language(tmp_path, ADD, COPY)
        assert upgrade(url, [newer, DESK]) == [("store", "store_0001", "store_0002")]
        assert upgrade(url, [newer, DESK]) == [("store", "store_0002", "store_0002")]
        with connected(url) as connection:
            assert differences(connection, newer) == []
            assert connection.execute(sa.text("SELECT id, language FROM csbot_sessions")).all() == [("s", "zh")]
            turns = connection.scalars(sa.text("SELECT body FROM csbot_turns ORDER BY number")).all()
            assert [Turn.model_validate_json(body) for body in turns] == session.turns
            assert not make_tables(connection, newer)

    def test_rows_still_go_with_what_they_belong_to(self, url: str, tmp_path: Path) -> None:
        stored(url)
        upgrade(url, [with_language(tmp_path, ADD, COPY)])
        with connected(url) as connection:
            connection.execute(sa.text("DELETE FROM csbot_sessions"))
            assert connection.scalar(sa.text("SELECT count(*) FROM csbot_turns")) == 0

    def test_the_new_csbot_does_not_open_the_old_tables_and_tells_the_command(self, url: str, tmp_path: Path) -> None:
        stored(url)
        newer = with_language(tmp_path, ADD, COPY)
        with connected(url) as connection, pytest.raises(StoreVersionError, match=r"会话库的表还是 store_0001") as caught:
            make_tables(connection, newer)
        told = str(caught.value).partition(" | ")[0].partition("再执行：")[2]
        assert shlex.split(told)[:4] == ["csbot", "db", "upgrade", "--store"]
        assert upgrade(shlex.split(told)[4], [newer]) == [("store", "store_0001", "store_0002")]

    def test_the_old_csbot_does_not_open_the_new_tables(self, url: str, tmp_path: Path) -> None:
        stored(url)
        upgrade(url, [with_language(tmp_path, ADD, COPY)])
        with pytest.raises(StoreVersionError, match=r"store_0002.*只认到 store_0001.*请换用写它的 csbot"):
            SqlStore(url)
        with pytest.raises(StoreVersionError, match="use the csbot that wrote it"):
            upgrade(url, [STORE])

    def test_families_share_a_database_and_are_versioned_apart(self, url: str, tmp_path: Path) -> None:
        stored(url)
        newer = with_language(tmp_path, ADD, COPY)
        families = (newer, DESK, DELIVERIES)
        with closing(Upgrader(url, families)) as database:
            assert [one.state for one in database.standings()] == ["older", "absent", "absent"]
            SqlDesk(url).close()
            Deliveries(url).close()
            assert [one.state for one in database.standings()] == ["older", "current", "current"]
            assert [one.before == one.after for one in database.upgrade()] == [False, True, True]
            assert [one.state for one in database.standings()] == ["current"] * 3
        SqlDesk(url).close()
        Deliveries(url).close()

    def test_one_unknown_family_holds_the_others_back(self, url: str, tmp_path: Path) -> None:
        stored(url)
        SqlDesk(url).close()
        with connected(url) as connection:
            connection.execute(sa.update(DESK.version).values(version_num="desk_9999"))
        with closing(Upgrader(url, [with_language(tmp_path, ADD, COPY), DESK])) as database:
            with pytest.raises(StoreVersionError, match="desk_9999"):
                database.upgrade()
            assert [one.state for one in database.standings()] == ["older", "unknown"]

    def test_tables_without_a_version_are_nobodys(self, url: str) -> None:
        stored(url)
        with connected(url) as connection:
            STORE.version.drop(connection)
        for attempt in (lambda: SqlStore(url), lambda: upgrade(url, FAMILIES)):
            with pytest.raises(StoreVersionError, match="没有记录"):
                attempt()

    def test_a_database_without_tables_of_csbots_is_left_alone(self, url: str) -> None:
        with connected(url) as connection:
            connection.execute(sa.text("CREATE TABLE orders (id INTEGER)"))
        with pytest.raises(InputError, match="没有 csbot 的表"):
            upgrade(url, FAMILIES)
        with connected(url) as connection:
            assert sa.inspect(connection).get_table_names() == ["orders"]

    def test_a_revision_that_fails_leaves_the_old_version(self, url: str, tmp_path: Path) -> None:
        session = stored(url)
        with connected(url) as connection:
            before = schema(connection)
        with pytest.raises(StoreError, match="读写失败"):
            upgrade(url, [with_language(tmp_path, ADD, COPY, FAIL)])
        with connected(url) as connection:
            assert schema(connection) == before
        with closing(SqlStore(url)) as store:
            assert store.load("s") == session

    def test_an_upgrade_killed_in_the_middle_leaves_the_old_version(self, url: str, tmp_path: Path) -> None:
        session, folder = stored(url), tmp_path / "further"
        with connected(url) as connection:
            before = schema(connection)
        process, _ = started(url, folder)
        wait_for(folder / "middle")
        process.kill()
        process.join()
        with closing(SqlStore(url)) as store:
            assert store.load("s") == session
        with connected(url) as connection:
            assert schema(connection) == before
        assert upgrade(url, [with_language(folder, ADD, COPY)]) == [("store", "store_0001", "store_0002")]

    def test_of_two_upgrades_at_once_one_does_it(self, url: str, tmp_path: Path) -> None:
        stored(url)
        first = started(url, tmp_path)
        wait_for(tmp_path / "middle")
        second = started(url, tmp_path)
        (tmp_path / "go").touch()
        told = [pipe.recv() for _, pipe in (first, second)]
        assert told == [[("store", "store_0001", "store_0002")], [("store", "store_0002", "store_0002")]]
        for process, _ in (first, second):
            process.join(60)
            assert process.exitcode == 0
