"""`SqlOrders` on a real PostgreSQL: the same answers as SQLite over a million orders, read only, in time."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
import yaml

from csbot import Chatbot, KnowledgeBase, Session
from csbot.errors import ConfigError, OrderBackendError
from csbot.models import Order, OrderQuery
from csbot.orders.sql import OrderMapping, SqlOrders

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "orders.py"
DOCS = Path(__file__).parents[2] / "docs" / "orders.md"
MILLION = 1_000_000
OURS = "FROM pg_stat_activity WHERE application_name = 'csbot' AND datname = current_database()"
COLUMNS = {"order_id": "no", "phone": "tel"}


def benchmark() -> types.ModuleType:
    """The module that fills the tables, for its figures and for these tests."""
    sys.path.insert(0, str(BENCHMARK.parent))  # as where it is run as a script
    spec = importlib.util.spec_from_file_location("benchmark_of_orders", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def opened(postgres_url: str) -> Iterator[Any]:
    """``opened(script, mapping)``: run a script, then `SqlOrders` over it."""
    made: list[SqlOrders] = []

    def open_orders(script: str, **declared: Any) -> SqlOrders:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(script)
        made.append(SqlOrders(postgres_url, OrderMapping(**{"table": "o", "columns": COLUMNS} | declared)))
        return made[-1]

    yield open_orders
    for orders in made:
        orders.close()


@pytest.mark.slow
def test_a_million_orders_are_found_alike_on_postgresql_and_sqlite(postgres_url: str, tmp_path: Path) -> None:
    module = benchmark()
    file = tmp_path / "orders.db"
    module.fill_postgresql(postgres_url, MILLION)
    module.fill_sqlite(file, MILLION)
    here, there = SqlOrders(f"sqlite:///{file}", module.MAPPING), SqlOrders(postgres_url, module.MAPPING)
    for url, orders in ((f"sqlite:///{file}", here), (postgres_url, there)):
        orders.check()
        module.add_indexes(url, orders)
    found = 0
    for kind, queries in module.queries(MILLION, 60).items():
        for query in queries:
            mine, same = (sorted(orders.find(query, 30.0), key=lambda order: order.order_id) for orders in (here, there))
            assert mine == same
            assert bool(mine) == (kind in ("id_and_phone", "phone_and_name"))
            found += len(mine)
    assert found >= 120
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (MILLION,)
    here.close()
    there.close()


def test_the_benchmark_runs(tmp_path: Path) -> None:
    out = tmp_path / "orders.json"
    command = [sys.executable, str(BENCHMARK), "--rows", "20000", "--lookups", "60", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["orders"] == 20_000
    assert set(figures["postgresql"]["with_index"]) == set(figures["sqlite"]["with_index"])


def test_an_order_is_read_with_every_type_of_column(opened: Any) -> None:
    orders = opened(
        """CREATE SCHEMA "店";
        CREATE TABLE "店"."Orders" (no bigint, tel bigint, "买家" text, state smallint, goods text[], eta date);
        INSERT INTO "店"."Orders" VALUES (202600000001, 13800000001, '林晓燕', 20, '{衣柜,拉篮}', '2026-11-25');
        CREATE TABLE e (no bigint, at timestamptz, what text);
        INSERT INTO e VALUES (202600000001, '2026-10-10 01:20+00', '已揽收'), (202600000001, NULL, 'x');""",
        table="Orders", table_schema="店",
        columns=COLUMNS | {"name": "买家", "status": "state", "items": "goods", "eta": "eta"},
        events={"table": "e", "table_schema": "public", "order": "no", "time": "at", "text": "what"},
        status_words={20: "已发货"},
    )  # fmt: skip
    orders.check()
    (order,) = orders.find(OrderQuery(order_id="202600000001", phone="13800000001", name="林曉燕"), 5.0)
    assert (order.name, order.status, order.items, order.eta) == ("林晓燕", "已发货", ["衣柜", "拉篮"], "2026-11-25")
    assert [(event.time.hour, event.text) for event in order.events] == [(9, "已揽收")]


def test_a_value_that_a_column_can_not_hold_finds_nothing(opened: Any) -> None:
    orders = opened("CREATE TABLE o (no bigint, tel bigint); INSERT INTO o VALUES (1, 13800000001)")
    for odd in ("QH1", "9" * 30, "", "1; DROP TABLE o", "\x00", "\ud800", "' OR true --"):
        assert orders.find(OrderQuery(order_id=odd), 5.0) == []
        assert orders.find(OrderQuery(order_id=odd, phone="13800000001"), 5.0) == []
    assert len(orders.find(OrderQuery(phone="13800000001"), 5.0)) == 1


def test_the_account_needs_select_only_and_nothing_can_be_written(opened: Any, postgres_url: str) -> None:
    orders = opened(
        """CREATE TABLE o (no text, tel text); INSERT INTO o VALUES ('QH1', '13800000001');
        CREATE FUNCTION count_calls() RETURNS text LANGUAGE sql AS $$ INSERT INTO o VALUES ('QH2', '1') RETURNING no $$;
        CREATE VIEW v AS SELECT count_calls() AS no, tel FROM o;"""
    )
    assert len(orders.find(OrderQuery(order_id="QH1"), 5.0)) == 1
    writing = SqlOrders(postgres_url, OrderMapping(table="v", columns=COLUMNS))
    with closing(writing), pytest.raises(OrderBackendError, match="InternalError"):
        writing.find(OrderQuery(phone="13800000001"), 5.0)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM o").fetchone() == (1,)


def test_a_statement_that_takes_too_long_is_stopped_by_the_database(opened: Any, postgres_url: str) -> None:
    """It would sleep for an hour: that the error comes, and no such statement is left, is the database's doing."""
    orders = opened(
        """CREATE TABLE o (no text, tel text); INSERT INTO o VALUES ('QH1', '13800000001');
        CREATE VIEW slow AS SELECT no, tel FROM o, pg_sleep(3600);"""
    )
    slow = SqlOrders(postgres_url, OrderMapping(table="slow", columns=COLUMNS))
    with closing(slow), pytest.raises(OrderBackendError, match="OperationalError"):
        slow.find(OrderQuery(order_id="QH1"), 0.2)
    with psycopg.connect(postgres_url) as connection:
        left = (
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%slow%' AND state = 'active' AND pid <> pg_backend_pid()"
        )
        assert connection.execute(left).fetchone() == (0,)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
    assert len(orders.find(OrderQuery(order_id="QH1"), 5.0)) == 1


def test_a_table_locked_by_the_merchant_is_a_handoff_and_served_again_later(
    opened: Any, postgres_url: str, small_kb: KnowledgeBase
) -> None:
    orders = opened("CREATE TABLE o (no text, tel text); INSERT INTO o VALUES ('QH202611030012', '13800000001')")
    bot = Chatbot(small_kb, orders=orders)
    with psycopg.connect(postgres_url) as writer:
        writer.execute("LOCK TABLE o IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OrderBackendError):
            orders.find(OrderQuery(phone="13800000001"), 0.2)
    reply = bot.reply(Session(customer_id="u"), "QH202611030012 13800000001")
    assert reply.order == Order(order_id="QH202611030012", phone="13800000001")


def test_connections_that_the_database_has_closed_are_replaced_unnoticed(opened: Any, postgres_url: str) -> None:
    orders = opened("CREATE TABLE o (no text, tel text); INSERT INTO o VALUES ('QH1', '13800000001')")
    assert len(orders.find(OrderQuery(order_id="QH1"), 5.0)) == 1
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        ended = connection.execute(f"SELECT pg_terminate_backend(pid) {OURS}")
        assert ended.fetchall() == [(True,)]
    assert len(orders.find(OrderQuery(order_id="QH1"), 5.0)) == 1


def test_many_threads_share_at_most_sixteen_connections(opened: Any, postgres_url: str) -> None:
    orders = opened(
        "CREATE TABLE o (no text, tel text); INSERT INTO o SELECT 'QH' || i, '13800000001' FROM generate_series(1, 40) i"
    )
    gate = threading.Barrier(24, timeout=60)

    def ask(i: int) -> list[str]:
        gate.wait()
        return [order.order_id for order in orders.find(OrderQuery(order_id=f"QH{i}"), 30.0)]

    with ThreadPoolExecutor(24) as pool:
        assert list(pool.map(ask, range(1, 25))) == [[f"QH{i}"] for i in range(1, 25)]
    with psycopg.connect(postgres_url) as connection:
        kept = connection.execute(f"SELECT count(*) {OURS}").fetchone()
    assert kept is not None
    assert 1 <= kept[0] <= 16


@pytest.mark.parametrize(
    ("declared", "missing"),
    [({"table": "nowhere"}, "nowhere"), ({"columns": {"order_id": "no", "phone": "mobile"}}, "mobile"),
     ({"table_schema": "elsewhere"}, "elsewhere"), ({"table": "pg_authid_", "columns": COLUMNS}, "pg_authid_")],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_found_before_the_first_customer(
    opened: Any, declared: dict[str, Any], missing: str
) -> None:
    orders = opened("CREATE TABLE o (no text, tel text)", **declared)
    with pytest.raises(ConfigError, match=missing):
        orders.check()


def test_an_account_without_the_right_to_read_is_told_so(opened: Any, postgres_url: str) -> None:
    opened("CREATE TABLE o (no text, tel text); DROP ROLE IF EXISTS csbot_nobody; CREATE ROLE csbot_nobody LOGIN")
    orders = SqlOrders(sa.make_url(postgres_url).set(username="csbot_nobody"), OrderMapping(table="o", columns=COLUMNS))
    with closing(orders), pytest.raises(ConfigError, match="permission denied"):
        orders.check()


def test_the_account_that_the_docs_advise_is_enough_and_sees_nothing_else(postgres_url: str) -> None:
    text = DOCS.read_text(encoding="utf-8")
    grants, declared = (re.search(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL) for kind in ("sql", "yaml"))
    assert grants is not None
    assert declared is not None
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            """CREATE SCHEMA shop; CREATE TABLE shop.orders
              (id bigint, order_no text, mobile text, buyer text, state int, goods text, arrives_on date, address text);
            CREATE TABLE shop.order_events (order_id bigint, at timestamptz, note text);
            INSERT INTO shop.orders VALUES (7, 'QH1', '+86 138-0000-0001', '林晓燕', 30, '衣柜', NULL, '文三路 1 号');
            INSERT INTO shop.order_events VALUES (7, now(), '已揽收');"""
        )
        connection.execute(grants.group(1))
    account = sa.make_url(postgres_url).set(username="csbot")
    with closing(SqlOrders(account, OrderMapping(**yaml.safe_load(declared.group(1))))) as orders:
        orders.check()
        (order,) = orders.find(OrderQuery(order_id="QH1", phone="13800000001"), 5.0)
    assert (order.status, order.events[0].text) == ("已发货", "已揽收")
    with psycopg.connect(postgres_url, user="csbot") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT address FROM shop.orders")


def test_the_advised_indexes_are_used(opened: Any, postgres_url: str) -> None:
    orders = opened(
        """CREATE TABLE o (id bigint, no text, tel text); CREATE TABLE e (o bigint, at timestamptz, what text);
        INSERT INTO o SELECT i, 'QH-' || i, '+86 138-' || lpad(i::text, 8, '0') FROM generate_series(1, 20000) i;
        INSERT INTO e SELECT i, now(), 'x' FROM generate_series(1, 20000) i;""",
        phone_match="digits", order_id_match="loose",
        events={"table": "e", "order": "o", "points_to": "id", "time": "at", "text": "what"},
    )  # fmt: skip
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for statement in orders.advised_indexes():
            connection.execute(statement)
        connection.execute("ANALYZE")
    asked = [
        orders._statements.orders(OrderQuery(order_id="QH7")),
        orders._statements.orders(OrderQuery(phone="13800000007")),
        orders._statements.events(orders.mapping.events, [7]),
    ]
    with orders._engine.connect() as connection:
        plans = []
        for statement, values in asked:
            compiled = statement.compile(dialect=orders._engine.dialect)
            rows = connection.exec_driver_sql(f"EXPLAIN {compiled}", compiled.params | values)
            plans.append("\n".join(row[0] for row in rows))
    for plan, index in zip(plans, ("csbot_o_order_id", "csbot_o_phone", "csbot_e_order"), strict=True):
        assert index in plan
        assert "Seq Scan" not in plan
