"""`decide` after an order was shown: asked after, another one, one of somebody else, and a human where it is late."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import ASKED_NAME, ASKED_PHONE, START, candidate, message, policy, told

from csbot.config import BotConfig
from csbot.dialogue.order_progress import look_up, queries, settle
from csbot.dialogue.policy import decide
from csbot.dialogue.state import ANOTHER, State
from csbot.models import Offer, Order, OrderQuery

PHONE, NAME = "13800000001", "林晓燕"
SHOWN = State(turns=3, order_id="QH202611030012", shown={"phone": PHONE, "name": NAME, "order_id": "QH202611030012"})
SHOWN_BY_ID = replace(SHOWN, shown={"phone": PHONE, "order_id": "QH202611030012"})
ORDERS = [Order(order_id=f"QH20261103001{i}", phone=PHONE, name=NAME) for i in range(4)]
CONFIG = BotConfig()


@pytest.mark.parametrize("text", ["另一个呢", "那另外一单呢", "还有别的订单吗", "其他的呢", "上一单呢"])
def test_another_one_is_looked_up_with_what_proved_the_first(text: str) -> None:
    action = decide(SHOWN, message(text), policy())
    assert (*told(action), action.slots) == ("order_status", ANOTHER, {"phone": PHONE, "name": NAME})


def test_where_an_order_id_proved_it_the_name_is_needed_for_the_others() -> None:
    action = decide(SHOWN_BY_ID, message("另一个呢"), policy())
    assert (*told(action), action.slot, action.slots) == ("ask_slot", ANOTHER, "name", {"phone": PHONE})


def test_whom_the_host_has_proven_is_asked_for_nothing() -> None:
    state = replace(SHOWN_BY_ID, identified=OrderQuery(phone=PHONE))
    assert told(decide(state, message("另一个呢"), policy())) == ("order_status", ANOTHER)


@pytest.mark.parametrize("text", ["另外问个问题", "还有个问题", "另外发票怎么开"])
def test_other_words_for_another_matter_are_not_about_orders(text: str) -> None:
    assert decide(SHOWN, message(text, candidate("a", 0.9)), policy()).kind == "answer"


@pytest.mark.parametrize(
    ("orders", "kind", "shown", "wording"),
    [
        (ORDERS[1:], "clarify", ["QH202611030011", "QH202611030013"], "other_orders"),
        (ORDERS[2:], "order_status", ["QH202611030013"], ""),
        (ORDERS[2:3], "order_status", ["QH202611030012"], "no_other_order"),
    ],
)
def test_the_others_are_listed_without_the_one_in_hand(orders: list[Order], kind: str, shown: list[str], wording: str) -> None:
    settled = settle(SHOWN, look_up({"phone": PHONE, "name": NAME}, rule=ANOTHER), orders, CONFIG)
    assert (settled.kind, settled.wording) == (kind, wording)
    assert [option.faq_id for option in settled.options] or [settled.order.order_id if settled.order else ""] == shown


def test_a_new_order_id_replaces_the_old_one_and_the_phone_stays() -> None:
    action = decide(SHOWN, message("那QH202611190015呢"), policy())
    assert (*told(action), action.slots) == (
        "order_status", "another_order_id", {"phone": PHONE, "name": NAME, "order_id": "QH202611190015"},
    )  # fmt: skip
    assert OrderQuery(order_id="QH202611190015", phone=PHONE) in queries(action, CONFIG.orders)


def test_another_phone_begins_anew() -> None:
    action = decide(SHOWN, message("13900000005的呢"), policy())
    assert (action.kind, action.slot, action.slots) == ("ask_slot", "name", {"phone": "13900000005"})


@pytest.mark.parametrize("text", ["换个手机号查", "帮我朋友查一下", "我老婆的订单呢"])
def test_another_persons_order_is_asked_for_from_the_beginning_whatever_was_proven(text: str) -> None:
    state = replace(SHOWN, identified=OrderQuery(phone=PHONE))
    action = decide(state, message(text, candidate("account-phone", 0.79)), policy(0.5))
    assert (*told(action), action.slot, action.slots) == ("ask_slot", "elsewhere", "phone", {})


@pytest.mark.parametrize("text", [
    "刘芳的锁到了没", "那你查下董佳宁到哪了", "帮我查下吴建国", "欧阳雪的呢", "我朋友的门锁到哪了", "我妈那单锁到哪了",
    "隔壁老王的柜子做到哪了", "帮我看看我老公的到哪了", "他的呢", "我婆婆订的柜子发货了没",
])  # fmt: skip
def test_whose_order_it_is_tells_that_the_one_in_hand_is_not_meant(text: str) -> None:
    state = replace(SHOWN, identified=OrderQuery(phone=PHONE), offer="asked")
    action = decide(state, message(text, candidate("install-duration", 0.9), order=0.9, wish=0.89), policy(0.5))
    assert (*told(action), action.slot, action.slots, action.trusted) == ("ask_slot", "elsewhere", "phone", {}, {})


@pytest.mark.parametrize("text", [
    "林晓燕的到哪了", "石英石的到哪了", "白色的到了吗", "衣柜的呢", "查下单到哪了", "他到哪了", "孩子的床到哪了", "周三的呢",
    "我的呢", "查一下物流", "我妈的柜子门坏了怎么办", "我老婆的手机号能查吗", "我妈在家能收吗",
])  # fmt: skip
def test_own_names_goods_and_people_beside_the_order_are_nobody_elses_order(text: str) -> None:
    assert decide(SHOWN, message(text, order=0.9), policy()).rule != "elsewhere"


def test_the_person_named_is_not_looked_up_with_what_was_proven_for_another() -> None:
    """Even under the same phone: the name is to be given with it."""
    asked = decide(SHOWN, message("刘芳的到了没", order=0.9), policy())
    state = replace(SHOWN, task=asked.task, asked=asked.slot, slots=dict(asked.slots), asks={"phone": 1})
    action = decide(state, message(PHONE, asked="phone"), policy())
    assert (action.kind, action.slot) == ("ask_slot", "name")


def test_how_to_change_a_phone_is_a_question_like_any_other() -> None:
    assert decide(SHOWN, message("换个手机号", candidate("account-phone", 0.96)), policy()).kind == "answer"


def test_a_wrong_order_id_of_which_only_the_order_in_hand_is_found_asks_for_the_phone_it_stands_under() -> None:
    action = look_up({"phone": PHONE, "name": NAME, "order_id": "QH202611190015"}, rule="another_order_id")
    settled = settle(SHOWN, action, [ORDERS[2]], CONFIG)
    assert (*told(settled), settled.slot, settled.slots) == (
        "ask_slot", "order_not_found", "phone", {"order_id": "QH202611190015"},
    )  # fmt: skip


@pytest.mark.parametrize(("faq", "since", "outcome"), [
    (0.8, 0, ("answer", "confident")), (0.79, 0, ("order_status", "order_follow_up")),
    (0.8, 1, ("order_status", "order_follow_up")),
])  # fmt: skip
def test_an_order_that_was_told_just_now_is_not_told_again_where_an_faq_helps(
    faq: float, since: int, outcome: tuple[str, str]
) -> None:
    said = message("签收了？我没收到啊", candidate("not-received", faq), order=0.85)
    assert told(decide(replace(SHOWN, since_order=since), said, policy(0.4))) == outcome


@pytest.mark.parametrize(("text", "rule"), [("没有了", "nothing_more"), ("那我再等等吧", "waits")])
def test_after_an_order_short_words_end_the_matter(text: str, rule: str) -> None:
    assert told(decide(SHOWN, message(text, candidate("a", 0.9), order=0.9), policy())) == ("smalltalk", rule)
    assert decide(START, message(text, candidate("a", 0.9)), policy()).kind == "answer"


def test_who_asks_for_a_moment_gets_it_and_the_task_waits() -> None:
    action = decide(ASKED_NAME, message("等一下我找找"), policy())
    assert (*told(action), action.task, action.slot) == ("smalltalk", "waits", "order_progress", "name")


def test_the_list_stays_on_offer_after_a_pick() -> None:
    state = replace(SHOWN, options=("QH1", "QH2"), option_texts=("QH1 锁", "QH2 柜"), offers_orders=True)
    action = decide(state, message("第一个呢", picked=candidate("QH1", 1.0, exact=True)), policy())
    assert (*told(action), action.slots["order_id"], action.slots["phone"]) == ("order_status", "order_picked", "QH1", PHONE)
    assert decide(state, message("没有了", rejected=True), policy()).kind == "smalltalk"


@pytest.mark.parametrize(
    ("given", "orders", "wording"),
    [
        ({"order_id": "QH999999999999"}, ORDERS[:1], "not_this_order"),
        ({"order_id": "QH999999999999"}, ORDERS[:2], "not_these_orders"),
        ({"order_id": ORDERS[0].order_id}, ORDERS[:2], ""),
        ({}, ORDERS[:2], "pick_order"),
    ],
)
def test_a_wrong_order_id_of_a_proven_customer_is_said_to_be_wrong(
    given: dict[str, str], orders: list[Order], wording: str
) -> None:
    assert settle(State(), look_up({"phone": PHONE, "name": NAME} | given, rule="r"), orders, CONFIG).wording == wording


@pytest.mark.parametrize(("offer", "text", "smalltalk", "taken"), [
    ("asked", "好的", "ack", True), ("asked", "要", None, True), ("asked", "嗯", "ack", True),
    ("asked", "帮我催一下", None, True),
    ("mentioned", "好的", "ack", False), ("mentioned", "要", None, True), ("mentioned", "需要", None, True),
    (None, "好的", "ack", False),
    (None, "要", None, False), ("asked", "不用了", "cancel", False), ("asked", "谢谢", "thanks", False),
])  # fmt: skip
def test_a_human_that_was_offered_comes_when_the_customer_says_so(
    offer: Offer | None, text: str, smalltalk: str | None, taken: bool
) -> None:
    action = decide(replace(SHOWN, offer=offer), message(text, smalltalk=smalltalk), policy())
    assert (action.rule == "human_offer_taken") is taken
    if taken:
        assert (action.kind, action.reason, action.order_id) == ("handoff", "customer_wish", "QH202611030012")


@pytest.mark.parametrize(("state", "text", "known", "slot", "slots"), [
    (ASKED_NAME, "上面那个号错了", ("phone",), "phone", {}),
    (ASKED_NAME, "不对", ("phone",), "phone", {}),
    (replace(ASKED_PHONE, slots={"order_id": "QH1"}), "单号发错了", ("order_id",), "order_id", {}),
    (
        replace(ASKED_NAME, slots={"order_id": "QH1", "phone": PHONE}),
        *("那个号不对", ("order_id", "phone"), "phone", {"order_id": "QH1"}),
    ),
])  # fmt: skip
def test_what_is_taken_back_is_asked_for_again(
    state: State, text: str, known: tuple[str, ...], slot: str, slots: dict[str, str]
) -> None:
    action = decide(state, message(text, asked=state.asked, known=known), policy())
    assert (*told(action), action.slot, action.slots) == ("ask_slot", "slot_withdrawn", slot, slots)


@pytest.mark.parametrize(("state", "text", "slot", "slots"), [
    (ASKED_PHONE, "不知道订单号", "phone", {}), (ASKED_NAME, "不记得了", "order_id", {"phone": PHONE}),
    (replace(ASKED_NAME, asked="order_id", slots={"order_id": "QH1", "phone": PHONE}), "没有订单号", "name", {"phone": PHONE}),
])  # fmt: skip
def test_who_has_not_what_is_asked_for_may_prove_it_otherwise(
    state: State, text: str, slot: str, slots: dict[str, str]
) -> None:
    action = decide(state, message(text, candidate("a", 0.9)), policy())
    assert (*told(action), action.slot, action.slots) == ("ask_slot", "slot_lacking", slot, slots)


def test_who_means_none_of_the_orders_listed_is_asked_for_another_number() -> None:
    state = replace(ASKED_NAME, asked=None, options=("QH1", "QH2"), option_texts=("一", "二"), offers_orders=True)
    action = decide(state, message("都不是", rejected=True), policy())
    assert (*told(action), action.slot, action.slots) == ("ask_slot", "orders_rejected", "phone", {})


def test_the_last_four_digits_are_not_enough() -> None:
    action = decide(ASKED_PHONE, message("尾号0001", asked="phone"), policy())
    assert (*told(action), action.slot) == ("ask_slot", "slot_invalid", "phone")


ELEVEN = (r"\d{11}",)


def test_a_number_that_may_be_a_phone_or_an_order_id_is_asked_about() -> None:
    action = decide(START, message(f"{PHONE}到哪了", order=0.9, order_ids=ELEVEN), policy())
    assert (*told(action), action.slot, action.slots) == ("ask_slot", "number_ambiguous", "number", {"number": PHONE})


@pytest.mark.parametrize(("text", "slot", "slots"), [
    ("订单号", "phone", {"order_id": PHONE}), ("是手机号", "name", {"phone": PHONE}), ("你猜", "name", {"phone": PHONE}),
    ("QH202611030012", "phone", {"order_id": "QH202611030012"}),
])  # fmt: skip
def test_it_is_asked_about_once(text: str, slot: str, slots: dict[str, str]) -> None:
    state = State(task="order_progress", asked="number", slots={"number": PHONE}, asks={"number": 1})
    action = decide(state, message(text), policy())
    assert (action.kind, action.slot, action.slots) == ("ask_slot", slot, slots)


def test_what_was_asked_for_or_named_is_not_in_doubt() -> None:
    assert decide(ASKED_PHONE, message(PHONE, asked="phone", order_ids=ELEVEN), policy()).slot == "name"
    assert decide(START, message(f"手机号{PHONE}到哪了", order=0.9, order_ids=ELEVEN), policy()).slot == "name"


@pytest.mark.parametrize("text", ["不对，我叫刘芳", "收货人是刘芳", "名字写错了，应该是刘芳", "刘芳", "我是刘芳不是林晓燕"])
def test_a_name_put_right_is_proven_anew_with_the_phone_alone(text: str) -> None:
    action = decide(SHOWN, message(text), policy())
    assert (*told(action), action.slots) == ("order_status", "another_name", {"phone": PHONE, "name": "刘芳"})
    assert decide(SHOWN_BY_ID, message(text), policy()).kind != "order_status"


@pytest.mark.parametrize("text", ["王总好", "林晓燕", "张师傅电话多少"])
def test_other_words_with_a_name_put_none_right(text: str) -> None:
    assert decide(SHOWN, message(text), policy()).rule != "another_name"
