"""Upgrading tables on SQLite; revisions as files; what opening costs."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from csbot.errors import InputError, StoreError
from csbot.storage.families import Family
from csbot.storage.tables import STORE
from csbot.storage.upgrading import Upgrader, alembic_config, write_revision
from upgrade_contract import ADD, COPY, FAMILIES, UpgradeContract, connected, differences, stored, upgrade, with_language


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/csbot.db"


class TestSqlite(UpgradeContract):
    @pytest.fixture
    def other(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/other.db"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_newest_revision_is_the_head_of_its_family_and_files_are_named_after_theirs(family: Family) -> None:
    script = ScriptDirectory.from_config(alembic_config(family))
    assert script.get_heads() == [family.head]
    assert [one.revision for one in script.walk_revisions()][::-1] == family.revisions()


def test_opening_imports_no_alembic(url: str) -> None:
    code = """
import sys
from csbot.handoff.deliveries import Deliveries
from csbot.handoff.sql import SqlDesk
from csbot.storage.sql import SqlStore
for kind in (SqlStore, SqlDesk, Deliveries) * 2:
    kind(sys.argv[1]).close()
assert "alembic" not in sys.modules and "mako" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_password_is_not_in_the_message(url: str, tmp_path: Path) -> None:
    import sqlalchemy as sa

    from csbot.storage.families import refusal

    class Connected:
        engine = sa.create_engine("postgresql+psycopg://csbot:geheim@db/csbot")

    told = str(refusal(Connected, with_language(tmp_path, ADD), "store_0001"))  # type: ignore[arg-type]
    assert "--store 'postgresql://csbot:***@db/csbot'" in told


def test_the_sql_does_what_the_upgrade_does(url: str, tmp_path: Path) -> None:
    stored(url)
    newer = with_language(tmp_path, ADD)
    with closing(Upgrader(url, [newer])) as database:
        text = database.sql()
        assert [one.state for one in database.standings()] == ["older"]
        with closing(sqlite3.connect(tmp_path / "csbot.db")) as connection:
            connection.executescript(text)
        assert [one.state for one in database.standings()] == ["current"]
        assert database.sql() == "-- store: store_0002 → store_0002\n\n"
    with connected(url) as connection:
        assert differences(connection, newer) == []


def test_a_table_that_sqlite_copies_can_not_be_written_as_sql(url: str, tmp_path: Path) -> None:
    stored(url)
    with (
        closing(Upgrader(url, [with_language(tmp_path, ADD, COPY)])) as database,
        pytest.raises(StoreError, match="请直接升级"),
    ):
        database.sql()


def test_rows_that_would_refer_to_none_undo_the_upgrade(url: str, tmp_path: Path) -> None:
    session = stored(url)
    lost = '\n    op.execute("DELETE FROM csbot_sessions")\n'
    with pytest.raises(StoreError, match="csbot_turns 有失去所属的行"):
        upgrade(url, [with_language(tmp_path, ADD, lost)])
    assert upgrade(url, [STORE]) == [("store", "store_0001", "store_0001")]
    assert stored_turns(tmp_path) == len(session.turns)


def stored_turns(directory: Path) -> int:
    with closing(sqlite3.connect(directory / "csbot.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM csbot_turns").fetchone()[0])


def test_a_mistyped_path_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有数据库"):
        Upgrader(f"sqlite:///{tmp_path}/typo/csbot.db", FAMILIES)
    assert list(tmp_path.iterdir()) == []


def test_a_path_may_hold_spaces_percents_and_colons(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20:c"
    folder.mkdir()
    url = f"sqlite:///{folder}/csbot.db"
    stored(url)
    assert upgrade(url, [with_language(folder, ADD, COPY)]) == [("store", "store_0001", "store_0002")]


def test_a_written_revision_makes_what_the_tables_lacked(url: str, tmp_path: Path) -> None:
    """As a developer adds a column: to the tables, then the revision, then the head."""
    stored(url)
    wanted = with_language(tmp_path / "given", ADD)
    folder = tmp_path / "written"
    folder.mkdir()
    file = write_revision(replace(wanted, head="store_0001", more=(folder,)), "language of a session")
    assert file == folder / "store_0002_language_of_a_session.py"
    newer = replace(wanted, more=(folder,))
    assert upgrade(url, [newer]) == [("store", "store_0001", "store_0002")]
    with connected(url) as connection:
        assert differences(connection, newer) == []
