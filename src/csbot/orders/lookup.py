"""Looking orders up for an action, within limits of time and number; whatever goes wrong becomes a handoff."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from csbot.config import BotConfig
from csbot.dialogue import order_progress
from csbot.dialogue.order_questions import tell_about
from csbot.dialogue.state import State
from csbot.dialogue.telling import tell_briefly
from csbot.errors import OrderBackendError
from csbot.models import Action, LookupResult, Order, OrderQuery, Session, utc_now
from csbot.orders import limits
from csbot.orders.base import AnyOrderBackend, ask_backend
from csbot.outside import Outside
from csbot.storage.base import Store
from csbot.text import normalise

_log = logging.getLogger("csbot")

MOST_LOOKUPS = 16
"""Look-ups that may wait for the order system at the same time; beyond that it counts as down."""


class OrderLookups:
    """The look-ups of one bot.

    :param backend: the merchant's order system. :param config: settings; ``orders`` and ``dialogue`` are read.
    :param store: where attempts are counted.
    """

    def __init__(self, backend: AnyOrderBackend, config: BotConfig, store: Store) -> None:
        self.backend = backend
        self.config = config
        self.store = store
        self._outside = Outside("csbot-orders", MOST_LOOKUPS)

    def settle(self, session: Session, state: State, action: Action, attempt_id: str, said: str = "") -> Action:
        """What the look-up that ``action`` asks for comes to: an order, several to pick from, another question, or a human.

        An order that is another's and one that doesn't exist go the same way, step by step.

        :param said: the customer's message.
        :raises StoreError: attempts can't be counted.
        """
        attempt = limits.begin(self.store, session, action, attempt_id, self.config.orders)
        if attempt.refused:
            return _came_to("refused", order_progress.too_many(action))
        try:
            found = self._owned(action)
            settled = order_progress.settle(replace(state, failed_lookups=attempt.before), action, found, self.config)
            if settled.order:
                told = tell_about(settled.order, settled.about, normalise(said), session.turns, utc_now())
                settled = settled.model_copy(update=told._asdict())
            elif settled.orders:
                settled = settled.model_copy(update={"text": tell_briefly(settled.orders, utc_now())})
        except Exception as error:  # whatever the merchant's code raises or returns, the customer gets a human
            _log.warning("order backend failed: %s", type(error).__name__)
            self.store.withdraw(attempt.keys, attempt.id)
            return Action(
                kind="handoff", rule=f"order_backend_failed:{type(error).__name__}", task=action.task, slots=action.slots,
                reason="order_backend_failed", wording="handoff_backend", lookup="failed",
            )  # fmt: skip
        if found:
            self.store.withdraw(attempt.keys, attempt.id)  # only what found nothing counts
        return _came_to("found" if settled.order or settled.orders or settled.options else "not_found", settled)

    def _owned(self, action: Action) -> list[Order]:
        """The customer's orders that the first fruitful query finds; `timeout_s` is for all of them together."""
        until = time.monotonic() + self.config.orders.timeout_s
        for query in order_progress.queries(action, self.config.orders):
            found = order_progress.owned(self._find(query, until - time.monotonic()), query)
            if found:
                return found
        return []

    def _find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        """What the backend answers. :raises OrderBackendError: nothing in time, or it fails."""
        if timeout_s <= 0:
            raise OrderBackendError("订单系统没有及时响应 | no answer in time")
        try:
            return self._outside.call(lambda: ask_backend(self.backend, query, timeout_s), timeout_s)
        except Exception as error:
            raise OrderBackendError(str(error)) from error


def _came_to(result: LookupResult, action: Action) -> Action:
    return action.model_copy(update={"lookup": result})
