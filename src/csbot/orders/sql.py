"""`SqlOrders`: orders in the merchant's own SQL tables, read through a declared mapping of columns."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DataError, SQLAlchemyError

from csbot.environment import from_environment
from csbot.errors import ConfigError, OrderBackendError
from csbot.models import Order, OrderQuery
from csbot.orders.database import fetch, is_absent, open_engine, own_words, place_of, read_only, reading
from csbot.orders.mapping import read_mapping
from csbot.orders.tables import EventTable, OrderColumns, OrderMapping, Statements
from csbot.orders.values import mine, to_order

__all__ = ["EventTable", "OrderColumns", "OrderMapping", "SqlOrders"]


class SqlOrders:
    """An `OrderBackend` over SQL tables, which are only read. Proven on SQLite and PostgreSQL.

    A look-up is one SELECT for the orders and, when one is the customer's, one for their events: with bound values, at most
    `csbot.orders.tables.MAX_ROWS` rows, in a read-only transaction with a statement timeout. Safe to use from many threads.
    Other databases of SQLAlchemy are asked the same way, but can't be stopped. The account should be allowed SELECT only.

    :param where: a URL, or an engine of your own, which keeps its settings. :param mapping: the tables and their columns.
    :raises ConfigError: the URL is wrong. :raises InputError: a SQLite file is absent.
    :raises MissingDependency: the driver is not installed.

    >>> import tempfile; folder = tempfile.TemporaryDirectory()
    >>> from csbot.orders.demo import to_sqlite
    >>> file = to_sqlite([Order(order_id="QH202611030012", phone="13800000001", status="已发货")], folder.name + "/orders.db")
    >>> mapping = OrderMapping(
    ...     table="orders",
    ...     columns={"order_id": "order_id", "phone": "phone", "status": "status", "items": "items"},
    ...     events={"table": "order_events", "order": "order_id", "time": "time", "text": "text"},
    ... )
    >>> orders = SqlOrders(f"sqlite:///{file}", mapping)
    >>> [order.status for order in orders.find(OrderQuery(order_id="QH202611030012", phone="13800000001"), timeout_s=3.0)]
    ['已发货']
    >>> orders.close(); folder.cleanup()
    """

    def __init__(self, where: str | URL | Engine, mapping: OrderMapping) -> None:
        self.mapping = mapping
        self._statements = Statements(mapping)
        self._owns = not isinstance(where, Engine)
        self._engine = read_only(where if isinstance(where, Engine) else open_engine(where))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SqlOrders:
        """Orders by the mapping in a YAML file, with its ``url``.

        :raises InputError: the file can't be read. :raises ConfigError: the mapping is wrong, or has a password in the file.
        """
        mapping = OrderMapping(**read_mapping(path))
        if not mapping.url:
            raise ConfigError("缺少 url，如 env:ORDERS_URL | url is missing")
        if not mapping.url.startswith("env:") and place_of(mapping.url).password:
            raise ConfigError("url 带有密码，请改为 env:变量名 | the url has a password: write env:NAME and set that variable")
        return cls(from_environment(mapping.url, "url"), mapping)

    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        """See `OrderBackend.find`; a query needs an order id or a phone.

        A value that its column can't hold, like letters in a numeric id or half a character, finds nothing.
        """
        asked = self._statements.orders(query)
        if asked is None:
            return []
        events: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
        try:
            with reading(self._engine, timeout_s) as connection:
                try:
                    found = mine(fetch(connection, asked), query)
                except (DataError, UnicodeEncodeError):
                    return []
                for event in self._history(connection, found):
                    events[str(event["key"])].append((event["time"], event["text"]))
        except SQLAlchemyError as error:  # whose own message may hold the customer's data
            raise OrderBackendError(f"订单数据库查询失败（{type(error).__name__}） | the database of orders failed") from None
        return [to_order(row, events[str(row.get("key"))], self.mapping) for row in found]

    def _history(self, connection: Connection, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self.mapping.events is None or not found:
            return []
        return fetch(connection, self._statements.events(self.mapping.events, [row["key"] for row in found]))

    def check(self) -> None:
        """Read no row of the tables, to see that they and their columns are there.

        :raises ConfigError: a table or column is absent or not to be read.
        :raises OrderBackendError: the database can't be asked.
        """
        try:
            with self._engine.connect() as connection:
                for statement, values in self._statements.empty():
                    connection.execute(statement, values)
        except SQLAlchemyError as error:
            if is_absent(error):
                raise ConfigError(f"订单映射与数据库不符：{own_words(error)} | the mapping does not fit the database") from None
            raise OrderBackendError(f"无法查询订单数据库：{own_words(error)} | can't ask the database of orders") from None

    def advised_indexes(self) -> list[str]:
        """``CREATE INDEX`` statements for this mapping: without such indexes each look-up reads all orders."""
        return self._statements.indexes(self._engine.dialect)

    def close(self) -> None:
        """Close the connections of a backend that was made with a URL; it opens new ones when asked again."""
        if self._owns:
            self._engine.dispose()
