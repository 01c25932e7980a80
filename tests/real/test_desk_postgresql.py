"""The built-in desk in a real PostgreSQL: the contract, and many agents in processes of their own."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

from csbot.handoff import open_desk
from csbot.handoff.rows import insert_ticket
from csbot.handoff.sql import SqlDesk
from csbot.models import Deadlines
from desk_contract import DeskContract, after, ticket

Claim = tuple[float, float, str]

AGENTS, DOOMED, TICKETS = 20, 4, 2000
"""Agents, how many of them are killed in the middle of their work, and tickets in the queue."""
EARLY, LATE = after(hours=40), after(hours=41)
"""When those who are killed claim, and when the others do."""


@pytest.fixture
def desk(postgres_url: str) -> Iterator[SqlDesk]:
    desk = SqlDesk(postgres_url)
    yield desk
    desk.close()


class TestPostgresDesk(DeskContract):
    """The contract."""


def claim_all(url: str, agent: str, at: datetime, told: Connection) -> None:
    """Claim until nothing waits; tell of each claim when it began and ended, and which ticket it got."""
    desk = open_desk(url)
    while True:
        began = time.monotonic()
        one = desk.claim(agent, at)
        told.send((began, time.monotonic(), one.id if one else ""))
        if one is None:
            desk.close()
            return


class Agents:
    """Agents in processes of their own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["csbot.handoff.sql", "sqlalchemy.dialects.postgresql.psycopg"])

    def start(self, name: str, at: datetime) -> tuple[BaseProcess, Connection]:
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=claim_all, args=(self._url, name, at, sender), daemon=True)
        process.start()
        sender.close()
        return process, receiver


def all_told(receiver: Connection) -> list[Claim]:
    """What an agent tells until it ends, or dies."""
    told: list[Claim] = []
    try:
        while True:
            told.append(receiver.recv())
    except EOFError:
        return told


def out_of_turn(claims: Sequence[Claim], order: Sequence[str]) -> list[str]:
    """Tickets claimed by claims that began when another had ended that got a ticket from further behind in the queue."""
    place = {ticket_id: number for number, ticket_id in enumerate(order)}
    began = [(start, 1, ticket_id) for start, _, ticket_id in claims]
    ended = [(end, 0, ticket_id) for _, end, ticket_id in claims]
    furthest, late = -1, []
    for _, begins, ticket_id in sorted(began + ended):
        if not begins:
            furthest = max(furthest, place[ticket_id])
        elif place[ticket_id] < furthest:
            late.append(ticket_id)
    return late


def test_the_check_of_the_order_sees_a_claim_out_of_turn() -> None:
    assert out_of_turn([(0, 1, "a"), (2, 3, "b")], "ab") == []
    assert out_of_turn([(0, 3, "b"), (2, 4, "a")], "ab") == []
    assert out_of_turn([(0, 1, "b"), (2, 3, "a")], "ab") == ["a"]


@pytest.mark.slow
def test_twenty_agents_claim_two_thousand_tickets_once_each_in_order_and_those_of_the_killed_come_back(
    postgres_url: str, desk: SqlDesk
) -> None:
    with desk._writing() as connection:
        for number in range(TICKETS):
            insert_ticket(connection, ticket(number, ("low", "normal", "high", "urgent")[number % 4], due=Deadlines()))
    order = [one.id for one in desk.queue(most=TICKETS)]
    agents = Agents(postgres_url)
    doomed = {f"doomed{n}": agents.start(f"doomed{n}", EARLY) for n in range(DOOMED)}
    others = [agents.start(f"agent{n}", LATE) for n in range(AGENTS - DOOMED)]
    for process, receiver in doomed.values():
        receiver.recv()
        process.kill()
        process.join()
    claims = [claim for _, receiver in others for claim in all_told(receiver) if claim[2]]
    lost = {one.id: one for one in desk.queue(states=["assigned"], most=TICKETS) if one.agent in doomed}
    print(f"\n{len(claims)} claims by {len(others)} agents; {len(lost)} tickets of {DOOMED} who were killed")
    assert len(lost) >= DOOMED
    assert sorted([*(ticket_id for *_, ticket_id in claims), *lost]) == sorted(order)
    late = out_of_turn(claims, order)
    assert len(late) <= DOOMED, late  # what somebody was about to take when killed is free a moment later
    assert {one.id for one in desk.tick(EARLY + timedelta(minutes=3))} == set(lost)
    again = [desk.claim("li", LATE) for _ in range(len(lost) + 1)]
    assert [one and one.id for one in again] == [*sorted(lost, key=order.index), None]
