"""What every store must do, whatever it is made of. A test class inherits `StoreContract` and gives the fixture ``store``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from csbot.errors import SessionConflict
from csbot.models import Candidate, Order, OrderQuery, Reply, Session, Trace, Turn
from csbot.models.events import FeedbackEvent, MessageEvent
from csbot.storage import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
LONG_AGO = NOON - timedelta(days=365)
ODD = "\x00 \x1b 😀 ' \" \\ %s :x {} \u2028 １３８"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def turn(user: str = "你好", at: datetime = NOON, **fields: object) -> Turn:
    return Turn.model_validate({"user": user, "kind": "answer", "rule": "r", "at": at} | fields)


def reply(text: str = "好的") -> Reply:
    candidate = Candidate(faq_id="f", question="问", score=0.3, confidence=0.25)
    trace = Trace(normalised="n", rule="r", intent=None, answer_threshold=0.5, clarify_threshold=0.2, misses=0)
    return Reply(text=text, kind="answer", match=candidate, order=Order(order_id="QH1", phone="13800000001"), trace=trace)


def said(name: str, minute: float = 0, text: str = "在吗") -> MessageEvent:
    """An event whose id is ``name``."""
    return MessageEvent(id=name, at=NOON + minutes(minute), session_id="s", who="customer", text=text)


def at_once(number: int, work: Callable[[int], object]) -> list[object]:
    """Results of ``work(0)`` … from so many threads that start together; an exception is a result."""
    barrier, results = threading.Barrier(number), [None] * number

    def run(index: int) -> None:
        barrier.wait()
        try:
            results[index] = work(index)  # type: ignore[call-overload]
        except Exception as error:
            results[index] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class StoreContract:
    """Inherited by one class of tests per store."""

    def test_a_session_is_read_as_it_was_saved(self, store: Store) -> None:
        session = Session(
            customer_id=ODD.replace("\x00", ""), channel="wechat", identified=OrderQuery(phone="13800000001", name="林晓燕"),
            turns=[turn(ODD, slots={"phone": ODD}, options=[ODD]), turn(reply=ODD, at=NOON + minutes(0.000001))],
        )  # fmt: skip
        store.save(session)
        assert store.load(session.id) == session
        assert session.version == 1

    def test_there_is_no_session_that_was_never_saved(self, store: Store) -> None:
        assert store.load("nobody") is None

    def test_each_save_adds_the_new_turns(self, store: Store) -> None:
        session = Session(customer_id="u")
        for number in range(5):
            session.turns += [turn(f"{number}a"), turn(f"{number}b")]
            store.save(session)
            assert store.load(session.id) == session
        assert (session.version, len(session.turns)) == (5, 10)

    def test_a_save_that_another_overtook_is_refused_and_changes_nothing(self, store: Store) -> None:
        session = Session(customer_id="u", turns=[turn("一")])
        store.save(session)
        mine, theirs = store.load(session.id), store.load(session.id)
        assert mine is not None
        assert theirs is not None
        theirs.turns.append(turn("他们的"))
        store.save(theirs)
        mine.turns.append(turn("我的"))
        with pytest.raises(SessionConflict):
            store.save(mine, message_id="m", reply=reply())
        assert store.load(session.id) == theirs
        assert store.replied(session, "m") is None
        assert mine.version == 1

    def test_of_two_workers_that_begin_one_session_one_wins(self, store: Store) -> None:
        mine, theirs = (Session(id="same", customer_id="u", turns=[turn(text)]) for text in ("我的", "他们的"))
        store.save(theirs)
        with pytest.raises(SessionConflict):
            store.save(mine)
        assert store.load("same") == theirs

    def test_of_many_that_save_at_once_one_wins(self, store: Store) -> None:
        session = Session(customer_id="u")
        store.save(session)

        def save(number: int) -> None:
            mine = session.model_copy(deep=True)
            mine.turns.append(turn(str(number)))
            store.save(mine)

        results = at_once(8, save)
        assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["SessionConflict"] * 7
        stored = store.load(session.id)
        assert stored is not None
        assert [said.user for said in stored.turns] == [str(results.index(None))]

    def test_a_session_claimed_is_saved_by_nobody_else_until_then(self, store: Store) -> None:
        session, soon = Session(customer_id="u"), datetime.now(timezone.utc) + minutes(5)
        assert not store.claim(session.id, "a", soon)
        store.save(session)
        assert [store.claim(session.id, worker, soon) for worker in ("a", "b", "a")] == [True, False, True]
        for worker in ("", "b"):
            with pytest.raises(SessionConflict):
                store.save(session, worker=worker)
        store.save(session, worker="a")
        store.save(session, worker="b")
        assert (session.version, store.load(session.id)) == (3, session)

    def test_a_claim_ends_with_its_time(self, store: Store) -> None:
        session, now = Session(customer_id="u"), datetime.now(timezone.utc)
        store.save(session)
        assert store.claim(session.id, "a", now + minutes(5))
        assert store.claim(session.id, "a", now)
        store.save(session, worker="b")
        assert store.claim(session.id, "a", now)
        assert store.claim(session.id, "b", now + minutes(5))

    def test_a_customer_goes_on_in_the_newest_session_on_whatever_channel(self, store: Store) -> None:
        who = OrderQuery(phone="13800000001")
        older, newer = (
            Session(customer_id="u", channel="web", identified=who, turns=[turn(at=NOON + minutes(m))]) for m in (0, 5)
        )
        store.save(newer)
        store.save(older)
        store.save(Session(customer_id="other", turns=[turn(at=NOON + minutes(9))]))
        going_on = store.open(Session(customer_id="u", channel="wechat"), since=NOON + minutes(5))
        assert (going_on.id, going_on.turns, going_on.channel, going_on.identified) == (newer.id, newer.turns, "wechat", None)
        going_on.turns.append(turn())
        store.save(going_on)
        assert store.load(newer.id) == going_on

    def test_after_a_long_silence_a_new_session_names_the_earlier_ones(self, store: Store) -> None:
        ids = []
        for number in range(7):
            session = Session(customer_id="u", turns=[turn(at=NOON + minutes(number))])
            store.save(session)
            ids.append(session.id)
        fresh = Session(customer_id="u", channel="web")
        begun = store.open(fresh, since=NOON + minutes(6.5))
        assert begun is fresh
        assert (begun.earlier, begun.version) == (ids[:1:-1], 1)
        assert store.load(fresh.id) == fresh

    def test_customers_without_an_id_never_share_a_session(self, store: Store) -> None:
        first, second = (store.open(Session(customer_id=""), since=LONG_AGO) for _ in range(2))
        assert first.id != second.id
        assert second.earlier == []

    def test_many_workers_open_one_and_the_same_session_for_a_new_customer(self, store: Store) -> None:
        opened = at_once(8, lambda _: store.open(Session(customer_id="new"), since=LONG_AGO).id)
        assert len(set(opened)) == 1

    def test_a_message_that_was_answered_has_its_reply(self, store: Store) -> None:
        session = Session(customer_id="u", channel="wechat", turns=[turn()])
        store.save(session, message_id="m1", reply=reply("第一"))
        assert store.replied(session, "m1") == (session.id, reply("第一"))
        assert store.replied(Session(customer_id="u", channel="wechat"), "m1") == (session.id, reply("第一"))
        for other in (Session(customer_id="v", channel="wechat"), Session(customer_id="u", channel="web")):
            assert store.replied(other, "m1") is None
        assert store.replied(session, "m2") is None

    def test_a_message_is_answered_once_even_from_two_new_sessions(self, store: Store) -> None:
        first, second = (Session(customer_id="u", turns=[turn()]) for _ in range(2))
        store.save(first, message_id="m1", reply=reply("第一"))
        with pytest.raises(SessionConflict):
            store.save(second, message_id="m1", reply=reply("第二"))
        assert store.load(second.id) is None

    def test_without_a_customer_id_a_message_belongs_to_its_session(self, store: Store) -> None:
        first, second = (Session(customer_id="", turns=[turn()]) for _ in range(2))
        store.save(first, message_id="m1", reply=reply("第一"))
        store.save(second, message_id="m1", reply=reply("第二"))
        assert [store.replied(session, "m1") for session in (first, second)] == [
            (first.id, reply("第一")), (second.id, reply("第二")),
        ]  # fmt: skip

    def test_attempts_are_counted_per_key_in_a_sliding_window(self, store: Store) -> None:
        def attempt(*keys: str, minute: int) -> dict[str, int]:
            at = NOON + minutes(minute)
            return store.attempt(keys, f"at {minute}", at=at, since=at - minutes(10))

        assert attempt("customer:u", "phone:1", minute=0) == {"customer:u": 1, "phone:1": 1}
        assert attempt("customer:u", "phone:2", minute=5) == {"customer:u": 2, "phone:2": 1}
        assert attempt("customer:u", minute=10) == {"customer:u": 3}
        assert attempt("customer:u", minute=11) == {"customer:u": 3}
        assert attempt("phone:1", minute=30) == {"phone:1": 1}

    def test_an_attempt_repeated_counts_once_and_withdrawn_not_at_all(self, store: Store) -> None:
        def attempt(attempt_id: str) -> int:
            return store.attempt(["k"], attempt_id, at=NOON, since=LONG_AGO)["k"]

        assert [attempt("a"), attempt("a"), attempt("b")] == [1, 1, 2]
        store.withdraw(["k"], "a")
        store.withdraw(["k", "never"], "never")
        assert attempt("c") == 2

    def test_of_many_attempts_at_once_no_more_than_a_limit_pass_it(self, store: Store) -> None:
        results = at_once(16, lambda n: store.attempt(["a", "b"], str(n), at=NOON, since=LONG_AGO))
        for key in ("a", "b"):
            counts = [result[key] for result in results]  # type: ignore[index]
            assert max(counts) == 16
            assert all(sum(count <= limit for count in counts) <= limit for limit in range(1, 17))

    def test_customers_who_proved_the_same_are_one_person_to_earlier_sessions(self, store: Store) -> None:
        sessions = {name: Session(customer_id=name, turns=[turn()]) for name in ("web-1", "wechat-1", "stranger", "")}
        for session in sessions.values():
            store.save(session)
        for proof, customer in (("p", "web-1"), ("p", "wechat-1"), ("p", "wechat-1"), ("q", "stranger")):
            store.link(proof, customer)
        assert store.earlier(sessions["web-1"]) == [sessions["wechat-1"].id]
        assert store.earlier(sessions["stranger"]) == store.earlier(sessions[""]) == []
        assert store.open(Session(customer_id="wechat-1"), since=NOON + minutes(1)).earlier != []

    def test_what_is_old_is_deleted_and_what_is_not_stays(self, store: Store) -> None:
        old, new = (Session(customer_id="u", turns=[turn(at=NOON + minutes(m))]) for m in (0, 10))
        for session in (old, new):
            store.save(session, message_id=session.id, reply=reply())
        for minute in (0, 10):
            store.attempt(["k"], str(minute), at=NOON + minutes(minute), since=LONG_AGO)
        assert store.purge() == store.purge(sessions=NOON, attempts=NOON, replies=LONG_AGO) == 0
        assert store.purge(attempts=NOON + minutes(5)) == 1
        assert store.attempt(["k"], "now", at=NOON + minutes(11), since=LONG_AGO) == {"k": 2}
        store.purge(sessions=NOON + minutes(5))
        assert (store.load(old.id), store.load(new.id)) == (None, new)
        assert store.earlier(Session(customer_id="u")) == [new.id]
        assert store.replied(old, old.id) is None
        assert store.replied(new, new.id) is not None
        store.purge(replies=datetime.now(timezone.utc) + minutes(1))
        assert store.replied(new, new.id) is None

    def test_events_are_read_as_they_were_logged_in_the_order_of_their_times(self, store: Store) -> None:
        events = [
            said("b", 1, ODD.replace("\x00", "")),
            FeedbackEvent(id="a", at=NOON + minutes(1), session_id="s", customer_id="u", channel="web", solved=False, score=1),
            said("c", 0.000001),
        ]
        assert store.events() == []
        assert store.log(events) == 3
        assert store.events() == [events[2], events[1], events[0]]

    def test_an_event_that_is_logged_again_is_the_same_one(self, store: Store) -> None:
        assert store.log([said("a"), said("a")]) == 1
        assert store.log([said("a"), said("b"), said("b")]) == 1
        assert store.log([]) == 0
        assert [event.id for event in store.events()] == ["a", "b"]

    def test_of_many_that_log_the_same_at_once_each_event_is_kept_once(self, store: Store) -> None:
        events = [said(str(number)) for number in range(50)]
        counts = at_once(6, lambda n: store.log(events[n:] + events[:n]))
        assert sum(counts) == 50  # type: ignore[arg-type]
        assert len(store.events()) == 50

    def test_more_events_than_are_written_at_a_time(self, store: Store) -> None:
        assert store.log(said(str(number), number) for number in range(2500)) == 2500
        assert [event.id for event in store.events()] == [str(number) for number in range(2500)]

    def test_events_of_a_time(self, store: Store) -> None:
        store.log([said("a", 0), said("b", 1), said("c", 2)])
        between = store.events(since=NOON + minutes(1), until=NOON + minutes(2))
        assert [event.id for event in between] == ["b"]

    def test_a_turn_that_is_refused_leaves_no_event(self, store: Store) -> None:
        session = Session(customer_id="u", turns=[turn()])
        store.save(session, events=[said("first")])
        late = session.model_copy(update={"version": 0}, deep=True)
        with pytest.raises(SessionConflict):
            store.save(late, events=[said("late")])
        assert [event.id for event in store.events()] == ["first"]

    def test_events_outlive_their_session_until_they_are_old_themselves(self, store: Store) -> None:
        store.save(Session(customer_id="u", turns=[turn()]), events=[said("old", 0), said("new", 9)])
        assert store.purge(sessions=NOON + minutes(5)) == 1
        assert len(store.events()) == 2
        assert store.purge(events=NOON + minutes(5)) == 1
        assert [event.id for event in store.events()] == ["new"]
