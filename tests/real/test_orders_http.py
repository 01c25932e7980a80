"""`HttpOrders` against a real HTTP service that behaves badly: customers always get a sensible reply, and nothing leaks."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csbot import BotConfig, Chatbot, KnowledgeBase, Reply, Session
from csbot.errors import OrderBackendError
from csbot.headers import LONGEST_S, retry_after_s
from csbot.models import OrderQuery, utc_now
from csbot.orders.http import HttpOrderMapping, HttpOrders

sys.path.insert(0, str(Path(__file__).parents[1] / "orders"))
from order_service import ID, MAPPING, NAME, PHONE, THEIRS, TOKEN, Service, serving

FAILING = [
    "silent", "dripping_head", "dripping_body", "reset", "hang_up", "cut_short", "no_http", "error_500", "error_503",
    "busy_for_an_hour", "error_400", "error_401", "error_404", "not_modified", "broken_json", "a_page", "nothing", "deep_json",
    "wrong_types", "wrong_status_type", "wrong_event_time", "no_list", "no_data", "huge_declared", "endless", "compressed",
    "redirect_elsewhere", "redirect_for_ever",
]  # fmt: skip
FRUITLESS = ["other_peoples_orders", "no_orders", "no_content"]
GOOD = ["fine", "everybodys_orders", "reset_once", "busy_once", "redirect_here"]
SECRETS = [TOKEN, "t0p-secret", *(str(THEIRS[field]) for field in ("no", "tel", "buyer")), "隐私物品"]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDER_TOKEN_OF_TEST", TOKEN)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def orders(service: Service, clock: Clock) -> Iterator[HttpOrders]:
    opened = HttpOrders(HttpOrderMapping(url=service.url, **MAPPING), clock=clock)
    yield opened
    opened.close()


def bot_of(kb: KnowledgeBase, orders: HttpOrders, timeout_s: float = 20.0) -> Chatbot:
    settings = {"timeout_s": timeout_s, "not_found_floor_s": 0.0, "order_lookup_limit": 1000}
    return Chatbot(kb, orders=orders, config=BotConfig(orders=settings))


def ask(bot: Chatbot, text: str = f"{ID} {PHONE}") -> Reply:
    return bot.reply(Session(customer_id=f"u{time.monotonic_ns()}"), text)


def leaks(reply: Reply, log: str = "") -> list[str]:
    said = json.dumps(reply.model_dump(mode="json"), ensure_ascii=False)
    return [secret for secret in SECRETS if secret in said + log]


@pytest.mark.parametrize("behaviour", GOOD)
def test_the_owner_is_told_the_order(small_kb: KnowledgeBase, service: Service, orders: HttpOrders, behaviour: str) -> None:
    service.behave = behaviour
    reply = ask(bot_of(small_kb, orders))
    assert reply.order is not None
    assert (reply.kind, reply.order.order_id, reply.order.status) == ("order_status", ID, "已发货")
    assert leaks(reply) == []


@pytest.mark.parametrize("behaviour", FRUITLESS)
def test_not_found_and_not_yours_are_the_same(
    small_kb: KnowledgeBase, service: Service, orders: HttpOrders, behaviour: str
) -> None:
    service.behave = behaviour
    reply = ask(bot_of(small_kb, orders))
    assert (reply.kind, reply.order, reply.trace.rule) == ("ask_slot", None, "order_not_found")
    assert leaks(reply) == []


@pytest.mark.parametrize("behaviour", FAILING)
def test_every_failure_is_a_handoff_and_the_look_up_ends_too(
    small_kb: KnowledgeBase, service: Service, orders: HttpOrders, behaviour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it is slow, the service waits for ever: the reply comes, and no look-up is left, because the deadline holds."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="httpcore")  # its DEBUG has the headers of answers: a Location has the query
    service.behave = behaviour
    reply = ask(bot_of(small_kb, orders, timeout_s=0.4))
    assert (reply.kind, reply.order) == ("handoff", None)
    assert reply.ticket is not None
    assert reply.ticket.reason == "order_backend_failed"
    assert reply.text.strip()
    for thread in threading.enumerate():
        if thread.name == "csbot-orders":
            thread.join(30)
            assert not thread.is_alive()
    assert leaks(reply, caplog.text) == []
    assert PHONE not in caplog.text
    assert ID not in caplog.text


@pytest.mark.parametrize("behaviour", FAILING)
def test_every_failure_is_an_order_backend_error_without_personal_data(
    service: Service, orders: HttpOrders, behaviour: str
) -> None:
    service.behave = behaviour
    with pytest.raises(OrderBackendError) as caught:
        orders.find(OrderQuery(order_id=ID, phone=PHONE, name=NAME), 0.3)
    assert caught.value.__cause__ is None
    assert not any(secret in str(caught.value) for secret in (ID, PHONE, NAME, *SECRETS))


def test_a_service_that_is_not_there_is_a_handoff(small_kb: KnowledgeBase) -> None:
    with serving() as gone:
        url = gone.url
    orders = HttpOrders(HttpOrderMapping(url=url, **MAPPING))
    assert ask(bot_of(small_kb, orders)).kind == "handoff"
    orders.close()


@pytest.mark.parametrize(
    ("behaviour", "declared", "requests"),
    [
        ("reset", {}, 3), ("hang_up", {}, 3), ("error_503", {}, 3), ("reset", {"method": "POST"}, 1),
        ("error_503", {"method": "POST"}, 1), ("reset", {"method": "POST", "idempotent": True}, 3),
        ("reset", {"retry": {"attempts": 1}}, 1), ("error_500", {}, 1), ("error_404", {}, 1), ("cut_short", {}, 1),
        ("busy_for_an_hour", {}, 1), ("broken_json", {}, 1), ("redirect_elsewhere", {}, 1), ("redirect_for_ever", {}, 4),
    ],
)  # fmt: skip
def test_only_what_is_safe_to_repeat_is_repeated(
    service: Service, behaviour: str, declared: dict[str, Any], requests: int
) -> None:
    orders = HttpOrders(HttpOrderMapping(**MAPPING | {"url": service.url} | declared))
    service.behave = behaviour
    with pytest.raises(OrderBackendError):
        orders.find(OrderQuery(order_id=ID, phone=PHONE), 20.0)
    assert len(service.asked) == requests
    orders.close()


@pytest.mark.parametrize(
    ("declared", "query", "sent"),
    [
        ({}, {"order_id": ID, "phone": PHONE}, {"orderNo": ID, "mobile": PHONE}),
        ({}, {"phone": PHONE, "name": NAME}, {"mobile": PHONE}),
        ({"method": "POST"}, {"phone": PHONE, "name": NAME}, {"mobile": PHONE}),
        ({"method": "POST", "send": "form"}, {"order_id": ID, "phone": PHONE}, {"orderNo": ID, "mobile": PHONE}),
        ({"method": "POST", "send": "query"}, {"order_id": ID}, {"orderNo": ID}),
        ({"constants": {"shop": "杭州 1&2"}}, {"order_id": ID}, {"orderNo": ID, "shop": "杭州 1&2"}),
        ({"constants": {"token": "env:ORDER_TOKEN_OF_TEST"}}, {"order_id": ID}, {"orderNo": ID, "token": TOKEN}),
    ],
)
def test_a_query_is_sent_as_declared(
    service: Service, declared: dict[str, Any], query: dict[str, str], sent: dict[str, str]
) -> None:
    orders = HttpOrders(HttpOrderMapping(**MAPPING | {"url": service.url} | declared))
    service.behave = "everybodys_orders"
    assert [order.order_id for order in orders.find(OrderQuery(**query), 20.0)] == [ID]
    assert service.asked == [sent]
    orders.close()


def test_what_a_customer_types_stays_a_value_of_its_parameter(service: Service, orders: HttpOrders) -> None:
    typed = "QH1&mobile=13900000002#/../?x=%00\r\nX: y"
    assert orders.find(OrderQuery(order_id=typed, phone=PHONE), 20.0) == []
    assert service.asked == [{"orderNo": typed, "mobile": PHONE}]


def test_a_service_that_can_not_be_asked_by_what_is_known_is_not_asked(service: Service, orders: HttpOrders) -> None:
    with pytest.raises(OrderBackendError, match="params"):
        orders.find(OrderQuery(name=NAME), 20.0)
    assert (service.asked, orders.circuit.state) == ([], "closed")


def test_connections_are_kept_and_made_anew_after_close(service: Service, orders: HttpOrders) -> None:
    for _ in range(3):
        assert len(orders.find(OrderQuery(phone=PHONE), 20.0)) == 1
    orders.close()
    assert len(orders.find(OrderQuery(phone=PHONE), 20.0)) == 1


def test_the_circuit_opens_spares_the_service_and_closes_when_it_is_back(
    small_kb: KnowledgeBase, service: Service, orders: HttpOrders, clock: Clock
) -> None:
    bot = bot_of(small_kb, orders)
    service.behave = "error_500"
    failures, pause_s = orders.mapping.circuit.failures, orders.mapping.circuit.pause_s
    assert [ask(bot).kind for _ in range(failures + 4)] == ["handoff"] * (failures + 4)
    assert (len(service.asked), orders.circuit.state) == (failures, "open")
    service.behave = "fine"
    assert (ask(bot).kind, len(service.asked)) == ("handoff", failures)
    clock.now = pause_s
    assert (ask(bot).kind, orders.circuit.state) == ("order_status", "closed")
    assert ask(bot).kind == "order_status"


def test_odd_order_ids_that_the_service_refuses_do_not_cut_off_other_customers(
    small_kb: KnowledgeBase, service: Service, orders: HttpOrders
) -> None:
    bot = bot_of(small_kb, orders)
    service.behave = "error_400"
    assert {ask(bot).kind for _ in range(20)} == {"handoff"}
    assert orders.circuit.state == "closed"
    service.behave = "fine"
    assert ask(bot).kind == "order_status"


def test_a_slow_service_opens_the_circuit_too(service: Service, orders: HttpOrders) -> None:
    service.behave = "silent"
    for _ in range(orders.mapping.circuit.failures):
        with pytest.raises(OrderBackendError):
            orders.find(OrderQuery(phone=PHONE), 0.05)
    assert orders.circuit.state == "open"


def test_many_customers_at_once_share_the_service(small_kb: KnowledgeBase, orders: HttpOrders) -> None:
    bot = bot_of(small_kb, orders)
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda i: ask(bot, f"{ID} {PHONE if i % 2 else '13712345678'}"), range(48)))
    assert [reply.kind for reply in replies] == ["ask_slot", "order_status"] * 24


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [b for b in (*FAILING, *FRUITLESS, *GOOD) if b not in ("silent", "dripping_head", "dripping_body")]
            ),
            st.sampled_from(
                ["查订单", f"{ID} {PHONE}", f"{ID} 13712345678", PHONE, NAME, "转人工", "算了", "QH1&x=1", "那什么时候到"]
            ),
        ),
        max_size=6,
    )
)
def test_whatever_the_service_does_between_messages_nothing_is_revealed_without_proof(
    small_kb: KnowledgeBase, service: Service, orders: HttpOrders, turns: list[tuple[str, str]]
) -> None:
    session, bot, said = Session(customer_id=f"u{time.monotonic_ns()}"), bot_of(small_kb, orders), ""
    for behaviour, text in turns:
        service.behave = behaviour
        reply = bot.reply(session, text)
        said += f"\n{text}"
        assert leaks(reply) == []
        assert reply.order is None or (PHONE in said and (ID in said or NAME in said))


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [("7", 7.0), (" 0 ", 0.0), ("", 0.0), ("soon", 0.0), ("-5", 0.0), ("²", 0.0), ("Wed, 99 Foo 2026", 0.0)],
)
def test_retry_after_is_read_as_seconds(header: str, wait_s: float) -> None:
    assert retry_after_s(httpx.Response(503, headers={"Retry-After": header.encode()}).headers) == wait_s


def test_retry_after_is_read_as_a_date() -> None:
    moment = utc_now().replace(year=utc_now().year + 1)
    response = httpx.Response(503, headers={"Retry-After": format_datetime(moment, usegmt=True)})
    assert 364 * 86400 < retry_after_s(response.headers) < 367 * 86400
    assert retry_after_s({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert retry_after_s({"Retry-After": "9" * 400}) == LONGEST_S
