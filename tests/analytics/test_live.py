"""Real conversations with a bot that has a store: what was counted while they went on is what the log says afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from csbot import Chatbot, KnowledgeBase, Reply, Session
from csbot.analytics.exchanges import exchanges_of
from csbot.analytics.log import desk_events, in_order, read_log, write_log
from csbot.analytics.report import Stats, stats
from csbot.handoff import open_desk
from csbot.handoff.desk import Desk
from csbot.models import Actor, Message, Order
from csbot.models.events import LookupEvent
from csbot.orders.json_file import OrderList
from csbot.storage import Store
from csbot.storage.sql import SqlStore

ID, PHONE = "QH202611030012", "13800000001"
TALKS = {
    "u1": ("你好", "包邮吗", "谢谢"),
    "u2": (f"查{ID}到哪了", PHONE),
    "u3": ("木星有几颗卫星", "香蕉有多少卡路里"),
    "u4": ("怎么退货", "转人工"),
    "u5": ("发票怎么开",),
    "u6": ("可以分期付款吗", "上门测量收费吗"),
}


class Counted:
    """What a host would count by itself, reply by reply."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.faqs: Counter[str] = Counter()
        self.channels: Counter[str] = Counter()
        self.waits: list[float] = []

    def add(self, session: Session, reply: Reply) -> None:
        self.kinds[reply.kind] += 1
        self.channels[session.channel] += 1
        self.faqs.update([reply.faq_id] if reply.faq_id else [])
        if reply.text:
            self.waits.append(reply.trace.elapsed_ms)


@pytest.fixture(scope="module")
def talked(small_kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Desk, Counted]]:
    """All of `TALKS`, held in turns, so that their messages stand between each other's in the log."""
    url = f"sqlite:///{tmp_path_factory.mktemp('live')}/csbot.db"
    store, desk, counted = SqlStore(url), open_desk(url), Counted()
    order = Order(order_id=ID, phone=PHONE, status="已发货")
    bot = Chatbot(small_kb, store=store, desk=desk, orders=OrderList([order]))
    sessions = {name: bot.session(name, "wechat" if name == "u5" else "web") for name in TALKS}
    for number in range(3):
        for name, texts in TALKS.items():
            if number < len(texts):
                counted.add(sessions[name], bot.reply(sessions[name], texts[number], message_id=f"{name} {number}"))
                bot.reply(sessions[name], texts[number], message_id=f"{name} {number}")  # delivered again: counted once
    bot.feedback(sessions["u1"], solved=True, score=5)
    ticket = desk.of_session(sessions["u4"].id)
    assert ticket is not None
    agent = Actor(kind="agent", id="a1")
    at = ticket.created
    desk.move(ticket.id, "assigned", agent, at + timedelta(seconds=30))
    desk.move(ticket.id, "active", agent, at + timedelta(seconds=40))
    desk.say(ticket.id, Message(key="k", who="agent", by="a1", text="您好", at=at + timedelta(seconds=60)))
    yield store, desk, counted
    store.close()
    desk.close()


@pytest.fixture(scope="module")
def report(talked: tuple[Store, Desk, Counted]) -> Stats:
    store, desk, _ = talked
    return stats([*store.events(), *desk_events(desk)])


def test_every_reply_is_in_the_log_once(talked: tuple[Store, Desk, Counted]) -> None:
    store, _, counted = talked
    exchanges = exchanges_of(in_order(store.events()))
    assert Counter(one.decision.kind for one in exchanges) == counted.kinds
    assert Counter(one.decision.faq_id for one in exchanges if one.decision.faq_id) == counted.faqs
    assert Counter(one.decision.channel for one in exchanges) == counted.channels
    looked_up = [event.result for event in store.events() if isinstance(event, LookupEvent)]
    assert looked_up == ["found"] * counted.kinds["order_status"] == ["found"]


def test_indicators_from_events_alone_are_those_counted_live(talked: tuple[Store, Desk, Counted], report: Stats) -> None:
    _, _, counted = talked
    total = report.total
    kinds = counted.kinds
    understood = kinds["answer"] + kinds["ask_slot"] + kinds["order_status"]
    match = total.indicators["match_rate"]
    assert match.numerator == understood
    assert match.denominator == sum(kinds.values()) - kinds["smalltalk"] - 1  # the wish of u4 is no question
    assert total.messages == sum(kinds.values()) == sum(map(len, TALKS.values()))
    response = total.indicators["bot_response_ms"]
    assert (response.numerator, response.denominator) == (pytest.approx(sum(counted.waits)), len(counted.waits))
    assert total.outcomes["confirmed_resolved"] == 1
    assert total.outcomes["handed_off"] == 2  # u4, and u3 after two misses
    first = total.indicators["first_response_s"]
    assert (first.numerator, first.denominator) == (60, 1)
    reached = total.indicators["handoff_reached_rate"]
    assert (reached.numerator, reached.denominator) == (1, 2)
    assert {name: one.episodes for name, one in report.by["channel"].items()} == {"web": total.episodes - 1, "wechat": 1}


def test_a_log_that_goes_through_a_file_into_another_store_says_the_same(
    talked: tuple[Store, Desk, Counted], report: Stats, tmp_path: Path
) -> None:
    store, desk, _ = talked
    whole = in_order(store.events(), desk_events(desk))
    write_log(whole, tmp_path / "events.jsonl")
    other = SqlStore(f"sqlite:///{tmp_path}/other.db")
    assert other.log(read_log(tmp_path / "events.jsonl")) == len(whole)
    assert other.log(read_log(tmp_path / "events.jsonl")) == 0
    assert stats(other.events()) == report
    other.close()


def test_the_exported_log_has_nothing_personal(talked: tuple[Store, Desk, Counted], tmp_path: Path) -> None:
    store, desk, _ = talked
    write_log(in_order(store.events(), desk_events(desk)), tmp_path / "events.jsonl")
    written = (tmp_path / "events.jsonl").read_text(encoding="utf-8")
    assert "包邮吗" in written
    assert ID not in written
    assert PHONE not in written
