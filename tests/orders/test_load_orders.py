"""One file says where orders are: a list of them, or a mapping of a database or a service."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from csbot import Chatbot, KnowledgeBase, Session
from csbot.errors import ConfigError, InputError, SourceError
from csbot.models import OrderQuery
from csbot.orders import load_orders
from csbot.orders.demo import to_sqlite
from csbot.orders.http import HttpOrders
from csbot.orders.json_file import OrderList
from csbot.orders.sql import SqlOrders

DATA = Path(__file__).parents[2] / "data"
SQL = """
kind: sql
url: {url}
table: orders
columns: {{order_id: order_id, phone: phone, name: name, status: status, items: items, eta: eta}}
events: {{table: order_events, order: order_id, time: time, text: text}}
"""
HTTP = """
kind: http
url: https://erp.example.com/api/orders
headers: {Authorization: "env:ORDER_TOKEN_OF_TEST"}
params: {order_id: orderNo, phone: mobile}
orders: data
fields: {order_id: orderNo, phone: mobile}
status_words: {20: 已发货}
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return to_sqlite(OrderList.read(DATA / "orders.json"), tmp_path / "orders.db")


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_a_json_file_is_a_list_of_orders() -> None:
    assert isinstance(load_orders(DATA / "orders.json"), OrderList)


def test_a_yaml_file_of_kind_sql_is_a_database(tmp_path: Path, database: Path) -> None:
    orders = load_orders(write(tmp_path / "orders.yaml", SQL.format(url=f"sqlite:///{database}")))
    assert isinstance(orders, SqlOrders)
    assert len(orders.find(OrderQuery(phone=next(iter(OrderList.read(DATA / "orders.json"))).phone), 5.0)) >= 1
    orders.close()


def test_the_url_may_come_from_the_environment(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "orders.yml", SQL.format(url="env:ORDERS_URL_OF_TEST"))
    with pytest.raises(ConfigError, match="ORDERS_URL_OF_TEST"):
        load_orders(file)
    monkeypatch.setenv("ORDERS_URL_OF_TEST", f"sqlite:///{database}\n")
    orders = load_orders(file)
    assert isinstance(orders, SqlOrders)
    orders.close()


def test_a_yaml_file_of_kind_http_is_a_service_whose_secret_is_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "orders.yaml", HTTP)
    monkeypatch.delenv("ORDER_TOKEN_OF_TEST", raising=False)
    with pytest.raises(ConfigError, match=r"orders\.yaml.*ORDER_TOKEN_OF_TEST"):
        load_orders(file)
    monkeypatch.setenv("ORDER_TOKEN_OF_TEST", "令牌-secret")
    with pytest.raises(ConfigError, match="Authorization") as caught:
        load_orders(file)
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("ORDER_TOKEN_OF_TEST", "Bearer secret")
    orders = load_orders(file)
    assert isinstance(orders, HttpOrders)
    assert orders.mapping.status_words == {"20": "已发货"}
    assert "secret" not in repr(orders.mapping)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("table: orders", "kind"), ("kind: mongo", "kind"), ("- 1", "键值对"), ("kind: [", "第 1 行"), ("20: x", "键值对"),
        ("kind: sql", "table"), (SQL.format(url="null"), "url"), (SQL.format(url="postgresql://bot:secret@db/shop"), "密码"),
        (SQL.format(url="nonsense"), "URL"), (SQL.format(url="sqlite://"), "SQLite"), ("kind: http", "params"),
        ("kind: sql\ntable: {secret: [", "YAML"), ("a: 2020-99-99", "YAML"), ("a: " + "[" * 5000, "YAML"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_its_file_and_without_secrets(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        load_orders(write(tmp_path / "orders.yaml", text))
    assert "orders.yaml" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_tables_that_do_not_fit_are_found_at_once(tmp_path: Path, database: Path) -> None:
    text = SQL.format(url=f"sqlite:///{database}").replace("phone: phone", "phone: mobile")
    with pytest.raises(ConfigError, match=r"orders\.yaml.*mobile"):
        load_orders(write(tmp_path / "orders.yaml", text))


def test_a_database_that_is_down_is_only_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    orders = load_orders(write(tmp_path / "orders.yaml", SQL.format(url="postgresql://bot@127.0.0.1:9/shop")))
    assert isinstance(orders, SqlOrders)
    assert "订单数据库" in caplog.text
    orders.close()


@pytest.mark.parametrize("name", ["orders.csv", "orders", "orders.db"])
def test_other_kinds_of_file_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=name):
        load_orders(write(tmp_path / name, "x"))


@pytest.mark.parametrize("name", ["nowhere.yaml", "nowhere.json", "nowhere.yml"])
def test_an_absent_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=name):
        load_orders(tmp_path / name)


def test_faults_of_a_list_are_listed(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        load_orders(write(tmp_path / "orders.json", '[{"phone": "1"}]'))


def test_a_bot_takes_the_path_of_a_mapping(small_kb: KnowledgeBase, tmp_path: Path, database: Path) -> None:
    bot = Chatbot(small_kb, orders=write(tmp_path / "orders.yaml", SQL.format(url=f"sqlite:///{database}")))
    one = next(iter(OrderList.read(DATA / "orders.json")))
    assert bot.reply(Session(customer_id="u"), f"{one.order_id} {one.phone}").order == one
    bot.orders.close()  # type: ignore[union-attr]


def test_the_command_line_takes_a_mapping(
    small_saved: Path, tmp_path: Path, database: Path, run_csbot: Callable[..., CompletedProcess[str]]
) -> None:
    mapping = write(tmp_path / "orders.yaml", SQL.format(url=f"sqlite:///{database}"))
    one = next(iter(OrderList.read(DATA / "orders.json")))
    asked = ("ask", "--kb", small_saved, "--json", f"{one.order_id} {one.phone}", "--orders")
    told: Any = json.loads(run_csbot(*asked, mapping).stdout)
    assert (told["kind"], told["order"]["order_id"]) == ("order_status", one.order_id)
    wrong = run_csbot(*asked, write(tmp_path / "wrong.yaml", "kind: mongo"))
    assert (wrong.returncode, "wrong.yaml" in wrong.stderr) == (2, True)
