"""Orders from a ``.json`` file: found by what is asked, and refused with all their faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from csbot.errors import InputError, SourceError
from csbot.models import Order, OrderQuery
from csbot.orders.base import OrderBackend
from csbot.orders.json_file import OrderList

DATA = Path(__file__).parents[2] / "data"
ONE = {"order_id": "QH1", "phone": "13800000001", "name": "林晓燕", "status": "已发货"}
TWO = ONE | {"order_id": "QH2"}
OTHER = {"order_id": "QH3", "phone": "13900000002", "name": "王建平"}
ORDERS = OrderList([Order.model_validate(row) for row in (ONE, TWO, OTHER)])


def write(path: Path, value: Any) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"order_id": "QH1"}, ["QH1"]),
        ({"order_id": "qh-1"}, ["QH1"]),
        ({"phone": "13800000001"}, ["QH1", "QH2"]),
        ({"phone": "13800000001", "name": "林晓燕"}, ["QH1", "QH2"]),
        ({"phone": "13800000001", "name": "王建平"}, []),
        ({"order_id": "QH3", "phone": "13800000001"}, []),
        ({"order_id": "QH"}, []),
        ({}, []),
    ],
)
def test_orders_that_have_every_field_of_the_query_are_found(query: dict[str, str], ids: list[str]) -> None:
    assert [order.order_id for order in ORDERS.find(OrderQuery(**query), 1.0)] == ids


def test_it_is_an_order_backend() -> None:
    assert isinstance(ORDERS, OrderBackend)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    orders = OrderList.read(write(tmp_path / "orders.json", [ONE, TWO, OTHER]))
    assert len(orders) == 3
    (found,) = orders.find(OrderQuery(order_id="QH1"), 1.0)
    assert found == Order.model_validate(ONE)


def test_every_fault_is_listed_with_its_number_and_field(tmp_path: Path) -> None:
    rows = [ONE, {"phone": "1"}, ONE | {"colour": "red"}, "QH4", OTHER | {"events": [{"time": "noon", "text": "x"}]}]
    with pytest.raises(SourceError) as caught:
        OrderList.read(write(tmp_path / "orders.json", rows))
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [
        (2, "order_id"), (3, "colour"), (4, ""), (5, "events.0.time"),
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["{", '{"order_id": "QH1"}', "", "   ", "\x00", "[" * 100_000], ids=repr)
def test_what_is_no_list_of_orders_is_refused_by_name(tmp_path: Path, content: str) -> None:
    file = write(tmp_path / "orders.json", content)
    with pytest.raises(InputError) as caught:
        OrderList.read(file)
    assert str(file) in str(caught.value)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.json"):
        OrderList.read(tmp_path / "nowhere.json")


def test_a_file_saved_by_windows_is_read(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    for encoding in ("utf-8-sig", "gb18030"):
        file.write_bytes(json.dumps([ONE], ensure_ascii=False).encode(encoding))
        assert OrderList.read(file).find(OrderQuery(name="林晓燕"), 1.0)


def test_the_demo_orders_are_thirty_with_ids_of_their_own() -> None:
    rows = json.loads((DATA / "orders.json").read_text(encoding="utf-8"))
    orders = OrderList.read(DATA / "orders.json")
    assert len(orders) == 30 == len({row["order_id"] for row in rows})
    for row in rows:
        (found,) = orders.find(OrderQuery(order_id=row["order_id"], phone=row["phone"]), 1.0)
        assert found.name == row["name"]


def test_half_a_character_in_the_file_is_no_fault_but_a_question_mark(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text('[{"order_id": "QH1", "status": "\\ud800x", "events": [{"time": "2026-11-20", "text": "\\udfff"}]}]')
    (order,) = OrderList.read(file)
    assert (order.status, order.events[0].text) == ("?x", "?")
