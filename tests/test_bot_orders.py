"""Orders through the bot: owners learn everything, strangers nothing, and no failure of a backend reaches a customer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args

import pytest

from csbot import BotConfig, Chatbot, KnowledgeBase, Session
from csbot.errors import OrderBackendError
from csbot.models import Order, OrderEvent, OrderQuery, Reply, ReplyKind
from csbot.orders.json_file import OrderList

DATA = Path(__file__).parents[1] / "data"
ID, PHONE, NAME = "QH202611030012", "13800000001", "林晓燕"
MINE = Order(order_id=ID, phone=PHONE, name=NAME, status="已发货")
MINE_TOO = Order(order_id="QH202611030099", phone=PHONE, name=NAME, status="生产中", items=["拉篮"])
THEIRS = Order(order_id="QH202611039999", phone="13900000002", name="王建平", status="已完成")

Make = Callable[..., Chatbot]


class Backend:
    """A merchant's order system, as it may be: ``answer`` is called with the query."""

    def __init__(self, answer: Callable[[OrderQuery], Any]) -> None:
        self.answer = answer
        self.asked: list[OrderQuery] = []

    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        self.asked.append(query)
        return self.answer(query)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def make(small_kb: KnowledgeBase) -> Make:
    def bot(backend: Any = None, **settings: Any) -> Chatbot:
        chosen = OrderList([MINE, THEIRS]) if backend is None else backend
        return Chatbot(small_kb, orders=chosen, config=BotConfig(**settings))

    return bot


def talk(bot: Chatbot, *texts: str, **fields: object) -> list[Reply]:
    one = Session.model_validate({"customer_id": "u1"} | fields)
    return [bot.reply(one, text) for text in texts]


@pytest.mark.parametrize(
    "texts",
    [
        (f"{ID} {PHONE}",),
        (f"查{ID}到哪了", f"手机{PHONE}"),
        ("我想查一下我的订单", PHONE, NAME),
        ("我想查一下我的订单", "１３８ ００００ ０００１", "我叫林晓燕"),
        (PHONE, ID.lower()),
        (f"我叫{NAME}，电话{PHONE}",),
    ],
)
def test_the_owner_is_told_the_order(make: Make, texts: tuple[str, ...]) -> None:
    *before, last = talk(make(), *texts)
    assert {reply.kind for reply in before} <= {"ask_slot"}
    assert (last.kind, last.order, last.trace.intent) == ("order_status", MINE, "order_progress")
    assert ID in last.text
    assert "已发货" in last.text


def test_an_order_id_alone_reveals_nothing(make: Make) -> None:
    for order_id in (ID, "QH000000000000"):
        (reply,) = talk(make(), f"{order_id}到哪了")
        assert (reply.kind, reply.slot, reply.order) == ("ask_slot", "phone", None)


def test_a_phone_alone_never_tells_whether_it_is_known(make: Make) -> None:
    backend = Backend(lambda query: [MINE])
    known, unknown = (talk(make(backend), "我想查一下我的订单", phone)[1] for phone in (PHONE, "13712345678"))
    assert (known.kind, known.slot) == ("ask_slot", "name")
    assert (known.text, known.kind, known.slot, known.trace.rule) == (unknown.text, "ask_slot", "name", unknown.trace.rule)
    assert backend.asked == []


@pytest.mark.parametrize(
    "proof", [f"{ID} 13712345678", f"QH999999999999 {PHONE}", f"13712345678 我叫{NAME}", f"{PHONE} 我叫王小明"]
)
def test_not_found_and_not_yours_get_the_same_reply(make: Make, proof: str) -> None:
    answers = [lambda query: [], lambda query: [MINE, THEIRS], OrderList([MINE, THEIRS]).find]
    backends = [Backend(answers[0]), Backend(answers[1]), OrderList([MINE, THEIRS])]
    replies = [talk(make(backend), proof)[0] for backend in backends]
    assert {(reply.kind, reply.text, reply.slot, reply.order, reply.trace.rule) for reply in replies} == {
        (replies[0].kind, replies[0].text, replies[0].slot, None, "order_not_found")
    }


def test_a_backend_that_returns_other_peoples_orders_is_not_believed(make: Make) -> None:
    (reply,) = talk(make(Backend(lambda query: [THEIRS, MINE])), f"{ID} {PHONE}")
    assert (reply.kind, reply.order) == ("order_status", MINE)
    assert "9999" not in reply.text


@pytest.mark.parametrize("answer", [
    lambda query: 1 / 0, lambda query: None, lambda query: 3, lambda query: [None], lambda query: [{"order_id": ID}],
    lambda query: "QH", lambda query: [MINE.model_copy(update={"phone": None})],
])  # fmt: skip
def test_a_backend_that_raises_or_talks_nonsense_is_a_handoff_with_what_is_known(
    make: Make, answer: Callable[[OrderQuery], Any]
) -> None:
    (reply,) = talk(make(Backend(answer)), f"{ID} {PHONE}")
    assert (reply.kind, reply.order) == ("handoff", None)
    assert reply.ticket is not None
    assert reply.ticket.reason == "order_backend_failed"
    assert reply.ticket.slots == {"order_id": "QH20******12", "phone": "138****0001"}


@pytest.mark.parametrize("error", [OrderBackendError("down"), TimeoutError(), ConnectionError(), KeyError("x"), ValueError()])
def test_whatever_a_backend_raises_never_reaches_the_customer(make: Make, error: Exception) -> None:
    def fail(query: OrderQuery) -> Any:
        raise error

    (reply,) = talk(make(Backend(fail)), f"{ID} {PHONE}")
    assert (reply.kind, reply.ticket is not None) == ("handoff", True)
    assert str(error) == "" or str(error) not in reply.text


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Closed until the test is over, so that no thread waits for ever."""
    event = threading.Event()
    yield event
    event.set()


def test_a_backend_slower_than_the_timeout_is_a_handoff(make: Make, gate: threading.Event) -> None:
    slow = Backend(lambda query: [MINE] if gate.wait(60) else [])
    (reply,) = talk(make(slow, orders={"timeout_s": 0.05}), f"{ID} {PHONE}")
    assert (reply.kind, reply.order) == ("handoff", None)
    assert reply.trace.rule.startswith("order_backend_failed")


def test_all_that_one_message_has_looked_up_shares_one_time_limit(make: Make) -> None:
    class Slow:
        left: ClassVar[list[float]] = []

        def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
            self.left.append(timeout_s)
            time.sleep(0.05)
            return []

    make(Slow()).reply(Session(customer_id="u"), f"查订单{ID}，手机{PHONE}，我叫{NAME}")
    first, second = Slow.left
    assert 0 < second <= first - 0.05
    Slow.left.clear()
    late = make(Slow(), orders={"timeout_s": 0.05}).reply(Session(customer_id="u"), f"查订单{ID}，手机{PHONE}，我叫{NAME}")
    assert (late.kind, len(Slow.left)) == ("handoff", 1)


def test_waiting_for_a_backend_leaves_the_event_loop_free(make: Make) -> None:
    """The backend answers only after the loop has run: a blocked loop could never open the gate."""
    waiting, opened = threading.Event(), threading.Event()

    def answer(query: OrderQuery) -> list[Order]:
        waiting.set()
        return [MINE] if opened.wait(20) else []

    async def ask() -> Reply:
        task = asyncio.create_task(bot.areply(Session(customer_id="u"), f"{ID} {PHONE}"))
        while not waiting.is_set():
            await asyncio.sleep(0.01)
        opened.set()
        return await task

    bot = make(Backend(answer), orders={"timeout_s": 30.0})
    assert asyncio.run(ask()).order == MINE


def test_several_orders_are_offered_and_the_picked_one_told(make: Make) -> None:
    bot = make(OrderList([MINE, THEIRS, MINE_TOO]))
    offer, faq, thanks, told = talk(bot, f"{PHONE} 我叫{NAME}", "包邮吗", "谢谢", "第二个")
    assert (offer.kind, [option.faq_id for option in offer.candidates]) == ("clarify", [ID, MINE_TOO.order_id])
    assert (faq.kind, thanks.kind) == ("answer", "smalltalk")
    assert (told.kind, told.order) == ("order_status", MINE_TOO)


def test_a_question_in_the_middle_is_answered_and_the_task_goes_on(make: Make) -> None:
    asked, faq, name, told = talk(make(), "我想查一下我的订单", "包邮吗", PHONE, NAME)
    assert (asked.slot, faq.faq_id, name.slot, told.order) == ("phone", "ship-fee", "name", MINE)
    assert faq.text.startswith("满 99 元包邮。")
    assert faq.text != "满 99 元包邮。"


def test_never_mind_ends_the_task_and_the_next_question_is_just_a_question(make: Make) -> None:
    _, cancelled, faq = talk(make(), "我想查一下我的订单", "算了", "包邮吗")
    assert (cancelled.kind, faq.text) == ("smalltalk", "满 99 元包邮。")


def test_after_an_order_was_shown_when_will_it_come_is_about_it(make: Make) -> None:
    replies = talk(make(bands={"answer": 1.0}), f"{ID} {PHONE}", "那大概哪天能到", "包邮吗")
    assert [reply.kind for reply in replies] == ["order_status", "order_status", "answer"]
    assert replies[1].order == MINE


def test_a_slot_never_given_ends_with_a_human(make: Make) -> None:
    bot = make(bands={"answer": 1.0}, dialogue={"slot_retry_limit": 2})
    replies = talk(bot, "我想查一下我的订单", "我不告诉你", "就是不告诉你")
    assert [reply.kind for reply in replies] == ["ask_slot", "ask_slot", "handoff"]
    assert replies[0].text != replies[1].text
    assert replies[2].trace.rule == "slot_declined"


def test_a_customer_whom_the_host_has_identified_is_told_at_once(make: Make) -> None:
    for identified in ({"phone": PHONE}, {"phone": PHONE, "name": NAME}):
        (reply,) = talk(make(), "帮我查一下我的订单到哪了", identified=identified)
        assert (reply.kind, reply.order) == ("order_status", MINE)


def test_a_bot_without_orders_hands_over(small_kb: KnowledgeBase) -> None:
    (reply,) = talk(Chatbot(small_kb), f"{ID} {PHONE}")
    assert reply.ticket is not None
    assert reply.ticket.reason == "no_order_backend"


def test_each_demo_order_is_told_to_its_owner_and_to_nobody_else(make: Make) -> None:
    orders = OrderList.read(DATA / "orders.json")
    bot = make(orders)
    for number, order in enumerate(orders._orders):
        (told,) = talk(bot, f"{order.order_id} {order.phone}")
        (hidden,) = talk(bot, f"{order.order_id} 1371234{number:04}", customer_id=f"stranger-{number}")
        assert (told.order, hidden.order) == (order, None)


def test_every_kind_of_reply_is_the_same_after_json(make: Make) -> None:
    """With an order's events and a ticket in it too; a task that is done is in ``test_bot_tasks.py``."""
    said = ("你好", "发票怎么开", "快递怎么收费", "asdfgh", f"查{ID}到哪了", PHONE, "转人工")
    order = MINE.model_copy(update={"events": [OrderEvent.model_validate({"time": "2026-11-20T10:00:00", "text": "已发出"})]})
    bot = make(OrderList([order]), bands={"answer": 0.99, "clarify": 0.05})
    replies = talk(bot, *said)
    assert {reply.kind for reply in replies} == set(get_args(ReplyKind)) - {"task_done"}
    assert [Reply.model_validate_json(reply.model_dump_json()) for reply in replies] == replies


def test_half_a_character_from_the_order_system_is_told_as_a_question_mark_and_can_be_stored(make: Make) -> None:
    text = "已\ud800发货"
    order = Order(order_id=ID, phone=PHONE, name="\udfff", status=text, items=[text], eta=text)
    (reply,) = talk(make(Backend(lambda query: [order])), f"{ID} {PHONE}")
    assert reply.kind == "order_status"
    assert "已?发货" in reply.text
    assert Reply.model_validate_json(reply.model_dump_json()) == reply


def test_a_text_that_is_far_too_long_for_a_customer_is_a_failure_of_the_order_system(make: Make) -> None:
    (reply,) = talk(make(Backend(lambda query: [Order(order_id=ID, phone=PHONE, status="长" * 501)])), f"{ID} {PHONE}")
    assert (reply.kind, reply.ticket is not None) == ("handoff", True)
