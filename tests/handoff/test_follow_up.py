"""Who is asked after the service, when, how often; and what is taken for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.errors import StoreError
from csbot.handoff import open_desk
from csbot.handoff.desk import Desk
from csbot.handoff.follow_up import Around, FollowUpRules, ask_due, invitation, read_score, take_answer, why_not
from csbot.handoff.states import transition
from csbot.models import Actor, Session, Ticket, Turn
from csbot.resources import load_yaml
from csbot.storage import MemoryStore
from desk_contract import LI, active, after, ticket
from store_contract import at_once

ALL = FollowUpRules(share=1.0)
SOON = after(hours=2)
"""An hour after the tickets below were resolved: 14:00 in China."""


def resolved(number: int = 0, **changes: object) -> Ticket:
    """A ticket that li resolved an hour after noon."""
    steps = [("assigned", LI), ("active", LI), ("resolved", LI)]
    done = ticket(number).model_copy(update=changes)
    for state, by in steps:
        done = transition(done, state, by, after(hours=1), "好了")  # type: ignore[arg-type]
    return done


def turn(kind: str, at: datetime) -> Turn:
    return Turn.model_validate({"user": "在吗", "kind": kind, "rule": "r", "reply": "在", "at": at})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(f"sqlite:///{tmp_path}/desk.db")
    yield desk
    desk.close()


class Outbox(list[str]):
    """What was sent, by ticket."""

    def send(self, ticket: Ticket, text: str) -> None:
        self.append(ticket.id)
        assert "1" in text or "一" in text


def settle(desk: Desk, number: int = 0) -> Ticket:
    """A ticket of customer ``u<number % 2>``, resolved an hour after noon."""
    active(desk, number)
    return desk.move(f"T{number}", "resolved", LI, after(hours=1), "好了")


@pytest.mark.parametrize(
    ("around", "at", "reason"),
    [
        (Around(), SOON, ""),
        (Around(), after(hours=1, minutes=29), "early"),
        (Around(), after(hours=1, minutes=30), ""),
        (Around(), after(hours=10), "night"),
        (Around(), after(hours=22), ""),
        (Around(), after(hours=49, minutes=1), "late"),
        (Around(open_ticket=True), SOON, "unsettled"),
        (Around(last=turn("fallback", after(hours=1, minutes=5))), SOON, "unsettled"),
        (Around(last=turn("ask_slot", after(hours=1, minutes=5))), SOON, "unsettled"),
        (Around(last=turn("handoff", after(minutes=30))), SOON, ""),  # before it was resolved
        (Around(last=turn("answer", after(hours=1, minutes=51))), SOON, "talking"),
        (Around(last=turn("answer", after(hours=1, minutes=50))), SOON, ""),
        (Around(asked=SOON - timedelta(days=13)), SOON, "pause"),
        (Around(asked=SOON - timedelta(days=14)), SOON, ""),
    ],
)  # fmt: skip
def test_the_right_moment(around: Around, at: datetime, reason: str) -> None:
    assert why_not(resolved(), around, ALL, at) == reason


def test_only_what_was_resolved_and_never_twice() -> None:
    asked = transition(resolved(), "followed_up", Actor(kind="bot"), SOON)
    again = transition(asked, "queued", Actor(kind="customer"), SOON)
    for state in ("assigned", "active", "resolved"):
        again = transition(again, state, LI, SOON, "好了")  # type: ignore[arg-type]
    returned = transition(ticket(), "returned_to_bot", Actor(kind="system"), after(hours=1))
    late = SOON + timedelta(hours=1)
    assert [why_not(one, Around(), ALL, late) for one in (ticket(), returned, asked, again)] == ["state"] * 3 + ["once"]
    assert why_not(resolved(rating=5), Around(), ALL, SOON) == "once"


@given(st.floats(0, 1), st.text("ABCDEFGHIJ234567", min_size=12, max_size=12))
def test_a_larger_share_asks_the_same_and_more(share: float, name: str) -> None:
    one = resolved(id=f"T{name}")
    if why_not(one, Around(), FollowUpRules(share=share), SOON) == "":
        assert why_not(one, Around(), FollowUpRules(share=min(1.0, share + 0.1)), SOON) == ""
    assert why_not(one, Around(), FollowUpRules(share=0.0), SOON) == "share"
    assert why_not(one, Around(), ALL, SOON) == ""


def test_the_share_is_what_the_rules_say() -> None:
    asked = sum(why_not(resolved(id=f"T{n}"), Around(), FollowUpRules(share=0.3), SOON) == "" for n in range(2000))
    assert 500 < asked < 700


def test_each_ticket_is_asked_about_once_and_a_customer_not_again_soon(desk: Desk) -> None:
    for number in (0, 1, 2):  # 0 and 2 are of the same customer
        settle(desk, number)
    box = Outbox()
    assert len(ask_due(desk, box.send, SOON, ALL)) == 2
    assert len({number % 2 for number in (int(one[1:]) for one in box)}) == 2
    assert ask_due(desk, box.send, SOON + timedelta(minutes=10), ALL) == []
    assert [one.state for one in desk.queue(states=("followed_up",))] == ["followed_up"] * 2
    weeks = replace(ALL, before_s=30 * 86400.0)
    assert len(ask_due(desk, box.send, SOON + timedelta(days=15), weeks)) == 1
    assert sorted(box) == ["T0", "T1", "T2"]


def test_nobody_is_asked_while_another_matter_of_theirs_is_open(desk: Desk) -> None:
    settle(desk, 0)
    settle(desk, 1)
    desk.file(ticket(2))  # of the customer of T0
    box = Outbox()
    ask_due(desk, box.send, SOON, ALL)
    assert box == ["T1"]


def test_nobody_is_asked_in_the_middle_of_a_conversation(desk: Desk) -> None:
    settle(desk)
    store = MemoryStore()
    session = Session(id="s0", customer_id="u0", turns=[turn("clarify", after(hours=1, minutes=10))])
    store.save(session)
    box = Outbox()
    assert ask_due(desk, box.send, SOON, ALL, store=store) == []
    session.turns.append(turn("answer", after(hours=1, minutes=20)))
    store.save(session)
    assert len(ask_due(desk, box.send, SOON, ALL, store=store)) == 1


def test_of_many_that_ask_at_once_one_does(desk: Desk) -> None:
    settle(desk)
    box = Outbox()
    at_once(6, lambda _: ask_due(desk, box.send, SOON, ALL))
    assert box == ["T0"]


def test_an_invitation_that_can_not_be_sent_is_not_repeated_and_holds_up_no_other(desk: Desk) -> None:
    settle(desk, 0)
    settle(desk, 1)
    box = Outbox()

    def send(ticket: Ticket, text: str) -> None:
        box.append(ticket.id)
        raise StoreError("the channel is away")

    ask_due(desk, send, SOON, ALL)
    ask_due(desk, send, SOON + timedelta(minutes=5), ALL)
    assert sorted(box) == ["T0", "T1"]


def test_an_answer_is_recorded_once_and_the_customer_thanked(desk: Desk) -> None:
    settle(desk)
    session = Session(id="s0", customer_id="u0", channel="wechat")
    assert take_answer(desk, session, "5", SOON, ALL) is None  # nobody has asked
    ask_due(desk, Outbox().send, SOON, ALL)
    later = SOON + timedelta(minutes=5)
    assert take_answer(desk, session, "发票怎么开", later, ALL) is None
    thanks = take_answer(desk, session, "4分，我电话13800000001", later, ALL)
    kept = desk.get("T0")
    assert kept is not None
    assert (kept.rating, kept.comment) == (4, "我电话138****0001")
    assert thanks is not None
    assert "谢谢" in thanks
    assert take_answer(desk, session, "1", later, ALL) is None


def test_who_is_not_satisfied_is_told_how_to_reach_people(desk: Desk) -> None:
    settle(desk)
    ask_due(desk, Outbox().send, SOON, ALL)
    sorry = take_answer(
        desk, Session(id="s0", customer_id="u0", channel="wechat"), "很不满意", SOON + timedelta(minutes=5), ALL
    )
    assert sorry is not None
    assert "转人工" in sorry


def test_a_number_days_later_or_with_a_new_ticket_is_no_answer(desk: Desk) -> None:
    settle(desk)
    session = Session(id="s0", customer_id="u0", channel="wechat")
    ask_due(desk, Outbox().send, SOON, ALL)
    assert take_answer(desk, session, "5", SOON + timedelta(hours=25), ALL) is None
    desk.file(ticket().model_copy(update={"id": "T-new"}))
    assert take_answer(desk, session, "5", SOON + timedelta(minutes=5), ALL) is None


def test_a_bare_figure_after_other_talk_is_a_pick_and_no_rating(desk: Desk) -> None:
    settle(desk)
    ask_due(desk, Outbox().send, SOON, ALL)
    later = SOON + timedelta(minutes=5)
    thanked = Session(id="s0", customer_id="u0", channel="wechat", turns=[turn("smalltalk", later)])
    asked = thanked.model_copy(update={"turns": [turn("answer", after(minutes=5)), turn("clarify", later)]})
    for figure in ("1", "２。"):
        assert take_answer(desk, asked, figure, later, ALL) is None
    assert (kept := desk.get("T0")) is not None
    assert kept.rating is None
    before = thanked.model_copy(update={"turns": [turn("clarify", after(minutes=5))]})
    assert take_answer(desk, before.model_copy(update={"channel": "web"}), "1", later, ALL) is None
    assert take_answer(desk, thanked, "1", later, ALL) is not None
    settle(desk, 1)
    ask_due(desk, Outbox().send, SOON, ALL)
    of_another = Session(id="s1", customer_id="u1", channel="wechat", turns=[turn("clarify", later)])
    assert take_answer(desk, of_another, "1分，没解决", later, ALL) is not None


def test_the_answer_counts_in_the_session_in_which_the_customer_comes_back(desk: Desk) -> None:
    settle(desk)
    ask_due(desk, Outbox().send, SOON, ALL)
    assert take_answer(desk, Session(customer_id="u1", channel="wechat"), "5", SOON, ALL) is None
    assert take_answer(desk, Session(customer_id="u0", channel="wechat"), "5", SOON, ALL) is not None
    assert (kept := desk.get("T0")) is not None
    assert kept.rating == 5


def test_whom_the_host_does_not_name_answers_in_the_session_of_the_ticket(desk: Desk) -> None:
    desk.file(ticket().model_copy(update={"customer_id": ""}))
    for state in ("assigned", "active", "resolved"):
        desk.move("T0", state, LI, after(hours=1), "好了")
    ask_due(desk, Outbox().send, SOON, ALL)
    called = turn("handoff", after(minutes=1)).model_copy(update={"ticket_id": "T0"})
    session = Session(id="s0", customer_id="", channel="wechat", turns=[called])
    assert take_answer(desk, session.model_copy(update={"turns": []}), "5", SOON, ALL) is None
    assert take_answer(desk, session, "5", SOON, ALL) is not None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("5", (5, "")), ("５分！", (5, "")), (" 3 分 ", (3, "")), ("5分，小周很耐心", (5, "小周很耐心")),
        ("4分 但是慢", (4, "但是慢")), ("满意", (4, "")), ("滿意", (4, "")), ("不满意", (2, "")),
        ("非常不满意！！！", (1, "")), ("五星", (5, "")), ("一般吧", (3, "")), ("差评。再也不来", (1, "再也不来")),
        ("3号能到吗", None), ("3 号能到吗", None), ("5分钟能到吗", None), ("1个", None), ("54321", None), ("2，3", None),
        ("1.5米", None), ("满意度怎么看", None), ("0", None), ("6分", None), ("好", None), ("", None),
    ],
)  # fmt: skip
def test_what_is_a_score(text: str, read: tuple[int, str] | None) -> None:
    assert read_score(text) == read


@given(st.text(max_size=20))
def test_no_text_is_too_odd(text: str) -> None:
    read = read_score(text)
    assert read is None or 1 <= read[0] <= 5


def test_every_wording_of_every_channel_says_how_to_answer_and_is_met() -> None:
    data = load_yaml("csbot.handoff.data", "follow_up.yaml")
    for channel in ("default", "wechat", "phone"):
        said = {invitation(resolved(id=f"T{n}", channel=channel)) for n in range(60)}
        assert said == set(data[channel]["invite"])
        assert all(any(word in text for word in ("5", "五")) for text in said)
    words = [word for known in data["scores"].values() for word in known]
    assert len(words) == len(set(words))
