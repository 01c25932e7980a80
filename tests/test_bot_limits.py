"""Guessing at orders: counted over all sessions, per customer and per order; a refused guess says nothing, right or wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from csbot import BotConfig, Chatbot, KnowledgeBase, Session, evaluate
from csbot.evaluation.cases import Dialogue
from csbot.models import Order, OrderQuery, Reply
from csbot.orders.base import OrderBackend
from csbot.orders.json_file import OrderList
from csbot.storage import MemoryStore, Store

ID, PHONE, NAME = "QH202611030012", "13800000001", "林晓燕"
MINE = Order(order_id=ID, phone=PHONE, name=NAME, status="已发货")
TOO = Order(order_id="QH202611030099", phone=PHONE, name=NAME, status="生产中")
WRONG = "13712345678"

Make = Callable[..., Chatbot]


@pytest.fixture
def make(small_kb: KnowledgeBase) -> Make:
    def bot(backend: OrderBackend | None = None, store: Store | str | None = None, **limits: object) -> Chatbot:
        config = BotConfig(orders={"not_found_floor_s": 0.0, **limits})
        return Chatbot(small_kb, orders=backend or OrderList([MINE, TOO]), store=store, config=config)

    return bot


def guess(bot: Chatbot, text: str, customer_id: str = "u") -> Reply:
    """The reply to a message in a session of its own."""
    return bot.reply(Session(customer_id=customer_id), text)


def order_id(number: int) -> str:
    return f"QH9{number:011}"


def phone(number: int) -> str:
    return f"139{number:08}"


def rules(replies: Sequence[Reply]) -> list[str]:
    return [reply.trace.rule for reply in replies]


def test_a_customers_guesses_are_counted_over_all_sessions(make: Make) -> None:
    bot = make(lookup_limit=3)
    replies = [guess(bot, f"{order_id(n)} {phone(n)}") for n in range(6)]
    assert rules(replies) == ["order_not_found"] * 2 + ["lookup_limit"] * 4
    assert [reply.kind for reply in replies[2:]] == ["handoff"] * 4
    assert guess(bot, f"{order_id(7)} {phone(7)}", "v").trace.rule == "order_not_found"


def test_guesses_are_counted_in_the_store_for_all_processes(make: Make, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/csbot.db"
    bots = [make(store=url, lookup_limit=2) for _ in range(2)]
    assert rules([guess(bot, f"{order_id(n)} {phone(n)}") for n, bot in enumerate(bots * 2)]) == [
        "order_not_found", "lookup_limit", "lookup_limit", "lookup_limit",
    ]  # fmt: skip
    for bot in bots:
        bot.store.close()  # type: ignore[union-attr]


def test_without_a_customer_id_the_session_is_counted(make: Make) -> None:
    bot, one = make(lookup_limit=2), Session(customer_id="")
    assert rules([bot.reply(one, f"{order_id(n)} {phone(n)}") for n in range(3)]) == ["order_not_found"] + ["lookup_limit"] * 2
    assert guess(bot, f"{order_id(4)} {phone(4)}", "").trace.rule == "order_not_found"


@pytest.mark.parametrize(
    "text",
    ["QH202611030012 {phone}", "{order_id} 13800000001", "13800000001 我叫王小明", "ｑｈ２０２６１１０３００１２，{phone}"],
)
def test_guesses_at_one_order_or_phone_are_counted_over_all_customers(make: Make, text: str) -> None:
    bot = make(order_lookup_limit=4)
    replies = [guess(bot, text.format(order_id=order_id(n), phone=phone(n)), f"customer-{n}") for n in range(7)]
    assert rules(replies) == ["order_not_found"] * 4 + ["lookup_limit"] * 3


def test_over_the_limit_a_right_guess_is_refused_in_the_same_words_as_a_wrong_one(make: Make) -> None:
    said = []
    for last in (f"{ID} {PHONE}", f"{order_id(99)} {phone(99)}"):
        bot, one = make(lookup_limit=3), Session(customer_id="u")
        for n in range(3):
            bot.reply(one, f"{order_id(n)} {phone(n)}")
        reply = guess(bot, last)
        said.append((reply.text, reply.kind, reply.order, reply.slot, reply.trace.rule, reply.trace.band, reply.candidates))
    assert said[0] == said[1]
    assert said[0][1:3] == ("handoff", None)


def test_over_the_orders_limit_a_right_guess_is_refused_like_one_at_an_order_that_is_not_there(make: Make) -> None:
    said = []
    for target, right in ((ID, PHONE), (order_id(1), phone(1))):
        bot = make(order_lookup_limit=3)
        for n in range(3):
            guess(bot, f"{target} {phone(n + 10)}", f"customer-{n}")
        reply = guess(bot, f"{target} {right}", "another")
        said.append((reply.text, reply.kind, reply.order, reply.slot, reply.trace.rule))
    assert said[0] == said[1]
    assert said[0][1:3] == ("handoff", None)


def test_below_the_limit_the_owner_who_mistyped_is_told(make: Make) -> None:
    bot = make(lookup_limit=3)
    assert rules([guess(bot, f"{ID} {phone(n)}") for n in range(2)]) == ["order_not_found"] * 2
    assert guess(bot, f"{ID} {PHONE}").order == MINE


def test_lookups_that_find_the_customers_order_never_count(make: Make) -> None:
    bot, one = make(lookup_limit=1, order_lookup_limit=1), Session(customer_id="u")
    for _ in range(4):
        assert bot.reply(one, f"{ID} {PHONE}").order == MINE
        assert bot.reply(one, "那多久能到").order == MINE
        assert guess(bot, f"{PHONE} 我叫{NAME}").trace.rule == "several_orders"


def test_a_refused_guess_does_not_lengthen_the_refusal(make: Make) -> None:
    store = MemoryStore()
    bot = make(store=store, lookup_limit=2)
    for n in range(9):
        guess(bot, f"{order_id(n)} {phone(n)}")
    assert sum(len(tries) for tries in store._attempts.values()) == 2 * 3


def test_the_window_moves_on(make: Make) -> None:
    bot = make(lookup_limit=1, lookup_window_s=1e-6)
    replies = [guess(bot, f"{order_id(n)} {phone(n)}") for n in range(3)]
    assert rules(replies) == ["lookup_limit"] * 3  # the limit of one is reached by each, and left behind at once
    assert guess(bot, f"{ID} {PHONE}").order == MINE


def test_an_evaluation_neither_meets_the_limits_nor_counts_towards_them(make: Make) -> None:
    store = MemoryStore()
    bot = make(store=store, lookup_limit=2, order_lookup_limit=2)
    turns = [{"user": f"{ID} {WRONG}", "expect": {"kind": "ask_slot"}}]
    dialogues = [Dialogue.model_validate({"id": str(n), "turns": turns}) for n in range(4)]
    for _ in range(2):
        assert evaluate(bot, dialogues=dialogues).dialogue_success == 1.0
    assert not store._attempts


class Down:
    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        raise ConnectionError


def test_a_backend_that_is_down_costs_no_attempt(make: Make) -> None:
    store = MemoryStore()
    down = make(Down(), store=store, lookup_limit=1, order_lookup_limit=1)
    assert {guess(down, f"{ID} {PHONE}").ticket.reason for _ in range(5)} == {"order_backend_failed"}  # type: ignore[union-attr]
    assert guess(make(store=store, lookup_limit=1, order_lookup_limit=1), f"{ID} {PHONE}").order == MINE


def test_a_vain_search_is_answered_no_sooner_than_the_floor_whatever_was_in_vain(make: Make) -> None:
    bot = make(not_found_floor_s=0.2, lookup_limit=3)
    for text in (
        f"{ID} {WRONG}",
        f"{order_id(1)} {WRONG}",
        f"{order_id(2)} {WRONG}",
        f"{ID} {PHONE}",
        f"{order_id(3)} {WRONG}",
    ):
        started = time.monotonic()
        assert guess(bot, text).order is None
        assert time.monotonic() - started >= 0.2


def test_the_last_vain_search_before_a_human_comes_no_sooner_either(make: Make) -> None:
    bot, one = make(not_found_floor_s=0.2), Session(customer_id="u")
    for text in ("查订单", PHONE, "王大锤", PHONE):
        bot.reply(one, text)
    started = time.monotonic()
    assert bot.reply(one, "王大锤").trace.rule == "slot_retry_limit"
    assert time.monotonic() - started >= 0.2


def test_old_attempts_and_replies_are_deleted_in_passing(make: Make) -> None:
    store = MemoryStore()
    one = Session(customer_id="u")
    make(store=store).reply(one, f"{order_id(1)} {phone(1)}", message_id="m1")
    assert store._attempts
    make(store=store, lookup_window_s=1e-6).reply(one, "你好")
    assert not store._attempts
    assert store.replied(one, "m1") is not None
