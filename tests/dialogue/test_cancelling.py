"""A wish to cancel is about the order in hand, and only a human can grant it; a question how, or of something else, is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.answer_memory import Told
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State
from csbot.kb.task_intents import HUMAN_HANDOFF, PREFIX

SHOWN = State(turns=3, order_id="QH1", shown={"phone": "13800000001", "name": "林晓燕"})
RESTORE = candidate("restore", 0.9).model_copy(update={"question": "误取消的订单能否恢复"})
CANCEL = candidate("cancel", 0.95).model_copy(update={"question": "未发货订单如何取消"})
TOLD_HOW = State(turns=1, answers={"cancel": Told("在订单详情点取消。", ("我要取消订单",))})
MENU = State(turns=1, options=("cancel", PREFIX + HUMAN_HANDOFF), option_texts=("未发货订单如何取消", "转人工客服"))


@pytest.mark.parametrize("text", ["把这单取消掉", "我想取消", "可以取消吗", "嗯，取消吧", "不要了，帮我退订", "现在还能取消不"])
@pytest.mark.parametrize("since", [0, 2])
def test_the_order_in_hand_is_what_is_to_be_cancelled(text: str, since: int) -> None:
    action = decide(replace(SHOWN, since_order=since), message(text, RESTORE, CANCEL), policy())
    assert (action.kind, action.slots["order_id"]) == ("order_status", "QH1")
    assert action.about == "unwanted"


@pytest.mark.parametrize("text", ["是的，取消", "确认取消", "就取消这个订单"])
def test_said_again_where_a_human_was_offered_it_is_for_the_human(text: str) -> None:
    action = decide(replace(SHOWN, offer="asked"), message(text, RESTORE), policy())
    assert (*told(action), action.wording, action.order_id) == ("handoff", "cancel_order", "handoff_cancel", "QH1")


@pytest.mark.parametrize("text", ["取消好了吗", "取消没有", "取消成功了吗"])
def test_whether_it_has_been_cancelled_is_asked_of_the_order(text: str) -> None:
    action = decide(SHOWN, message(text, RESTORE), policy())
    assert (*told(action), action.about) == ("order_status", "order_follow_up", "")


def test_keys_beside_the_wish_look_the_order_up_for_it() -> None:
    both = decide(START, message("取消订单 QH202611030012，手机13800000001", CANCEL), policy())
    assert (*told(both), both.about) == ("order_status", "cancel_order", "unwanted")
    one = decide(START, message("帮我取消QH202611030012", CANCEL), policy())
    assert (*told(one), one.slot) == ("ask_slot", "cancel_order", "phone")


def test_how_to_cancel_and_what_else_is_cancelled_are_other_matters() -> None:
    assert told(decide(SHOWN, message("怎么取消订单", CANCEL), policy())) == ("answer", "confident")
    assert told(decide(SHOWN, message("取消预约", RESTORE), policy())) == ("clarify", "cancel_what")
    assert told(decide(START, message("我要取消订单", CANCEL), policy())) == ("answer", "confident")
    assert decide(SHOWN, message("确定取消", RESTORE), policy(has_orders=False)).kind == "clarify"


@pytest.mark.parametrize("text", ["确定取消", "对，我要取消", "能取消吗"])
def test_who_was_told_how_is_offered_a_human_and_then_given_one(text: str) -> None:
    asked = decide(TOLD_HOW, message(text, RESTORE, CANCEL), policy())
    assert (*told(asked), asked.wording, asked.offer) == ("fallback", "cancel_order", "cancel_by_human", "asked")
    assert told(decide(replace(TOLD_HOW, offer="asked"), message(text, RESTORE), policy())) == ("handoff", "cancel_order")


def test_the_menu_of_what_to_cancel_is_shown_once() -> None:
    assert told(decide(MENU, message("就是取消", RESTORE), policy())) == ("handoff", "cancel_order")
    other = replace(MENU, option_texts=("如何开发票", "转人工客服"))
    assert told(decide(other, message("就是取消", RESTORE), policy())) == ("clarify", "cancel_what")
