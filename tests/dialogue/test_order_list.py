"""Orders that were listed: picked by their goods, several of them, all; and the list outlasts a miss."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import candidate, message, policy, told

from csbot.config import BotConfig
from csbot.dialogue.order_list import places_in
from csbot.dialogue.order_memory import SEVERAL, OrderMemory
from csbot.dialogue.order_progress import queries, settle
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State
from csbot.models import Order, OrderQuery

PHONE, NAME = "13800000001", "林晓燕"
LINES = ("QH1 智能门锁 Q3 已完成", "QH2 定制衣柜 3 组 设计中", "QH3 调味拉篮 1 个、定制书柜 已发货")
PROOF = {"phone": PHONE, "name": NAME}
LISTED = State(
    turns=2, task="order_progress", slots=PROOF, options=("QH1", "QH2", "QH3"), option_texts=LINES, offers_orders=True,
    orders=OrderMemory(listed=PROOF),
)  # fmt: skip
ORDERS = [Order(order_id=f"QH{i}", phone=PHONE, name=NAME) for i in range(1, 5)]


@pytest.mark.parametrize(("form", "places"), [
    ("都看看", [0, 1, 2]), ("全部", [0, 1, 2]), ("三个都要", [0, 1, 2]), ("所有订单", [0, 1, 2]),
    ("1和3", [0, 2]), ("第一个和第二个", [0, 1]), ("2、3都看看", [1, 2]), ("前两个", [0, 1]), ("后面两单", [1, 2]),
    ("门锁的", [0]), ("锁", [0]), ("衣柜", [1]), ("我要看衣柜那单", [1]), ("拉篮到哪了", [2]), ("书柜什么时候到", [2]),
    ("柜子", [1, 2]), ("门锁和衣柜", [0, 1]), ("设计中的那个", [1]),
    ("第2个什么时候好", [1]), ("第三个呢", [2]), ("第5个到哪了", []),
    ("门锁怎么联网", []), ("衣柜能退吗", []), ("发票怎么开", []), ("到哪了", []), ("个", []), ("沙发", []),
    ("门锁和沙发", []), ("", []),
])  # fmt: skip
def test_what_is_meant_of_the_list(form: str, places: list[int]) -> None:
    assert places_in(form, LINES) == places


def test_the_order_that_has_the_goods_is_looked_up_with_what_proved_the_list() -> None:
    for state in (LISTED, replace(LISTED, task=None, slots={})):
        action = decide(state, message("衣柜的", candidate("a", 0.9)), policy())
        assert (*told(action), action.slots) == ("order_status", "order_picked", {**PROOF, "order_id": "QH2"})


def test_several_are_told_together_and_only_those() -> None:
    action = decide(LISTED, message("1和3"), policy())
    assert (*told(action), action.slots) == ("order_status", SEVERAL, PROOF)
    assert queries(action, BotConfig().orders) == [OrderQuery(phone=PHONE, name=NAME)]
    settled = settle(LISTED, action, ORDERS, BotConfig())
    assert [order.order_id for order in settled.orders] == ["QH1", "QH3"]


def test_orders_that_are_gone_since_are_not_told() -> None:
    action = decide(LISTED, message("都看看"), policy())
    settled = settle(LISTED, action, ORDERS[3:], BotConfig())
    assert (settled.orders, settled.order) == ((), ORDERS[3])
    assert settle(LISTED, action, [], BotConfig()).rule == "order_not_found"


def test_without_a_list_goods_are_a_matter_like_any_other() -> None:
    assert decide(State(), message("衣柜", candidate("a", 0.9)), policy()).kind == "answer"
    assert decide(replace(LISTED, offers_orders=False), message("都看看", candidate("a", 0.9)), policy()).kind == "answer"


def test_who_was_not_understood_is_told_how_to_pick() -> None:
    action = decide(LISTED, message("嗯这个嘛"), policy())
    assert (action.kind, action.wording) == ("fallback", "pick_again")


def test_goods_of_the_list_come_before_the_order_in_hand() -> None:
    state = replace(LISTED, task=None, order_id="QH2", shown={**PROOF, "order_id": "QH2"})
    action = decide(state, message("门锁什么时候装", candidate("a", 0.9)), policy())
    assert (*told(action), action.slots["order_id"]) == ("order_status", "order_picked", "QH1")
