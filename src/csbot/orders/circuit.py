"""A circuit breaker (熔断器): an order system that is down is left alone for a while, and customers don't wait for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from csbot.errors import OrderBackendError

_log = logging.getLogger("csbot")

CircuitState = Literal["closed", "open", "half_open"]


class CircuitBreaker:
    """Closed (calls pass) → open (none passes) after ``failures`` in a row → half-open (one tries) after ``pause_s``.

    Safe to use from many threads. The pattern is M. Nygard's, *Release It!* (2007), chapter "Stability Patterns".

    :param failures: failed calls in a row after which it opens, at least 1. :param pause_s: seconds it then stays open.
    :param clock: seconds that only grow.

    >>> circuit = CircuitBreaker(failures=1, pause_s=30)
    >>> try:
    ...     with circuit.call():
    ...         raise OSError("down")
    ... except OSError:
    ...     circuit.state
    'open'
    """

    def __init__(self, failures: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._pause_s = pause_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._opened: float | None = None
        self._trying = False

    @property
    def state(self) -> CircuitState:
        """What a call would meet now; "half_open": the next one tries, or one is trying."""
        with self._lock:
            if self._opened is None:
                return "closed"
            return "half_open" if self._clock() - self._opened >= self._pause_s else "open"

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call: what is raised inside counts as its failure.

        :raises OrderBackendError: the circuit is open; nothing was called.
        """
        tries = self._admit()
        try:
            yield
        except BaseException:
            self._count_failure(tries)
            raise
        self._count_success(tries)

    def _admit(self) -> bool:
        """Whether this call is the one that tries a half-open circuit."""
        with self._lock:
            if self._opened is None:
                return False
            if self._trying or self._clock() - self._opened < self._pause_s:
                raise OrderBackendError("订单系统连续出错，暂停访问（熔断） | the order system keeps failing: circuit open")
            self._trying = True
            return True

    def _count_failure(self, tries: bool) -> None:
        with self._lock:
            if tries:
                self._opened, self._trying = self._clock(), False
            elif self._opened is None:
                self._failed += 1
                if self._failed >= self._limit:
                    self._opened = self._clock()
                    _log.warning("order circuit opened after %d failures in a row", self._failed)

    def _count_success(self, tries: bool) -> None:
        """A success that began before the circuit opened says nothing about now; only the trying call closes it."""
        with self._lock:
            if tries:
                self._opened, self._trying, self._failed = None, False, 0
                _log.info("order circuit closed again")
            elif self._opened is None:
                self._failed = 0
