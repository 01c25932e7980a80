"""The ticket: the whole conversation and what was tried, with nothing personal left readable."""

from __future__ import annotations

import pytest

from csbot.dialogue.state import state_of
from csbot.dialogue.turns import names_in
from csbot.handoff.ticket import open_ticket
from csbot.intents.slots import find_slots
from csbot.models import Action, Candidate, OrderQuery, Session, Signal, Ticket, Turn, Understanding

PERSONAL = ("QH202611030012", "13800000001", "林晓燕")


def turn(user: str, reply: str, **fields: object) -> Turn:
    names = [slot.value for slot in find_slots(user, asked=None) if slot.name == "name"]
    return Turn.model_validate({"user": user, "reply": reply, "kind": "ask_slot", "rule": "r", "names": names} | fields)


def ticket(session: Session, text: str, *, reason: str = "customer_wish", asked: str | None = None, **fields: object) -> Ticket:
    message = Understanding.model_validate({"text": text, "normalised": text, "slots": find_slots(text, asked=asked)} | fields)
    known = session.turns[-1].slots if session.turns else {}
    action = Action(kind="handoff", rule="r", reason=reason, slots=known, order_id="QH202611030012")
    return open_ticket(session, message, action, [*state_of(session).names, *names_in(message)])


TALK = Session(
    customer_id="u1",
    channel="wechat",
    turns=[
        turn("查QH202611030012", "请提供手机号", slot="phone", slots={"order_id": "QH202611030012"}),
        turn("我叫林晓燕，13800000001", "没有查到", slots=dict(zip(("order_id", "phone", "name"), PERSONAL, strict=True))),
    ],
)


def test_the_transcript_has_every_line_in_its_order_and_this_message_last() -> None:
    assert ticket(TALK, "转人工").transcript == [
        "客户：查QH20******12", "机器人：请提供手机号", "客户：我叫林**，138****0001", "机器人：没有查到", "客户：转人工",
    ]  # fmt: skip


def test_the_ticket_says_who_where_and_why() -> None:
    opened = ticket(TALK, "转人工", reason="not_understood")
    assert (opened.customer_id, opened.channel, opened.session_id) == ("u1", "wechat", TALK.id)
    assert (opened.reason, opened.state, opened.order_id) == ("not_understood", "queued", "QH202611030012")


def test_what_is_known_goes_along_masked() -> None:
    assert ticket(TALK, "转人工").slots == {"order_id": "QH20******12", "phone": "138****0001", "name": "林**"}


@pytest.mark.parametrize(
    "text",
    [
        "13800000001", "１３８０００００００１", "138 0000 0001", "1 3 8 0 0 0 0 0 0 0 1", "+86-138-0000-0001",
        "一三八零零零零零零零一",
        "幺三八零零零零零零零一", "QH202611030012", "ＱＨ２０２６１１０３００１２", "我叫林晓燕", "住文三路88号3栋2单元501室",
        "lin@example.com",
    ],
)  # fmt: skip
def test_nothing_personal_is_readable_however_it_was_typed(text: str) -> None:
    """In this message and in an earlier one, where no task had taken it as a slot."""
    session = Session(customer_id="u", turns=[turn(f"{text}，发票怎么开", "在订单里申请", kind="answer")])
    for lines in (ticket(session, "转人工").transcript[:1], ticket(Session(customer_id="u"), text).transcript):
        assert "*" in lines[0]
        assert text not in lines[0]
        assert all(part not in lines[0] for part in (*PERSONAL, "00000001", "零零零零", "501", "lin@"))


def test_a_name_is_covered_in_every_line_once_it_is_known() -> None:
    session = Session(
        customer_id="u", turns=[turn("收货人写的谁", "收货人写的是林晓燕吗"), turn("林晓燕", "好的", names=["林晓燕"])]
    )
    assert all("林晓燕" not in line for line in ticket(session, "转人工").transcript)


def test_a_name_that_the_host_knows_is_covered_too() -> None:
    session = Session(customer_id="u", identified=OrderQuery(name="林晓燕"))
    assert ticket(session, "林晓燕的订单").transcript == ["客户：林**的订单"]


def test_at_most_five_candidates_go_along_best_first() -> None:
    shown = [Candidate(faq_id=f"f{i}", question="q", score=1, confidence=1 - i / 10) for i in range(8)]
    tried = ticket(Session(customer_id="u"), "怎么弄", candidates=shown).tried
    assert [candidate.faq_id for candidate in tried] == ["f0", "f1", "f2", "f3", "f4"]


def test_the_words_of_signals_are_masked() -> None:
    signal = Signal(name="human_wanted", score=0.9, text="打13800000001找林晓燕", reason="r")
    (kept,) = ticket(TALK, "转人工", signals=[signal]).signals
    assert (kept.name, kept.score, kept.text) == ("human_wanted", 0.9, "打138****0001找林**")


def test_a_ticket_is_the_same_after_json() -> None:
    opened = ticket(TALK, "转人工")
    assert Ticket.model_validate_json(opened.model_dump_json()) == opened


def test_opening_a_ticket_changes_nothing_in_the_session() -> None:
    before = TALK.model_dump_json()
    ticket(TALK, "转人工")
    assert TALK.model_dump_json() == before
