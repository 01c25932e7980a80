"""A bot with a store: sessions go on wherever the customer turns up, no turn is lost, and no message is answered twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from csbot import BotConfig, Chatbot, KnowledgeBase, Session
from csbot.dialogue.state import replay, state_of
from csbot.errors import InputError, SessionConflict, StoreError
from csbot.models import Order, OrderQuery, Reply, Turn, utc_now
from csbot.models.events import FeedbackEvent
from csbot.orders.base import OrderBackend
from csbot.orders.json_file import OrderList
from csbot.storage import MemoryStore, Store
from csbot.storage.keeping import LOSSES, answer_and_save
from csbot.storage.sql import SqlStore

ID, PHONE = "QH202611030012", "13800000001"
MINE = Order(order_id=ID, phone=PHONE, name="林晓燕", status="已发货")

Make = Callable[..., Chatbot]


class Between:
    """An order system in whose look-up something else happens first: another worker answers the same session, say."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self.happens = happens
        self.asked = 0

    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        self.asked += 1
        self.happens()
        return []


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = MemoryStore() if request.param == "memory" else SqlStore(f"sqlite:///{tmp_path}/csbot.db")
    yield store
    store.close()


@pytest.fixture
def make(small_kb: KnowledgeBase, store: Store) -> Make:
    def bot(backend: OrderBackend | None = None, **settings: object) -> Chatbot:
        return Chatbot(small_kb, orders=backend or OrderList([MINE]), store=store, config=BotConfig(**settings))

    return bot


def stored(store: Store, session: Session) -> Session:
    found = store.load(session.id)
    assert found is not None
    return found


def users(session: Session) -> list[str]:
    return [turn.user for turn in session.turns]


def age(store: Store, session: Session, by: timedelta) -> Session:
    """Store a copy of the session, under another id, whose turns are older."""
    turns = [turn.model_copy(update={"at": turn.at - by}) for turn in session.turns]
    old = Session(customer_id=session.customer_id, channel=session.channel, turns=turns)
    store.save(old)
    return old


def test_each_reply_is_saved_with_its_turn(make: Make, store: Store) -> None:
    bot, session = make(), Session(customer_id="u")
    for number, text in enumerate(("你好", "包邮吗", "查订单", PHONE), start=1):
        bot.reply(session, text)
        assert stored(store, session) == session
        assert (session.version, len(session.turns)) == (number, number)


def test_two_bots_with_one_store_answer_one_conversation(make: Make) -> None:
    first, second, session = make(), make(), Session(customer_id="u")
    assert first.reply(session, f"查{ID}到哪了").slot == "phone"
    copy = Session(customer_id="u", id=session.id)
    assert second.reply(copy, PHONE).order == MINE
    assert users(copy) == [f"查{ID}到哪了", PHONE]
    assert first.reply(session, "那多久能到").order == MINE


def test_a_url_opens_the_store(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    bot = Chatbot(small_kb, store=f"sqlite:///{tmp_path}/var/csbot.db")
    session = bot.session("u", "wechat")
    asyncio.run(bot.areply(session, "包邮吗"))
    assert bot.store is not None
    assert stored(bot.store, session) == session
    bot.store.close()


def test_a_message_delivered_twice_gets_one_reply_and_one_turn(make: Make, store: Store) -> None:
    bot, session = make(), Session(customer_id="u", channel="wechat")
    first = bot.reply(session, "你好", message_id="m1")
    assert bot.reply(session, "你好", message_id="m1") == first
    assert make().reply(session, "你好", message_id="m1") == first
    assert asyncio.run(bot.areply(session, "你好", message_id="m2")) != first
    assert users(stored(store, session)) == ["你好", "你好"]


def test_the_first_message_delivered_twice_makes_one_session(make: Make, store: Store) -> None:
    bot, first, second = make(), Session(customer_id="u"), Session(customer_id="u")
    reply = bot.reply(first, "你好", message_id="m1")
    unused = second.id
    assert bot.reply(second, "你好", message_id="m1") == reply
    assert second == first
    assert store.load(unused) is None


def test_a_reply_delivered_again_says_all_that_it_said(make: Make) -> None:
    bot, session = make(), Session(customer_id="u")
    for number, text in enumerate(("你好", "物流", f"{ID} {PHONE}", "转人工")):
        first = bot.reply(session, text, message_id=str(number))
        assert bot.reply(session, text, message_id=str(number)) == first


def test_a_message_id_without_a_store_is_refused(small_kb: KnowledgeBase) -> None:
    session = Session(customer_id="u")
    with pytest.raises(InputError, match="store"):
        Chatbot(small_kb).reply(session, "你好", message_id="m1")
    assert session.turns == []


def test_another_customers_session_is_not_opened_by_its_id(make: Make, store: Store) -> None:
    bot, session = make(), Session(customer_id="u")
    bot.reply(session, f"{ID} {PHONE}")
    with pytest.raises(InputError, match="另一位客户"):
        bot.reply(Session(customer_id="thief", id=session.id), "那多久能到")
    assert stored(store, session) == session


@pytest.mark.parametrize("said", ["刚才那个订单到哪了", "那多久能到", PHONE, "林晓燕", ID])
def test_what_was_proven_before_the_customer_was_known_is_told_to_nobody(make: Make, store: Store, said: str) -> None:
    """Somebody may log in to another's session: its number is no proof."""
    bot, before = make(), Session(customer_id="")
    assert bot.reply(before, f"{ID} {PHONE}").kind == "order_status"
    now = Session(customer_id="u", id=before.id)
    reply = bot.reply(now, said)
    assert (reply.order, "已发货" in reply.text) == (None, False)
    assert stored(store, now).known_since == 1
    assert state_of(now).shown == {}
    with pytest.raises(InputError, match="另一位客户"):
        bot.reply(before, "那多久能到")
    assert bot.reply(now, f"{ID} {PHONE}").kind == "order_status"
    assert bot.reply(now, "刚才那个订单到哪了").order is not None


def test_a_session_that_stays_without_a_customer_keeps_what_was_proven(make: Make) -> None:
    bot, session = make(), Session(customer_id="")
    bot.reply(session, f"{ID} {PHONE}")
    assert bot.reply(Session(customer_id="", id=session.id), "刚才那个订单到哪了").order is not None


def test_who_the_customer_is_and_where_is_the_hosts_to_say(make: Make, store: Store) -> None:
    bot, session = make(), Session(customer_id="", identified=OrderQuery(phone=PHONE))
    bot.reply(session, "你好")
    now = Session(customer_id="u", channel="app", id=session.id)
    assert bot.reply(now, "帮我查一下我的订单到哪了").slot == "phone"
    kept = stored(store, session)
    assert (kept.customer_id, kept.channel, kept.identified, len(kept.turns)) == ("u", "app", None, 2)


def test_a_worker_that_was_overtaken_answers_again_and_no_turn_is_lost(make: Make, store: Store) -> None:
    other, session = make(), Session(customer_id="u")
    backend = Between(lambda: backend.asked == 1 and other.reply(Session(customer_id="u", id=session.id), "包邮吗"))
    reply = make(backend).reply(session, f"{ID} {PHONE}")
    assert backend.asked == 2
    assert (reply.kind, users(session)) == ("ask_slot", ["包邮吗", f"{ID} {PHONE}"])
    assert stored(store, session) == session


def test_answering_again_counts_as_one_guess(make: Make) -> None:
    other, session = make(), Session(customer_id="u")
    backend = Between(lambda: backend.asked < 3 and other.reply(Session(customer_id="u", id=session.id), "包邮吗"))
    reply = make(backend, orders={"lookup_limit": 2}).reply(session, f"{ID} {PHONE}")
    assert (backend.asked, reply.trace.rule) == (3, "order_not_found")


def test_a_message_delivered_to_two_workers_at_once_is_answered_once(make: Make, store: Store) -> None:
    def deliver() -> Reply:
        return bot.reply(Session(customer_id="u"), f"{ID} {PHONE}", message_id="m")

    session, given = Session(customer_id="u"), []  # type: ignore[var-annotated]
    backend = Between(lambda: backend.asked == 1 and given.append(deliver()))
    bot = make(backend)
    assert [bot.reply(session, f"{ID} {PHONE}", message_id="m")] == given
    assert users(session) == [f"{ID} {PHONE}"]
    assert stored(store, session) == session


def test_a_worker_that_is_overtaken_again_and_again_gets_the_session_to_itself(make: Make, store: Store) -> None:
    session, overtaken = Session(customer_id="u"), []

    def overtake() -> None:
        other = store.load(session.id) or Session(customer_id="u", id=session.id)
        other.turns.append(Turn(user="包邮吗", kind="answer", rule="exact"))
        try:
            store.save(other)
            overtaken.append(True)
        except SessionConflict:
            overtaken.append(False)

    make(Between(overtake)).reply(session, f"{ID} {PHONE}")
    assert overtaken == [True] * LOSSES + [False]
    assert users(session) == ["包邮吗"] * LOSSES + [f"{ID} {PHONE}"]
    overtake()
    assert overtaken[-1], "the claim ends with the reply"


def test_a_worker_that_can_not_get_through_gives_up_and_says_so(
    make: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csbot.storage.keeping.LONGEST_PAUSE_S", 0.001)
    bot, session = make(), Session(customer_id="u")
    bot.reply(session, "你好")
    assert store.claim(session.id, "somebody else", utc_now() + timedelta(minutes=5))
    with pytest.raises(SessionConflict, match="抢先"):
        bot.reply(session, "包邮吗")
    assert users(session) == users(stored(store, session)) == ["你好"]


def test_an_answer_that_fails_ends_the_claim(store: Store) -> None:
    session, claimed = Session(customer_id="u"), []
    store.save(session)

    def answer() -> Reply:
        claimed.append(not store.claim(session.id, "somebody else", utc_now()))
        raise SessionConflict("overtaken") if len(claimed) <= LOSSES else InputError("no answer")

    with pytest.raises(InputError, match="no answer"):
        answer_and_save(store, session, None, answer)
    assert claimed == [False] * LOSSES + [True]
    assert store.claim(session.id, "somebody else", utc_now())


def test_a_store_that_fails_leaves_the_session_as_it_was(
    small_kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csbot.storage.database.BUSY_TIMEOUT_S", 0.01)
    store = SqlStore(f"sqlite:///{tmp_path}/csbot.db")
    bot, session = Chatbot(small_kb, store=store), Session(customer_id="u")
    bot.reply(session, "你好")
    with closing(sqlite3.connect(tmp_path / "csbot.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError):
            bot.reply(session, "包邮吗")
    assert users(session) == ["你好"]
    bot.reply(session, "包邮吗")
    assert users(session) == ["你好", "包邮吗"]
    store.close()


def test_the_conversation_goes_on_on_another_channel(make: Make) -> None:
    bot = make()
    web = bot.session("u", "web")
    assert bot.reply(web, f"查{ID}到哪了").slot == "phone"
    wechat = bot.session("u", "wechat")
    assert (wechat.id, wechat.channel, wechat.turns) == (web.id, "wechat", web.turns)
    assert bot.reply(wechat, PHONE).order == MINE


def test_what_was_proven_on_one_channel_is_not_taken_to_another(make: Make) -> None:
    bot = make()
    bot.reply(bot.session("u", "app", identified=OrderQuery(phone=PHONE)), "你好")
    assert bot.session("u", "web").identified is None


def test_after_the_idle_timeout_a_new_session_begins_and_its_ticket_names_the_old_one(make: Make, store: Store) -> None:
    bot, session = make(), Session(customer_id="u")
    bot.reply(session, "你好")
    assert bot.session("u").id == session.id
    store.purge(sessions=session.turns[0].at + timedelta(seconds=1))
    old = age(store, session, timedelta(seconds=1801))
    begun = bot.session("u")
    assert (begun.id != old.id, begun.turns, begun.earlier) == (True, [], [old.id])
    ticket = bot.reply(begun, "转人工").ticket
    assert ticket is not None
    assert ticket.earlier == [old.id]
    assert make(dialogue={"idle_timeout_s": 3600}).session("u").id == begun.id


def test_without_a_store_each_session_is_new(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb)
    first, second = bot.session("u"), bot.session("u", "wechat")
    bot.reply(first, "你好")
    assert (first.id != second.id, second.channel, second.earlier, first.version) == (True, "wechat", [], 0)


def last(bot: Chatbot, session: Session, *texts: str) -> Reply:
    return [bot.reply(session, text) for text in texts][-1]


@pytest.mark.parametrize(
    ("before", "after", "then", "kind"),
    [
        (("物流",), "2", "clarify", "answer"),
        (("我想查一下我的订单",), PHONE, "ask_slot", "ask_slot"),
        ((f"{ID} {PHONE}",), "那多久能到", "order_status", "order_status"),
    ],
)
def test_what_was_under_way_yesterday_is_forgotten(
    make: Make, store: Store, before: tuple[str, ...], after: str, then: str, kind: str
) -> None:
    bot, session = make(bands={"clarify": 0.0}), Session(customer_id="u")
    assert last(bot, session, *before).kind == then
    soon = age(store, session, timedelta(seconds=1700))
    late = age(store, session, timedelta(seconds=1900))
    assert bot.reply(soon, after).kind == kind
    assert soon.turns[-1].rule in ("option_picked", "slot_given", "order_follow_up")
    bot.reply(late, after)
    assert late.turns[-1].rule not in ("option_picked", "slot_given", "order_follow_up")


def test_the_turns_of_a_stored_session_replayed_give_its_state(make: Make, store: Store) -> None:
    bot, session = make(), Session(customer_id="u")
    for text in ("你好", "物流", "1", "我想查一下我的订单", PHONE):
        bot.reply(session, text)
        kept = stored(store, session)
        assert replay(kept.turns, kept.identified) == state_of(session)


def earlier_of(bot: Chatbot, customer_id: str) -> list[str]:
    ticket = last(bot, bot.session(customer_id), f"{ID} {PHONE}", "转人工").ticket
    assert ticket is not None
    return ticket.earlier


def test_an_order_proven_on_two_channels_links_them_where_that_is_configured(make: Make) -> None:
    bot = make(orders={"link_proven": True})
    assert earlier_of(bot, "web-1") == []
    assert earlier_of(bot, "wechat-1") == [bot.session("web-1").id]
    hidden = bot.session("stranger")
    bot.reply(hidden, f"{ID} 13712345678")
    assert hidden.earlier == []


def test_nothing_is_linked_by_default(make: Make) -> None:
    bot = make()
    assert [earlier_of(bot, "web-1"), earlier_of(bot, "wechat-1")] == [[], []]


HALF = "\ud800"


@pytest.mark.parametrize(
    "fields", [{"customer_id": HALF}, {"customer_id": "u", "channel": HALF}, {"customer_id": "u", "id": HALF}]
)
def test_half_a_character_in_what_the_host_gives_is_an_input_error(make: Make, store: Store, fields: dict[str, str]) -> None:
    bot, session = make(), Session.model_validate(fields)
    for _ in range(2):
        with pytest.raises(InputError, match="半个字符"):
            bot.reply(session, "你好")
    assert session.turns == []
    with pytest.raises(InputError, match="半个字符"):
        store.open(session, utc_now())


@pytest.mark.parametrize("message_id", [f"m{HALF}", 5, b"x"])
def test_a_message_id_that_is_no_whole_text_is_an_input_error(make: Make, message_id: Any) -> None:
    session = Session(customer_id="u")
    with pytest.raises(InputError, match="message_id"):
        make().reply(session, "你好", message_id=message_id)
    assert session.turns == []


def test_half_a_character_in_a_comment_is_logged_as_a_question_mark(make: Make, store: Store) -> None:
    bot = make()
    session = bot.session("u")
    bot.feedback(session, score=5, comment=f"好{HALF}")
    (event,) = store.events()
    assert isinstance(event, FeedbackEvent)
    assert event.comment == "好?"


def test_a_moment_without_a_zone_is_chinas(make: Make, store: Store) -> None:
    bot = make()
    session = bot.session("u")
    bot.reply(session, "你好")
    china = (utc_now() + timedelta(hours=8)).replace(tzinfo=None)
    assert store.purge(sessions=china - timedelta(minutes=1)) == 0
    assert store.purge(sessions=china + timedelta(minutes=1)) == 1
