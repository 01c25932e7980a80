"""Who wants a thing no more is not told how to get it: the FAQ that calls it off, or consent and the offer of a colleague."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.forgoing import ORDER, VISIT, forgone
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State

APPLY = candidate("apply", 0.9).model_copy(update={"question": "如何申请电子普通发票"})
FEE = candidate("fee", 0.79).model_copy(update={"question": "上门测量怎么收费"})
MOVE = candidate("move", 0.02).model_copy(update={"question": "如何更改或取消量尺时间"})
RESTORE = candidate("restore", 0.3).model_copy(update={"question": "误取消的退货申请能否恢复"})
SHOWN = State(turns=3, order_id="QH1", shown={"phone": "13800000001", "name": "林晓燕"}, since_order=1)
ASKED = State(turns=1, offer="asked", said=("师傅别来了",))


@pytest.mark.parametrize(
    "text, thing",
    [
        *(("不开发票了", "开发票"), ("我不要发票了", "开发票"), ("不用开票了", "开发票"), ("发票先不开了", "开发票")),
        *(("我不换货了 刚申请的", "换货"), ("换货申请怎么取消", "换货"), ("那个换货我不换了", "换货")),
        *(("算了不退了", "退货"), ("不想退了", "退货"), ("不退了，刚才点错了", "退货")),
        *(("不投诉了", "投诉"), ("投诉撤了吧", "投诉"), ("能撤销投诉吗", "投诉"), ("我想把投诉撤回来", "投诉")),
        *(("不装了", "安装"), ("麻烦别安排安装了", "安装"), ("不量了", "上门量尺"), ("我不修了，自己弄好了", "维修")),
        *(("师傅别来了", VISIT), ("别派人来修了", VISIT), ("不用安排人上门了", VISIT), ("不用过来修了 已经好了", VISIT)),
        *(("取消吧 不做了", ORDER), ("先别发货", ORDER)),
    ],
)
def test_what_is_not_wanted_any_more(text: str, thing: str) -> None:
    assert forgone(text) == thing


@pytest.mark.parametrize(
    "text",
    [
        *("不退了，给我换一个", "不要换货了 我要退货", "不要安装能便宜吗", "不用上门安装能自己装吗"),  # wants another thing
        *("不开发票吗", "不退钱了？", "怎么不发货了"),  # asks
        *("师傅不来了", "你们不装了", "不给我开发票了", "指纹不响了"),  # a grievance, or a fault
        *("不要了", "不用", "别换师傅了", "你们别来烦我", "别装了", "不要纸质发票", ""),
    ],
)
def test_what_only_sounds_like_it(text: str) -> None:
    assert forgone(text) == ""


def test_how_to_get_it_is_not_told() -> None:
    action = decide(START, message("不开发票了", APPLY), policy())
    assert (*told(action), action.text, action.offer) == ("smalltalk", "forgone", "开发票", "asked")
    assert told(decide(START, message("开发票", APPLY), policy())) == ("answer", "confident")


def test_how_to_call_this_very_thing_off_is_told() -> None:
    action = decide(START, message("不量了", FEE, MOVE), policy())
    assert (*told(action), action.candidate) == ("answer", "forgone", MOVE)
    assert told(decide(START, message("不退了", RESTORE, MOVE), policy())) == ("smalltalk", "forgone")


def test_nobody_is_sent_to_who_wants_nobody() -> None:
    action = decide(START, message("别派人来修了", fault=0.9), policy())
    assert (*told(action), action.text) == ("smalltalk", "forgone", "上门")
    assert told(decide(START, message("派人来修一下", fault=0.9), policy())) == ("ask_slot", "task_slots")


def test_the_order_in_hand_is_looked_at_again() -> None:
    action = decide(SHOWN, message("取消吧 不做了"), policy())
    assert (*told(action), action.about) == ("order_status", "order_follow_up", "unwanted")
    assert told(decide(START, message("别发货了", candidate("cancel", 0.9)), policy())) == ("answer", "confident")


def test_whether_it_was_applied_for_decides_who_takes_care() -> None:
    late = candidate("late", 0.9)
    assert told(decide(ASKED, message("已经约了明天", late), policy())) == ("handoff", "forgone")
    assert told(decide(ASKED, message("还没约呢", late), policy())) == ("smalltalk", "forgone")
    elsewhere = replace(ASKED, said=("师傅几点来",))
    assert told(decide(elsewhere, message("已经约了明天", late), policy())) == ("answer", "confident")
