"""Right after a task its result is told again, and changing it is for a human; a bare wish to cancel is asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.policy import decide
from csbot.dialogue.state import Done, State, advance
from csbot.dialogue.turns import turn_of
from csbot.models import Action, utc_now

SLOTS = {"product": "橱柜", "phone": "13800000001", "address": "文一路8号", "wished_time": "2026-11-28"}
DONE = State(turns=5, done=Done("fault_report", SLOTS, "报修已登记，单号 BX1。"))
RESTORE = candidate("restore", 0.9).model_copy(update={"question": "误取消的订单能否恢复"})
CANCEL = candidate("cancel", 0.5).model_copy(update={"question": "未发货订单如何取消"})


def test_a_task_done_is_remembered_with_its_words_and_turns_are_counted_since() -> None:
    action = Action(kind="task_done", rule="confirmed", task="fault_report", slots=SLOTS, wording="done")
    done = advance(START, turn_of(message("对"), action, "报修已登记，单号 BX1。", utc_now()))
    assert (done.task, done.done) == (None, DONE.done)
    later = advance(done, turn_of(message("谢谢"), Action(kind="smalltalk", rule="r"), "不客气", utc_now()))
    assert later.done == Done("fault_report", SLOTS, "报修已登记，单号 BX1。", since=1)


@pytest.mark.parametrize("text", ["单号多少", "报修单号再发我一下", "登记成功了吗"])
def test_what_was_said_of_it_is_said_again(text: str) -> None:
    action = decide(DONE, message(text, candidate("a", 0.9)), policy())
    assert (*told(action), action.text) == ("smalltalk", "done_told", "报修已登记，单号 BX1。")


@pytest.mark.parametrize(
    "text",
    [
        "改到后天",
        "地址错了",
        "电话填错了，是13800000002",
        "取消吧",
        "取消报修",
        "不用来了",
        "能改时间吗",
        "时间不对",
        "换成大后天可以吗",
        "下周三来行不行",
        "挪到周日",
        "改晚一点",
    ],
)
def test_a_change_of_it_is_for_a_human_who_gets_all_of_it(text: str) -> None:
    action = decide(DONE, message(text, candidate("a", 0.97)), policy())
    assert (*told(action), action.reason, action.wording) == ("handoff", "done_revised", "done_revised", "handoff_done")
    assert {**SLOTS, **action.slots} == action.slots


@pytest.mark.parametrize("text", ["怎么取消订单", "订单地址错了", "什么时候来", "快递单号多少", "发票抬头错了"])
def test_another_matter_is_another_matter(text: str) -> None:
    assert told(decide(DONE, message(text, candidate("a", 0.97)), policy())) == ("answer", "confident")


def test_long_ago_or_before_an_order_was_shown_is_not_just_now() -> None:
    assert DONE.done is not None
    old = replace(DONE, done=replace(DONE.done, since=4))
    order = replace(DONE, done=replace(DONE.done, since=2), order_id="QH1", since_order=1)
    for state in (old, order, START):
        assert told(decide(state, message("地址错了", candidate("a", 0.97)), policy())) == ("answer", "confident")


@pytest.mark.parametrize("text", ["不要了 取消吧", "取消", "我要取消", "取消报修"])
def test_a_bare_wish_to_cancel_is_asked_about_and_never_told_how_to_undo_a_cancellation(text: str) -> None:
    action = decide(START, message(text, RESTORE, CANCEL), policy())
    assert (*told(action), action.wording) == ("clarify", "cancel_what", "cancel_what")
    assert [option.faq_id for option in action.options] == ["cancel", "task:human_handoff"]


def test_a_question_how_to_cancel_that_an_faq_answers_is_answered() -> None:
    sure = CANCEL.model_copy(update={"confidence": 0.95})
    assert told(decide(START, message("怎么取消预约", sure), policy())) == ("answer", "confident")
    assert told(decide(START, message("怎么取消预约", RESTORE, CANCEL), policy())) == ("clarify", "cancel_what")


def test_a_task_that_cancels_goes_first() -> None:
    assert decide(START, message("取消预约", RESTORE, fault=0.9), policy()).task == "fault_report"
