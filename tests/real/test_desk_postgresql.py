"""The built-in desk in a real PostgreSQL: the contract, and many agents in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator

import pytest

from csbot.handoff import open_desk
from csbot.handoff.desk import Desk
from desk_contract import DeskContract, after, ticket

AGENTS, TICKETS = 6, 120


@pytest.fixture
def desk(postgres_url: str) -> Iterator[Desk]:
    desk = open_desk(postgres_url)
    yield desk
    desk.close()


class TestPostgresDesk(DeskContract):
    """The contract."""


def claim_all(url: str, agent: str, results: multiprocessing.Queue[list[str]]) -> None:
    desk = open_desk(url)
    won = []
    while (one := desk.claim(agent, after(hours=9))) is not None:
        won.append(one.id)
    results.put(won)
    desk.close()


def claim_one_and_hang(url: str) -> None:
    open_desk(url).claim("killed", after(hours=9))
    time.sleep(600)


def test_agents_in_processes_of_their_own_claim_each_ticket_once_in_priority_then_age(postgres_url: str, desk: Desk) -> None:
    for number in range(TICKETS):
        desk.file(ticket(number, ("low", "normal", "high", "urgent")[number % 4]))
    order = [one.id for one in desk.queue(most=TICKETS)]
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[list[str]] = context.Queue()
    agents = [context.Process(target=claim_all, args=(postgres_url, f"agent{n}", results)) for n in range(AGENTS)]
    for agent in agents:
        agent.start()
    won = [results.get(timeout=240) for _ in agents]
    for agent in agents:
        agent.join()
    assert sorted(one for own in won for one in own) == sorted(order)
    for own in won:
        assert own == sorted(own, key=order.index)


def test_the_claim_of_an_agent_who_is_killed_comes_back(postgres_url: str, desk: Desk) -> None:
    desk.file(ticket())
    process = multiprocessing.get_context("spawn").Process(target=claim_one_and_hang, args=(postgres_url,))
    process.start()
    while (one := desk.get("T0")) is None or one.state != "assigned":
        time.sleep(0.05)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert [back.state for back in desk.tick(after(hours=10))] == ["queued"]
    again = desk.claim("li", after(hours=10))
    assert again is not None
    assert again.agent == "li"
