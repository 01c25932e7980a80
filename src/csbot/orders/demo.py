"""Orders for trying things out: a list of orders as a SQLite file of two tables, with the mapping that reads it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from csbot.errors import InputError
from csbot.models import Order
from csbot.orders.tables import EventTable, OrderColumns, OrderMapping

DEMO_MAPPING = OrderMapping(
    table="orders",
    columns=OrderColumns(order_id="order_id", phone="phone", name="name", status="status", items="items", eta="eta"),
    events=EventTable(table="order_events", order="order_id", time="time", text="text"),
)
"""The mapping of the tables that `to_sqlite` writes."""

_TABLES = """
CREATE TABLE orders (order_id TEXT PRIMARY KEY, phone TEXT, name TEXT, status TEXT, items TEXT, eta TEXT) WITHOUT ROWID;
CREATE INDEX orders_by_phone ON orders (phone);
CREATE TABLE order_events (order_id TEXT NOT NULL REFERENCES orders, time TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX events_by_order ON order_events (order_id, time);
"""


def to_sqlite(orders: Iterable[Order], path: str | os.PathLike[str]) -> Path:
    """Write orders into a new SQLite file, in place of one that is there; items as a JSON list.

    :raises InputError: two orders have one id, or the file can't be written; what was there stays.
    """
    file = Path(path)
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.unlink(missing_ok=True)
    kept = list(orders)
    try:
        with closing(sqlite3.connect(temporary)) as connection, connection:
            connection.executescript(_TABLES)
            connection.executemany(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)",
                [(o.order_id, o.phone, o.name, o.status, json.dumps(o.items, ensure_ascii=False), o.eta) for o in kept],
            )
            connection.executemany(
                "INSERT INTO order_events VALUES (?, ?, ?)",
                [(o.order_id, event.time.isoformat(), event.text) for o in kept for event in o.events],
            )
        temporary.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise InputError(f"无法写入 {file}：{error} | can't write", path=file) from None
    finally:
        temporary.unlink(missing_ok=True)
    return file
