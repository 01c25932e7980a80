"""What an order backend offers, and the one way to ask it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Sequence
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from csbot.errors import OrderBackendError
from csbot.models import Order, OrderQuery
from csbot.outside import run_async


@runtime_checkable
class OrderBackend(Protocol):
    """Looks up orders. Whatever it returns is checked again for ownership before a customer hears of it."""

    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        """Orders that have every field given in ``query``; an empty sequence where there is none.

        :param timeout_s: seconds after which the answer is of no use.
        :raises OrderBackendError: the order system failed.
        """
        ...


class AsyncOrderBackend(Protocol):
    """An `OrderBackend` whose ``find`` is a coroutine function.

    Every look-up of the process runs in one event loop of csbot's own (`csbot.outside`): a pool of connections that is made
    in ``find`` can be kept for the next one; a pool made in the host's loop can't be used there.
    """

    async def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        """See `OrderBackend.find`; cancelled when ``timeout_s`` are over."""
        ...


AnyOrderBackend: TypeAlias = "OrderBackend | AsyncOrderBackend"
Answer = TypeVar("Answer")


def ask_backend(backend: AnyOrderBackend, query: OrderQuery, timeout_s: float) -> list[Order]:
    """What the backend finds, whether its ``find`` is a coroutine function or not; to be called in a worker thread.

    >>> class Remote:
    ...     async def find(self, query, timeout_s):
    ...         return [Order(order_id="QH202611030012", phone=query.phone)]
    >>> [order.order_id for order in ask_backend(Remote(), OrderQuery(phone="13800000001"), timeout_s=3.0)]
    ['QH202611030012']

    :raises OrderBackendError: a coroutine did not end in ``timeout_s``. :raises Exception: whatever the backend raises.
    """
    found = backend.find(query, timeout_s)
    return list(awaited(found, timeout_s) if inspect.isawaitable(found) else found)


def awaited(awaitable: Awaitable[Answer], timeout_s: float) -> Answer:
    """`csbot.outside.run_async` for an order system.

    :raises OrderBackendError: it did not end in ``timeout_s``. :raises Exception: whatever it raises.
    """
    try:
        return run_async(awaitable, timeout_s)
    except TimeoutError:
        raise OrderBackendError(f"订单系统 {timeout_s:g} 秒内没有响应 | no answer in time") from None
