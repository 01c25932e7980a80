"""A bot with a desk when somebody is in danger: open tickets are raised, whoever has the session."""

from __future__ import annotations

from datetime import timedelta

import pytest

from csbot import Chatbot, KnowledgeBase, Session
from csbot.dialogue.dangers import ADVISED, Emergency
from csbot.dialogue.emergency import NOTED
from csbot.dialogue.state import State
from csbot.handoff.desk import Desk
from csbot.handoff.handoffs import SILENT, Handoffs
from csbot.handoff.raising import RAISED
from csbot.handoff.ticket import Opening
from csbot.models import Actor, Message, Ticket, Turn, utc_now

LI = Actor(kind="agent", id="li")
DANGERS = [
    ("现在闻到煤气味了", "119"),
    ("门锁冒烟了", "119"),
    ("着火了", "119"),
    ("我妈晕倒了", "120"),
    ("有人在撬我家门", "110"),
]


def ticket_of(desk: Desk, session: Session) -> Ticket:
    ticket = desk.of_session(session.id)
    assert ticket is not None
    return ticket


def talked_to(desk: Desk, session: Session) -> Ticket:
    """The session's ticket, in which li talks."""
    ticket = ticket_of(desk, session)
    desk.move(ticket.id, "assigned", LI, utc_now())
    desk.move(ticket.id, "active", LI, utc_now())
    desk.say(ticket.id, Message(key="hello", who="agent", by="li", text="您好", at=utc_now()))
    return ticket_of(desk, session)


@pytest.mark.parametrize(("text", "number"), DANGERS)
def test_danger_told_in_the_queue_is_answered_with_safety_and_raises_the_ticket(
    bot: Chatbot, desk: Desk, session: Session, text: str, number: str
) -> None:
    bot.reply(session, "转人工")
    before = ticket_of(desk, session)
    reply = bot.reply(session, text)
    after = ticket_of(desk, session)
    assert reply.trace.rule == RAISED
    assert number in reply.text.split("。")[0] + reply.text.split("。")[1]
    assert after.id == before.id
    assert (before.route.priority, after.route.priority, after.route.skill) == ("normal", "urgent", "应急")
    assert after.route.tier_title == "二线"
    assert "urgency" in [signal.name for signal in after.signals]
    due, earlier = after.route.due.first_contact, before.route.due.first_contact
    assert due is not None
    assert earlier is not None
    assert due < earlier
    assert any(text in line for line in after.summary)
    assert any("人身安全" in line for line in after.summary)
    assert text in after.notes[-1].text


@pytest.mark.parametrize(("text", "number"), DANGERS)
def test_an_agent_who_has_the_session_gets_the_raised_ticket_and_the_bot_is_silent(
    bot: Chatbot, desk: Desk, session: Session, text: str, number: str
) -> None:
    bot.reply(session, "转人工")
    talked_to(desk, session)
    reply = bot.reply(session, text)
    after = ticket_of(desk, session)
    assert (reply.text, reply.trace.rule) == ("", SILENT)
    assert (after.state, after.route.priority, after.route.skill) == ("active", "urgent", "应急")
    assert any(text in line for line in after.summary)


def test_a_message_that_is_delivered_again_raises_once(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "转人工")
    talked_to(desk, session)
    for _ in range(2):
        bot.reply(session.model_copy(deep=True), "着火了")
    assert len(ticket_of(desk, session).notes) == 1


def test_what_is_raised_stays_raised(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "着火了")
    first = ticket_of(desk, session).route
    bot.reply(session, "我还被锁在门外了，转人工")
    second = ticket_of(desk, session).route
    assert (second.priority, second.tier) == (first.priority, first.tier)
    assert second.due == first.due


def test_a_calm_word_in_the_queue_raises_nothing(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "转人工")
    before = ticket_of(desk, session)
    bot.reply(session, "置物架塌了，找人来修修")
    assert ticket_of(desk, session).route == before.route


def test_where_help_is_needed_is_readable_on_the_ticket(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "厨房有煤气味")
    for text in ("我在西湖区文三路1号", "电话13800000001"):
        reply = bot.reply(session, text)
        assert (reply.kind, reply.trace.rule) == ("smalltalk", NOTED)
    ticket = ticket_of(desk, session)
    assert (ticket.place, ticket.contact) == ("我在西湖区文三路1号", "13800000001")


def test_a_danger_told_with_its_address_has_it_on_the_ticket(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "文三路1号3幢着火了，电话13800000001")
    ticket = ticket_of(desk, session)
    assert (ticket.place, ticket.contact) == ("文三路1号3幢着火了，电话13800000001", "13800000001")
    assert "13800000001" not in str(ticket.transcript)


def test_an_address_without_danger_stays_masked(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "转人工")
    bot.reply(session, "我在西湖区文三路1号")
    assert ticket_of(desk, session).place == ""


def test_advice_goes_on_until_people_have_dealt_with_it(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "厨房有煤气味")
    assert bot.reply(session, "怎么办").trace.rule == ADVISED
    ticket = talked_to(desk, session)
    desk.move(ticket.id, "resolved", LI, utc_now() + timedelta(seconds=1), "已关阀")
    assert bot.reply(session, "怎么办").trace.rule != ADVISED


def test_without_a_desk_advice_is_given_too(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb)
    session = bot.session("u1")
    opened = bot.reply(session, "小孩误吞纽扣电池")
    assert opened.ticket is not None
    assert "120" in opened.text
    assert (follow := bot.reply(session, "怎么办啊")).trace.rule == ADVISED
    assert follow.ticket is None
    assert "医院" in follow.text


def test_a_ticket_that_could_not_be_filed_leaves_the_bot_to_advise(desk: Desk) -> None:
    handoffs, state = Handoffs(Opening(), desk), State(emergency=Emergency(("gas",)))
    turn = Turn(user="厨房有煤气味", kind="handoff", rule="urgent", dangers=["gas"], ticket_id="TNEVERFILED")
    lost = Session(customer_id="u1", turns=[turn])
    held, left = handoffs.begin(lost, state)
    assert held is None
    assert left.emergency == state.emergency
