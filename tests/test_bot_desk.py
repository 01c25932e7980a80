"""A bot with a desk: what goes to the people there, what the customer is told, and when the bot is silent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from csbot import Chatbot, KnowledgeBase, Session
from csbot.errors import StoreError
from csbot.handoff.desk import Desk
from csbot.handoff.handoffs import FILED, SILENT
from csbot.handoff.hours import OpeningHours
from csbot.handoff.routing_table import default_table
from csbot.handoff.waiting import CONTACT, NOTED, STILL_WAITING, WITHDRAWN
from csbot.models import CHINA, Actor, Message, Reply, Ticket, utc_now

LI = Actor(kind="agent", id="li")
DAY = "周" + "一二三四五六日"[(utc_now().astimezone(CHINA).weekday() + 3) % 7]
HOURS = OpeningHours.model_validate({"week": {DAY: ["9:00-18:00"]}, "holidays": False})
CLOSED = default_table().model_copy(update={"hours": HOURS})
"""Open three days after today."""


def taken(desk: Desk, ticket: Ticket | None) -> str:
    """The ticket, in which li talks from now on."""
    assert ticket is not None
    desk.move(ticket.id, "assigned", LI, utc_now())
    return desk.move(ticket.id, "active", LI, utc_now()).id


def said(desk: Desk, ticket_id: str) -> list[tuple[str, str]]:
    return [(m.who, m.text) for m in desk.messages(ticket_id)]


def agent_says(desk: Desk, ticket_id: str, text: str) -> None:
    desk.say(ticket_id, Message(key=text, who="agent", by="li", text=text, at=utc_now()))


def test_a_handoff_is_filed_and_the_customer_told_their_place(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "发票怎么开")
    reply = bot.reply(session, "转人工")
    assert reply.ticket is not None
    assert desk.of_session(session.id) == reply.ticket
    assert "第一位" in reply.text or "下一位" in reply.text
    assert said(desk, reply.ticket.id) == [("bot", reply.text)]
    other = bot.reply(bot.session("u2"), "转人工")
    assert "1 位" in other.text


def test_who_waits_is_still_answered_by_the_bot_and_the_desk_reads_along(bot: Chatbot, desk: Desk, session: Session) -> None:
    ticket = bot.reply(session, "转人工").ticket
    assert ticket is not None
    answer = bot.reply(session, "运费怎么算")
    assert (answer.kind, answer.text) == ("answer", "满 99 元包邮。")
    again = bot.reply(session, "怎么还没人，转人工")
    assert (again.trace.rule, again.ticket and again.ticket.id) == (STILL_WAITING, ticket.id)
    assert said(desk, ticket.id)[1:] == [
        ("customer", "运费怎么算"), ("bot", answer.text), ("customer", "怎么还没人，转人工"), ("bot", again.text),
    ]  # fmt: skip


def test_the_bot_is_silent_while_an_agent_talks_and_back_when_the_ticket_says_so(
    bot: Chatbot, desk: Desk, session: Session
) -> None:
    ticket_id = taken(desk, bot.reply(session, "转人工").ticket)
    reply = bot.reply(session, "运费怎么算，打我电话13800000001")
    assert (reply.text, reply.kind, reply.trace.rule) == ("", "handoff", SILENT)
    agent_says(desk, ticket_id, "满 99 包邮")
    assert said(desk, ticket_id)[-2:] == [("customer", "运费怎么算，打我电话138****0001"), ("agent", "满 99 包邮")]
    desk.move(ticket_id, "returned_to_bot", LI, utc_now())
    waiting = desk.outbox()
    assert [m.who for m in waiting] == ["agent", "bot"]
    for message in waiting:
        assert message.session_id == session.id
        desk.delivered(message, utc_now())
    assert desk.outbox() == []
    assert bot.reply(session, "运费怎么算").text == "满 99 元包邮。"


def test_an_agent_who_falls_silent_loses_the_session(bot: Chatbot, desk: Desk, session: Session) -> None:
    ticket_id = taken(desk, bot.reply(session, "转人工").ticket)
    assert bot.reply(session, "在吗").text == ""
    assert [one.id for one in desk.tick(utc_now() + timedelta(minutes=16))] == [ticket_id]
    assert "智能客服" in desk.outbox()[0].text
    assert bot.reply(session, "运费怎么算").kind == "answer"


def test_the_next_agent_reads_what_the_one_before_said(bot: Chatbot, desk: Desk, session: Session) -> None:
    ticket_id = taken(desk, bot.reply(session, "转人工").ticket)
    agent_says(desk, ticket_id, "我让师傅联系您，电话13800000001对吗")
    bot.reply(session, "对")
    desk.move(ticket_id, "resolved", LI, utc_now(), "约了师傅")
    ticket = bot.reply(session, "师傅没来，转人工").ticket
    assert ticket is not None
    assert ticket.id != ticket_id
    lines = [(line.who, line.text) for line in ticket.transcript]
    assert lines[0] == ("customer", "转人工")
    assert lines[2:] == [
        ("agent", "我让师傅联系您，电话138****0001对吗"), ("customer", "对"), ("customer", "师傅没来，转人工"),
    ]  # fmt: skip
    assert [(one.id, one.outcome) for one in ticket.history] == [(ticket_id, "反馈：约了师傅")]


def test_after_hours_a_phone_number_is_taken_and_the_bot_goes_on(small_kb: KnowledgeBase, desk: Desk, session: Session) -> None:
    bot = Chatbot(small_kb, desk=desk, routing=CLOSED)
    ticket = bot.reply(session, "转人工").ticket
    assert ticket is not None
    assert ticket.state == "after_hours"
    taken_down = bot.reply(session, "13800000001")
    assert taken_down.trace.rule == CONTACT
    assert "138****0001" in taken_down.text
    kept = desk.get(ticket.id)
    assert kept is not None
    assert kept.contact == "13800000001"
    assert bot.reply(session, "运费怎么算").kind == "answer"


def waiting_ticket(desk: Desk, session: Session) -> Ticket:
    ticket = desk.of_session(session.id)
    assert ticket is not None
    return ticket


def test_what_a_waiting_customer_adds_is_on_the_ticket(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "转人工")
    assert bot.reply(session, "我家智能门锁没电了打不开").kind == "answer"  # it is sure of that
    assert bot.reply(session, "型号是X200").trace.rule == NOTED
    assert "138****0001" in bot.reply(session, "13800000001").text
    ticket = waiting_ticket(desk, session)
    assert ticket.summary[1] == "问题：「我家智能门锁没电了打不开」；排队时补充「型号是X200」"
    assert (ticket.slots, ticket.contact) == ({"phone": "138****0001"}, "13800000001")
    assert "138****0001" in ticket.summary[3]


def test_the_matter_told_before_stays_first_and_courtesy_adds_nothing(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "柜门关不上要退货，转人工")
    before = waiting_ticket(desk, session)
    for text in ("好的", "还要等多久", "转人工", "谢谢"):
        bot.reply(session, text)
    assert waiting_ticket(desk, session) == before
    bot.reply(session, "左边第二扇")
    assert waiting_ticket(desk, session).summary[1] == "问题：「柜门关不上要退货，转人工」；排队时补充「左边第二扇」"


def test_a_summariser_of_the_hosts_reads_what_was_added(small_kb: KnowledgeBase, desk: Desk, session: Session) -> None:
    bot = Chatbot(small_kb, desk=desk, summarise=lambda ticket: ["、".join(line.text for line in ticket.transcript)])
    bot.reply(session, "转人工")
    bot.reply(session, "型号是X200")
    assert waiting_ticket(desk, session).summary == ["转人工、型号是X200"]


@pytest.mark.parametrize("text", ["还要等多久", "到底有没有人", "怎么还没人", "排到第几了", "没人理我", "前面还有几个人"])
def test_who_asks_about_the_wait_is_told_the_place_and_that_the_time_is_not_known(
    bot: Chatbot, session: Session, text: str
) -> None:
    bot.reply(session, "转人工")
    reply = bot.reply(session, text)
    assert reply.trace.rule == STILL_WAITING
    assert "第一位" in reply.text or "下一位" in reply.text
    assert "说不准" in reply.text or "估不出来" in reply.text


def test_who_asks_about_the_wait_after_hours_is_told_when_somebody_comes(
    small_kb: KnowledgeBase, desk: Desk, session: Session
) -> None:
    bot = Chatbot(small_kb, desk=desk, routing=CLOSED)
    bot.reply(session, "转人工")
    assert "9:00" in bot.reply(session, "还要等多久").text


def test_who_waits_for_an_agent_that_has_claimed_is_told_so(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "转人工")
    desk.claim("li", utc_now())
    assert "同事" in bot.reply(session, "还要等多久").text


@pytest.mark.parametrize("text", ["算了不用了", "不等了", "不用转了", "已经解决了"])
def test_who_needs_no_human_any_more_is_out_of_the_queue(bot: Chatbot, desk: Desk, session: Session, text: str) -> None:
    first = bot.reply(session, "转人工").ticket
    reply = bot.reply(session, text)
    assert (reply.kind, reply.trace.rule) == ("smalltalk", WITHDRAWN)
    assert first is not None
    left = desk.get(first.id)
    assert left is not None
    assert (left.state, left.steps[-1].by.kind, desk.outbox()) == ("abandoned", "customer", [])
    again = bot.reply(session, "转人工").ticket
    assert again is not None
    assert (again.id != first.id, again.state) == (True, "queued")


def test_no_to_what_the_bot_has_offered_leaves_the_ticket_in_the_queue(bot: Chatbot, desk: Desk, session: Session) -> None:
    bot.reply(session, "转人工")
    session.turns[-1].offer = "asked"
    bot.store = None
    bot.reply(session, "不用了")
    assert waiting_ticket(desk, session).state == "queued"


class BrokenDesk:
    """A desk whose database can't be reached."""

    personal = False

    def __getattr__(self, name: str) -> object:
        def fails(*_args: object, **_named: object) -> None:
            raise StoreError("no connection")

        return fails


def test_a_desk_that_is_out_of_order_is_told_and_never_an_error(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb, desk=BrokenDesk())  # type: ignore[arg-type]
    session = Session(customer_id="u")
    assert bot.reply(session, "运费怎么算").kind == "answer"
    reply = bot.reply(session, "转人工")
    assert reply.ticket is not None
    assert reply.ticket.state == "failed"
    assert "转接" not in reply.text


def test_the_bot_stays_silent_where_it_can_not_know_that_the_agent_has_left(
    small_kb: KnowledgeBase, bot: Chatbot, desk: Desk, session: Session
) -> None:
    taken(desk, bot.reply(session, "转人工").ticket)
    bot.reply(session, "在吗")
    with pytest.raises(StoreError):
        Chatbot(small_kb, desk=BrokenDesk()).reply(session, "运费怎么算")  # type: ignore[arg-type]


class Killed(BaseException):
    """Stands for the end of the process."""


def killed_before_saving(bot: Chatbot, session: Session, text: str, message_id: str) -> None:
    """A worker that dies when all is done but the save of the session."""
    assert bot.store is not None
    store = type(bot.store)
    worker = Chatbot(bot.kb, desk=bot.desk, store=type("Dying", (store,), {"save": dies})(str(bot.store._engine.url)))  # type: ignore[attr-defined]
    with pytest.raises(Killed):
        worker.reply(session.model_copy(deep=True), text, message_id=message_id)


def dies(*_args: object, **_named: object) -> None:
    raise Killed


def once(desk: Desk, reply: Reply, session: Session) -> Ticket:
    """The one ticket of the session."""
    (ticket,) = [one for one in desk.queue(states=["queued", "active", "resolved"]) if one.session_id == session.id]
    assert reply.ticket is not None
    assert reply.ticket.id == ticket.id
    return ticket


def test_a_message_that_comes_again_after_its_ticket_was_filed_opens_no_second_one(
    bot: Chatbot, desk: Desk, session: Session
) -> None:
    bot.reply(session, "发票怎么开", message_id="m1")
    killed_before_saving(bot, session, "转人工", "m2")
    reply = bot.reply(session, "转人工", message_id="m2")
    ticket = once(desk, reply, session)
    assert [line.text for line in ticket.transcript if line.who == "customer"] == ["发票怎么开", "转人工"]
    assert said(desk, ticket.id) == [("bot", reply.text)]
    assert "转接" in reply.text or "人工" in reply.text
    assert [turn.user for turn in session.turns] == ["发票怎么开", "转人工"]


def test_what_was_answered_before_it_came_again_is_in_the_ticket_too(bot: Chatbot, desk: Desk, session: Session) -> None:
    killed_before_saving(bot, session, "转人工", "m1")
    waiting = bot.reply(session, "运费怎么算", message_id="m2")
    reply = bot.reply(session, "转人工", message_id="m1")
    ticket = once(desk, reply, session)
    texts = [text for _, text in said(desk, ticket.id)]
    assert texts.count("运费怎么算") == texts.count(waiting.text) == 1


def test_a_ticket_filed_for_a_message_that_would_lead_elsewhere_by_now_is_still_told(
    bot: Chatbot, desk: Desk, session: Session
) -> None:
    bot.reply(session, "你认得路吗", message_id="m1")
    killed_before_saving(bot, session, "天上有几颗星", "m2")  # the second miss
    assert bot.reply(session, "运费怎么算", message_id="m3").kind == "answer"
    reply = bot.reply(session, "天上有几颗星", message_id="m2")
    assert (reply.kind, reply.trace.rule) == ("handoff", FILED)
    assert once(desk, reply, session).reason == "not_understood"


@pytest.mark.parametrize("resolved", [False, True])
def test_whose_agent_was_faster_than_the_repetition_hears_no_transfer(
    bot: Chatbot, desk: Desk, session: Session, resolved: bool
) -> None:
    killed_before_saving(bot, session, "转人工", "m1")
    ticket_id = taken(desk, desk.of_session(session.id))
    if resolved:
        desk.move(ticket_id, "resolved", LI, utc_now(), "好了")
    reply = bot.reply(session, "转人工", message_id="m1")
    assert (reply.text, once(desk, reply, session).id) == ("", ticket_id)


def test_a_waiting_customers_message_that_comes_again_is_there_once(bot: Chatbot, desk: Desk, session: Session) -> None:
    ticket = bot.reply(session, "转人工", message_id="m1").ticket
    assert ticket is not None
    killed_before_saving(bot, session, "运费怎么算", "m2")
    answer = bot.reply(session, "运费怎么算", message_id="m2")
    assert said(desk, ticket.id)[1:] == [("customer", "运费怎么算"), ("bot", answer.text)]
