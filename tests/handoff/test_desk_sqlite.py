"""The built-in desk in SQLite."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from csbot.errors import StoreError, StoreVersionError
from csbot.handoff import open_desk
from csbot.handoff.desk import Desk
from desk_contract import NOON, DeskContract, after, ticket


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(f"sqlite:///{tmp_path}/desk.db")
    yield desk
    desk.close()


class TestSqliteDesk(DeskContract):
    """The contract."""


def claim_all(url: str, agent: str, results: multiprocessing.Queue[list[str]]) -> None:
    desk = open_desk(url)
    won = []
    while (one := desk.claim(agent, after(hours=1))) is not None:
        won.append(one.id)
    results.put(won)


def test_agents_in_processes_of_their_own_claim_each_ticket_once_and_in_order(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    desk = open_desk(url)
    for number in range(40):
        desk.file(ticket(number, ("urgent", "normal")[number % 2]))
    order = [one.id for one in desk.queue()]
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[list[str]] = context.Queue()
    agents = [context.Process(target=claim_all, args=(url, f"agent{n}", results)) for n in range(3)]
    for agent in agents:
        agent.start()
    won = [results.get(timeout=120) for _ in agents]
    for agent in agents:
        agent.join()
    assert sorted(one for own in won for one in own) == sorted(order)
    for own in won:
        assert own == sorted(own, key=order.index)


def test_tickets_are_there_after_the_desk_is_opened_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    first = open_desk(url)
    first.file(ticket())
    first.close()
    assert open_desk(url).get("T0") == ticket()


def test_a_desk_stands_beside_a_store_in_one_file(tmp_path: Path) -> None:
    from csbot.models import Session
    from csbot.storage import open_store

    url = f"sqlite:///{tmp_path}/both.db"
    store, desk = open_store(url), open_desk(url)
    store.save(Session(id="s0", customer_id="u"))
    desk.file(ticket())
    assert store.load("s0") is not None
    assert desk.of_session("s0") is not None


def test_tables_of_another_version_are_refused(tmp_path: Path) -> None:
    open_desk(f"sqlite:///{tmp_path}/desk.db").close()
    with sqlite3.connect(tmp_path / "desk.db") as connection:
        connection.execute("UPDATE csbot_desk_version SET version_num = 'desk_0099'")
    connection.close()
    with pytest.raises(StoreVersionError, match="desk_0099"):
        open_desk(f"sqlite:///{tmp_path}/desk.db")


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="读写失败"):
        open_desk(f"sqlite:///{tmp_path}/desk.db")


def test_a_ticket_that_can_not_be_read_any_more_is_a_store_error(tmp_path: Path) -> None:
    desk = open_desk(f"sqlite:///{tmp_path}/desk.db")
    desk.file(ticket())
    with sqlite3.connect(tmp_path / "desk.db") as connection:
        connection.execute("UPDATE csbot_tickets SET body = '{}'")
    connection.close()
    with pytest.raises(StoreError):
        desk.get("T0")
    assert desk.waiting("T9", NOON).ahead is None
