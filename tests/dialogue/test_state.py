"""The state is folded from the turns: replaying a session gives where it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import reduce
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.config import IDLE_TIMEOUT_S
from csbot.dialogue.state import NOT_UNDERSTOOD, NOTHING_READ, State, advance, misses_with, replay, state_of
from csbot.models import OrderQuery, ReplyKind, Session, Turn

WHO = OrderQuery(phone="13800000001")
names = st.sampled_from(["phone", "name", "order_id"])
turns = st.lists(
    st.builds(
        Turn,
        user=st.text(max_size=5),
        kind=st.sampled_from(get_args(ReplyKind)),
        rule=st.just("r"),
        options=st.lists(st.sampled_from(["a", "b", "c"]), max_size=3),
        option_texts=st.lists(st.sampled_from(["甲", "乙"]), max_size=3),
        task=st.sampled_from([None, "order_progress"]),
        slot=st.none() | names,
        slots=st.dictionaries(names, st.text(max_size=5), max_size=3),
        order_id=st.none() | st.just("QH1"),
    ),
    max_size=12,
)


def turn(kind: ReplyKind, **fields: object) -> Turn:
    return Turn.model_validate({"user": "u", "kind": kind, "rule": "r"} | fields)


@given(turns, st.integers(0, 12))
def test_replaying_all_turns_equals_advancing_one_by_one_from_any_point(said: list[Turn], split: int) -> None:
    half = replay(said[:split], WHO)
    assert replay(said, WHO) == reduce(advance, said[split:], half)


@given(turns)
def test_a_session_from_json_stands_where_it_stood(said: list[Turn]) -> None:
    session = Session(customer_id="u", turns=said, identified=WHO)
    assert state_of(Session.model_validate_json(session.model_dump_json())) == state_of(session)


@given(turns)
def test_replaying_does_not_change_the_turns(said: list[Turn]) -> None:
    before = [one.model_dump_json() for one in said]
    replay(said)
    assert [one.model_dump_json() for one in said] == before


def test_a_new_session_stands_at_the_beginning() -> None:
    assert state_of(Session(customer_id="u")) == State()


def test_small_talk_that_is_answered_ends_the_row() -> None:
    for rule in ("smalltalk_identity", "smalltalk_chat"):
        chat = turn("smalltalk").model_copy(update={"rule": rule})
        assert replay([turn("fallback"), chat, turn("fallback")]).misses == 1


def test_misses_are_counted_in_a_row_and_courtesy_does_not_break_the_row() -> None:
    said = [turn("fallback"), turn("smalltalk"), turn("fallback"), turn("answer"), turn("fallback"), turn("handoff")]
    assert [replay(said[:n]).misses for n in range(7)] == [0, 1, 1, 2, 0, 1, 0]


@pytest.mark.parametrize(
    ("kind", "rule", "reason", "misses"),
    [
        ("fallback", "miss", None, 2), ("fallback", NOTHING_READ, None, 1), ("answer", "exact", None, 0),
        ("clarify", "unsure", None, 0), ("smalltalk", "smalltalk_thanks", None, 1), ("smalltalk", "smalltalk_chat", None, 0),
        ("handoff", "human_wanted", "customer_wish", 1), ("handoff", "answer_refused", NOT_UNDERSTOOD, 2),
    ],
)  # fmt: skip
def test_a_reply_is_counted_with_the_misses_before_it(kind: ReplyKind, rule: str, reason: str | None, misses: int) -> None:
    assert misses_with(1, kind, rule, reason) == misses


def test_options_last_until_something_else_is_talked_of() -> None:
    offered = turn("clarify", options=["a", "b"], option_texts=["甲", "乙"])
    courtesy, in_task, other = turn("smalltalk"), turn("answer", task="order_progress"), turn("answer", options=["c"])
    assert [replay([offered, *said]).options for said in ([], [courtesy], [in_task], [courtesy, in_task])] == [("a", "b")] * 4
    assert [replay([offered, *said]).options for said in ([other], [turn("fallback")], [turn("handoff")])] == [()] * 3
    assert replay([offered, courtesy]).option_texts == ("甲", "乙")


def test_the_turns_since_an_order_was_shown_are_counted() -> None:
    shown = turn("order_status", order_id="QH1")
    assert [replay([shown, *[turn("answer")] * n]).since_order for n in range(3)] == [0, 1, 2]


def test_each_asking_of_a_slot_is_counted_until_the_task_ends() -> None:
    phone = turn("ask_slot", task="order_progress", slot="phone")
    name = turn("ask_slot", task="order_progress", slot="name", slots={"phone": "13800000001"})
    faq = turn("answer", task="order_progress", slot="name", slots={"phone": "13800000001"})
    state = replay([phone, phone, name, faq])
    assert (state.asks, state.asked, state.slots) == ({"phone": 2, "name": 1}, "name", {"phone": "13800000001"})
    ended = replay([phone, phone, turn("smalltalk")])
    assert (ended.task, ended.asks, ended.asked, ended.slots) == (None, {}, None, {})


def test_another_slot_given_instead_of_the_one_asked_for_is_remembered_beside_the_askings() -> None:
    asked = turn("ask_slot", task="fault_report", slot="product")
    instead = turn("ask_slot", task="fault_report", slot="product", slots={"phone": "13800000001"})
    state = replay([asked, instead, instead])
    assert (state.asks, state.learnt) == ({"product": 3}, {"product": 1})
    assert replay([asked, instead, turn("answer")]).learnt == {}


def test_a_new_task_counts_its_askings_from_the_beginning() -> None:
    report = turn("ask_slot", task="fault_report", slot="phone")
    order = turn("ask_slot", task="order_progress", slot="phone")
    assert replay([report, report, order]).asks == {"phone": 1}


def test_what_was_offered_is_known_to_be_orders_as_long_as_it_stays() -> None:
    listed = turn("clarify", options=["QH1", "QH2"], option_texts=["一", "二"], task="order_progress")
    picked = turn("order_status", rule="order_picked", order_id="QH1")
    questions = turn("clarify", options=["a"], option_texts=["甲"])
    assert [replay(said).offers_orders for said in ([listed], [listed, picked], [listed, picked, questions])] == [
        True,
        True,
        False,
    ]
    assert replay([listed, picked]).options == ("QH1", "QH2")
    for between in ("answer", "fallback"):
        kept = [replay([listed, *[turn(between)] * times]).options for times in (1, 3, 4)]
        assert kept == [("QH1", "QH2"), ("QH1", "QH2"), ()]
    assert (replay([listed, turn("handoff")]).options, replay([listed, turn("ask_slot")]).offers_orders) == ((), False)


def test_a_human_is_on_offer_until_the_next_message_only() -> None:
    late = turn("order_status", order_id="QH1", offer="asked")
    assert [replay(said).offer for said in ([late], [late, turn("smalltalk")])] == ["asked", None]


def test_names_are_remembered_for_the_whole_session_even_after_a_long_silence() -> None:
    known = OrderQuery(name="林晓燕")
    later = datetime(2030, 1, 1, tzinfo=timezone.utc)
    session = Session(
        customer_id="u", identified=known, turns=[turn("answer", names=["王建平"]), turn("answer", names=["王建平"])]
    )
    assert state_of(session, later).names == ("林晓燕", "王建平")


def test_the_order_shown_is_remembered_with_what_proved_it() -> None:
    shown = turn("order_status", order_id="QH1", slots={"phone": "13800000001", "name": "林晓燕"})
    state = replay([shown, turn("answer")])
    assert (state.order_id, state.shown) == ("QH1", {"phone": "13800000001", "name": "林晓燕"})
    assert replay([shown, turn("order_status", order_id="QH2")]).order_id == "QH2"


def test_what_the_host_has_proven_stays_for_the_whole_session() -> None:
    assert state_of(Session(customer_id="u", identified=WHO, turns=[turn("answer"), turn("handoff")])).identified == WHO


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


UNDER_WAY = (
    turn("clarify", options=["a", "b"], option_texts=["甲", "乙"]),
    turn("ask_slot", task="order_progress", slot="name", slots={"phone": "13800000001"}),
    turn("order_status", order_id="QH1", slots={"phone": "13800000001"}),
    turn("fallback"),
)


@pytest.mark.parametrize("last", UNDER_WAY)
def test_a_long_silence_ends_whatever_was_under_way(last: Turn) -> None:
    session = Session(customer_id="u", identified=WHO, turns=[last])
    before = state_of(session)
    assert state_of(session, last.at + timedelta(seconds=IDLE_TIMEOUT_S)) == before
    after = state_of(session, last.at + timedelta(seconds=IDLE_TIMEOUT_S + 0.001))
    assert after == State(turns=1, identified=WHO)
    assert after != before


@pytest.mark.parametrize("last", UNDER_WAY)
def test_a_silence_between_turns_counts_when_they_are_replayed(last: Turn) -> None:
    later = last.model_copy(update={"kind": "smalltalk", "rule": "r", "task": None, "order_id": None, "at": last.at + hours(1)})
    assert replay([last, later]) == replace(replay([later]), turns=2)
    soon = later.model_copy(update={"at": last.at})
    assert replay([last, later], idle_timeout_s=3600) == replay([last, soon])


def test_a_clock_that_goes_back_ends_nothing() -> None:
    """Two workers' clocks may differ."""
    said = UNDER_WAY[1]
    assert state_of(Session(customer_id="u", turns=[said]), said.at - hours(5)).task == "order_progress"
