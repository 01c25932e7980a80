"""The order task: what proves ownership, what is asked next, and that strangers learn nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import message, policy, told
from hypothesis import given
from hypothesis import strategies as st

from csbot.config import BotConfig, OrderConfig
from csbot.dialogue.order_progress import ask, continue_with, look_up, next_slot, owned, queries, settle
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State
from csbot.models import Order, OrderQuery

CONFIG = BotConfig()
ID, PHONE, NAME = "QH202611030012", "13800000001", "林晓燕"
MINE = Order(order_id=ID, phone=PHONE, name=NAME)
MINE_TOO = Order(order_id="QH202611030099", phone=PHONE, name=NAME)
THEIRS = Order(order_id="QH202611039999", phone="13900000002", name="王建平")
ALL = [THEIRS, MINE, MINE_TOO]


def slots(**given: str) -> dict[str, str]:
    return given


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (slots(), "phone"),
        (slots(order_id=ID), "phone"),
        (slots(phone=PHONE), "name"),
        (slots(name=NAME), "phone"),
        (slots(order_id=ID, name=NAME), "phone"),
        (slots(order_id=ID, phone=PHONE), None),
        (slots(phone=PHONE, name=NAME), None),
    ],
)
def test_what_is_missing_for_a_proof_is_asked_next(given: dict[str, str], wanted: str | None) -> None:
    assert next_slot(given, CONFIG.orders) == wanted


def test_another_proof_asks_for_other_slots() -> None:
    orders = OrderConfig(proof=(("order_id", "name"),))
    assert next_slot(slots(order_id=ID, phone=PHONE), orders) == "name"
    assert next_slot(slots(order_id=ID, name=NAME), orders) is None


def test_the_backend_is_asked_with_each_complete_pair_and_nothing_else() -> None:
    asked = queries(look_up(slots(order_id=ID, phone=PHONE, name=NAME), rule="r"), CONFIG.orders)
    assert asked == [OrderQuery(order_id=ID, phone=PHONE), OrderQuery(phone=PHONE, name=NAME)]
    assert queries(look_up(slots(phone=PHONE, name=NAME), rule="r"), CONFIG.orders) == [OrderQuery(phone=PHONE, name=NAME)]


@pytest.mark.parametrize("given", [{}, slots(order_id=ID), slots(phone=PHONE), slots(name=NAME), slots(order_id=ID, name=NAME)])
def test_less_than_a_pair_is_never_looked_up(given: dict[str, str]) -> None:
    assert queries(look_up(given, rule="r"), CONFIG.orders) == []
    assert continue_with(State(), given, given, CONFIG, True, rule="r").kind == "ask_slot"


def test_what_the_host_has_proven_is_asked_last() -> None:
    action = look_up(slots(order_id=ID, phone=PHONE), trusted=slots(phone="13700000000"), rule="r")
    assert queries(action, CONFIG.orders) == [OrderQuery(order_id=ID, phone=PHONE), OrderQuery(phone="13700000000")]


def test_what_the_customer_says_otherwise_is_not_mixed_with_what_the_host_has_proven() -> None:
    state = State(identified=OrderQuery(phone=PHONE))
    said = slots(phone="13900000002")
    action = continue_with(state, said, said, CONFIG, True, rule="r")
    assert (action.kind, action.slot, action.slots) == ("ask_slot", "name", {"phone": "13900000002"})


@pytest.mark.parametrize(
    ("query", "own"),
    [
        (OrderQuery(order_id=ID, phone=PHONE), [MINE]),
        (OrderQuery(order_id="qh-2026 1103_0012", phone=PHONE), [MINE]),
        (OrderQuery(phone=PHONE, name=NAME), [MINE, MINE_TOO]),
        (OrderQuery(phone=PHONE, name="林曉燕"), [MINE, MINE_TOO]),
        (OrderQuery(order_id=ID, phone="13900000002"), []),
        (OrderQuery(order_id="QH000000", phone=PHONE), []),
        (OrderQuery(phone=PHONE, name="林晓"), []),
        (OrderQuery(phone=PHONE[1:], name=NAME), []),
        (OrderQuery(phone="", name=""), []),
        (OrderQuery(), []),
    ],
)
def test_of_what_a_backend_returns_only_what_fits_the_query_counts(query: OrderQuery, own: list[Order]) -> None:
    assert owned(ALL, query) == own


@pytest.mark.parametrize("phone", ["+8613800000001", "138 0000 0001", "86-138-0000-0001"])
def test_a_backend_may_write_phones_as_it_likes(phone: str) -> None:
    order = MINE.model_copy(update={"phone": phone})
    assert owned([order], OrderQuery(order_id=ID, phone=PHONE)) == [order]


@pytest.mark.parametrize("query", [OrderQuery(phone="", name=""), OrderQuery(order_id="A1", phone=""), OrderQuery(name="")])
def test_an_order_without_phone_or_name_belongs_to_nobody(query: OrderQuery) -> None:
    assert owned([Order(order_id="A1")], query) == []


short = st.text("QH13 林", max_size=4)


@given(
    st.lists(st.builds(Order, order_id=st.sampled_from(["QH1", "QH3"]), phone=short, name=short), max_size=6),
    st.builds(OrderQuery, order_id=st.none() | short, phone=st.none() | short, name=st.none() | short),
)
def test_nothing_is_owned_by_a_value_cut_short(orders: list[Order], query: OrderQuery) -> None:
    """Four characters are no phone; ids and names must be the same but for blanks."""
    for order in owned(orders, query):
        assert query.phone is None
        assert query.name is None or order.name.replace(" ", "") == query.name.replace(" ", "")
        assert query.order_id is None or order.order_id == query.order_id.replace(" ", "")


def test_one_order_is_told() -> None:
    settled = settle(State(), look_up(slots(phone=PHONE, name=NAME), rule="slot_given"), [MINE], CONFIG)
    assert (settled.kind, settled.order, settled.slots["order_id"]) == ("order_status", MINE, ID)


def test_several_orders_are_offered_to_pick_from() -> None:
    settled = settle(State(), look_up(slots(phone=PHONE, name=NAME), rule="r"), [MINE, MINE_TOO], CONFIG)
    assert (settled.kind, settled.rule, settled.order) == ("clarify", "several_orders", None)
    assert [option.faq_id for option in settled.options] == [MINE.order_id, MINE_TOO.order_id]


def test_of_several_orders_the_one_that_was_named_is_told() -> None:
    action = look_up(slots(phone=PHONE, name=NAME, order_id=MINE_TOO.order_id.lower()), rule="order_picked")
    assert settle(State(), action, [MINE, MINE_TOO], CONFIG).order == MINE_TOO


@pytest.mark.parametrize("given", [slots(order_id=ID, phone="13700000000"), slots(phone="13700000000", name=NAME)])
def test_not_found_and_not_yours_lead_to_the_same_action(given: dict[str, str]) -> None:
    action = look_up(given, rule="slot_given")
    found = [order for query in queries(action, CONFIG.orders) for order in owned(ALL, query)]
    not_yours, not_found = settle(State(), action, found, CONFIG), settle(State(), action, [], CONFIG)
    assert not_found == not_yours
    assert (not_found.kind, not_found.rule, not_found.order) == ("ask_slot", "order_not_found", None)


@pytest.mark.parametrize(
    ("given", "slot"), [(slots(order_id=ID, phone=PHONE), "order_id"), (slots(phone=PHONE, name=NAME), "phone")]
)
def test_after_a_vain_search_the_first_part_of_the_proof_is_asked_again(given: dict[str, str], slot: str) -> None:
    assert settle(State(), look_up(given, rule="r"), [], CONFIG).slot == slot


@pytest.mark.parametrize(
    ("limit", "before", "kind"), [(5, 3, "ask_slot"), (5, 4, "handoff"), (1, 0, "handoff"), (50, 48, "ask_slot")]
)
def test_vain_searches_of_a_session_end_with_a_human(limit: int, before: int, kind: str) -> None:
    config = BotConfig(orders={"lookup_limit": limit})
    settled = settle(State(failed_lookups=before), look_up(slots(phone=PHONE, name="王"), rule="r"), [], config)
    assert settled.kind == kind
    assert kind == "ask_slot" or (settled.rule, settled.reason) == ("lookup_limit", "order_not_proven")


@pytest.mark.parametrize(("times", "kind"), [(0, "ask_slot"), (2, "ask_slot"), (3, "handoff"), (9, "handoff")])
def test_the_fourth_asking_of_a_slot_is_a_handoff_by_default(times: int, kind: str) -> None:
    action = ask(State(asks={"name": times}), slots(phone=PHONE), "name", CONFIG, rule="r")
    assert (action.kind, action.slots) == (kind, {"phone": PHONE})


def test_askings_of_another_slot_do_not_count() -> None:
    assert ask(State(asks={"phone": 9}), {}, "name", CONFIG, rule="r").kind == "ask_slot"


GIVEN = {"order_id": "QH202699999999", "phone": "13800000001"}
NOTHING_FOUND = State(turns=2, task="order_progress", asked="order_id", slots=GIVEN, asks={"order_id": 1})


@pytest.mark.parametrize("text", ["号码绝对没错", "核对过几遍了", "那咋整嘛"])
def test_what_was_given_and_not_found_is_not_asked_for_as_if_it_were_missing(text: str) -> None:
    action = decide(NOTHING_FOUND, message(text, asked="order_id", known=("order_id", "phone")), policy())
    assert (action.kind, action.slot, action.wording, action.offer) == ("ask_slot", "order_id", "order_stands", "asked")
    assert action.slots == GIVEN


def test_who_stands_by_it_may_have_a_human_or_give_another_number() -> None:
    offered = replace(NOTHING_FOUND, offer="asked", asks={"order_id": 2})
    assert decide(offered, message("好的", smalltalk="ack"), policy()).rule == "human_offer_taken"
    other = decide(offered, message("13900000005", asked="order_id", known=("order_id", "phone")), policy())
    assert (other.kind, other.slots["phone"]) == ("order_status", "13900000005")
    enough = replace(offered, asks={"order_id": 3})
    assert told(decide(enough, message("就是没写错啊", asked="order_id"), policy())) == ("handoff", "slot_retry_limit")


def test_a_number_of_another_time_is_not_known_and_that_is_said() -> None:
    asked = State(turns=1, task="order_progress", asked="phone", asks={"phone": 1})
    assert decide(asked, message("跟以前的手机号一样", asked="phone"), policy()).wording == "not_on_record"
