"""Accounts that ask for nothing begin no look-up, end one that waits, and are for the colleague who has been called."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import ASKED_NAME, ASKED_PHONE, START, candidate, message, policy, told

from csbot.dialogue.order_memory import OrderMemory
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State, replay
from csbot.models import Turn

CALLED = State(turns=1, orders=OrderMemory(called=True))


def turn(kind: str, **fields: object) -> Turn:
    return Turn.model_validate({"user": "?", "kind": kind, "rule": "r"} | fields)


@pytest.mark.parametrize("state", [START, ASKED_PHONE, ASKED_NAME])
@pytest.mark.parametrize(("text", "rule"), [
    ("已经装上了", "told_done"), ("很满意", "told_done"), ("我还没下单呢", "told_undone"), ("图还没签字", "told_undone"),
])  # fmt: skip
def test_what_is_done_or_not_ordered_is_taken_note_of(state: State, text: str, rule: str) -> None:
    action = decide(state, message(text, candidate("a", 0.5)), policy())
    assert (*told(action), action.task) == ("smalltalk", rule, None)


def test_an_exact_question_and_a_key_go_first() -> None:
    assert decide(START, message("装好了", candidate("a", 1.0, exact=True)), policy()).kind == "answer"
    assert decide(ASKED_PHONE, message("13800000001，很满意", asked="phone"), policy()).slot == "name"


@pytest.mark.parametrize("text", ["打坏了一大块", "水管也漏了", "我都说了三遍了", "你说的我都看过了"])
def test_a_look_up_does_not_hold_whoever_speaks_of_something_else(text: str) -> None:
    action = decide(ASKED_PHONE, message(text), policy())
    assert (action.kind, action.task) == ("fallback", None)
    assert decide(ASKED_PHONE, message("嗯嗯这个嘛"), policy()).task == "order_progress"


def test_while_a_colleague_is_awaited_only_an_outright_question_begins_a_look_up() -> None:
    assert decide(CALLED, message("什么时候有人来看", order=0.9), policy()).kind == "fallback"
    assert decide(CALLED, message("我的订单到哪了", order=0.9), policy()).slot == "phone"
    assert decide(CALLED, message("13800000001"), policy()).slot == "name"
    assert decide(replace(CALLED, orders=OrderMemory()), message("什么时候有人来看", order=0.9), policy()).slot == "phone"


def test_a_number_given_with_more_while_a_colleague_is_awaited_is_for_them() -> None:
    action = decide(CALLED, message("13800000001 我住在南湖花园三单元"), policy())
    assert told(action) == ("smalltalk", "told_beside")
    assert decide(CALLED, message("13800000001 我的订单到哪了", order=0.9), policy()).task == "order_progress"


def test_a_number_right_after_a_fault_was_told_of_is_for_the_repair() -> None:
    broken = turn("answer", faq_id="a", reply="请拍照报修。").model_copy(update={"user": "柜门关不上了"})
    action = decide(replay([broken]), message("13800000001"), policy())
    assert (action.task, action.slots.get("phone")) == ("fault_report", "13800000001")
    other = broken.model_copy(update={"user": "怎么开发票"})
    assert decide(replay([other]), message("13800000001"), policy()).task == "order_progress"


def test_a_detail_of_a_question_is_no_news_to_be_brushed_off() -> None:
    detail = message("已经拆封了", candidate("opened", 0.9), about=("能退货吗",))
    assert told(decide(START, detail, policy())) == ("answer", "confident")
    unknown = decide(START, message("已经拆封了", candidate("a", 0.1), about=("能退货吗",)), policy())
    assert (*told(unknown), unknown.offer) == ("fallback", "told_detail", "asked")
    task = decide(START, message("都坏了三天了", fault=0.9, about=("能修吗",)), policy())
    assert task.task == "fault_report"
    assert told(decide(CALLED, message("还没付款", about=("能退货吗",)), policy())) == ("smalltalk", "told_beside")


RACK = Turn(
    user="架子老掉", kind="answer", rule="confident", faq_id="rack", reply="请擦净墙面再贴。仍会掉的请报修，我们换胶片。"
)


def test_an_answer_that_has_failed_offers_a_human_with_what_it_says_of_that_and_then_calls_one() -> None:
    other = candidate("edge", 0.9)
    action = decide(replay([RACK]), message("重新贴了，又掉了", other, about=("架子老掉",)), policy())
    assert (*told(action), action.offer, action.text) == ("fallback", "answer_failed", "asked", "仍会掉的请报修，我们换胶片。")
    bare = decide(
        replay([RACK.model_copy(update={"reply": "请擦净墙面再贴。"})]), message("贴过了", about=("架子老掉",)), policy()
    )
    assert (bare.wording, bare.text) == ("answer_failed_bare", "")
    again = decide(replay([RACK, turn("fallback")]), message("还是掉", other, about=("架子老掉",)), policy())
    assert told(again) == ("handoff", "answer_failed")


def test_a_detail_gets_the_sentence_of_the_last_answer_that_turns_on_it() -> None:
    crooked = RACK.model_copy(
        update={"user": "柜子装歪了", "reply": "请先别签单子。门缝大于 3 毫米可调整；已验收的，30 天内同样可以。"}
    )
    asked = ("柜子装歪了",)
    action = decide(replay([crooked]), message("我已经验收了", candidate("a", 0.5), about=asked), policy())
    assert (*told(action), action.part) == ("answer", "told_part", "已验收的，30 天内同样可以。")
    other = decide(replay([crooked]), message("我已经验收了", candidate("a", 0.9), about=asked), policy())
    assert told(other) == ("answer", "confident")


@pytest.mark.parametrize("text", ["搞定了", "好了连上了，谢谢", "弄好啦"])
def test_good_news_closes_any_question(text: str) -> None:
    asked = RACK.model_copy(update={"user": "网络怎么配"})
    assert told(decide(replay([asked]), message(text, candidate("a", 0.9)), policy())) == ("smalltalk", "told_done")


def test_a_remedy_that_has_helped_is_good_news() -> None:
    assert told(decide(replay([RACK]), message("粘好了", candidate("a", 0.9)), policy())) == ("smalltalk", "told_done")
    asked = RACK.model_copy(update={"user": "胶片怎么用"})
    assert decide(replay([asked]), message("粘好了", candidate("a", 0.9)), policy()).kind == "answer"


def test_more_of_the_trouble_is_noted_for_the_colleague() -> None:
    assert told(decide(CALLED, message("打坏了一大块"), policy())) == ("smalltalk", "told_beside")


@pytest.mark.parametrize(
    "text", ["支付宝付的", "上个月装的", "钱已经转走了", "都三天了", "换过电池了", "还是不行", "已经装好了"]
)
def test_a_detail_is_for_the_colleague_however_sure_an_faq_is(text: str) -> None:
    assert told(decide(CALLED, message(text, candidate("pay", 0.98)), policy())) == ("smalltalk", "told_beside")


@pytest.mark.parametrize(("text", "sure", "expected"), [
    ("密码记不得了", 0.85, ("fallback", "told_beside")), ("门锁按键失灵", 0.97, ("answer", "confident")),
    ("门锁没电了", 0.85, ("answer", "confident")), ("门锁没电了", 0.6, ("fallback", "told_beside")),
    ("怎么付钱", 0.85, ("answer", "confident")), ("我要开票", 0.85, ("answer", "confident")),
    ("支付宝付的可以退吗", 0.85, ("answer", "confident")),
])  # fmt: skip
def test_what_is_told_is_noted_and_what_is_asked_is_answered(text: str, sure: float, expected: tuple[str, str]) -> None:
    assert told(decide(CALLED, message(text, candidate("a", sure)), policy())) == expected


def test_a_detail_of_the_order_just_told_is_no_question_either() -> None:
    shown = State(turns=2, order_id="QH202611030012", shown={"phone": "13800000001"}, since_order=0)
    action = decide(shown, message("微信付的", candidate("pay", 0.98)), policy())
    assert (*told(action), action.offer) == ("fallback", "told_detail", "asked")
    assert decide(shown, message("能用微信付吗", candidate("pay", 0.98)), policy()).kind == "answer"
    assert decide(START, message("微信付的", candidate("pay", 0.98)), policy()).kind == "answer"


def test_a_colleague_is_awaited_until_the_ticket_is_closed_or_another_matter_is_answered() -> None:
    called, filed = turn("handoff"), turn("answer", ticket_id="t1")
    assert [replay([called, *more]).orders.called for more in ([], [filed], [filed, filed], [turn("fallback")])] == [True] * 4
    assert [replay([called, *more]).orders.called for more in ([turn("answer")], [filed, turn("answer")])] == [False, False]


def test_a_number_said_beside_another_matter_is_remembered_for_three_turns() -> None:
    said, other = turn("answer", slots={"order_id": "QH202611030012"}), turn("answer")
    kept = [replay([said, *[other] * times]).orders.mentioned for times in (0, 3, 4)]
    assert kept == [{"order_id": "QH202611030012"}, {"order_id": "QH202611030012"}, {}]
    action = decide(replay([said, other]), message("13800000001"), policy())
    assert (action.kind, action.slots) == ("order_status", {"order_id": "QH202611030012", "phone": "13800000001"})
