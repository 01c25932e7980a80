"""Order backends: where the merchant's orders are looked up."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from csbot.errors import ConfigError, InputError, OrderBackendError

if TYPE_CHECKING:
    from csbot.orders.base import OrderBackend

_log = logging.getLogger("csbot")


def load_orders(path: str | os.PathLike[str]) -> OrderBackend:
    """The backend that a file describes: a ``.json`` list of orders, or a ``.yaml`` mapping of ``kind: sql`` or ``kind: http``.

    The tables of a SQL mapping are looked for at once; a database that can't be reached just now is only warned of.

    :raises InputError: the file can't be read, or is of another kind.
    :raises ConfigError: the mapping is wrong, or does not fit the tables.
    :raises MissingDependency: the database's driver is not installed.
    """
    from csbot.orders.json_file import OrderList
    from csbot.orders.mapping import read_mapping

    file = Path(path)
    if file.suffix.lower() == ".json":
        return OrderList.read(file)
    if file.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(f"{file}：订单请用 .json 列表或 .yaml 映射 | a .json list or a .yaml mapping is needed", path=file)
    kind = read_mapping(file).get("kind")
    try:
        if kind == "sql":
            return _open_sql(file)
        if kind == "http":
            from csbot.orders.http import HttpOrders

            return HttpOrders.load(file)
    except ConfigError as error:
        raise ConfigError(f"{file}：{error}") from None
    raise ConfigError(f"{file}：kind 应为 sql 或 http | kind must be sql or http")


def _open_sql(file: Path) -> OrderBackend:
    from csbot.orders.sql import SqlOrders

    orders = SqlOrders.load(file)
    try:
        orders.check()
    except OrderBackendError as error:
        _log.warning("%s", error)
    return orders
