"""Doing a merchant's task: his function gets what is known, within a time limit; whatever goes wrong becomes a handoff."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from csbot.dialogue.state import State
from csbot.dialogue.tasks import Task, declared
from csbot.errors import ConfigError
from csbot.handlers import MOST_CALLS, REMEMBERED, Handlers
from csbot.models import CHINA, Action, Caller, OrderQuery

FAULT = Task.read(Path(__file__).parents[1] / "data/tasks/fault_report.yaml")
NOW = datetime(2026, 11, 22, 14, 30, tzinfo=CHINA)
SLOTS = {"product": "智能门锁", "fault": "打不开", "phone": "13800000001", "address": "文一路8号", "wished_time": "",
         "wished_time_said": "都行"}  # fmt: skip
ACTION = Action(kind="task_done", rule="confirmed", task=FAULT.name, slots=SLOTS, wording="done")


def caller(request_id: str = "r1") -> Caller:
    return Caller(
        customer_id="u1", channel="wechat", session_id="s1", identified=OrderQuery(phone="13800000001"), request_id=request_id
    )


def settle(function: Callable[..., Any], *, timeout_s: float = 3.0, state: State | None = None) -> Action:
    task = FAULT.model_copy(update={"timeout_s": timeout_s})
    return Handlers({task.name: task}, {task.handler: function}).settle(task, state or State(), ACTION, caller(), NOW)


def test_the_function_gets_the_slots_and_who_wants_it() -> None:
    got: list[Any] = []
    settled = settle(lambda slots, who: got.append((slots, who)))
    assert settled.kind == "task_done"
    assert got == [({name: value for name, value in SLOTS.items() if value}, caller())]


@pytest.mark.parametrize(("result", "text"), [({"receipt": "BX1"}, "BX1"), ("师傅明天到", "师傅明天到")])
def test_what_it_returns_is_told(result: object, text: str) -> None:
    assert text in settle(lambda slots, who: result).text


def test_a_coroutine_function_will_do() -> None:
    async def report(slots: dict[str, str], who: Caller) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"receipt": who.request_id}

    assert "r1" in settle(report).text


@pytest.mark.parametrize("error", [ValueError("x"), ConnectionError("13800000001"), KeyError("k"), TimeoutError()])
def test_whatever_it_raises_is_a_handoff_with_everything_known(error: Exception) -> None:
    def fail(slots: dict[str, str], who: Caller) -> None:
        raise error

    settled = settle(fail, state=State(order_id="QH1"))
    assert (settled.kind, settled.reason, settled.order_id) == ("handoff", "task_failed", "QH1")
    assert settled.rule == f"task_failed:{type(error).__name__}"
    assert settled.slots == {name: value for name, value in SLOTS.items() if value}
    assert settled.wording == "failed"


def test_a_message_decided_upon_anew_as_another_task_has_that_one_done() -> None:
    other = FAULT.model_copy(update={"name": "other", "call": "other"})
    functions = {FAULT.handler: lambda slots, who: "已报修", "other": lambda slots, who: "已预约"}
    handlers = Handlers({FAULT.name: FAULT, "other": other}, functions)
    done = [handlers.settle(task, State(), ACTION, caller(), NOW).text for task in (FAULT, other, FAULT)]
    assert done == ["已报修", "已预约", "已报修"]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Closed until the test is over, so that no thread waits for ever."""
    event = threading.Event()
    yield event
    event.set()


def test_one_that_is_too_slow_is_a_handoff(gate: threading.Event) -> None:
    assert settle(lambda slots, who: gate.wait(60), timeout_s=0.05).rule == "task_failed:TimeoutError"


def test_a_coroutine_that_is_too_slow_is_a_handoff() -> None:
    async def wait(slots: dict[str, str], who: Caller) -> None:
        await asyncio.sleep(60)

    assert {settle(wait, timeout_s=0.05).rule for _ in range(8)} == {"task_failed:TimeoutError"}


def test_calls_that_hang_do_not_pile_up_and_places_are_given_back(gate: threading.Event) -> None:
    task = FAULT.model_copy(update={"timeout_s": 0.01})
    handlers = Handlers({task.name: task}, {task.handler: lambda slots, who: gate.wait(60)})
    for number in range(MOST_CALLS):
        handlers.settle(task, State(), ACTION, caller(f"r{number}"), NOW)
    before = threading.active_count()
    assert handlers.settle(task, State(), ACTION, caller("one more"), NOW).kind == "handoff"
    assert threading.active_count() <= before


def test_one_message_is_done_once_however_often_it_is_decided_upon() -> None:
    done: list[str] = []
    handlers = Handlers({FAULT.name: FAULT}, {FAULT.handler: lambda slots, who: done.append(who.request_id)})
    for request_id in ("a", "a", "b", "a"):
        assert handlers.settle(FAULT, State(), ACTION, caller(request_id), NOW).kind == "task_done"
    assert done == ["a", "b"]


def test_what_failed_is_tried_again() -> None:
    results: list[Any] = [ValueError(), {"receipt": "BX1"}]

    def report(slots: dict[str, str], who: Caller) -> Any:
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    handlers = Handlers({FAULT.name: FAULT}, {FAULT.handler: report})
    kinds = [handlers.settle(FAULT, State(), ACTION, caller(), NOW).kind for _ in range(2)]
    assert kinds == ["handoff", "task_done"]


def test_results_are_not_kept_for_ever() -> None:
    handlers = Handlers({FAULT.name: FAULT}, {FAULT.handler: lambda slots, who: None})
    for number in range(REMEMBERED + 5):
        handlers._remember((str(number), FAULT.name), None)
    assert len(handlers._results) == REMEMBERED


@pytest.mark.parametrize("functions", [{}, {"other": print}, {"fault_report": print, "other": print}])
def test_tasks_and_functions_must_fit(functions: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"fault_report|other"):
        Handlers(declared([FAULT]), functions)


def test_order_progress_needs_no_function() -> None:
    Handlers(declared([]), {})
