"""A worker killed (SIGKILL) in the middle of saving leaves the session as it was or is to be: whole, with reply and events."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from csbot.models import Reply, Session, Trace, Turn
from csbot.models.events import FeedbackEvent
from csbot.storage import Store, open_store

KILLS = 25
TURNS = 20
"""Turns that one save adds, with an event each, so that it takes long enough to be hit."""
LOGGED = datetime(2026, 11, 22, tzinfo=timezone.utc)


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_url")
    else:
        yield f"sqlite:///{tmp_path}/csbot.db"


def keep_saving(url: str, told: Connection) -> None:
    """Add turns and save, for ever; say before and after each save which version it makes."""
    store = open_store(url)
    session = store.load("s") or Session(id="s", customer_id="u")
    trace = Trace(normalised="", rule="r", intent=None, answer_threshold=1, clarify_threshold=1, misses=0)
    while True:
        version = session.version + 1
        first = len(session.turns)
        session.turns += [Turn(user=f"{first + n} {'问' * 2000}", kind="answer", rule="r") for n in range(TURNS)]
        told.send(("saving", version))
        events = [FeedbackEvent(id=str(first + n), at=LOGGED, session_id="s", score=5) for n in range(TURNS)]
        store.save(session, message_id=f"m{version}", reply=Reply(text=str(version), kind="answer", trace=trace), events=events)
        told.send(("saved", version))


def whole(store: Store) -> int:
    """Version of the session, which is found to be whole; 0 where there is none yet."""
    while True:
        session = store.load("s")
        version = session.version if session else 0
        asked = session or Session(id="s", customer_id="u")
        replied = [store.replied(asked, f"m{number}") is not None for number in (version, version + 1)]
        logged = {event.id for event in store.events()}
        again = store.load("s")
        if session == again:  # a server may still be ending what the killed client had sent
            break
    assert replied == [version > 0, False]
    assert [turn.user.split()[0] for turn in asked.turns] == [str(number) for number in range(TURNS * version)]
    assert logged == {str(number) for number in range(TURNS * version)}
    return version


@pytest.mark.slow
def test_a_session_is_the_old_or_the_new_one(url: str) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["csbot.storage.sql", "sqlalchemy.dialects.postgresql.psycopg"])
    store, rng, outcomes = open_store(url), random.Random(0), []
    for _ in range(KILLS):
        store.purge(sessions=Turn(user="", kind="answer", rule="").at, events=LOGGED + timedelta(seconds=1))
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=keep_saving, args=(url, sender), daemon=True)
        child.start()
        sender.close()
        saves, took, started = rng.randrange(1, 4), 0.0, 0.0
        for _ in range(2 * saves):
            receiver.recv()
            took, started = time.monotonic() - started, time.monotonic()
        time.sleep(rng.uniform(0.3, 1.7) * took)
        child.kill()
        child.join()
        last = ("saved", saves)
        try:
            while True:
                last = receiver.recv()
        except EOFError:
            version = whole(store)
        assert version in ({last[1]} if last[0] == "saved" else {last[1] - 1, last[1]})
        outcomes.append("saved" if last[0] == "saved" else "old" if version < last[1] else "new")
    store.close()
    in_the_middle = {outcome: outcomes.count(outcome) for outcome in ("old", "new")}
    hit = sum(in_the_middle.values())
    print(f"\n{url.split(':')[0]}: {KILLS} kills, {hit} in the middle of a save, which left {in_the_middle}")
    assert hit, "no kill fell into a save"
