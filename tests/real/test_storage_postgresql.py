"""The store on a real PostgreSQL."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from csbot.models import Session
from csbot.storage import Store
from csbot.storage.sql import SqlStore
from store_contract import StoreContract


class TestPostgresql(StoreContract):
    @pytest.fixture
    def store(self, postgres_url: str) -> Iterator[Store]:
        store = SqlStore(postgres_url)
        yield store
        store.close()


def test_many_processes_may_make_the_tables_at_once(postgres_url: str) -> None:
    code = "import sys\nfrom csbot.storage.sql import SqlStore\nprint(SqlStore(sys.argv[1])._salt.hex())"
    command = [sys.executable, "-c", code, postgres_url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    results = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, results
    assert len({out for out, _ in results}) == 1


def test_a_store_may_be_used_on_both_sides_of_a_fork(postgres_url: str) -> None:
    store, session = SqlStore(postgres_url), Session(id="parent", customer_id="u")
    store.save(session)

    def save() -> None:
        store.save(Session(id="child", customer_id="u"))
        os._exit(0)

    child = multiprocessing.get_context("fork").Process(target=save)
    child.start()
    child.join(60)
    store.save(session)
    assert child.exitcode == 0
    assert [store.load(name) is not None for name in ("child", "parent")] == [True, True]
    store.close()


def test_connections_that_the_server_has_closed_are_replaced(postgres_url: str) -> None:
    store, session = SqlStore(postgres_url), Session(customer_id="u")
    store.save(session)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        closed = connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}").fetchall()
    assert closed
    store.save(session)
    assert store.load(session.id) == session
    store.close()


def test_without_psycopg_the_message_has_the_pip_line(postgres_url: str) -> None:
    code = """
import sys
sys.modules["psycopg"] = None
from csbot.errors import MissingDependency
from csbot.storage import open_store
try:
    open_store(sys.argv[1])
except MissingDependency as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code, postgres_url], capture_output=True, text=True, timeout=60)
    assert "pip install 'csbot-zh[postgres]'" in done.stdout, done.stderr
