"""A worker killed (SIGKILL) between any two steps of a handoff: when its messages are delivered again, the ticket is there once
with its whole context, every message is in it or in front of it once, and every reply is given once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import handoff_worker
import pytest
from handoff_worker import FAQS, SAID, Letters

from csbot import Chatbot, KnowledgeBase, Session
from csbot.handoff import open_desk
from csbot.storage import Store, open_store

KILLS = 20


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/csbot.db"


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> tuple[KnowledgeBase, Path]:
    """A small knowledge base, and where it is saved."""
    built = KnowledgeBase.build(FAQS, encoder=Letters())
    directory = tmp_path_factory.mktemp("kb") / "kb"
    built.save(directory)
    return built, directory


@pytest.fixture
def bot(url: str, kb: tuple[KnowledgeBase, Path]) -> Iterator[Chatbot]:
    """The worker that goes on afterwards."""
    store, desk = open_store(url), open_desk(url)
    yield Chatbot(kb[0], store=store, desk=desk)
    store.close()
    desk.close()


class Workers:
    """Starts workers that are killed; see `handoff_worker`."""

    def __init__(self, url: str, kb: Path) -> None:
        command = [sys.executable, handoff_worker.__file__, url, str(kb)]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def run(self, customer: str, *, dies_at: int = 0, after_s: float = -1) -> dict[str, str]:
        """What a worker told before it died or was done: replies by message, and if it was done, ``steps`` and ``seconds``."""
        assert self._server.stdin
        assert self._server.stdout
        print(customer, dies_at, after_s, file=self._server.stdin, flush=True)
        told: dict[str, str] = {}
        while "gone" not in told:
            told.update([self._server.stdout.readline().rstrip("\n").split(" ", 1)])
        assert int(told.pop("gone")) == (0 if "steps" in told else -signal.SIGKILL)
        return told

    def close(self) -> None:
        self._server.communicate(timeout=60)


@pytest.fixture
def workers(url: str, kb: tuple[KnowledgeBase, Path]) -> Iterator[Workers]:
    workers = Workers(url, kb[1])
    yield workers
    workers.close()


def check_after(bot: Chatbot, customer: str, sent: dict[str, str]) -> None:
    """Deliver every message again, as a channel does that heard of no reply; see that nothing is lost or doubled."""
    assert bot.store is not None
    assert bot.desk is not None
    session = bot.session(customer)
    replies = [bot.reply(session, text, message_id=f"m{number}") for number, text in enumerate(SAID)]
    again = [bot.reply(session, text, message_id=f"m{number}") for number, text in enumerate(SAID)]
    assert replies == again
    assert sent == {key: replies[int(key[1:])].text for key in sent}
    assert [turn.user for turn in whole(bot.store, session).turns] == list(SAID)
    assert len(bot.desk.history(customer)) == 1
    ticket = bot.desk.of_session(session.id)
    assert ticket is not None
    assert replies[1].ticket is not None
    assert replies[1].ticket.id == ticket.id
    assert [(line.who, line.text) for line in ticket.transcript] == [
        ("customer", SAID[0]), ("bot", replies[0].text), ("customer", SAID[1]),
    ]  # fmt: skip
    assert len(ticket.summary) == 5
    messages = [(message.who, message.text) for message in bot.desk.messages(ticket.id)]
    assert messages == [
        ("bot", replies[1].text), ("customer", SAID[2]), ("bot", replies[2].text),
        ("customer", "138****0001"), ("bot", replies[3].text),
    ]  # fmt: skip
    assert all(reply.text for reply in replies)
    assert bot.desk.outbox() == []


def whole(store: Store, session: Session) -> Session:
    stored = store.load(session.id)
    assert stored is not None
    return stored


def replies_in(told: dict[str, str]) -> dict[str, str]:
    return {key: text for key, text in told.items() if key.startswith("m")}


@pytest.mark.slow
def test_a_worker_that_dies_before_any_beginning_or_end_of_a_transaction(workers: Workers, bot: Chatbot) -> None:
    told = workers.run("whole")
    check_after(bot, "whole", replies_in(told))
    last = int(told["steps"])
    for dies_at in range(1, last + 1):
        told = workers.run(f"step{dies_at}", dies_at=dies_at)
        assert "steps" not in told
        check_after(bot, f"step{dies_at}", replies_in(told))
    print(f"\n{last} kills, one before every beginning and end of a transaction")


@pytest.mark.slow
def test_a_worker_killed_at_any_moment(workers: Workers, bot: Chatbot) -> None:
    rng, reached = random.Random(0), []
    took = float(workers.run("whole")["seconds"])
    for number in range(KILLS):
        told = workers.run(f"u{number}", after_s=rng.uniform(0, took))
        check_after(bot, f"u{number}", replies_in(told))
        reached.append(len(replies_in(told)))
    print(f"\n{KILLS} kills within {took:.2f} s, after so many replies: {reached}")
    assert min(reached) < len(SAID)
