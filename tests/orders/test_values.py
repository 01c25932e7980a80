"""Values of merchants' systems become orders, or an error that names the field and never the value."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from csbot.errors import OrderBackendError
from csbot.models import CHINA, OrderQuery
from csbot.orders.mapping import OrderSource
from csbot.orders.values import MAX_EVENTS, mine, to_order

ROW = {"order_id": "QH1", "phone": "13800000001", "name": "林晓燕"}
PLAIN = OrderSource()
NINE = datetime(2026, 10, 10, 9, 20, tzinfo=CHINA)


def order(**values: Any) -> Any:
    return to_order(ROW | values, (), PLAIN)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (13800000001, "13800000001"), (Decimal("7"), "7"), (7.0, "7"), (None, ""), ("  a\n b ", "a b"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)  # fmt: skip
def test_scalars_become_one_line_of_text(given: Any, text: str) -> None:
    assert order(name=given).name == text


@pytest.mark.parametrize("given", [True, 1.5, {"a": 1}, ["x"], b"QH", float("nan"), float("inf"), "x" * 501])
@pytest.mark.parametrize("field", ["phone", "name", "status"])
def test_what_is_no_short_text_is_an_error_that_names_the_field_only(field: str, given: Any) -> None:
    with pytest.raises(OrderBackendError, match=field) as caught:
        order(**{field: given})
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize("given", [None, "", "  "])
def test_an_order_without_an_id_is_an_error(given: Any) -> None:
    with pytest.raises(OrderBackendError, match="order_id"):
        mine([ROW | {"order_id": given}], OrderQuery(phone="13800000001"))


@pytest.mark.parametrize(
    "given",
    [
        "2026-10-10T09:20:00+08:00", "2026-10-10 09:20", "2026/10/10 9:20", "2026-10-10T01:20:00Z", 1791595200,
        datetime(2026, 10, 10, 9, 20), datetime(2026, 10, 10, 1, 20, tzinfo=timezone.utc), 1791595200000,
    ],
)  # fmt: skip
def test_times_of_every_form_are_told_in_the_merchants_zone(given: Any) -> None:
    (event,) = to_order(ROW, [(given, "已揽收")], PLAIN).events
    assert event.time == NINE
    assert event.time.hour == 9


def test_times_without_a_zone_are_meant_in_the_one_declared() -> None:
    (event,) = to_order(ROW, [("2026-07-01 12:00", "x")], OrderSource(timezone="Europe/Berlin")).events
    assert event.time == datetime(2026, 7, 1, 10, tzinfo=timezone.utc)
    assert event.time.hour == 12


@pytest.mark.parametrize("given", ["noon", "2026-13-01", [], {}, 10**30, True, ""])
def test_what_is_no_time_is_an_error(given: Any) -> None:
    with pytest.raises(OrderBackendError, match=r"events\.time"):
        to_order(ROW, [(given, "已揽收")], PLAIN)


def test_events_stand_oldest_first_and_those_without_time_or_text_are_left_out() -> None:
    given = [(NINE + timedelta(hours=1), "二"), (None, "x"), (NINE, " "), (NINE, None), (NINE, "一")]
    assert [event.text for event in to_order(ROW, given, PLAIN).events] == ["一", "二"]


def test_of_very_many_events_the_latest_are_kept() -> None:
    given = [(NINE + timedelta(minutes=i), str(i)) for i in range(MAX_EVENTS + 5)]
    assert [event.text for event in to_order(ROW, given, PLAIN).events] == [str(i) for i in range(5, MAX_EVENTS + 5)]


@pytest.mark.parametrize(
    ("given", "items"),
    [
        ('["衣柜", " 拉篮 ", ""]', ["衣柜", "拉篮"]), ("衣柜、拉篮", ["衣柜", "拉篮"]), (["衣柜", 7], ["衣柜", "7"]),
        ("衣柜", ["衣柜"]), ("", []), (None, []), ((), []),
    ],
)  # fmt: skip
def test_items_are_a_json_list_an_array_or_a_text_of_parts(given: Any, items: list[str]) -> None:
    assert order(items=given).items == items


@pytest.mark.parametrize("given", ["[1,", "[" * 100_000, [["x"]], {"a": 1}, [None, {}]])
def test_other_items_are_an_error(given: Any) -> None:
    with pytest.raises(OrderBackendError, match="items"):
        order(items=given)


@pytest.mark.parametrize(
    ("given", "eta"),
    [
        (date(2026, 11, 25), "2026-11-25"), (datetime(2026, 11, 25, 23), "2026-11-25"), ("2026/11/5", "2026-11-05"),
        ("2026-11-24T18:00:00Z", "2026-11-25"), ("下周三前", "下周三前"), ("", None), (None, None),
    ],
)  # fmt: skip
def test_an_expected_date_is_a_date_or_words(given: Any, eta: str | None) -> None:
    assert order(eta=given).eta == eta


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        ({}, "shipped", "shipped"), ({20: "已发货"}, 20, "已发货"), ({20: "已发货"}, "20", "已发货"),
        ({20: "已发货"}, 30, ""), ({20: "已发货"}, "待安装", "待安装"), ({20: "已发货"}, None, ""),
    ],
)  # fmt: skip
def test_codes_become_words_and_an_unknown_code_is_never_told(words: Any, code: Any, status: str) -> None:
    assert to_order(ROW | {"status": code}, (), OrderSource(status_words=words)).status == status


def test_only_rows_with_every_field_of_the_query_are_ones_own() -> None:
    rows = [ROW, ROW | {"order_id": "QH2", "name": "王建平"}, ROW | {"order_id": "QH3", "phone": "13900000002"}]
    assert mine(rows, OrderQuery(phone="13800000001", name="林曉燕")) == [ROW]
    assert mine(rows, OrderQuery()) == []
