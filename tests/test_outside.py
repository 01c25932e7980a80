"""Others' code is called apart from the caller, within a time limit, and so many times at once."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator

import pytest

from csbot.outside import Outside, run_async


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Closed until the test is over, so that no thread waits for ever."""
    event = threading.Event()
    yield event
    event.set()


def test_what_it_returns_or_raises_comes_through() -> None:
    outside = Outside("test", most=1)
    assert outside.call(lambda: threading.current_thread().name, 5.0) == "test"
    with pytest.raises(KeyError, match="x"):
        outside.call(lambda: {}["x"], 5.0)
    assert outside.call(lambda: None, 5.0) is None


def test_an_exit_in_it_ends_nothing_but_the_call() -> None:
    with pytest.raises(RuntimeError, match="SystemExit"):
        Outside("test").call(lambda: sys.exit(1), 5.0)


def test_calls_that_hang_do_not_pile_up(gate: threading.Event) -> None:
    outside = Outside("test", most=2)
    for _ in range(2):
        with pytest.raises(TimeoutError, match="没有结果"):
            outside.call(gate.wait, 0.01)
    with pytest.raises(TimeoutError, match="太多"):
        outside.call(lambda: None, 5.0)


def test_a_coroutine_that_is_late_is_a_timeout_and_cancelled() -> None:
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError, match="没有结果"):
        run_async(wait(), 0.01)
    assert cancelled.wait(10)
