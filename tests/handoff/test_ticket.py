"""Opening a ticket: the whole conversation, what was tried and where it goes, with nothing personal left readable."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

import pytest

from csbot.dialogue.state import state_of
from csbot.dialogue.turns import names_in
from csbot.handoff.asked import Asked
from csbot.handoff.hours import OpeningHours
from csbot.handoff.routing_table import default_table
from csbot.handoff.ticket import Opening, open_ticket
from csbot.intents.signals import find_signals
from csbot.intents.slots import find_slots
from csbot.models import (
    Action,
    Candidate,
    Earlier,
    Faq,
    OrderQuery,
    Session,
    Signal,
    Ticket,
    Turn,
    Understanding,
    ticket_schema,
)

NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)
PERSONAL = ("QH202611030012", "13800000001", "林晓燕")
FAQS = {
    faq.id: faq
    for faq in (
        Faq(id="ship", question="多久发货", answer="48 小时内。", category="物流"),
        Faq(id="fee", question="运费怎么算", answer="满 99 元包邮。", channel_answers={"wechat": "满 99 包邮哦。"}),
        Faq(id="human", question="转人工", action="human_handoff"),
    )
}


def turn(user: str, reply: str = "…", **fields: Any) -> Turn:
    names = [slot.value for slot in find_slots(user, asked=None) if slot.name == "name"]
    return Turn.model_validate({"user": user, "reply": reply, "kind": "ask_slot", "rule": "r", "names": names} | fields)


def ticket(
    session: Session,
    text: str,
    *,
    reason: str = "customer_wish",
    asked: str | None = None,
    opening: Opening | None = None,
    history: tuple[Earlier, ...] = (),
    **fields: object,
) -> Ticket:
    read = {"text": text, "normalised": text, "slots": find_slots(text, asked=asked), "signals": find_signals(text)}
    message = Understanding.model_validate(read | fields)
    known = session.turns[-1].slots if session.turns else {}
    action = Action(kind="handoff", rule="r", reason=reason, slots=known, order_id="QH202611030012")
    state = state_of(session)
    names = [*state.names, *names_in(message)]
    asking = Asked(session, state, message, names, uuid.uuid4().hex, NOON, FAQS.get, lambda message: None)
    return open_ticket(asking, action, opening or Opening(), history=history)


TALK = Session(
    customer_id="u1",
    channel="wechat",
    turns=[
        turn("查QH202611030012", "请提供手机号", slot="phone", slots={"order_id": "QH202611030012"}),
        turn("我叫林晓燕，13800000001", "没有查到", slots=dict(zip(("order_id", "phone", "name"), PERSONAL, strict=True))),
    ],
)


def test_the_transcript_has_every_line_in_its_order_and_this_message_last() -> None:
    assert [line.said for line in ticket(TALK, "转人工").transcript] == [
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
    for opened in (ticket(session, "转人工"), ticket(Session(customer_id="u"), text)):
        line = opened.transcript[0].text
        assert "*" in line
        shown = opened.model_copy(update={"order_id": None}).model_dump_json()
        shown = shown.replace("QH202611030012", "", 1) if opened.order_id in opened.summary[3] else shown
        assert text not in line
        assert all(part not in line for part in (*PERSONAL, "00000001", "零零零零", "501", "lin@"))
        assert all(part not in shown for part in ("13800000001", "林晓燕", "零零零零", "501室", "lin@"))


def test_a_name_is_covered_in_every_line_once_it_is_known() -> None:
    session = Session(
        customer_id="u", turns=[turn("收货人写的谁", "收货人写的是林晓燕吗"), turn("林晓燕", "好的", names=["林晓燕"])]
    )
    assert "林晓燕" not in ticket(session, "转人工").model_dump_json()


def test_a_name_that_the_host_knows_is_covered_too() -> None:
    session = Session(customer_id="u", identified=OrderQuery(name="林晓燕"))
    assert [line.said for line in ticket(session, "林晓燕的订单").transcript] == ["客户：林**的订单"]


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


def test_what_the_bot_did_about_each_message_goes_along_with_how_sure_it_was() -> None:
    session = Session(
        customer_id="u",
        turns=[
            turn("你好", kind="smalltalk"),
            turn("几天发货", kind="answer", faq_id="ship", confidence=0.93),
            turn("钱", kind="clarify", options=["fee", "ship"], option_texts=["运费怎么算", "多久发货"], confidence=0.3),
            turn("查订单", slot="phone", task="order_progress"),
            turn("天书", kind="fallback"),
        ],
    )
    opened = ticket(session, "转人工", opening=Opening(titles={"phone": "下单手机号"}))
    assert [(one.kind, one.what, one.confidence) for one in opened.attempts] == [
        ("answer", "多久发货", 0.93), ("clarify", "运费怎么算、多久发货", 0.3), ("ask_slot", "下单手机号", None),
        ("fallback", "", None),
    ]  # fmt: skip


def test_answers_not_given_yet_are_suggested_in_the_channels_words() -> None:
    session = Session(
        customer_id="u",
        channel="wechat",
        turns=[
            turn("几天发货", kind="answer", faq_id="ship"),
            turn("钱", kind="clarify", options=["ship", "human", "fee"], option_texts=["a", "b", "c"]),
        ],
    )
    suggested = ticket(session, "转人工").suggested
    assert [(one.faq_id, one.answer) for one in suggested] == [("fee", "满 99 包邮哦。")]


def test_a_likely_candidate_is_suggested_and_an_unlikely_one_is_not() -> None:
    def found(confidence: float) -> list[str]:
        candidates = [Candidate(faq_id="fee", question="运费怎么算", score=1, confidence=confidence)]
        return [one.faq_id for one in ticket(Session(customer_id="u"), "这个费用", candidates=candidates).suggested]

    assert (found(0.33), found(0.2)) == (["fee"], [])


def test_the_mood_of_the_whole_conversation_goes_along_strongest_first() -> None:
    session = Session(customer_id="u", turns=[turn("孩子被锁在屋里了"), turn("你们搞什么")])
    assert [signal.name for signal in ticket(session, "叫你们经理出来").signals] == ["urgency", "human_wanted"]


def test_it_goes_where_the_table_says() -> None:
    session = Session(customer_id="u", turns=[turn("孩子被锁在屋里了，退我5000元")])
    route = ticket(session, "转人工").route
    assert (route.priority, route.skill, route.tier_title) == ("urgent", "应急", "三线")
    assert route.due.first_contact is not None


def test_the_category_of_what_was_talked_about_finds_the_skill_group() -> None:
    session = Session(customer_id="u", turns=[turn("几天发货", kind="answer", faq_id="ship", confidence=0.9)])
    opened = ticket(session, "转人工")
    assert opened.model_copy(update={"order_id": None}).route.skill == "订单物流"


def test_after_hours_it_waits_for_the_desk_to_open() -> None:
    closed = OpeningHours.model_validate({"week": {"周日": ["9:00-10:00"]}, "holidays": False})
    table = default_table().model_copy(update={"hours": closed})
    assert ticket(TALK, "转人工", opening=Opening(table)).state == "after_hours"
    assert ticket(TALK, "转人工").state == "queued"


def test_earlier_sessions_and_tickets_go_along_and_count_for_the_route() -> None:
    history = tuple(Earlier(id=f"T{n}", kind="ticket", at=NOON, about="门锁没电", outcome="已解决") for n in range(2))
    opened = ticket(TALK, "转人工", history=history)
    assert opened.history == list(history)
    assert opened.route.tier_title == "二线"


def test_the_status_of_the_order_is_told_without_apology_and_question() -> None:
    told = "订单 QH202611030012（橱柜）：延期。预计时间：12月28日。非常抱歉耽误您了。要我请人工同事马上跟进吗？"
    session = Session(customer_id="u", turns=[turn("查订单", told, kind="order_status", order_id="QH202611030012")])
    assert ticket(session, "转人工").order_status == "橱柜：延期。预计时间：12月28日。"


def test_the_schema_names_its_version_and_every_field_of_a_ticket() -> None:
    schema = ticket_schema()
    assert schema["properties"]["schema_version"] == {"const": 1, "default": 1, "title": "Schema Version", "type": "integer"}
    assert set(ticket(TALK, "转人工").model_dump()) == set(schema["properties"])
    assert set(schema["$defs"]["Step"]["properties"]) == {"state", "by", "at", "note", "agent"}
