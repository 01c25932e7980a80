"""Looking orders up for an action, within a time limit; whatever goes wrong becomes a handoff."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence

from csbot.config import BotConfig
from csbot.dialogue import order_progress
from csbot.dialogue.state import State
from csbot.errors import OrderBackendError
from csbot.models import Action, Order, OrderQuery, utc_now
from csbot.orders.base import OrderBackend

_log = logging.getLogger("csbot")

MOST_LOOKUPS = 16
"""Look-ups that may wait for the order system at the same time; beyond that it counts as down."""


class OrderLookups:
    """The look-ups of one bot.

    :param backend: the merchant's order system. :param config: settings; ``orders`` and ``dialogue`` are read.
    """

    def __init__(self, backend: OrderBackend, config: BotConfig) -> None:
        self.backend = backend
        self.config = config
        self._free = threading.BoundedSemaphore(MOST_LOOKUPS)

    def settle(self, state: State, action: Action) -> Action:
        """What the look-up that ``action`` asks for comes to: an order, several to pick from, another question, or a human."""
        try:
            found: list[Order] = []
            for query in order_progress.queries(action, self.config.orders):
                found = order_progress.owned(self._find(query), query)
                if found:
                    break
            settled = order_progress.settle(state, action, found, self.config)
            if settled.order:
                order_progress.tell(settled.order, utc_now())
        except Exception as error:  # whatever the merchant's code raises or returns, the customer gets a human
            _log.warning("order backend failed: %s", type(error).__name__)
            return Action(
                kind="handoff", rule=f"order_backend_failed:{type(error).__name__}", task=action.task, slots=action.slots,
                reason="order_backend_failed", wording="handoff_backend",
            )  # fmt: skip
        return settled

    def _find(self, query: OrderQuery) -> Sequence[Order]:
        """Ask the backend in a thread of its own, which may hang without holding up the customer or the process's end.

        :raises OrderBackendError: no answer in time, or too many look-ups hang already.
        """
        timeout = self.config.orders.timeout_s
        answer: queue.Queue[Sequence[Order] | Exception] = queue.Queue(1)
        if not self._free.acquire(blocking=False):
            raise OrderBackendError("订单系统没有响应，查询已满 | too many look-ups are waiting")

        def work() -> None:
            try:
                answer.put(list(self.backend.find(query, timeout)))
            except Exception as error:
                answer.put(error)
            finally:
                self._free.release()

        threading.Thread(target=work, name="csbot-orders", daemon=True).start()
        try:
            result = answer.get(timeout=timeout)
        except queue.Empty:
            raise OrderBackendError(f"订单系统 {timeout} 秒内没有响应 | no answer in time") from None
        if isinstance(result, Exception):
            raise OrderBackendError(str(result)) from result
        return result
