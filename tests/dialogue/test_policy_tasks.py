"""`decide` while the order task is under way: its slots, questions in the middle of it, and the order just shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import ASKED_NAME, ASKED_PHONE, START, candidate, message, policy, told
from hypothesis import given
from hypothesis import strategies as st

from csbot.dialogue.policy import decide
from csbot.dialogue.state import State


def test_the_slot_asked_for_is_taken_and_the_next_one_asked() -> None:
    action = decide(ASKED_PHONE, message("13800000001"), policy())
    assert (*told(action), action.slot, action.slots) == ("ask_slot", "slot_given", "name", {"phone": "13800000001"})


def test_with_the_last_slot_the_order_is_looked_up() -> None:
    action = decide(ASKED_NAME, message("林晓燕", asked="name"), policy())
    assert (*told(action), action.slots) == ("order_status", "slot_given", {"phone": "13800000001", "name": "林晓燕"})


def test_another_slot_than_the_one_asked_for_is_taken_too() -> None:
    action = decide(ASKED_NAME, message("QH202611030012"), policy())
    assert (action.kind, action.slots) == ("order_status", {"phone": "13800000001", "order_id": "QH202611030012"})


def test_a_phone_that_is_cut_short_is_asked_for_in_other_words() -> None:
    action = decide(ASKED_PHONE, message("号码1380000"), policy())
    assert (*told(action), action.slot, action.wording) == ("ask_slot", "slot_invalid", "phone", "invalid")


def test_a_question_in_the_middle_is_answered_and_the_task_stays() -> None:
    action = decide(ASKED_NAME, message("运费怎么算", candidate("fee", 0.9)), policy())
    assert told(action) == ("answer", "faq_in_task")
    assert (action.task, action.slot, action.slots) == ("order_progress", "name", {"phone": "13800000001"})


def test_an_unclear_message_in_the_middle_asks_for_the_slot_again() -> None:
    action = decide(ASKED_NAME, message("嗯这个嘛", candidate("a", 0.6)), policy())
    assert (*told(action), action.slot) == ("ask_slot", "slot_missing", "name")


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_slot_is_asked_for_no_oftener_than_the_limit(limit: int) -> None:
    rules = policy(dialogue={"slot_retry_limit": limit})
    kinds = [
        decide(State(task="order_progress", asked="phone", asks={"phone": times}), message("不告诉你"), rules).kind
        for times in range(1, limit + 1)
    ]
    assert kinds == ["ask_slot"] * (limit - 1) + ["handoff"]


def test_never_mind_ends_the_task() -> None:
    action = decide(ASKED_PHONE, message("算了", smalltalk="cancel"), policy())
    assert (action.kind, action.wording, action.task) == ("smalltalk", "cancel_task", None)


def test_other_courtesy_leaves_the_task_where_it_is() -> None:
    action = decide(ASKED_NAME, message("谢谢", smalltalk="thanks"), policy())
    assert (action.kind, action.task, action.slot, action.slots) == (
        "smalltalk", "order_progress", "name", {"phone": "13800000001"},
    )  # fmt: skip


def test_a_pick_among_several_orders_is_looked_up() -> None:
    state = State(
        task="order_progress", slots={"phone": "13800000001"}, options=("QH1", "QH2"), option_texts=("一", "二"),
        offers_orders=True,
    )  # fmt: skip
    action = decide(state, message("2", picked=candidate("QH2", 1.0, exact=True)), policy())
    assert (*told(action), action.slots) == ("order_status", "order_picked", {"phone": "13800000001", "order_id": "QH2"})


SHOWN = State(turns=3, order_id="QH1", shown={"phone": "13800000001", "name": "林晓燕"})


def test_when_will_it_come_is_about_the_order_just_shown() -> None:
    action = decide(SHOWN, message("那什么时候能到", candidate("ship-time", 0.79)), policy(0.5))
    assert told(action) == ("order_status", "order_follow_up")
    assert action.slots == {"phone": "13800000001", "name": "林晓燕", "order_id": "QH1"}


def test_an_faq_asked_word_for_word_goes_before_the_order_just_shown() -> None:
    action = decide(SHOWN, message("那大概还要多久才能到", candidate("ship-time", 1.0, exact=True)), policy())
    assert told(action) == ("answer", "exact")


def test_an_elliptic_question_is_about_the_order_just_shown_whatever_faq_fits() -> None:
    action = decide(SHOWN, message("那什么时候能到", candidate("ship-time", 0.99)), policy())
    assert told(action)[0] == "order_status"
    exact = candidate("ship-time", 1.0).model_copy(update={"exact": True})
    assert told(decide(SHOWN, message("那什么时候能到", exact), policy()))[0] == "answer"


@pytest.mark.parametrize(("since", "kind"), [(0, "order_status"), (3, "order_status"), (4, "fallback")])
def test_an_order_stays_in_hand_for_four_turns(since: int, kind: str) -> None:
    state = replace(SHOWN, since_order=since)
    assert decide(state, message("那什么时候能到"), policy()).kind == kind


@pytest.mark.parametrize(("text", "outcome"), [
    ("我的柜子做到哪了", ("order_status", "order_follow_up")), ("我另一单做到哪了", ("order_status", "order_another")),
])  # fmt: skip
def test_asking_again_is_about_the_order_in_hand_unless_another_is_named(text: str, outcome: tuple[str, str]) -> None:
    assert told(decide(SHOWN, message(text, order=0.9), policy())) == outcome


def test_without_an_order_shown_it_is_a_question_like_any_other() -> None:
    assert told(decide(START, message("那什么时候能到", candidate("a", 0.9)), policy())) == ("answer", "confident")


def test_an_exact_question_after_an_order_was_shown_is_answered() -> None:
    action = decide(SHOWN, message("什么时候发货", candidate("ship-time", 1.0, exact=True)), policy())
    assert told(action) == ("answer", "exact")


chance = st.floats(0, 1)
states = st.sampled_from([START, ASKED_PHONE, ASKED_NAME, SHOWN, State(misses=1), State(task="order_progress")])
texts = st.sampled_from(["", "怎么弄", "13800000001", "QH202611030012 13800000001", "林晓燕", "那什么时候能到", "号码123456"])


@given(
    states, texts, st.lists(chance, max_size=6), chance, chance, st.booleans(), st.booleans(),
    st.sampled_from([None, "order_progress", "human_handoff"]), st.sampled_from([None, "greeting", "cancel", "ack"]),
)  # fmt: skip
def test_whatever_is_said_one_sound_action_comes_out(
    state: State, text: str, confidences: list[float], wish: float, order: float, exact: bool, has_orders: bool,
    action: str | None, smalltalk: str | None,
) -> None:  # fmt: skip
    shown = [
        candidate(f"f{i}", c, exact=exact and i == 0, action=action if i == 0 else None) for i, c in enumerate(confidences)
    ]
    said = message(text, *shown, wish=wish, order=order, asked=state.asked, smalltalk=smalltalk)
    decided = decide(state, said, policy(has_orders=has_orders))
    assert decided == decide(state, said, policy(has_orders=has_orders))
    assert decided.rule
    assert (decided.kind == "clarify") == bool(decided.options)
    assert len({option.faq_id for option in decided.options}) == len(decided.options) <= 3
    assert decided.kind != "answer" or (decided.candidate is not None and decided.candidate.action is None)
    assert decided.kind != "ask_slot" or decided.slot in ("phone", "name", "order_id")
    assert (decided.kind == "handoff") == (decided.reason is not None)
    assert decided.wording or decided.kind in ("answer", "order_status")
