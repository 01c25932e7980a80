"""`SqlStore` on SQLite: its tables, its file, its errors, and processes that share it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from csbot.errors import ConfigError, StoreError, StoreVersionError
from csbot.models import OrderQuery, Session
from csbot.storage import open_store
from csbot.storage.sql import SqlStore
from store_contract import LONG_AGO, NOON, reply, turn


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "er" / "csbot.db"


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def run(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_what_was_saved_is_there_after_closing(file: Path) -> None:
    session = Session(customer_id="u", turns=[turn()])
    first = open_store(url(file))
    first.save(session, message_id="m", reply=reply())
    first.attempt(["k"], "1", at=NOON, since=LONG_AGO)
    first.close()
    again = open_store(url(file))
    assert again.load(session.id) == session
    assert again.replied(session, "m") == (session.id, reply())
    assert again.attempt(["k"], "2", at=NOON, since=LONG_AGO) == {"k": 2}
    again.close()


def test_attempts_and_links_hold_no_personal_data(file: Path) -> None:
    store = SqlStore(url(file))
    store.attempt(["customer:openid-7", "phone:13800000001"], "openid-7 wechat m1", at=NOON, since=LONG_AGO)
    store.link("QH202611030012 13800000001", "openid-7")
    store.close()
    written = repr(rows(file, "SELECT * FROM csbot_attempts") + rows(file, "SELECT proof_hash FROM csbot_links"))
    assert len(rows(file, "SELECT * FROM csbot_attempts")) == 2
    assert not [part for part in ("openid", "1380", "QH2026", "m1") if part in written]


def test_two_stores_hash_the_same_key_differently(tmp_path: Path) -> None:
    hashes = []
    for name in ("a.db", "b.db"):
        store = SqlStore(url(tmp_path / name))
        store.attempt(["phone:13800000001"], "1", at=NOON, since=LONG_AGO)
        store.close()
        hashes += rows(tmp_path / name, "SELECT key_hash FROM csbot_attempts")
    assert hashes[0] != hashes[1]


def test_the_file_has_a_write_ahead_log(file: Path) -> None:
    SqlStore(url(file)).close()
    assert rows(file, "PRAGMA journal_mode") == [("wal",)]


def test_turns_go_with_their_session(file: Path) -> None:
    store = SqlStore(url(file))
    store.save(Session(customer_id="u", turns=[turn(), turn()]))
    store.purge(sessions=NOON.replace(year=2027))
    store.close()
    assert rows(file, "SELECT count(*) FROM csbot_turns") == [(0,)]


def test_a_save_writes_only_the_turns_that_are_new(file: Path) -> None:
    store, session = SqlStore(url(file)), Session(customer_id="u", turns=[turn("一")])
    store.save(session)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TRIGGER kept BEFORE UPDATE ON csbot_turns BEGIN SELECT RAISE(ABORT, 'changed'); END")
    session.turns[0] = turn("改了")
    session.turns.append(turn("二"))
    store.save(session)
    stored = store.load(session.id)
    store.close()
    assert stored is not None
    assert [said.user for said in stored.turns] == ["一", "二"]


def test_tables_of_another_version_are_refused_and_left_alone(file: Path) -> None:
    SqlStore(url(file)).close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE csbot_store_version SET version_num = 'store_9999'")
    with pytest.raises(StoreVersionError, match=r"store_9999.*只认到 store_0001") as caught:
        SqlStore(url(file))
    assert "use the csbot that wrote it" in str(caught.value)
    assert rows(file, "SELECT version_num FROM csbot_store_version") == [("store_9999",)]


def test_a_store_whose_salt_is_gone_is_refused(file: Path) -> None:
    """With another salt nobody would be found who has tried before."""
    SqlStore(url(file)).close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM csbot_meta")
    with pytest.raises(StoreError, match="盐"):
        SqlStore(url(file))


@pytest.mark.parametrize("wrong", ["", "var/csbot.db", "sqlite://", "sqlite:///:memory:", "mysql://u@h/db", "nosuch://h/db"])
def test_a_url_that_no_store_can_use_is_a_configuration_error(wrong: str) -> None:
    with pytest.raises(ConfigError):
        open_store(wrong)


def test_a_file_that_is_no_database_is_refused_and_left_alone(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="会话库"):
        SqlStore(url(file))
    assert file.read_bytes() == b"not a database" * 1000


def test_a_server_that_is_not_there_is_a_store_error_without_the_password() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://csbot:geheim@127.0.0.1:9/csbot?connect_timeout=2")
    assert "geheim" not in str(caught.value)


def test_a_database_locked_for_too_long_is_a_store_error_and_the_session_stays_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csbot.storage.database.BUSY_TIMEOUT_S", 0.05)
    store, session = SqlStore(url(file)), Session(customer_id="u", turns=[turn()])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.load(session.id) is None  # readers are not held up
        with pytest.raises(StoreError, match="locked"):
            store.save(session)
    assert session.version == 0
    store.save(session)
    store.close()


def test_many_processes_may_make_the_tables_at_once(file: Path) -> None:
    code = "import sys\nfrom csbot.storage.sql import SqlStore\nstore = SqlStore(sys.argv[1])\nprint(store._salt.hex())"
    processes = [run(code, url(file)) for _ in range(4)]
    results = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, results
    assert len({out for out, _ in results}) == 1


def _save_in_child(store: SqlStore, number: int) -> None:
    for part in range(20):
        store.save(Session(id=f"{number}-{part}", customer_id="u", turns=[turn()]))
    os._exit(0)


def test_a_store_may_be_used_on_both_sides_of_a_fork(file: Path) -> None:
    store = SqlStore(url(file))
    store.save(Session(id="parent", customer_id="u"))
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_save_in_child, args=(store, number)) for number in range(3)]
    for child in children:
        child.start()
    for part in range(20):
        store.save(Session(id=f"p-{part}", customer_id="u"))
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * 3
    assert store.load("2-19") is not None
    store.close()
    assert rows(file, "SELECT count(*) FROM csbot_sessions") == [(81,)]


def test_a_session_that_this_csbot_can_not_read_is_a_store_error(file: Path) -> None:
    store = SqlStore(url(file))
    store.save(Session(id="s", customer_id="u", identified=OrderQuery(phone="13800000001")))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("""UPDATE csbot_sessions SET head = '{"customer_id": "u", "mood": "new"}'""")
    with pytest.raises(StoreError):
        store.load("s")
    store.close()


def test_importing_the_room_loads_no_database_library() -> None:
    code = "import sys, csbot.storage\nassert 'sqlalchemy' not in sys.modules and 'sqlite3' not in sys.modules"
    process = run(code)
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0
