"""Backends with a coroutine for ``find``: one event loop for all of them, which stays, and which a fork starts anew."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest

from csbot import BotConfig, Chatbot, KnowledgeBase, Session
from csbot.errors import OrderBackendError
from csbot.models import Order, OrderQuery
from csbot.orders.base import ask_backend
from csbot.orders.json_file import OrderList

MINE = Order(order_id="QH202611030012", phone="13800000001", name="林晓燕", status="已发货")
QUERY = OrderQuery(phone="13800000001")


class Remote:
    """An order system that is awaited, and remembers the event loops that it was asked in."""

    def __init__(self, wait_s: float = 0.0) -> None:
        self.wait_s = wait_s
        self.loops: list[asyncio.AbstractEventLoop] = []
        self.cancelled = threading.Event()

    async def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        self.loops.append(asyncio.get_running_loop())
        try:
            await asyncio.sleep(self.wait_s)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return (MINE,)


def test_either_kind_is_asked_the_same_way() -> None:
    assert ask_backend(OrderList([MINE]), QUERY, 3.0) == ask_backend(Remote(), QUERY, 3.0) == [MINE]


def test_all_lookups_run_in_one_loop_so_that_connections_can_be_kept() -> None:
    remote = Remote()
    threads = [threading.Thread(target=ask_backend, args=(remote, QUERY, 3.0)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(remote.loops) == 5
    assert len(set(remote.loops)) == 1


def test_one_that_does_not_end_in_time_is_cancelled() -> None:
    remote = Remote(wait_s=3600)
    with pytest.raises(OrderBackendError, match="没有响应"):
        ask_backend(remote, QUERY, 0.05)
    assert remote.cancelled.wait(10)


def test_what_it_raises_comes_through() -> None:
    class Broken:
        async def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
            raise KeyError("x")

    with pytest.raises(KeyError):
        ask_backend(Broken(), QUERY, 3.0)


def test_a_bot_takes_an_asynchronous_backend(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb, orders=Remote())
    reply = bot.reply(Session(customer_id="u"), f"{MINE.order_id} {MINE.phone}")
    assert (reply.kind, reply.order) == ("order_status", MINE)


def test_a_bot_in_an_event_loop_takes_one_too(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb, orders=Remote())
    reply = asyncio.run(bot.areply(Session(customer_id="u"), f"{MINE.order_id} {MINE.phone}"))
    assert reply.order == MINE


def test_a_hanging_one_is_a_handoff(small_kb: KnowledgeBase) -> None:
    remote = Remote(wait_s=3600)
    bot = Chatbot(small_kb, orders=remote, config=BotConfig(orders={"timeout_s": 0.1}))
    assert bot.reply(Session(customer_id="u"), f"{MINE.order_id} {MINE.phone}").kind == "handoff"
    assert remote.cancelled.wait(10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_worker_has_a_loop_of_its_own() -> None:
    script = """
import asyncio, os
from csbot.outside import run_async as run
async def one(): return 1
assert run(one(), 5) == 1
child = os.fork()
if child == 0:
    os._exit(0 if run(one(), 5) == 1 else 1)
assert os.waitpid(child, 0)[1] == 0
print("fine")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout == "fine\n", done.stderr
