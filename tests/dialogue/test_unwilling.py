"""Who doesn't give what is asked for: the reason is told once, another way offered, and the same is not asked a third time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import ASKED_NAME, ASKED_PHONE, FAULT, candidate, message, policy, told

from csbot.dialogue.policy import decide
from csbot.dialogue.state import State, advance
from csbot.dialogue.turns import turn_of
from csbot.models import Action, utc_now

KNOWN = {"product": "橱柜", "fault": "裂了"}
TASK = State(turns=2, task="fault_report", asked="phone", slots=KNOWN, asks={"phone": 1})
TIME = replace(TASK, asked="wished_time", asks={"wished_time": 1})


def talk(state: State, *texts: str) -> list[Action]:
    """What is decided of one message after the other."""
    actions = []
    for text in texts:
        said = message(text, asked=FAULT.kind_of(state.asked) if state.asked else None)
        actions.append(decide(state, said, policy()))
        state = advance(state, turn_of(said, actions[-1], "…", utc_now()))
    return actions


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("手机号忘了", "slot_lacked"),
        ("换号了", "slot_lacked"),
        ("我不想给手机号", "slot_refused"),
        ("每次都要手机号", "slot_refused"),
    ],
)
@pytest.mark.parametrize("state", [ASKED_PHONE, TASK])
def test_who_has_not_the_phone_or_keeps_it_is_offered_a_human(state: State, text: str, rule: str) -> None:
    (action,) = talk(state, text)
    assert (*told(action), action.slot, action.wording, action.offer) == ("ask_slot", rule, "phone", rule, "asked")
    assert action.slots == state.slots


def test_the_offer_may_be_taken() -> None:
    assert [told(action) for action in talk(TASK, "不方便给", "好的")][1] == ("handoff", "human_offer_taken")


def test_who_declines_twice_gets_a_human_with_all_that_is_known() -> None:
    action = talk(TASK, "不想给手机号", "就不告诉你")[-1]
    assert (*told(action), action.reason, action.slots) == ("handoff", "slot_declined", "slot_not_given", KNOWN)


def test_who_declined_and_gives_something_else_is_not_asked_a_third_time() -> None:
    action = talk(TASK, "不想给手机号", "地址是文一路8号")[-1]
    assert (action.kind, action.slots) == ("handoff", KNOWN | {"address": "文一路8号"})


def test_who_declined_may_give_it_after_all() -> None:
    action = talk(TASK, "不想给手机号", "好吧，13800000001")[-1]
    assert (action.rule, action.slots["phone"]) == ("slot_given", "13800000001")


def test_nonsense_after_it_is_answered_by_the_offer_again() -> None:
    action = talk(TASK, "手机号忘了", "嗯这个嘛")[-1]
    assert (*told(action), action.wording, action.offer) == ("ask_slot", "slot_missing", "slot_lacked", "asked")


@pytest.mark.parametrize("text", ["为啥要手机号", "要手机号干什么", "为什么"])
def test_who_wonders_is_told_the_reason_and_asked_once_more(text: str) -> None:
    first, second = talk(TASK, text, text)
    assert (*told(first), first.wording, first.offer) == ("ask_slot", "slot_explained", "slot_explained", None)
    assert (second.rule, second.offer) == ("slot_refused", "asked")


def test_another_proof_is_asked_for_or_named_where_there_is_one() -> None:
    lacked, refused = talk(ASKED_NAME, "名字忘了")[0], talk(ASKED_NAME, "不想说名字")[0]
    assert (lacked.rule, lacked.slot) == ("slot_lacking", "order_id")
    assert (refused.rule, refused.slot, refused.text) == ("slot_refused", "name", "订单号")


def test_what_need_not_be_given_is_left_open() -> None:
    assert [(action.rule, action.slot) for action in talk(TIME, "不想说")] == [("slot_left_open", "phone")]


def test_what_is_lacking_beside_what_is_asked_for_is_no_refusal() -> None:
    assert talk(ASKED_PHONE, "没有订单号")[0].rule == "slot_lacking"


def test_an_exact_question_goes_first() -> None:
    action = decide(TASK, message("为啥要手机号", candidate("a", 1.0, exact=True), asked="phone"), policy())
    assert told(action) == ("answer", "faq_in_task")


@pytest.mark.parametrize(
    ("text", "wording"), [("不是查订单", "wrong_task"), ("等会再说", "set_aside"), ("我自己看吧", "cancel_task")]
)
def test_what_is_under_way_is_dropped_in_words_that_fit(text: str, wording: str) -> None:
    action = decide(ASKED_PHONE, message(text, smalltalk="cancel"), policy())
    assert (action.kind, action.wording, action.task) == ("smalltalk", wording, None)
