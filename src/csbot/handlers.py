"""Doing a merchant's task: his function is called within a time limit; whatever goes wrong becomes a handoff."""

from __future__ import annotations

import inspect
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from csbot.dialogue.state import State
from csbot.dialogue.tasks import Task
from csbot.dialogue.wording import outcome
from csbot.errors import ConfigError
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Caller
from csbot.models.base import storable
from csbot.outside import Outside, run_async

_log = logging.getLogger("csbot")

Handler: TypeAlias = Callable[[dict[str, str], Caller], Any]
"""Does a task. It gets the slots by name (dates as ISO 8601 under the slot's name, and in the customer's own words under
``<name>_said``; slots left open are absent) and who wants it. It returns a text to be said, or a mapping whose values are
filled into the task's ``done`` wordings, or None; a coroutine function will do. Whatever it raises becomes a handoff."""

MOST_CALLS = 16
"""Calls that may be under way at the same time; beyond that the merchant's system counts as down."""
REMEMBERED = 1000
"""Results kept, so that a message that is decided upon twice (another worker was faster) is not done twice."""


class Handlers:
    """The merchant's functions of one bot.

    :param tasks: what is declared, by name. :param functions: by the name in the task's ``call``.
    :raises ConfigError: a task has no function, or a function no task.
    """

    def __init__(self, tasks: Mapping[str, Task], functions: Mapping[str, Handler]) -> None:
        wanted = {task.handler for task in tasks.values() if task.name != ORDER_PROGRESS}
        if missing := sorted(wanted - set(functions)):
            raise ConfigError(f"任务没有对应的处理函数：handlers 缺少 {'、'.join(missing)} | no handler for these tasks")
        if idle := sorted(set(functions) - wanted):
            raise ConfigError(f"handlers 里的 {'、'.join(idle)} 没有任务使用 | no task calls these handlers")
        self._functions = dict(functions)
        self._outside = Outside("csbot-task", MOST_CALLS)
        self._results: OrderedDict[tuple[str, str], Any] = OrderedDict()

    def settle(self, task: Task, state: State, action: Action, caller: Caller, now: datetime) -> Action:
        """What doing the task comes to: it is done, and said so; or a human takes over with all that is known."""
        slots = {name: value for name, value in action.slots.items() if value}
        try:
            key = (caller.request_id, task.name)  # decided upon anew, a message may be of another task
            if key not in self._results:
                self._remember(key, self._call(task, slots, caller))
            said = outcome(task, slots, self._results[key], state.turns, now)
            return action.model_copy(update={"text": storable(said)})
        except Exception as error:  # whatever the merchant's code raises or returns, the customer gets a human
            _log.warning("task %s failed: %s", task.name, type(error).__name__)
            return Action(
                kind="handoff", rule=f"task_failed:{type(error).__name__}", task=task.name, slots=slots,
                reason="task_failed", wording="failed", order_id=state.order_id,
            )  # fmt: skip

    def _remember(self, key: tuple[str, str], result: Any) -> None:
        self._results[key] = result
        while len(self._results) > REMEMBERED:
            self._results.popitem(last=False)

    def _call(self, task: Task, slots: dict[str, str], caller: Caller) -> Any:
        """:raises TimeoutError: no result in time, or too many calls hang already. :raises Exception: whatever it raises."""

        def work() -> Any:
            result = self._functions[task.handler](dict(slots), caller)
            return run_async(result, task.timeout_s) if inspect.isawaitable(result) else result

        return self._outside.call(work, task.timeout_s)
