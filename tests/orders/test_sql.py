"""Orders in SQL tables (here SQLite): found as declared, read only, in time, and silent about customers when it fails."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from csbot import Chatbot, KnowledgeBase, Session
from csbot.errors import ConfigError, InputError, MissingDependency, OrderBackendError
from csbot.models import OrderQuery
from csbot.orders.base import OrderBackend
from csbot.orders.demo import DEMO_MAPPING, to_sqlite
from csbot.orders.json_file import OrderList
from csbot.orders.sql import OrderMapping, SqlOrders
from csbot.orders.tables import MAX_ROWS

DATA = Path(__file__).parents[2] / "data"

SHOP = """
CREATE TABLE "订单"
  (id INTEGER PRIMARY KEY, "Order No" TEXT, "手机%" TEXT, "select" TEXT, state INT, goods TEXT, "到货:日" TEXT);
INSERT INTO "订单" VALUES
  (1, 'QH-2026-0001', '+86 138-0000-0001', '林晓燕', 20, '衣柜、拉篮', '2026-11-25'),
  (2, 'QH-2026-0002', '(86)13800000001', '王建平', 30, '', NULL),
  (3, 'QH-2026-0003', '13900000002', '王建平', NULL, NULL, '下周三前');
CREATE TABLE "track" (order_key INT, at TEXT, note TEXT);
INSERT INTO track VALUES (1, '2026-10-11 15:40', '已出库'), (1, '2026-10-10 09:20', '付款成功'), (1, NULL, 'x'),
  (3, '2026-10-12 08:00', '已签收');
"""
DECLARED: dict[str, Any] = {
    "table": "订单",
    "columns": {
        "order_id": "Order No", "phone": "手机%", "name": "select", "status": "state", "items": "goods", "eta": "到货:日",
    },
    "events": {"table": "track", "order": "order_key", "points_to": "id", "time": "at", "text": "note"},
    "status_words": {20: "已发货", 30: "已完成"},
    "phone_match": "digits",
    "order_id_match": "loose",
}  # fmt: skip


def make(file: Path, script: str = SHOP) -> str:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
    return f"sqlite:///{file}"


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    orders = SqlOrders(make(tmp_path / "shop.db"), OrderMapping(**DECLARED))
    yield orders
    orders.close()


def ids(orders: SqlOrders, **query: str) -> list[str]:
    return [order.order_id for order in orders.find(OrderQuery(**query), 5.0)]


def test_it_is_an_order_backend(shop: SqlOrders) -> None:
    assert isinstance(shop, OrderBackend)


def test_an_order_is_read_by_columns_with_any_name(shop: SqlOrders) -> None:
    (order,) = shop.find(OrderQuery(order_id="QH20260001", phone="13800000001"), 5.0)
    assert (order.order_id, order.name, order.status, order.eta) == ("QH-2026-0001", "林晓燕", "已发货", "2026-11-25")
    assert order.items == ["衣柜", "拉篮"]
    assert [(event.time.isoformat(), event.text) for event in order.events] == [
        ("2026-10-10T09:20:00+08:00", "付款成功"), ("2026-10-11T15:40:00+08:00", "已出库"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"phone": "13800000001"}, ["QH-2026-0001", "QH-2026-0002"]),
        ({"phone": "13800000001", "name": "林曉燕"}, ["QH-2026-0001"]),
        ({"phone": "13900000002"}, ["QH-2026-0003"]),
        ({"order_id": "qh-2026-0002"}, ["QH-2026-0002"]),
        ({"order_id": "QH20260003", "name": "王建平"}, ["QH-2026-0003"]),
        ({"order_id": "QH20260003", "phone": "13800000001"}, []),
        ({"order_id": "QH2026"}, []),
        ({"phone": "380000000"}, []),
        ({"phone": ""}, []),
        ({"name": "林晓燕"}, []),
        ({}, []),
    ],
)
def test_orders_that_have_every_field_of_the_query_are_found(shop: SqlOrders, query: dict[str, str], found: list[str]) -> None:
    assert sorted(ids(shop, **query)) == found


@pytest.mark.parametrize(
    "given", ["' OR '1'='1", '" OR 1=1 --', "x'; DROP TABLE track; --", "%", "_", "\x00", "\ud800", "😀" * 999]
)
def test_values_are_bound_and_never_sql(shop: SqlOrders, given: str) -> None:
    for query in ({"order_id": given}, {"phone": given}, {"order_id": given, "phone": "13800000001"}):
        assert ids(shop, **query) == []
    assert len(ids(shop, phone="13800000001")) == 2


def test_exact_columns_are_compared_as_they_are(tmp_path: Path) -> None:
    script = """CREATE TABLE o (no TEXT, tel TEXT); INSERT INTO o VALUES ('QH1', '13800000001'),
        ('qh2', '+8613800000001'), ('QH3', '8613800000001'), ('QH4', '138 0000 0001');"""
    mapping = OrderMapping(table="o", columns={"order_id": "no", "phone": "tel"})
    orders = SqlOrders(make(tmp_path / "o.db", script), mapping)
    assert ids(orders, phone="13800000001") == ["QH1", "qh2", "QH3"]
    assert ids(orders, order_id="QH2") == ["qh2"]
    orders.close()


def test_numeric_columns_are_asked_by_text(tmp_path: Path) -> None:
    script = "CREATE TABLE o (no INTEGER PRIMARY KEY, tel INTEGER); INSERT INTO o VALUES (202600000001, 13800000001);"
    orders = SqlOrders(make(tmp_path / "o.db", script), OrderMapping(table="o", columns={"order_id": "no", "phone": "tel"}))
    assert ids(orders, order_id="202600000001", phone="13800000001") == ["202600000001"]
    assert ids(orders, order_id="QH1") == []
    orders.close()


def test_the_demo_orders_in_sqlite_are_the_demo_orders_of_the_json_file(tmp_path: Path) -> None:
    listed = OrderList.read(DATA / "orders.json")
    orders = SqlOrders(f"sqlite:///{to_sqlite(listed, tmp_path / 'orders.db')}", DEMO_MAPPING)
    orders.check()
    everyone = list(listed)
    assert len(everyone) == 30
    for order in everyone:
        for query in (
            OrderQuery(order_id=order.order_id, phone=order.phone),
            OrderQuery(phone=order.phone, name=order.name),
            OrderQuery(order_id=order.order_id, phone="13712345678"),
        ):
            found = sorted(orders.find(query, 5.0), key=lambda order: order.order_id)
            assert found == sorted(listed.find(query, 5.0), key=lambda order: order.order_id)
    orders.close()


def test_the_demo_file_replaces_the_one_before_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "orders.db"
    one, *rest = OrderList.read(DATA / "orders.json")
    to_sqlite(rest, file)
    to_sqlite([one], file)
    with pytest.raises(InputError, match=r"orders\.db"):
        to_sqlite([one, one], file)
    orders = SqlOrders(f"sqlite:///{file}", DEMO_MAPPING)
    assert ids(orders, phone=one.phone) == [one.order_id]
    orders.close()
    assert [path.name for path in tmp_path.iterdir()] == ["orders.db"]


def test_nothing_can_be_written(shop: SqlOrders) -> None:
    with pytest.raises(sa.exc.OperationalError, match="readonly"), shop._engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM track")


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    """The table is a view of endless rows: it ends only because it is stopped, and the connection serves again."""
    script = """CREATE TABLE one (no TEXT, tel TEXT); INSERT INTO one VALUES ('QH1', '13800000001');
        CREATE VIEW o AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c)
        SELECT 'QH' || i AS no, 'x' || i AS tel FROM c;"""
    url = make(tmp_path / "o.db", script)
    engine = sa.create_engine(url, pool_size=1, max_overflow=0)
    columns = {"order_id": "no", "phone": "tel"}
    with pytest.raises(OrderBackendError):
        SqlOrders(engine, OrderMapping(table="o", columns=columns)).find(OrderQuery(order_id="x", phone="1"), 0.05)
    assert ids(SqlOrders(engine, OrderMapping(table="one", columns=columns)), order_id="QH1") == ["QH1"]
    engine.dispose()


def test_a_database_locked_by_a_writer_is_waited_for_no_longer_than_asked(tmp_path: Path) -> None:
    """Its own engine would wait for an hour; what it is set to is left as it was."""
    engine = sa.create_engine(make(tmp_path / "shop.db"), connect_args={"timeout": 3600}, pool_size=1, max_overflow=0)
    orders = SqlOrders(engine, OrderMapping(**DECLARED))
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OrderBackendError, match="OperationalError"):
            orders.find(OrderQuery(phone="13800000001"), 0.2)
        writer.execute("ROLLBACK")
    assert len(ids(orders, phone="13800000001")) == 2
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 3_600_000
    engine.dispose()


def test_a_phone_with_very_many_orders_gives_a_limited_number(tmp_path: Path) -> None:
    script = """CREATE TABLE o (no TEXT, tel TEXT);
        WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500)
        INSERT INTO o SELECT 'QH' || i, '13800000001' FROM c;"""
    orders = SqlOrders(make(tmp_path / "o.db", script), OrderMapping(table="o", columns={"order_id": "no", "phone": "tel"}))
    assert len(ids(orders, phone="13800000001")) == MAX_ROWS
    orders.close()


def test_many_threads_may_ask_at_once(shop: SqlOrders) -> None:
    gate = threading.Barrier(12, timeout=30)

    def ask(i: int) -> list[str]:
        gate.wait()
        return ids(shop, order_id=f"QH2026000{i % 3 + 1}")

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(ask, range(12))) == [[f"QH-2026-000{i % 3 + 1}"] for i in range(12)]


@pytest.mark.parametrize(
    ("change", "missing"),
    [({"table": "nowhere"}, "nowhere"), ({"columns": {"order_id": "Order No", "phone": "Tel"}}, "Tel"),
     ({"events": {"table": "track", "order": "order_key", "points_to": "id", "time": "When", "text": "note"}}, "When"),
     ({"events": {"table": "track", "order": "order_key", "points_to": "Key", "time": "at", "text": "note"}}, "Key")],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_found_before_the_first_customer(tmp_path: Path, change: Any, missing: str) -> None:
    orders = SqlOrders(make(tmp_path / "shop.db"), OrderMapping(**DECLARED | change))
    with pytest.raises(ConfigError, match=missing):
        orders.check()
    with pytest.raises(OrderBackendError):
        orders.find(OrderQuery(order_id="QH20260001", phone="13800000001"), 5.0)
    orders.close()


def test_a_row_that_is_broken_is_an_error_without_its_values(shop: SqlOrders, tmp_path: Path) -> None:
    make(tmp_path / "shop.db", "UPDATE track SET at = 'noon 13800000001'")
    with pytest.raises(OrderBackendError, match=r"events\.time") as caught:
        shop.find(OrderQuery(phone="13800000001"), 5.0)
    assert "13800000001" not in str(caught.value)
    assert ids(shop, order_id="QH20260002") == ["QH-2026-0002"]


def test_no_error_repeats_what_was_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "shop.db").write_bytes(b"no database at all" * 100)
    orders = SqlOrders(f"sqlite:///{tmp_path / 'shop.db'}", OrderMapping(**DECLARED))
    with caplog.at_level("DEBUG"), pytest.raises(OrderBackendError) as caught:
        orders.find(OrderQuery(order_id="QH20260001", phone="13800000001"), 5.0)
    assert caught.value.__suppress_context__
    assert not any(secret in str(caught.value) + caplog.text for secret in ("QH20260001", "13800000001"))
    orders.close()


@pytest.mark.parametrize(
    "where", ["nonsense", "", "sqlite:///:memory:", "sqlite://", "nosuchdb://u:secret@host/db", "://:secret@"]
)
def test_what_is_no_database_url_is_refused_without_being_repeated(where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SqlOrders(where, DEMO_MAPPING)
    assert "secret" not in str(caught.value)


def test_an_absent_sqlite_file_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.db"):
        SqlOrders(f"sqlite:///{tmp_path}/nowhere.db", DEMO_MAPPING)
    assert list(tmp_path.iterdir()) == []


def test_a_driver_that_is_not_installed_is_named_with_its_pip_line() -> None:
    with pytest.raises(MissingDependency, match="pip install MySQLdb"):
        SqlOrders("mysql://u@host/db", DEMO_MAPPING)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"table": ""}, "table"), ({"columns": {"order_id": "no"}}, "columns.phone"), ({"phone_match": "like"}, "phone_match"),
        ({"columns": {"order_id": "no", "phone": "tel", "adress": "x"}}, "columns.adress"), ({"colour": "red"}, "colour"),
        ({"events": {"table": "e"}}, "events.order"), ({"status_words": {"20": 7}}, "status_words"),
        ({"timezone": "x"}, "timezone"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        OrderMapping(**DECLARED | change)


def test_the_advised_indexes_are_used(shop: SqlOrders, tmp_path: Path) -> None:
    make(tmp_path / "shop.db", ";".join(shop.advised_indexes()))
    plans = []
    with shop._engine.connect() as connection:
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        for query in (OrderQuery(order_id="QH1"), OrderQuery(phone="13800000001")):
            statement, values = shop._statements.orders(query)  # type: ignore[misc]
            compiled = statement.compile(dialect=shop._engine.dialect)
            bound = [({**compiled.params, **values})[name] for name in compiled.positiontup or ()]
            cursor.execute("SELECT 1 FROM sqlite_master").fetchall()  # sees the new schema before it plans
            plans.append(cursor.execute(f"EXPLAIN QUERY PLAN {compiled}", bound).fetchall()[0][3])
        cursor.close()
    assert plans == [f"SEARCH 订单 USING INDEX csbot_订单_{field} (<expr>=?)" for field in ("order_id", "phone")]


def test_the_owner_is_told_the_order_by_the_bot_and_a_stranger_nothing(shop: SqlOrders, small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb, orders=shop)
    told = bot.reply(Session(customer_id="a"), "QH-20260001 13800000001")
    hidden = bot.reply(Session(customer_id="b"), "QH-20260001 13712345678")
    assert told.order is not None
    assert (told.order.order_id, hidden.order) == ("QH-2026-0001", None)
    assert "林晓燕" not in hidden.text
