"""The order task: what proves ownership, what is asked next, and that strangers learn nothing."""

from __future__ import annotations

import pytest

from csbot.config import BotConfig, OrderConfig
from csbot.dialogue.order_progress import ask, look_up, next_slot, proof, proven, query_of, settle
from csbot.dialogue.state import State
from csbot.models import Order, OrderQuery

CONFIG = BotConfig()
ID, PHONE, NAME = "QH202611030012", "13800000001", "林晓燕"
MINE = Order(order_id=ID, phone=PHONE, name=NAME)
MINE_TOO = Order(order_id="QH202611030099", phone=PHONE, name=NAME)
THEIRS = Order(order_id="QH202611039999", phone="13900000002", name="王建平")


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


def test_the_backend_is_asked_with_the_proof_and_nothing_else() -> None:
    assert query_of(slots(order_id=ID, phone=PHONE, name=NAME), CONFIG.orders) == OrderQuery(order_id=ID, phone=PHONE)
    assert query_of(slots(phone=PHONE, name=NAME), CONFIG.orders) == OrderQuery(phone=PHONE, name=NAME)


@pytest.mark.parametrize("given", [slots(), slots(order_id=ID), slots(phone=PHONE), slots(name=NAME), slots(order_id=ID, name=NAME)])
def test_less_than_a_pair_proves_nothing(given: dict[str, str]) -> None:
    assert proof(given, CONFIG.orders) == {}
    assert proven([MINE, MINE_TOO, THEIRS], given, CONFIG.orders) == []


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (slots(order_id=ID, phone=PHONE), [MINE]),
        (slots(order_id=ID.lower(), phone=PHONE), [MINE]),
        (slots(phone=PHONE, name=NAME), [MINE, MINE_TOO]),
        (slots(order_id=ID, phone="13900000002"), []),
        (slots(order_id="QH000000", phone=PHONE), []),
        (slots(phone=PHONE, name="林晓"), []),
        (slots(phone=PHONE[:10], name=NAME), []),
    ],
)
def test_of_what_a_backend_returns_only_the_customers_own_counts(given: dict[str, str], own: list[Order]) -> None:
    assert proven([THEIRS, MINE, MINE_TOO], given, CONFIG.orders) == own


def test_a_backend_may_keep_phones_with_their_country_code() -> None:
    order = MINE.model_copy(update={"phone": "+8613800000001"})
    assert proven([order], slots(order_id=ID, phone=PHONE), CONFIG.orders) == [order]


def test_one_order_is_told() -> None:
    action = look_up(slots(phone=PHONE, name=NAME), rule="slot_given")
    settled = settle(State(), action, [MINE, THEIRS], CONFIG)
    assert (settled.kind, settled.order, settled.slots["order_id"]) == ("order_status", MINE, ID)


def test_several_orders_are_offered_to_pick_from() -> None:
    settled = settle(State(), look_up(slots(phone=PHONE, name=NAME), rule="r"), [MINE, MINE_TOO], CONFIG)
    assert (settled.kind, settled.rule, settled.order) == ("clarify", "several_orders", None)


@pytest.mark.parametrize("given", [slots(order_id=ID, phone="13700000000"), slots(phone="13700000000", name=NAME)])
def test_not_found_and_not_yours_lead_to_the_same_action(given: dict[str, str]) -> None:
    action = look_up(given, rule="slot_given")
    not_found, not_yours = settle(State(), action, [], CONFIG), settle(State(), action, [MINE, THEIRS], CONFIG)
    assert not_found == not_yours
    assert (not_found.kind, not_found.rule, not_found.order) == ("ask_slot", "order_not_found", None)


@pytest.mark.parametrize(
    ("given", "slot"), [(slots(order_id=ID, phone=PHONE), "order_id"), (slots(phone=PHONE, name=NAME), "phone")]
)
def test_after_a_vain_search_the_first_part_of_the_proof_is_asked_again(given: dict[str, str], slot: str) -> None:
    assert settle(State(), look_up(given, rule="r"), [], CONFIG).slot == slot


def test_vain_searches_end_with_a_human() -> None:
    state = State(task="order_progress", asks={"order_id": CONFIG.dialogue.slot_retry_limit})
    settled = settle(state, look_up(slots(order_id=ID, phone=PHONE), rule="r"), [], CONFIG)
    assert (settled.kind, settled.rule, settled.reason) == ("handoff", "slot_retry_limit", "slot_not_given")


@pytest.mark.parametrize(("times", "kind"), [(0, "ask_slot"), (2, "ask_slot"), (3, "handoff"), (9, "handoff")])
def test_the_fourth_asking_of_a_slot_is_a_handoff_by_default(times: int, kind: str) -> None:
    action = ask(State(asks={"name": times}), slots(phone=PHONE), "name", CONFIG, rule="r")
    assert (action.kind, action.slots) == (kind, {"phone": PHONE})


def test_askings_of_another_slot_do_not_count() -> None:
    assert ask(State(asks={"phone": 9}), {}, "name", CONFIG, rule="r").kind == "ask_slot"
