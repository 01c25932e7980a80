"""A wish for an order that is said before the order is proven is answered with it."""

from __future__ import annotations

from datetime import datetime

import pytest

from csbot.dialogue.order_in_hand import behind_goods, names_other_goods
from csbot.dialogue.order_list import _asked_of_one, _standing
from csbot.dialogue.order_questions import question_in, tell_about
from csbot.dialogue.order_wishes import tell_wish, wish_before, wish_in
from csbot.models import CHINA, Order, OrderEvent, Turn

NOW = datetime(2026, 11, 23, 9, tzinfo=CHINA)
LIST = ("QH1 定制衣柜 3 组 延期", "QH2 智能门锁 F5 已完成", "QH3 调味拉篮 1 个 已发货")


def order(status: str) -> Order:
    event = OrderEvent(time=datetime(2026, 11, 20, 10, tzinfo=CHINA), text="货款原路退回")
    return Order(order_id="QH1", phone="13800000001", name="林晓燕", status=status, items=["门锁"], events=[event])


def turn(user: str, kind: str = "answer", task: str | None = None, order_id: str | None = None) -> Turn:
    return Turn(user=user, kind=kind, rule="test", task=task, order_id=order_id, reply="")


@pytest.mark.parametrize(("form", "wish"), [
    ("麻烦把这单取消掉", "cancel"), ("我想退款", "refund"), ("帮我换货", "exchange"), ("收货人电话填错了", "contact"),
    ("请给我开专票", "invoice"), ("我要改送货时间", "time"), ("帮忙催一下", "press"), ("我要补发", "makes_up"),
    ("退货要几天", ""), ("我想问下怎么换货", ""), ("帮我取消量尺预约", ""), ("帮我查下订单", ""), ("锁坏了", ""),
])  # fmt: skip
def test_a_wish_is_told_from_a_question_about_the_rule(form: str, wish: str) -> None:
    assert wish_in(form) == wish


def test_a_wish_outlasts_the_questions_for_the_proof_and_ends_with_the_order() -> None:
    asked = [turn("帮我取消订单"), turn("qh1", "ask_slot", "order_progress"), turn("13800000002", "ask_slot", "order_progress")]
    assert wish_before("林晓燕", asked) == "cancel"
    assert wish_before("林晓燕", [*asked, turn("林晓燕", "order_status", None, "QH1"), turn("好的", "smalltalk")]) == ""
    assert wish_before("13800000001", [turn("帮我取消订单"), turn("我的订单到哪了", "ask_slot", "order_progress")]) == ""
    assert wish_before("13800000001", [turn("帮我取消订单"), *[turn("你好", "smalltalk")] * 3]) == ""


def test_the_state_of_the_order_decides_what_is_said_of_the_wish() -> None:
    packed, moving, cancelled = (tell_wish(order(status), "cancel", NOW) for status in ("待发货", "已发货", "已取消"))
    assert packed.offer == moving.offer == "asked"
    assert "订单里操作" in packed.text and "在路上" in moving.text
    assert cancelled.offer is None and "货款原路退回" in cancelled.text


def test_the_order_is_told_with_the_wish_that_came_before_it() -> None:
    told = tell_about(
        order("待发货"), "", "13800000001", [turn("帮我改下地址"), turn("qh1", "ask_slot", "order_progress")], NOW
    )
    assert "地址" in told.text and told.offer == "asked"
    assert "地址" not in tell_about(order("待发货"), "", "13800000001", [turn("qh1", "ask_slot", "order_progress")], NOW).text


@pytest.mark.parametrize(("form", "places"), [
    ("没到的那个", [0, 2]), ("还没好的那个", [0, 2]), ("延期的那单", [0]), ("已经装好的", [1]), ("在路上的", [2]),
    ("门锁没到怎么办", []),
])  # fmt: skip
def test_orders_are_picked_by_how_they_stand(form: str, places: list[int]) -> None:
    assert _standing(form, LIST) == places


def test_why_it_is_late_asks_of_the_only_order_that_is() -> None:
    assert _asked_of_one("为什么又延期了", LIST) == (0, "reason")
    assert _asked_of_one("为什么又延期了", LIST[1:]) is None


@pytest.mark.parametrize(("form", "about"), [
    ("为什么取消", "reason"), ("怎么要等到明年", "reason"), ("怎么取消", None), ("钱退了吗", "refunded"), ("怎么退钱", None),
    ("图出来了没", "drawing"), ("图纸怎么看", None), ("能不能推迟几天", "later"), ("我想改期", "later"), ("改期要钱吗", None),
    ("不是说好周五送到吗", "promised"), ("尾款付了没", "paid"),
])  # fmt: skip
def test_more_is_asked_of_the_order_in_hand(form: str, about: str | None) -> None:
    assert question_in(form) == about


def test_goods_lead_to_the_order_in_hand_or_to_another() -> None:
    goods = "定制衣柜 2 组、智能门锁 F5"
    assert behind_goods("我家的锁到哪了", goods) == "到哪了"
    assert names_other_goods("那橱柜那单呢", goods) is True
    assert names_other_goods("还有我的橱柜呢", goods) is True
    assert names_other_goods("我的柜子呢", goods) is False
    assert names_other_goods("我的退款呢", goods) is False
