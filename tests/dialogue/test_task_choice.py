"""Which task a message goes on with, takes up again or doesn't begin: accounts, tasks called off, numbers of other people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.policy import decide
from csbot.dialogue.state import Dropped, State, advance
from csbot.dialogue.turns import turn_of
from csbot.models import Action, utc_now

KNOWN = {"product": "橱柜", "fault": "水槽底下漏水"}
ASKED = State(turns=2, task="fault_report", asked="phone", slots=KNOWN, asks={"phone": 1})
BY_PHONE = {"phone": "13800000001"}


@pytest.mark.parametrize(("text", "confidence"), [
    ("水都淌到客厅了", 0.85), ("水都淌到客厅了", 0.0), ("隔壁都来敲门了", 0.85), ("台面也鼓包了", 0.0), ("还有把手也松了", 0.3),
])  # fmt: skip
def test_what_is_told_in_a_task_is_added_however_much_it_sounds_like_an_faq(text: str, confidence: float) -> None:
    action = decide(ASKED, message(text, candidate("care", confidence)), policy())
    assert (*told(action), action.slot) == ("ask_slot", "account_added", "phone")
    assert action.slots["fault"] == f"水槽底下漏水；{text}"


def test_an_account_is_the_fault_where_none_is_known_and_is_read_back_where_all_is() -> None:
    no_fault = replace(ASKED, asked="product", slots={}, asks={"product": 1})
    first = decide(no_fault, message("水都淌到客厅了", candidate("care", 0.85)), policy())
    assert (first.slot, first.slots) == ("product", {"fault": "水都淌到客厅了"})
    whole = {**KNOWN, **BY_PHONE, "address": "文一路8号", "wished_time": ""}
    last = decide(replace(ASKED, asked="confirm", slots=whole), message("拉篮也断了", candidate("care", 0.85)), policy())
    assert (last.slot, last.wording, last.slots["fault"]) == ("confirm", "ask", "水槽底下漏水；拉篮也断了")


@pytest.mark.parametrize("text", ["修一次要多少钱", "我想开发票", "帮我改下收货人", "质保期"])
def test_a_question_a_demand_and_a_bare_matter_are_answered(text: str) -> None:
    action = decide(ASKED, message(text, candidate("fee", 0.85)), policy())
    assert (*told(action), action.task, action.slots) == ("answer", "faq_in_task", "fault_report", KNOWN)


def test_a_question_that_an_faq_hardly_fits_is_said_to_be_open() -> None:
    action = decide(ASKED, message("你们怎么赔", candidate("freight", 0.4)), policy(answer=0.36, clarify=0.1))
    assert told(action) == ("ask_slot", "question_unanswered")


def test_additions_are_no_askings_in_vain() -> None:
    state = replace(ASKED, asks={"phone": 1})
    for text in ("台面也裂了", "把手也掉了", "地板也泡了"):
        said = message(text)
        state = advance(state, turn_of(said, decide(state, said, policy()), "…", utc_now()))
    assert state.slots["fault"].count("；") == 3
    assert decide(state, message("嗯嗯这个嘛"), policy()).kind == "ask_slot"


def called_off(task: str, **slots: str) -> State:
    return State(turns=4, dropped=Dropped(task, slots))


@pytest.mark.parametrize("text", ["算了还是修一下吧", "要不还是登记吧", "继续吧", "那还是帮我约一下吧"])
def test_a_task_called_off_is_taken_up_with_what_it_knew(text: str) -> None:
    action = decide(called_off("fault_report", **KNOWN), message(text, candidate("again", 0.9)), policy())
    assert (*told(action), action.task, action.slot, action.slots) == (
        "ask_slot", "task_resumed", "fault_report", "phone", KNOWN,
    )  # fmt: skip


def test_so_is_a_look_up() -> None:
    action = decide(called_off("order_progress", **BY_PHONE), message("还是再看看吧", candidate("again", 0.9)), policy())
    assert (*told(action), action.slot, action.slots) == ("ask_slot", "task_resumed", "name", BY_PHONE)


def test_another_verb_another_matter_or_a_while_later_is_no_resumption() -> None:
    faq = candidate("again", 0.9)
    assert decide(called_off("order_progress"), message("还是修一下吧", faq), policy()).kind == "answer"
    assert decide(called_off("fault_report"), message("还是查一下吧", faq), policy()).kind == "answer"
    assert decide(called_off("fault_report"), message("还是想退货", faq), policy()).kind == "answer"
    old = State(dropped=Dropped("fault_report", KNOWN, since=4))
    assert decide(old, message("还是修一下吧", faq), policy()).kind == "answer"
    assert decide(START, message("还是修一下吧", faq), policy()).kind == "answer"


def test_what_was_called_off_is_remembered_and_forgotten_once_something_begins_or_is_done() -> None:
    def after(state: State, action: Action) -> State:
        return advance(state, turn_of(message("…"), action, "…", utc_now()))

    off = Action(kind="smalltalk", rule="smalltalk_cancel", wording="cancel_other_task")
    dropped = after(ASKED, off)
    assert dropped.dropped == Dropped("fault_report", KNOWN)
    assert after(dropped, off).dropped == Dropped("fault_report", KNOWN, since=1)
    begun = Action(kind="ask_slot", rule="r", task="order_progress", slot="phone", wording="ask")
    assert after(dropped, begun).dropped is None
    done = Action(kind="task_done", rule="confirmed", task="fault_report", slots=KNOWN, wording="done")
    assert after(ASKED, done).dropped is None
    handoff = Action(kind="handoff", rule="r", task="fault_report", reason="x", wording="handoff")
    assert after(ASKED, handoff).dropped is None


@pytest.mark.parametrize("state", [START, State(turns=2, order_id="QH1", shown=BY_PHONE)])
def test_a_number_of_somebody_to_be_called_proves_nothing_and_is_for_a_colleague(state: State) -> None:
    said = message("送来之前联系我先生，13900001111")
    action = decide(state, said, policy())
    assert (*told(action), action.offer) == ("fallback", "contact_told", "asked")
    assert turn_of(said, action, "…", utc_now()).slots == {}
    assert told(decide(state, message("我先生的手机13900001111，查下他的订单"), policy()))[0] == "ask_slot"
