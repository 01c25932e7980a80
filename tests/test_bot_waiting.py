"""What a customer who waits for a human hears from the bot, by what they write meanwhile."""

from __future__ import annotations

import pytest

from csbot import Chatbot, Session
from csbot.handoff.desk import Desk
from csbot.handoff.waiting import COMPLAINT, NOTED, STILL_WAITING, WITHDRAWN
from csbot.models import Actor, Ticket, TicketState, utc_now

LI = Actor(kind="agent", id="li")


def waiting_ticket(desk: Desk, session: Session) -> Ticket:
    ticket = desk.of_session(session.id)
    assert ticket is not None
    return ticket


@pytest.mark.parametrize("text", ["还要多长时间呀", "现在还得多久", "估计几分钟", "那大概要好久", "还多久啊"])
def test_how_long_without_of_what_is_of_the_wait_and_goes_on_no_ticket(
    bot: Chatbot, desk: Desk, session: Session, text: str
) -> None:
    bot.reply(session, "柜门关不上要退货，转人工")
    before = waiting_ticket(desk, session)
    assert bot.reply(session, text).trace.rule == STILL_WAITING
    assert waiting_ticket(desk, session) == before


def test_how_long_right_after_an_answer_is_of_that_matter(bot: Chatbot, session: Session) -> None:
    bot.reply(session, "转人工")
    assert bot.reply(session, "退款多久到账").kind == "answer"
    assert bot.reply(session, "大概多久").trace.rule != STILL_WAITING
    assert bot.reply(session, "还要多久").trace.rule == STILL_WAITING


@pytest.mark.parametrize("text", ["我要举报你们", "必须投诉"])
def test_a_complaint_is_acknowledged_and_on_the_ticket(bot: Chatbot, desk: Desk, session: Session, text: str) -> None:
    bot.reply(session, "转人工")
    reply = bot.reply(session, text)
    assert reply.trace.rule == COMPLAINT
    assert "投诉" in reply.text
    assert text in waiting_ticket(desk, session).summary[1]


@pytest.mark.parametrize("text", ["谢谢，不用了", "好的没事了，再见", "我再考虑一下吧"])
def test_who_declines_politely_is_out_of_the_queue(bot: Chatbot, session: Session, text: str) -> None:
    bot.reply(session, "转人工")
    assert bot.reply(session, text).trace.rule == WITHDRAWN


def test_to_whom_was_in_danger_help_comes_though_they_make_light_of_it(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "家里煤气泄漏了，快来人")
    assert bot.reply(session, "刚才说着玩的").trace.rule != WITHDRAWN
    assert waiting_ticket(desk, session).state == "queued"


def test_small_talk_is_answered_calls_nobody_and_is_not_put_on_a_ticket(bot: Chatbot, desk: Desk, session: Session) -> None:
    chat = ("外面又下雨了", "你是机器人吗", "你有没有男朋友", "给我讲两个笑话吧")
    assert {bot.reply(session, text).kind for text in chat} == {"smalltalk"}
    bot.reply(session, "左边第二扇要换，转人工")
    before = waiting_ticket(desk, session)
    assert {bot.reply(session, text).kind for text in chat} == {"smalltalk"}
    assert waiting_ticket(desk, session) == before


def test_what_the_bot_would_call_a_human_for_is_noted_for_the_one_who_comes(bot: Chatbot, session: Session) -> None:
    bot.reply(session, "转人工")
    assert bot.reply(session, "型号后面还有个字母K").trace.rule == NOTED


@pytest.mark.parametrize("end", ["resolved", "returned_to_bot"])
def test_once_people_are_done_nothing_is_noted_for_a_colleague_any_more(
    bot: Chatbot, desk: Desk, session: Session, end: TicketState
) -> None:
    bot.reply(session, "转人工")
    assert bot.reply(session, "柜门又歪了").trace.rule == "told_beside"
    ticket = waiting_ticket(desk, session)
    for state in ("assigned", "active", end):
        desk.move(ticket.id, state, LI, utc_now(), "已处理")
    assert bot.reply(session, "柜门又歪了").trace.rule != "told_beside"
    assert (again := bot.reply(session, "昨天来修的师傅没带工具")).trace.rule != "told_beside"
    assert again.ticket is not None
    assert again.ticket.id != ticket.id
