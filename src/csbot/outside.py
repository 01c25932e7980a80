"""Calling what others wrote (a merchant's systems, a host's hooks): in a thread of its own and within a time limit."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import asyncio

Result = TypeVar("Result")

_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}
"""By process: a forked worker has none of its parent's threads and starts a loop of its own."""


class Outside:
    """Calls to one outside system.

    :param name: of the threads. :param most: calls that may be under way at once; beyond that the system counts as down.
    """

    def __init__(self, name: str, most: int = 16) -> None:
        self._name = name
        self._free = threading.BoundedSemaphore(most)

    def call(self, work: Callable[[], Result], timeout_s: float) -> Result:
        """What ``work`` returns. Its thread is its own and may hang without holding up the caller or the process's end.

        :raises TimeoutError: no result in time, or too many calls hang already. :raises Exception: whatever ``work`` raises.
        """
        if not self._free.acquire(blocking=False):
            raise TimeoutError("未完成的调用太多 | too many calls are under way")
        answer: queue.Queue[tuple[Exception] | tuple[None, Result]] = queue.Queue(1)

        def run() -> None:
            try:
                answer.put((None, work()))
            except Exception as error:
                answer.put((error,))
            except BaseException as error:  # sys.exit() in there ends this call, and nothing else
                answer.put((RuntimeError(type(error).__name__),))
            finally:
                self._free.release()

        threading.Thread(target=run, name=self._name, daemon=True).start()
        try:
            done = answer.get(timeout=timeout_s)
        except queue.Empty:
            raise TimeoutError(f"{timeout_s:g} 秒内没有结果 | no result in time") from None
        if done[0] is not None:
            raise done[0]
        return done[1]


def run_async(awaitable: Awaitable[Result], timeout_s: float) -> Result:
    """The result of ``awaitable``, waited for in this thread while it runs in csbot's own event loop; cancelled in time.

    There is one loop per process, in a thread of its own. One that stays, rather than one per call, lets what is called keep
    its connections from one customer to the next.

    :raises TimeoutError: it did not end in ``timeout_s``. :raises Exception: whatever it raises.
    """
    import asyncio  # a twentieth of a second, and most bots have nothing asynchronous

    try:
        return asyncio.run_coroutine_threadsafe(_within(awaitable, timeout_s), _loop()).result()
    except asyncio.TimeoutError:  # the built-in one from Python 3.11 on
        raise TimeoutError(f"{timeout_s:g} 秒内没有结果 | no result in time") from None


async def _within(awaitable: Awaitable[Result], timeout_s: float) -> Result:
    import asyncio

    return await asyncio.wait_for(awaitable, timeout_s)


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            import asyncio

            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="csbot-loop", daemon=True).start()
        return loop
