"""`decide` around a merchant's task: started, filled one thing at a time, confirmed, corrected, called off, or given up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import FAULT, START, candidate, message, policy, told

from csbot.dialogue.policy import decide
from csbot.dialogue.state import State
from csbot.models import Action, OrderQuery

NAME = "fault_report"
KNOWN = {"product": "智能门锁", "fault": "打不开", "phone": "13800000001", "address": "文一路8号"}
ALL = KNOWN | {"wished_time": "2026-11-25", "wished_time_said": "25号"}


def state(asked: str, slots: dict[str, str] | None = None, **fields: object) -> State:
    return State(**{"turns": 2, "task": NAME, "asked": asked, "slots": slots or {}, "asks": {asked: 1}, **fields})  # type: ignore[arg-type]


def step(before: State, text: str, *candidates: object, **fields: object) -> Action:
    asked = FAULT.kind_of(before.asked) if before.asked else None
    known = tuple(FAULT.kinds_of(before.slots))
    return decide(before, message(text, *candidates, asked=asked, known=known, **fields), policy())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "order", "faq", "outcome"),
    [
        (0.4, 0.0, 0.0, "ask_slot"), (0.39, 0.0, 0.0, "fallback"), (0.9, 0.91, 0.0, "ask_slot"), (0.9, 0.0, 0.91, "answer"),
        (0.91, 0.0, 0.9, "ask_slot"),
    ],
)  # fmt: skip
def test_a_task_starts_when_it_is_likelier_than_the_order_task_and_the_faq(
    fault: float, order: float, faq: float, outcome: str
) -> None:
    action = step(START, "东西坏了", *([candidate("a", faq)] if faq else []), fault=fault, order=order)
    assert action.kind == outcome
    assert action.task == {"ask_slot": "order_progress" if order > fault else NAME}.get(outcome)


def test_an_exact_question_goes_before_the_task() -> None:
    assert told(step(START, "怎么报修", candidate("a", 1.0, exact=True), fault=1.0)) == ("answer", "exact")


def test_with_one_of_its_slots_the_task_goes_before_a_surer_faq() -> None:
    assert told(step(START, "报修，电话13800000001", candidate("a", 0.95), fault=0.6)) == ("ask_slot", "task_slots")
    assert told(step(START, "报修，电话13800000001", candidate("a", 0.95), fault=0.3)) == ("answer", "confident")


def test_a_task_that_may_be_meant_is_offered_among_the_questions_and_can_be_picked() -> None:
    offer = step(START, "门坏了", candidate("a", 0.7), candidate("b", 0.6), fault=0.3)
    assert [option.faq_id for option in offer.options] == ["a", "task:fault_report", "b"]
    assert offer.options[1].question == FAULT.title
    picked = decide(State(options=("a", "task:fault_report")), message("2", picked=offer.options[1]), policy())
    assert (*told(picked), picked.task, picked.slot) == ("ask_slot", "option_picked", NAME, "product")


def test_what_the_first_message_gives_is_not_asked_for() -> None:
    action = step(START, "橱柜台面裂了，帮我报修，电话13800000001", fault=0.9)
    assert (action.slot, action.slots) == (
        "address", {"product": "橱柜", "fault": "橱柜台面裂了", "phone": "13800000001"},
    )  # fmt: skip


def test_what_is_known_of_the_customer_is_not_asked_for_again() -> None:
    before = State(order_id="QH1", shown={"phone": "13800000001", "name": "林晓燕"})
    assert step(before, "我要报修", fault=0.9).slots == {"phone": "13800000001"}
    assert step(State(identified=OrderQuery(phone="13900000005")), "我要报修", fault=0.9).slots == {"phone": "13900000005"}
    switched = step(State(task="order_progress", asked="name", slots={"phone": "13800000001"}), "我要报修", fault=0.9)
    assert (switched.rule, switched.slots) == ("task_switched", {"phone": "13800000001"})


def test_slots_are_asked_for_one_at_a_time_in_their_order() -> None:
    slots: dict[str, str] = {}
    asked: str | None = "product"
    for text, following in (("门锁", "fault"), ("打不开", "phone"), ("13800000001", "address"), ("文一路8号", "wished_time")):
        action = step(state(asked or "", slots), text)
        assert (*told(action), action.slot) == ("ask_slot", "slot_given", following)
        slots, asked = action.slots, action.slot
    assert slots == KNOWN


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("都行", "都行"), ("没有要求", "没有要求"), ("随便哪天", "随便哪天"), ("下班以后", "下班以后"),
        ("不用", ""), ("随便", ""), ("无所谓啦", ""), ("跳过", ""),
    ],
)  # fmt: skip
def test_a_slot_that_need_not_be_filled_is_left_open_and_asked_for_once(text: str, kept: str) -> None:
    action = step(state("wished_time", KNOWN), text, smalltalk="cancel" if text == "不用" else None)
    assert (*told(action), action.slot) == ("ask_slot", "slot_left_open", "confirm")
    assert (action.slots["wished_time"], action.slots["wished_time_said"]) == ("", kept)


@pytest.mark.parametrize("text", ["对", "好的", "确认", "没问题，提交吧", "要"])
def test_nothing_is_done_before_the_customer_agrees(text: str) -> None:
    before = step(state("wished_time", KNOWN), "2026-11-25")
    assert (before.kind, before.slot) == ("ask_slot", "confirm")
    action = step(state("confirm", ALL), text, smalltalk="ack" if text == "好的" else None)
    assert (*told(action), action.slots) == ("task_done", "confirmed", ALL)


@pytest.mark.parametrize("text", ["好，但是地址错了", "谢谢", "嗯这个嘛", "我想想"])
def test_what_is_no_clear_agreement_is_none(text: str) -> None:
    assert step(state("confirm", ALL), text).kind in ("ask_slot", "smalltalk")


def test_a_correction_is_taken_and_all_is_read_back_again() -> None:
    action = step(state("confirm", ALL), "不对，电话是13900000005")
    assert (*told(action), action.slot, action.wording) == ("ask_slot", "slot_given", "confirm", "ask")
    assert action.slots == ALL | {"phone": "13900000005"}


def test_a_new_date_replaces_the_old_one_and_its_words() -> None:
    action = step(state("confirm", ALL), "改成2026-11-28")
    assert (action.slots["wished_time"], action.slots["wished_time_said"]) == ("2026-11-28", "2026-11-28")


def test_a_slot_that_is_called_wrong_is_asked_for_again() -> None:
    action = step(state("confirm", ALL), "地址不对")
    assert (*told(action), action.slot) == ("ask_slot", "slot_withdrawn", "address")
    assert "address" not in action.slots


def test_a_bare_no_asks_which_one_is_wrong() -> None:
    action = step(state("confirm", ALL), "不对")
    assert (*told(action), action.slot, action.wording, action.slots) == ("ask_slot", "not_confirmed", "confirm", "which", ALL)


def test_a_question_in_the_middle_is_answered_and_the_task_stays() -> None:
    for asked in ("product", "fault", "phone", "wished_time", "confirm"):
        action = step(state(asked, ALL if asked == "confirm" else {}), "维修怎么收费", candidate("fee", 0.9))
        assert (*told(action), action.task, action.slot) == ("answer", "faq_in_task", NAME, asked)


def test_an_account_that_an_faq_would_fit_is_still_the_answer_to_what_was_asked() -> None:
    action = step(state("fault", {"product": "智能门锁"}), "门锁没电了打不开", candidate("lock-no-power", 0.95))
    assert (action.kind, action.slots["fault"]) == ("ask_slot", "门锁没电了打不开")


def test_another_task_takes_the_place_of_this_one() -> None:
    action = step(state("phone", {"product": "橱柜", "fault": "裂了"}), "我的订单到哪了", order=0.9)
    assert (*told(action), action.task, action.slot) == ("ask_slot", "task_switched", "order_progress", "phone")
    assert step(state("phone"), "我的订单到哪了", order=0.79).rule == "slot_missing"


@pytest.mark.parametrize("asked", ["product", "fault", "phone", "confirm"])
def test_never_mind_ends_the_task_without_doing_it(asked: str) -> None:
    action = step(state(asked, ALL if asked == "confirm" else {}), "算了", smalltalk="cancel")
    assert (action.kind, action.task, action.wording) == ("smalltalk", None, "cancel_other_task")


def test_what_follows_never_mind_is_answered_and_the_task_is_gone() -> None:
    action = step(state("phone"), "算了，运费怎么算", candidate("fee", 0.9), called_off=True)
    assert (*told(action), action.task) == ("answer", "confident", None)
    nothing = step(state("phone"), "不修了，太慢了", candidate("a", 0.1), called_off=True)
    assert (nothing.kind, nothing.task) == ("smalltalk", None)


@pytest.mark.parametrize("asked", ["product", "fault", "phone", "address", "confirm"])
def test_what_is_never_given_ends_with_a_human_who_gets_all_that_is_known(asked: str) -> None:
    known = ALL if asked == "confirm" else {"product": "橱柜"}
    before = state(asked, known, asks={asked: 3})
    action = step(before, "1" if asked in ("fault", "address") else "嗯这个嘛")
    assert (*told(action), action.reason, action.wording) == ("handoff", "slot_retry_limit", "slot_not_given", "handoff_task")
    assert action.slots == known


def test_an_asking_after_which_something_else_was_given_is_not_in_vain() -> None:
    before = state("product", {"phone": "13800000001"}, asks={"product": 3}, learnt={"product": 1})
    assert step(before, "嗯这个嘛").kind == "ask_slot"
    assert step(replace(before, learnt={}), "嗯这个嘛").kind == "handoff"


def test_a_task_that_takes_the_place_of_another_asks_afresh() -> None:
    before = state("phone", {"product": "橱柜", "fault": "裂了"}, asks={"phone": 3})
    assert step(before, "我的订单到哪了", order=0.9).kind == "ask_slot"


@pytest.mark.parametrize("text", ["不知道", "忘了", "找不到地址", "地址不记得了"])
def test_who_has_not_what_is_asked_for_is_offered_a_human_and_not_answered_from_the_faqs(text: str) -> None:
    action = step(state("address"), text, candidate("a", 0.9))
    assert (*told(action), action.slot, action.offer) == ("ask_slot", "slot_lacked", "address", "asked")


def test_empty_slots_do_not_go_to_the_human() -> None:
    before = state("confirm", KNOWN | {"wished_time": "", "wished_time_said": "都行"})
    assert step(before, "转人工", wish=1.0).slots == KNOWN | {"wished_time_said": "都行"}


@pytest.mark.parametrize("text", ["快点就行", "越快越好", "尽快", "赶紧来"])
def test_as_soon_as_possible_is_an_answer_where_the_declaration_allows_it(text: str) -> None:
    action = step(state("wished_time", KNOWN), text)
    assert (action.rule, action.slots["wished_time"], action.slots["wished_time_said"]) == ("slot_left_open", "", "尽快")


@pytest.mark.parametrize(("text", "said"), [("周六不在家", "周六不在家"), ("晚上吧", "晚上吧"), ("确认", ""), ("好的", "")])
def test_what_is_no_day_is_kept_in_words_or_not_at_all(text: str, said: str) -> None:
    action = step(state("wished_time", KNOWN), text)
    assert (action.slot, action.slots["wished_time"], action.slots["wished_time_said"]) == ("confirm", "", said)


def test_what_answers_nothing_is_asked_about_once_more_and_then_left_open() -> None:
    first = step(state("wished_time", KNOWN), "嗯这个嘛")
    assert (*told(first), first.wording, first.slots) == ("ask_slot", "slot_invalid", "invalid", KNOWN)
    second = step(state("wished_time", KNOWN, asks={"wished_time": 2}), "嗯这个嘛")
    assert (second.rule, second.slots["wished_time_said"]) == ("slot_left_open", "")


@pytest.mark.parametrize("asked", ["fault", "address", "wished_time", "confirm"])
def test_a_question_that_no_faq_answers_is_no_value(asked: str) -> None:
    known = ALL if asked == "confirm" else {"product": "橱柜"}
    action = step(state(asked, known), "师傅是你们自己的吗")
    assert (*told(action), action.slot, action.slots) == ("ask_slot", "question_unanswered", asked, known)


@pytest.mark.parametrize("text", ["嗯 快点来", "好的，赶紧安排", "没问题 尽快"])
def test_haste_is_a_yes_to_what_was_read_back(text: str) -> None:
    assert told(step(state("confirm", ALL), text)) == ("task_done", "confirmed")


def test_who_asks_outright_for_a_visit_gets_the_task_and_not_a_tip() -> None:
    assert step(START, "门锁坏了 来修一下", candidate("tip", 0.96), fault=0.88).task == NAME
    assert told(step(START, "门锁坏了怎么办", candidate("tip", 0.96), fault=0.88)) == ("answer", "confident")
    assert told(step(START, "门锁坏了 来修一下", candidate("tip", 0.96), fault=0.1)) == ("answer", "confident")
    assert told(step(START, "叫师傅来装门锁", candidate("tip", 0.96), fault=0.6)) == ("answer", "confident")
    assert told(step(START, "想让你们来修，在哪登记", candidate("tip", 0.96), fault=0.6)) == ("answer", "confident")


def test_what_was_told_before_the_task_began_is_carried_into_it() -> None:
    before = State(turns=2, said=("橱柜台面裂了", "锁坏了怎么办"))
    action = step(before, "那帮我报修吧", fault=0.9)
    assert (action.slot, action.slots) == ("phone", {"product": "智能门锁", "fault": "锁坏了"})
    named = step(before, "衣柜移门掉下来了，帮我报修", fault=0.9)
    assert named.slots == {"product": "衣柜", "fault": "衣柜移门掉下来了"}


def test_every_correction_is_taken_however_many_there_are() -> None:
    before = state("confirm", ALL, asks={"confirm": 3}, learnt={"confirm": 2})
    assert told(step(before, "电话是13900000005")) == ("ask_slot", "slot_given")


@pytest.mark.parametrize("text", ["用上次留的地址", "你们那儿有我家地址的", "还是老地址"])
def test_what_was_given_another_time_is_not_known_and_that_is_said(text: str) -> None:
    action = step(state("address", {"product": "橱柜", "fault": "裂了", "phone": "13800000001"}), text)
    assert (*told(action), action.slot, action.wording) == ("ask_slot", "slot_elsewhere", "address", "not_on_record")


def test_what_the_customer_does_not_know_is_no_question() -> None:
    assert step(state("phone", {"product": "橱柜", "fault": "裂了"}), "我也说不准是哪天裂的").rule != "question_unanswered"
    assert step(state("phone", {"product": "橱柜", "fault": "裂了"}), "不知道哪天能修好").rule == "question_unanswered"
