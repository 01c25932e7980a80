"""`decide` on wishes: a human comes first; the order task starts when it is meant, the sooner with its slots."""

from __future__ import annotations

import pytest
from handmade import ASKED_NAME, ASKED_PHONE, START, candidate, message, policy, told

from csbot.dialogue.policy import decide
from csbot.dialogue.state import State
from csbot.models import OrderQuery


@pytest.mark.parametrize(("limit", "wish", "granted"), [
    (0.5, 0.5, True), (0.5, 0.499, False), (1.0, 1.0, True), (1.0, 0.999, False), (0.0, 0.001, True),
])  # fmt: skip
def test_a_wish_for_a_human_is_granted_from_the_score_of_the_settings(limit: float, wish: float, granted: bool) -> None:
    action = decide(START, message("找你们的人", wish=wish), policy(dialogue={"handoff_wish": limit}))
    assert (action.kind == "handoff") is granted
    if granted:
        assert (action.rule, action.reason) == ("human_wanted", "customer_wish")


@pytest.mark.parametrize(("wish", "kind"), [(0.69, "answer"), (0.7, "handoff"), (0.95, "handoff")])
def test_a_faint_wish_must_beat_the_faq_and_a_clear_one_need_not(wish: float, kind: str) -> None:
    assert decide(START, message("换个师傅", candidate("a", 0.9), wish=wish), policy()).kind == kind


def test_an_exact_question_about_humans_is_answered() -> None:
    action = decide(START, message("人工客服几点上班", candidate("hours", 1.0, exact=True), wish=1.0), policy())
    assert told(action) == ("answer", "exact")


def test_an_faq_that_stands_for_the_human_calls_one() -> None:
    action = decide(START, message("投诉找谁", candidate("a", 0.9, action="human_handoff")), policy())
    assert (*told(action), action.reason) == ("handoff", "human_intent", "customer_wish")


@pytest.mark.parametrize("state", [START, ASKED_PHONE, ASKED_NAME])
def test_a_wish_for_a_human_comes_before_everything_else(state: State) -> None:
    assert told(decide(state, message("13800000001 转人工", wish=1.0, order=1.0), policy())) == ("handoff", "human_wanted")


def test_whatever_is_known_goes_to_the_human() -> None:
    state = State(task="order_progress", slots={"phone": "13800000001"}, order_id="QH1", shown={"name": "林晓燕"})
    action = decide(state, message("转人工", wish=1.0), policy())
    assert (action.slots, action.order_id) == ({"phone": "13800000001", "name": "林晓燕"}, "QH1")


@pytest.mark.parametrize(("limit", "order", "starts"), [
    (0.4, 0.4, True), (0.4, 0.399, False), (1.0, 0.999, False), (1.0, 1.0, True), (0.0, 0.0, True),
])  # fmt: skip
def test_the_order_task_starts_from_the_probability_of_the_settings(limit: float, order: float, starts: bool) -> None:
    action = decide(START, message("我的柜子呢", order=order), policy(dialogue={"task_intent": limit}))
    assert (told(action) == ("ask_slot", "task_intent")) is starts


@pytest.mark.parametrize(("order", "outcome"), [(0.91, ("ask_slot", "task_intent")), (0.89, ("answer", "confident"))])
def test_the_task_and_an_faq_are_weighed_against_each_other(order: float, outcome: tuple[str, str]) -> None:
    assert told(decide(START, message("柜子多久做好", candidate("a", 0.9), order=order), policy())) == outcome


def test_an_exact_faq_goes_before_the_task() -> None:
    action = decide(START, message("柜子多久做好", candidate("a", 1.0, exact=True), order=1.0), policy())
    assert told(action) == ("answer", "exact")


@pytest.mark.parametrize(("order", "outcome"), [(0.2, ("ask_slot", "task_slots")), (0.19, ("answer", "confident"))])
def test_a_message_that_carries_a_phone_starts_the_task_sooner(order: float, outcome: tuple[str, str]) -> None:
    assert told(decide(START, message("13800000001 柜子多久好", candidate("a", 0.9), order=order), policy())) == outcome


@pytest.mark.parametrize(("text", "slot"), [("13800000001", "name"), ("QH202611030012", "phone")])
def test_a_bare_phone_or_order_id_starts_the_task_and_asks_for_the_rest(text: str, slot: str) -> None:
    action = decide(START, message(text), policy())
    assert (*told(action), action.slot, action.wording) == ("ask_slot", "task_slots", slot, "ask")


@pytest.mark.parametrize("text", ["QH202611030012 13800000001", "13800000001 我叫林晓燕"])
def test_a_complete_proof_is_looked_up_at_once(text: str) -> None:
    assert decide(START, message(text), policy()).kind == "order_status"


def test_a_customer_whom_the_host_has_identified_is_asked_for_nothing() -> None:
    state = State(identified=OrderQuery(phone="13800000001", name="林晓燕"))
    action = decide(state, message("我的柜子呢", order=0.9), policy())
    assert (action.kind, action.trusted) == ("order_status", {"phone": "13800000001", "name": "林晓燕"})


@pytest.mark.parametrize("who", [{"phone": "13800000001"}, {"order_id": "QH1"}])
def test_what_the_host_has_proven_is_enough_to_look_up_by(who: dict[str, str]) -> None:
    action = decide(State(identified=OrderQuery(**who)), message("我的柜子呢", order=0.9), policy())
    assert (action.kind, action.trusted) == ("order_status", who)


def test_a_name_alone_is_not_enough_even_from_the_host() -> None:
    action = decide(State(identified=OrderQuery(name="林晓燕")), message("我的柜子呢", order=0.9), policy())
    assert (action.kind, action.slot) == ("ask_slot", "phone")


def test_a_bot_without_orders_hands_the_task_over_with_what_is_known() -> None:
    action = decide(START, message("QH202611030012到哪了", order=0.9), policy(has_orders=False))
    assert (action.kind, action.reason, action.slots) == ("handoff", "no_order_backend", {"order_id": "QH202611030012"})


@pytest.mark.parametrize("text", ["锁坏了,叫人来", "柜子裂了,喊个人过来", "喊人来修", "修下", "找个师傅弄下"])
def test_somebody_called_for_the_repair_is_no_wish_for_an_agent(text: str) -> None:
    action = decide(START, message(text, wish=0.9, fault=0.8), policy())
    assert (action.kind, action.task) == ("ask_slot", "fault_report")


@pytest.mark.parametrize(("text", "wish"), [("叫人来", 0.8), ("叫个能管事的人来", 0.8), ("转人工,我要报修", 1.0)])
def test_a_wish_that_names_no_repair_or_an_agent_stays_one(text: str, wish: float) -> None:
    assert decide(START, message(text, wish=wish, fault=0.8), policy()).kind == "handoff"
