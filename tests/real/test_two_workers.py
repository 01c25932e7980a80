"""Two processes answer one session at the same time: no turn is lost, none is doubled, and no message is answered twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from csbot.dialogue.state import replay, state_of
from csbot.storage import open_store

SHARED = 10
"""Every so many messages one is delivered to both processes."""

WORKER = """
import json, sys
from csbot import Chatbot, KnowledgeBase, Session
from csbot.errors import SessionConflict
from csbot.storage.sql import SqlStore

class Counting(SqlStore):
    conflicts = 0
    def save(self, session, **answered):
        try:
            super().save(session, **answered)
        except SessionConflict:
            self.conflicts += 1
            raise

url, kb, first, messages, shared = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
store = Counting(url)
bot = Chatbot(KnowledgeBase.load(kb), store=store)
bot.reply(Session(customer_id="warming up"), "包邮吗")
print("ready", flush=True)
sys.stdin.readline()
for number in range(messages):
    if number % 2 == first or number % shared == 0:
        session = Session(customer_id="u", id="the session")
        reply = bot.reply(session, f"包邮吗{number}", message_id=f"m{number}")
        print(json.dumps([number, reply.text, session.version]), flush=True)
print(json.dumps(store.conflicts))
store.close()
"""


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_url")
    else:
        yield f"sqlite:///{tmp_path}/csbot.db"


@pytest.mark.slow
def test_no_turn_is_lost_and_none_doubled(url: str, small_saved: Path) -> None:
    messages = 500 if url.startswith("postgresql") else 100
    command = [sys.executable, "-c", WORKER, url, small_saved]
    workers = [
        subprocess.Popen(
            [*map(str, command), str(first), str(messages), str(SHARED)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for first in (0, 1)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n", worker.communicate()[1]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    printed = [worker.communicate(timeout=550) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], printed
    *first, conflicts_of_first = map(json.loads, printed[0][0].splitlines())
    *second, conflicts_of_second = map(json.loads, printed[1][0].splitlines())

    store = open_store(url)
    session = store.load("the session")
    store.close()
    assert session is not None
    assert Counter(turn.user for turn in session.turns) == Counter(f"包邮吗{number}" for number in range(messages))
    assert session.version == messages
    said = {turn.user: turn.reply for turn in session.turns}
    assert all(text == said[f"包邮吗{number}"] for number, text, _ in (*first, *second))
    assert replay(session.turns).turns == state_of(session).turns == messages

    both = {number for number, *_ in first} & {number for number, *_ in second}
    assert both == set(range(0, messages, SHARED))
    assert conflicts_of_first + conflicts_of_second > 0, "the two never met"
    overtaken = f"{conflicts_of_first} + {conflicts_of_second} times overtaken"
    print(f"\n{url.split(':')[0]}: {messages} messages, {len(both)} to both; {overtaken}")
