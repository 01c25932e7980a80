"""The circuit breaker: closed, open, half-open, and back, for many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from csbot.errors import OrderBackendError
from csbot.orders.circuit import CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(failures=3, pause_s=30, clock=clock)


def fail(circuit: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(OSError), circuit.call():
            raise OSError("down")


def succeed(circuit: CircuitBreaker) -> None:
    with circuit.call():
        pass


def is_refused(circuit: CircuitBreaker) -> bool:
    try:
        succeed(circuit)
    except OrderBackendError:
        return True
    return False


def test_it_opens_after_failures_in_a_row_only(circuit: CircuitBreaker) -> None:
    fail(circuit, 2)
    succeed(circuit)
    fail(circuit, 2)
    assert circuit.state == "closed"
    fail(circuit)
    assert circuit.state == "open"
    assert is_refused(circuit)


def test_after_the_pause_one_success_closes_it_and_the_count_begins_anew(circuit: CircuitBreaker, clock: Clock) -> None:
    fail(circuit, 3)
    clock.now = 29.9
    assert (circuit.state, is_refused(circuit)) == ("open", True)
    clock.now = 30
    assert circuit.state == "half_open"
    succeed(circuit)
    fail(circuit, 2)
    assert circuit.state == "closed"


def test_a_failed_trial_opens_it_for_another_whole_pause(circuit: CircuitBreaker, clock: Clock) -> None:
    fail(circuit, 3)
    clock.now = 40
    fail(circuit)
    clock.now = 69.9
    assert (circuit.state, is_refused(circuit)) == ("open", True)
    clock.now = 70
    succeed(circuit)
    assert circuit.state == "closed"


def test_while_one_tries_the_others_are_refused(circuit: CircuitBreaker, clock: Clock) -> None:
    fail(circuit, 3)
    clock.now = 30
    with circuit.call():
        assert (circuit.state, is_refused(circuit)) == ("half_open", True)
    assert not is_refused(circuit)


def test_a_trial_that_is_cancelled_does_not_block_it_for_ever(circuit: CircuitBreaker, clock: Clock) -> None:
    fail(circuit, 3)
    clock.now = 30
    with pytest.raises(KeyboardInterrupt), circuit.call():
        raise KeyboardInterrupt
    clock.now = 60
    assert not is_refused(circuit)


def test_a_call_that_began_before_it_opened_neither_closes_it_nor_lengthens_the_pause(
    circuit: CircuitBreaker, clock: Clock
) -> None:
    late_success, late_failure = circuit.call(), circuit.call()
    late_success.__enter__()
    late_failure.__enter__()
    fail(circuit, 3)
    clock.now = 20
    late_success.__exit__(None, None, None)
    assert circuit.state == "open"
    error = OSError("down")
    assert not late_failure.__exit__(OSError, error, None)
    clock.now = 30
    assert circuit.state == "half_open"


def test_of_many_threads_at_a_half_open_circuit_exactly_one_tries(circuit: CircuitBreaker, clock: Clock) -> None:
    fail(circuit, 3)
    clock.now = 30
    gate = threading.Barrier(16, timeout=30)
    over = threading.Event()

    def attempt(_: int) -> bool:
        gate.wait()
        try:
            with circuit.call():
                return over.wait(30)
        except OrderBackendError:
            return False

    def attempts() -> Iterator[bool]:
        with ThreadPoolExecutor(16) as pool:
            futures = [pool.submit(attempt, i) for i in range(16)]
            while sum(future.done() for future in futures) < 15:
                over.wait(0.01)
            over.set()
            yield from (future.result() for future in futures)

    assert sum(attempts()) == 1
    assert circuit.state == "closed"


def test_failures_of_many_threads_are_all_counted() -> None:
    circuit = CircuitBreaker(failures=800, pause_s=1e9)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fail(circuit, 100), range(8)))
    assert circuit.state == "open"
