"""What the event log keeps of a turn and of a ticket: everything that is counted, nothing personal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from csbot import BotConfig, Chatbot, KnowledgeBase, Session
from csbot.analytics.log import desk_events
from csbot.errors import InputError, OrderBackendError, StoreError
from csbot.events import feedback_event, ticket_events, turn_events
from csbot.handoff import open_desk
from csbot.handoff.states import transition
from csbot.models import Actor, Message, Order, OrderQuery, Ticket
from csbot.models.events import DecisionEvent, Event, FeedbackEvent, LookupEvent, MessageEvent, TicketEvent, read_event
from csbot.orders.json_file import OrderList
from csbot.storage import MemoryStore
from csbot.storage.sql import SqlStore

ID, PHONE, NAME = "QH202611030012", "13800000001", "林晓燕"
MINE = Order(order_id=ID, phone=PHONE, name=NAME, status="已发货", items=["门锁"])
OTHER = MINE.model_copy(update={"order_id": "QH202611030099"})
NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def talk(kb: KnowledgeBase, *texts: str, orders: object = None, **settings: object) -> list[Event]:
    """Events of a conversation with a new bot: of each turn the customer's message, the decision, and the rest."""
    store = MemoryStore()
    config = BotConfig(**settings)
    bot = Chatbot(kb, orders=orders or OrderList([MINE]), store=store, config=config)  # type: ignore[arg-type]
    session = Session(customer_id="u-7", channel="wechat")
    for text in texts:
        bot.reply(session, text)
    order = {"customer": 0, "bot": 2}
    return sorted(store.events(), key=lambda event: (event.number, order.get(getattr(event, "who", ""), 1)))


def of(kind: type, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def test_a_turn_is_a_message_a_decision_and_a_reply(small_kb: KnowledgeBase) -> None:
    events = talk(small_kb, "包邮吗")
    asked, said = of(MessageEvent, events)
    (decision,) = of(DecisionEvent, events)
    assert (asked.who, asked.text, said.who, said.text) == ("customer", "包邮吗", "bot", "满 99 元包邮。")
    assert (decision.kind, decision.faq_id, decision.category, decision.band) == ("answer", "ship-fee", "物流", "answer")
    assert decision.candidates[0].faq_id == "ship-fee"
    assert decision.confidence == decision.candidates[0].confidence
    assert decision.kb_version == small_kb.version
    assert decision.latency_ms > 0
    for event in events:
        assert (event.session_id, event.customer_id, event.channel, event.number) == (asked.session_id, "u-7", "wechat", 0)
        assert event.at == asked.at
    assert len({event.id for event in events}) == 3


def test_what_was_offered_is_logged_and_what_was_picked_of_it(small_kb: KnowledgeBase) -> None:
    events = talk(small_kb, "门锁", "1", bands={"answer": 1.0, "clarify": 0.1})
    offering, picking = of(DecisionEvent, events)
    assert offering.kind == "clarify"
    assert "lock-power" in offering.offered
    assert (picking.rule, picking.faq_id) == ("option_picked", offering.offered[0])


@pytest.mark.parametrize(
    ("texts", "results"),
    [
        ((f"查{ID}到哪了", PHONE), ["found"]),
        ((f"查{ID}到哪了", "13900000009"), ["not_found"]),
        (("包邮吗",), []),
    ],
)
def test_each_look_up_tells_what_came_of_it_and_nothing_else(
    small_kb: KnowledgeBase, texts: tuple[str, ...], results: list[str]
) -> None:
    assert [event.result for event in of(LookupEvent, talk(small_kb, *texts))] == results


def test_several_orders_are_found_and_none_of_their_ids_is_logged(small_kb: KnowledgeBase) -> None:
    events = talk(small_kb, "查订单", PHONE, NAME, orders=OrderList([MINE, OTHER]))
    assert [event.result for event in of(LookupEvent, events)] == ["found"]
    assert [event.kind for event in of(DecisionEvent, events)][-1] == "clarify"
    assert of(DecisionEvent, events)[-1].offered == ()


def test_a_look_up_that_fails_and_one_that_is_refused(small_kb: KnowledgeBase) -> None:
    class Down:
        def find(self, query: OrderQuery, timeout_s: float) -> list[Order]:
            raise OrderBackendError("down")

    failed = talk(small_kb, f"查{ID}，手机{PHONE}", orders=Down())
    assert [event.result for event in of(LookupEvent, failed)] == ["failed"]
    guesses = [f"查{ID}，手机1390000000{n}" for n in range(6)]
    results = [event.result for event in of(LookupEvent, talk(small_kb, *guesses))]
    assert results[:2] == ["not_found", "not_found"]
    assert results[-1] == "refused"


def test_a_vain_look_up_is_one_whatever_the_bot_makes_of_it(small_kb: KnowledgeBase) -> None:
    asked_too_often = ("查订单", PHONE, "王大锤", PHONE, "王大锤")
    vain = talk(small_kb, *asked_too_often)
    assert of(DecisionEvent, vain)[-1].rule == "slot_retry_limit"
    assert [event.result for event in of(LookupEvent, vain)] == ["not_found"] * 3
    guesses = [f"查{ID}，手机1390000000{n}" for n in range(7)]
    limited = talk(small_kb, *guesses)
    assert [event.result for event in of(LookupEvent, limited)] == ["not_found"] * 5 + ["refused"] * 2
    assert [event.rule for event in of(DecisionEvent, limited)][4:] == ["lookup_limit"] * 3


def test_nothing_personal_is_logged_but_the_hosts_id(small_kb: KnowledgeBase) -> None:
    events = talk(
        small_kb, f"查{ID}到哪了", "不是13700000002，是１３８ 0000 0001", "我叫林晓燕", "一三九零零零零零零零九打给我",
        "我住文三路478号3幢501室，邮箱lin@example.com", "林晓燕要转人工",
    )  # fmt: skip
    written = "\n".join(event.model_dump_json() for event in events)
    for secret in (ID, PHONE, "13700000002", NAME, "0000 0001", "一三九零零", "478号", "lin@", "1030012"):
        assert secret not in written, secret
    assert "QH20******12" in written
    assert of(MessageEvent, events)[0].text.startswith("查QH20")


def test_a_name_that_only_the_host_knows_is_covered(small_kb: KnowledgeBase) -> None:
    store = MemoryStore()
    bot = Chatbot(small_kb, store=store)
    session = Session(customer_id="u", identified=OrderQuery(name=NAME, phone=PHONE))
    bot.reply(session, f"{NAME}问一下包邮吗")
    assert NAME not in "".join(event.model_dump_json() for event in store.events())


def test_events_are_read_back_from_their_json(small_kb: KnowledgeBase) -> None:
    events = talk(small_kb, f"查{ID}到哪了", PHONE, "转人工")
    events += ticket_events(Ticket(session_id="s", customer_id="u", channel="web", reason="urgent", transcript=[]))
    events.append(feedback_event(Session(customer_id="u"), solved=True))
    assert {event.type for event in events} == {"message", "decision", "lookup", "ticket", "feedback"}
    assert [read_event(event.model_dump_json()) for event in events] == events
    with pytest.raises(ValidationError):
        read_event('{"type": "mood"}')


def test_a_crash_between_loses_the_turn_with_its_events_and_doubles_neither(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    file = tmp_path / "csbot.db"
    store = SqlStore(f"sqlite:///{file}")
    bot, session = Chatbot(small_kb, store=store), Session(customer_id="u")
    bot.reply(session, "包邮吗", message_id="m1")
    bot.reply(session, "包邮吗", message_id="m1")
    assert len(store.events()) == 3
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON csbot_events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(StoreError):
        bot.reply(session, "怎么退货", message_id="m2")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DROP TRIGGER full")
    stored = store.load(session.id)
    assert stored is not None
    assert (len(stored.turns), len(store.events())) == (1, 3)
    bot.reply(session, "怎么退货", message_id="m2")
    assert [event.number for event in of(DecisionEvent, store.events())] == [0, 1]
    store.close()


def test_without_a_store_the_host_makes_the_events_itself(small_kb: KnowledgeBase) -> None:
    bot, session = Chatbot(small_kb), Session(customer_id="u")
    reply = bot.reply(session, "包邮吗")
    message, decision, said = turn_events(session, reply)
    assert (message.type, decision.type, said.type) == ("message", "decision", "message")
    assert of(DecisionEvent, [decision])[0].category == ""


def test_an_evaluation_leaves_no_event(small_kb: KnowledgeBase) -> None:
    store = MemoryStore()
    Chatbot(small_kb, store=store).alone().reply(Session(customer_id="u"), "包邮吗")
    assert store.events() == []


def test_feedback_is_logged_and_checked(small_kb: KnowledgeBase) -> None:
    store = MemoryStore()
    bot, session = Chatbot(small_kb, store=store), Session(customer_id="u", channel="web")
    bot.feedback(session, solved=True, score=5, comment=f"很好，打{PHONE}")
    (event,) = store.events()
    assert event.model_dump(include={"session_id", "customer_id", "channel", "solved", "score", "comment"}) == {
        "session_id": session.id, "customer_id": "u", "channel": "web", "solved": True, "score": 5,
        "comment": "很好，打138****0001",
    }  # fmt: skip
    wrong: list[dict[str, object]] = [{}, {"score": 0}, {"score": 6}, {"score": True}, {"comment": "好"}]
    for said in wrong:
        with pytest.raises(InputError):
            bot.feedback(session, **said)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="store"):
        Chatbot(small_kb).feedback(session, solved=True)


def test_a_handoff_names_its_ticket_and_the_ticket_tells_its_way(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/csbot.db"
    desk, store = open_desk(url), SqlStore(url)
    bot, session = Chatbot(small_kb, store=store, desk=desk), Session(customer_id="u")
    ticket = bot.reply(session, "转人工").ticket
    assert ticket is not None
    bot.reply(session, "包邮吗")
    agent, minute = Actor(kind="agent", id="a1"), timedelta(minutes=1)
    desk.move(ticket.id, "assigned", agent, ticket.created + minute)
    desk.move(ticket.id, "active", agent, ticket.created + 2 * minute)
    bot.reply(session, "在吗")
    desk.say(ticket.id, Message(key="k", who="agent", by="a1", text=f"您好，{PHONE} 对吗", at=ticket.created + 3 * minute))
    desk.move(ticket.id, "resolved", agent, ticket.created + 4 * minute, "说清了")
    desk.rate(ticket.id, 4, f"打{PHONE}")
    decisions = sorted(of(DecisionEvent, store.events()), key=lambda event: event.number)
    assert [(d.kind, d.ticket_id) for d in decisions] == [(k, ticket.id) for k in ("handoff", "answer", "handoff")]
    assert len([event for event in of(MessageEvent, store.events()) if event.number == 2]) == 1  # the bot is silent
    now = desk.get(ticket.id)
    assert now is not None
    events = ticket_events(now, desk.messages(ticket.id))
    steps = [(event.state, event.by.kind) for event in of(TicketEvent, events)]
    assert steps[1:] == [("assigned", "agent"), ("active", "agent"), ("resolved", "agent")]
    assert [(e.who, e.text, e.ticket_id) for e in of(MessageEvent, events)] == [("agent", "您好，138****0001 对吗", ticket.id)]
    assert [(e.score, e.comment, e.ticket_id) for e in of(FeedbackEvent, events)] == [(4, "打138****0001", ticket.id)]
    assert desk_events(desk) == events
    assert [store.log(events), store.log(events)] == [6, 0]
    store.close()
    desk.close()


def test_events_of_a_ticket_keep_their_ids_as_it_goes_on() -> None:
    ticket = Ticket(
        session_id="s", customer_id="u", channel="web", reason="urgent", transcript=[], created=NOON, state="after_hours"
    )
    before = ticket_events(ticket)
    system = Actor(kind="system")
    after = ticket_events(transition(ticket, "queued", system, NOON + timedelta(hours=9)))
    assert after[:1] == before
    assert [json.loads(event.model_dump_json())["state"] for event in after] == ["after_hours", "queued"]


def test_masking_reads_slots_with_the_bots_own_eyes(small_kb: KnowledgeBase) -> None:
    """A name alone is known as one only because the bot has asked for it."""
    events = talk(small_kb, "查订单", PHONE, NAME)
    assert [event.text for event in of(MessageEvent, events) if event.who == "customer"][-1] == "林**"
