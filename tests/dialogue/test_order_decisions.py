"""After an order was told: what is decided, demanded or given goes to the human offered, and its record may be disputed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.order_questions import question_in, takes_offer, tell_about
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State
from csbot.models import CHINA, Order, OrderEvent

NOW = datetime(2026, 11, 22, 12, tzinfo=CHINA)
SHOWN = State(turns=2, order_id="QH1", shown={"phone": "13800000001", "order_id": "QH1"}, offer="asked")
DECISIONS = ["那就重新发一个吧", "直接退钱", "拖了半个月了，赔偿", "帮我处理一下", "收货地址改成文昌路12号", "文昌路12号3栋"]
DISPUTES = ["可是我根本没收到货", "家门口也没有", "不是我签收的", "我没让你们取消", "到底谁取消的", "师傅没来装"]


def order(status: str) -> Order:
    event = OrderEvent(time=NOW - timedelta(days=2), text="门卫代收")
    return Order(order_id="QH1", phone="13800000001", name="何田", status=status, items=("落地灯",), events=(event,))


@pytest.mark.parametrize("text", DECISIONS + DISPUTES[:4])
def test_what_the_offered_human_is_for_takes_the_offer(text: str) -> None:
    action = decide(SHOWN, message(text, candidate("a", 0.7)), policy())
    assert (*told(action), action.wording, action.order_id) == ("handoff", "human_offer_taken", "handoff_order", "QH1")


@pytest.mark.parametrize("text", ["退货怎么弄", "赔不赔钱", "多久能补发", "能退款吗", "地址在哪里改", "师傅贵姓", "发票怎么开"])
def test_a_question_takes_no_offer(text: str) -> None:
    assert not takes_offer(message(text).normalised)


@pytest.mark.parametrize("state", [START, replace(SHOWN, offer=None), replace(SHOWN, since_order=9)])
def test_without_an_offer_for_an_order_in_hand_nothing_is_taken(state: State) -> None:
    assert decide(state, message("直接退钱", candidate("refund", 0.9)), policy()).rule != "human_offer_taken"


@pytest.mark.parametrize("text", DISPUTES[:3])
def test_who_has_not_received_what_is_said_to_be_delivered_is_offered_a_check(text: str) -> None:
    action = decide(replace(SHOWN, offer=None), message(text, candidate("a", 0.5), order=0.9), policy())
    assert (*told(action), action.about) == ("order_status", "order_follow_up", "not_received")
    said = tell_about(order("已签收"), action.about, text, (), NOW)
    assert said.offer == "asked"
    assert "对不上" in said.text
    assert "门卫代收" in said.text


@pytest.mark.parametrize(
    ("text", "status", "disputed"),
    [
        (DISPUTES[0], "运输中", False),
        (DISPUTES[3], "已取消", True),
        (DISPUTES[4], "生产中", False),
        ("没人上门", "已安装", True),
    ],
)
def test_only_what_the_order_says_otherwise_is_disputed(text: str, status: str, disputed: bool) -> None:
    about = question_in(text)
    assert about is not None
    assert ("对不上" in tell_about(order(status), about, text, (), NOW).text) == disputed
