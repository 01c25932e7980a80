"""`csbot db`: what stands in a database, and bringing it up to date."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from csbot.cli import db
from csbot.handoff.sql import SqlDesk
from csbot.storage.sql import SqlStore
from upgrade_contract import ADD, COPY, with_language

Call = Callable[..., str]
CallJson = Callable[..., Any]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def store(tmp_path: Path) -> str:
    """URL of a store and a desk in one file."""
    url = f"sqlite:///{tmp_path}/csbot.db"
    SqlStore(url).close()
    SqlDesk(url).close()
    return url


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line is that of a csbot whose sessions have a language."""
    there = db.families() | {"store": with_language(tmp_path / "further", ADD, COPY)}
    monkeypatch.setattr(db, "families", lambda: there)


def test_tables_of_this_version_are_up_to_date(call: Call, call_json: CallJson, store: str) -> None:
    told = call_json("db", "status", "--store", store)
    assert [(one["family"], one["version"], one["state"]) for one in told] == [
        ("store", "store_0001", "current"),
        ("desk", "desk_0001", "current"),
        ("deliveries", None, "absent"),
    ]
    assert "最新 up to date" in call("db", "status", "--store", store)
    assert call("db", "upgrade", "--store", store).count("已是最新") == 2


@pytest.mark.usefixtures("newer")
def test_older_tables_are_told_of_and_upgraded_once(call: Call, call_json: CallJson, store: str) -> None:
    assert "待升级" in call("db", "status", "--store", store, code=1)
    assert call_json("db", "upgrade", "--store", store) == [
        {"family": "store", "before": "store_0001", "after": "store_0002"},
        {"family": "desk", "before": "desk_0001", "after": "desk_0001"},
    ]
    assert "store_0002 已是最新" in call("db", "upgrade", "--store", store)
    assert "待升级" not in call("db", "status", "--store", store)


@pytest.mark.usefixtures("newer")
def test_an_upgrade_is_shown_to_people(call: Call, store: str) -> None:
    assert "会话库 store: store_0001 → store_0002" in call("db", "upgrade", "--store", store)


def test_sql_is_printed_and_nothing_changed(call: Call, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = db.families() | {"store": with_language(tmp_path / "further", ADD)}
    monkeypatch.setattr(db, "families", lambda: there)
    assert "ALTER TABLE csbot_sessions ADD COLUMN language" in call("db", "upgrade", "--store", store, "--sql")
    call("db", "status", "--store", store, code=1)


def test_tables_of_a_newer_csbot_are_not_touched(run_csbot: Run, call: Call, store: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "csbot.db")) as connection, connection:
        connection.execute("UPDATE csbot_desk_version SET version_num = 'desk_9999'")
    assert "不认识" in call("db", "status", "--store", store, code=1)
    done = run_csbot("db", "upgrade", "--store", store)
    assert (done.returncode, done.stdout) == (2, "")
    assert "desk_9999" in done.stderr
    assert "请换用写它的 csbot" in done.stderr


@pytest.mark.parametrize("command", ["status", "upgrade"])
def test_a_mistyped_path_makes_no_database(run_csbot: Run, tmp_path: Path, command: str) -> None:
    done = run_csbot("db", command, "--store", f"sqlite:///{tmp_path}/typo.db")
    assert (done.returncode, done.stdout) == (2, "")
    assert "没有数据库" in done.stderr
    assert list(tmp_path.iterdir()) == []
