"""Orders from a ``.json`` file, held in memory: for demonstrations, tests and the evaluation."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from csbot.dialogue.order_progress import owned
from csbot.errors import Fault, InputError, SourceError
from csbot.kb.sources import decode, read_bytes
from csbot.models import Order, OrderQuery


class OrderList:
    """An `OrderBackend` over a list of orders."""

    def __init__(self, orders: Iterable[Order]) -> None:
        self._orders = list(orders)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> OrderList:
        """:raises InputError: the file is absent or no JSON list. :raises SourceError: orders have faults, all listed."""
        file = Path(path)
        try:
            rows = json.loads(decode(file, read_bytes(file)))
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"{file} 不是有效的 JSON：{error} | not JSON", path=file) from None
        if not isinstance(rows, list):
            raise InputError(f"{file} 应是订单列表 | must be a list of orders", path=file)
        orders, faults = [], []
        for number, row in enumerate(rows, start=1):
            try:
                orders.append(Order.model_validate(row))
            except ValidationError as error:
                faults += [Fault(number, ".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
        if faults:
            raise SourceError(file, faults)
        return cls(orders)

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[Order]:
        return iter(self._orders)

    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        """See `OrderBackend.find`."""
        return owned(self._orders, query)
