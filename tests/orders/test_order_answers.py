"""Answers of HTTP order services: read by a mapping, and never trusted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.dialogue.order_progress import owned
from csbot.errors import ConfigError, OrderBackendError
from csbot.models import OrderQuery
from csbot.orders.answers import HttpOrderMapping, dig, read_answer

QUERY = OrderQuery(order_id="QH1", phone="13800000001")
DECLARED: dict[str, Any] = {
    "url": "https://erp.example.com/orders",
    "params": {"order_id": "no", "phone": "mobile"},
    "orders": "data.list",
    "fields": {
        "order_id": "no",
        "phone": "receiver.mobile",
        "name": "receiver.name",
        "status": "state",
        "items": "goods.title",
    },
    "events": {"path": "tracks", "time": "at", "text": "note"},
    "success": {"path": "code", "values": [0]},
    "status_words": {20: "已发货"},
}
MAPPING = HttpOrderMapping(**DECLARED)
ONE = {
    "no": "QH1", "receiver": {"mobile": 13800000001, "name": "林晓燕"}, "state": 20, "goods": [{"title": "衣柜"}, {"n": 1}],
    "tracks": [{"at": "2026-10-10T09:20:00+08:00", "note": "已揽收"}],
}  # fmt: skip
OTHER = {"no": "QH2", "receiver": {"mobile": "13900000002", "name": "王建平"}, "tracks": "nonsense"}


def read(answer: Any, query: OrderQuery = QUERY) -> list[Any]:
    return read_answer(json.dumps(answer).encode(), query, MAPPING)


def test_an_order_is_read_by_its_paths() -> None:
    (order,) = read({"code": 0, "data": {"list": [OTHER, ONE]}})
    assert (order.order_id, order.phone, order.name, order.status) == ("QH1", "13800000001", "林晓燕", "已发货")
    assert order.items == ["衣柜"]
    assert [event.text for event in order.events] == ["已揽收"]


def test_a_single_order_may_stand_where_the_list_would() -> None:
    assert [order.order_id for order in read({"code": 0, "data": {"list": ONE}})] == ["QH1"]


@pytest.mark.parametrize(
    "answer", [{"code": "0", "data": {"list": []}}, {"code": 0, "data": {"list": None}}, {"code": 0, "data": []}]
)
def test_an_empty_list_or_null_is_no_order(answer: Any) -> None:
    assert read(answer) == []


def test_of_other_peoples_orders_nothing_is_read() -> None:
    """Their events are nonsense here, and no error comes of it."""
    assert read({"code": 0, "data": {"list": [OTHER]}}) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 500, "data": {"list": [ONE]}}, {"data": {"list": [ONE]}}, {"code": 0}, {"code": 0, "data": None},
        {"code": 0, "data": {"list": "QH1"}}, {"code": 0, "data": {"list": [1]}}, {"code": 0, "data": {"list": [[ONE]]}},
        {"code": 0, "data": {"list": [ONE | {"no": None}]}}, {"code": 0, "data": {"list": [ONE | {"no": {"id": 1}}]}},
        {"code": 0, "data": {"list": [ONE | {"receiver": {"mobile": ["13800000001"]}}]}},
        {"code": 0, "data": {"list": [ONE | {"state": {"a": 1}}]}}, {"code": 0, "data": {"list": [ONE | {"tracks": "x"}]}},
        {"code": 0, "data": {"list": [ONE | {"tracks": [{"at": "noon", "note": "x"}]}]}}, None, [], 3, "QH1",
    ],
)  # fmt: skip
def test_failures_and_wrong_types_are_errors_without_personal_data(answer: Any) -> None:
    with pytest.raises(OrderBackendError) as caught:
        read(answer)
    assert not any(secret in str(caught.value) for secret in ("QH1", "13800000001", "林晓燕"))


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b"[" * 200_000, b"1" * 10_000, b'{"code": 0', b"NaN"])
def test_what_is_no_json_is_an_error(body: bytes) -> None:
    with pytest.raises(OrderBackendError):
        read_answer(body, QUERY, MAPPING)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["QH1", "13800000001", 0]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["no", "receiver", "mobile", "name", "state", "goods", "tracks", "at", "note", "x"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from([QUERY, OrderQuery(phone="13800000001", name="林晓燕"), OrderQuery(order_id="0")]))
def test_whatever_is_answered_gives_ones_own_orders_or_an_order_backend_error(rows: Any, query: OrderQuery) -> None:
    try:
        found = read({"code": 0, "data": {"list": rows}}, query)
    except OrderBackendError:
        return
    assert owned(found, query) == found


@given(JSON, st.text("abno.017", max_size=8))
def test_any_path_can_be_followed_in_any_json(value: Any, path: str) -> None:
    dig(value, path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": "ftp://erp.example.com"}, "url"),
        ({"url": "https://bot:secret@erp.example.com/"}, "url"),
        ({"url": None}, "url"),
        ({"headers": {"Authorization": "Bearer secret"}}, "Authorization"),
        ({"constants": {"appkey": "secret"}}, "appkey"),
        ({"params": {"name": "buyer"}}, "params"),
        ({"send": "json"}, "GET"),
        ({"method": "DELETE"}, "method"),
        ({"colour": "red"}, "colour"),
        ({"fields": {"order_id": "no"}}, "fields.phone"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc"}, "timezone"),
        ({"retry": {"attempts": 0}}, "retry.attempts"),
        ({"circuit": {"failures": 0}}, "circuit.failures"),
        ({"max_bytes": 1}, "max_bytes"),
    ],
)
def test_a_wrong_mapping_is_refused_by_name_and_its_secrets_are_not_repeated(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        HttpOrderMapping(**DECLARED | change)
    assert "secret" not in str(caught.value).replace("secrets", "")


@pytest.mark.parametrize(
    ("declared", "repeats"),
    [({}, True), ({"method": "POST"}, False), ({"method": "POST", "idempotent": True}, True), ({"idempotent": False}, False)],
)
def test_only_safe_methods_are_repeated_unless_declared(declared: dict[str, Any], repeats: bool) -> None:
    assert HttpOrderMapping(**DECLARED | declared).may_repeat is repeats
