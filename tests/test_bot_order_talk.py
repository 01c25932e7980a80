"""Talk about orders over several messages: mended identities, lists, questions about the order shown, and mere accounts."""

from __future__ import annotations

import pytest

from csbot import BotConfig, Chatbot, KnowledgeBase, Session
from csbot.models import Order, Reply
from csbot.orders.json_file import OrderList

PHONE, NAME = "13800000001", "林晓燕"
EVENT = {"time": "2026-11-20T10:00:00+08:00", "text": "已出库，中通已揽收"}


def order(number: int, status: str, item: str) -> Order:
    fields = {"order_id": f"QH20261103001{number}", "phone": PHONE, "name": NAME, "status": status, "items": [item]}
    return Order.model_validate(fields | {"events": [EVENT], "eta": "2099-01-02"})


LOCK, WARDROBE, BASKET = order(1, "异常", "智能门锁"), order(2, "生产中", "定制衣柜"), order(3, "已发货", "调味拉篮 1 个")


@pytest.fixture(scope="module")
def shop(small_kb: KnowledgeBase) -> Chatbot:
    return Chatbot(small_kb, orders=OrderList([LOCK, WARDROBE, BASKET]), config=BotConfig())


def talk(bot: Chatbot, *texts: str) -> list[Reply]:
    session = Session(customer_id="")
    return [bot.reply(session, text) for text in texts]


@pytest.mark.parametrize(
    "text", ["柜子装好了", "很满意", "我还没下单呢", "墙里面水管也漏了", "没有啊", "你说的我都看过了", "已经装上了"]
)
def test_an_account_begins_no_look_up(shop: Chatbot, text: str) -> None:
    assert [reply.slot for reply in talk(shop, text, text)] == [None, None]


def test_a_look_up_that_waits_for_a_phone_lets_go_of_whoever_has_nothing_to_ask(shop: Chatbot) -> None:
    asked, done, praise = talk(shop, "我的订单到哪了", "已经装上了", "很满意")
    assert (asked.slot, done.kind, praise.kind) == ("phone", "smalltalk", "smalltalk")


def test_after_a_call_for_a_human_more_of_the_trouble_is_no_order_query(shop: Chatbot) -> None:
    called, *more = talk(shop, "转人工，你们师傅把我家墙打坏了", "打坏了一大块", "墙里面水管也漏了", "水一直流")
    assert called.kind == "handoff"
    assert [reply.slot for reply in more] == [None] * 3


@pytest.mark.parametrize("mended", [NAME, f"是{NAME}", f"名字写错了，{NAME}"])
def test_a_name_that_was_wrong_is_mended_by_the_bare_name(shop: Chatbot, mended: str) -> None:
    wrong, right = talk(shop, f"{PHONE} 林小燕", mended)
    assert (wrong.trace.rule, right.trace.rule) == ("order_not_found", "several_orders")


def test_a_mended_name_is_one_more_guess(shop: Chatbot) -> None:
    """Guesses that find nothing end with a human as they did, however they are made; the right name comes too late then."""
    names = ("林小燕", "林晓雁", "林晓艳", "林筱燕", NAME)
    replies = talk(shop, *(f"{PHONE} {name}" if name == names[0] else name for name in names))
    assert [reply.trace.rule for reply in replies[:3]] == ["order_not_found"] * 3
    assert replies[3].kind == "handoff"
    assert [reply.order for reply in replies] == [None] * 5


def test_an_order_id_said_beside_another_question_is_not_asked_for_again(shop: Chatbot) -> None:
    faq, told = talk(shop, f"发票怎么开，订单{BASKET.order_id}", PHONE)
    assert (faq.faq_id, told.order) == ("invoice", BASKET)


def test_a_strangers_phone_beside_it_finds_nothing(shop: Chatbot) -> None:
    known = talk(shop, f"发票怎么开，订单{BASKET.order_id}", "13712345678")[1]
    unknown = talk(shop, "发票怎么开，订单QH209911039999", "13712345678")[1]
    assert (known.kind, known.text, known.slot, known.trace.rule) == (
        unknown.kind,
        unknown.text,
        unknown.slot,
        "order_not_found",
    )


@pytest.mark.parametrize(("text", "meant"), [
    ("第三个", BASKET), ("门锁的", LOCK), ("衣柜", WARDROBE), ("拉篮到哪了", BASKET),
])  # fmt: skip
def test_a_listed_order_is_told_by_its_place_or_goods_even_after_a_miss(shop: Chatbot, text: str, meant: Order) -> None:
    assert talk(shop, f"{PHONE} {NAME}", text)[-1].order == meant
    assert talk(shop, f"{PHONE} {NAME}", "啦啦啦", text)[-1].order == meant


def test_several_are_told_in_short_and_the_list_stays(shop: Chatbot) -> None:
    _, both, every, one = talk(shop, f"{PHONE} {NAME}", "1和3", "都看看", "2")
    assert (both.kind, every.kind, one.order) == ("order_status", "order_status", WARDROBE)
    assert [each.order_id in both.text for each in (LOCK, WARDROBE, BASKET)] == [True, False, True]
    assert every.text.count("\n") == 2
    assert PHONE not in every.text + both.text
    assert NAME not in every.text + both.text


def test_questions_about_the_order_shown_are_answered_from_it_and_never_twice_alike(shop: Chatbot) -> None:
    texts = (
        f"{LOCK.order_id} {PHONE}",
        "怎么回事异常",
        "异常是啥意思",
        "寄到哪里的",
        "快递员电话",
        "什么快递送的",
        "什么时候到",
    )
    replies = talk(shop, *texts)
    assert {reply.kind for reply in replies} == {"order_status"}
    assert {reply.order.order_id for reply in replies if reply.order} == {LOCK.order_id}
    assert len({reply.text for reply in replies}) == len(replies)
    assert "中通" in replies[5].text
    assert "2099年1月2日" in replies[6].text


def test_the_same_question_again_gets_one_short_line_and_then_a_colleague(shop: Chatbot) -> None:
    told, again, third, human = talk(shop, f"{BASKET.order_id} {PHONE}", "现在什么进度", "现在什么进度", "好的")
    assert "没有新的进展" in again.text
    assert len(again.text) < len(told.text)
    assert third.text != again.text
    assert human.kind == "handoff"


def test_not_wanted_any_more_is_asked_back_and_handed_over_with_the_order(shop: Chatbot) -> None:
    _, asked, human = talk(shop, f"{BASKET.order_id} {PHONE}", "不要了", "需要")
    assert "不想要这一单" in asked.text
    assert human.ticket is not None
    assert human.ticket.order_id == BASKET.order_id
