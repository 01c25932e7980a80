"""The event loop of asynchronous order backends: one per process, in a thread of its own.

One loop that stays, rather than one per look-up, lets backends keep their connections from one customer to the next.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from csbot.errors import OrderBackendError

if TYPE_CHECKING:
    import asyncio

Found = TypeVar("Found")

_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}
"""By process: a forked worker has none of its parent's threads and starts a loop of its own."""


def run(awaitable: Awaitable[Found], timeout_s: float) -> Found:
    """The result of ``awaitable``, waited for in this thread while it runs in the loop; cancelled after ``timeout_s``.

    :raises OrderBackendError: it did not end in time. :raises Exception: whatever it raises.
    """
    import asyncio  # a twentieth of a second, and most bots have nothing asynchronous

    try:
        return asyncio.run_coroutine_threadsafe(_within(awaitable, timeout_s), _loop()).result()
    except asyncio.TimeoutError:
        raise OrderBackendError(f"订单系统 {timeout_s:g} 秒内没有响应 | no answer in time") from None


async def _within(awaitable: Awaitable[Found], timeout_s: float) -> Found:
    import asyncio

    return await asyncio.wait_for(awaitable, timeout_s)


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            import asyncio

            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="csbot-orders-loop", daemon=True).start()
        return loop
