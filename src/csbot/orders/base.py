"""What an order backend offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from csbot.models import Order, OrderQuery


@runtime_checkable
class OrderBackend(Protocol):
    """Looks up orders. Whatever it returns is checked again for ownership before a customer hears of it."""

    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        """Orders that have every field given in ``query``; an empty sequence where there is none.

        :param timeout_s: seconds after which the answer is of no use.
        :raises OrderBackendError: the order system failed.
        """
        ...
