"""What danger changes of an open ticket: routes only rise, deadlines only come nearer; webhooks cover where help is needed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from csbot.dialogue.dangers import Emergency
from csbot.dialogue.state import State
from csbot.handoff.asked import Asked
from csbot.handoff.raising import raised
from csbot.handoff.ticket import Opening
from csbot.handoff.webhook_events import events_of
from csbot.intents.signals import find_signals
from csbot.intents.slots import find_slots
from csbot.models import Deadlines, Priority, Route, Session, Ticket, Understanding
from csbot.text import normalise

NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)
OPENING = Opening()


def ticket(priority: Priority = "normal", tier: int = 1, **due: datetime) -> Ticket:
    route = Route(priority=priority, tier=tier, tier_title="一二三"[tier - 1] + "线", skill="投诉", due=Deadlines(**due))
    return Ticket(
        session_id="s", customer_id="u", channel="web", reason="customer_wish", created=NOON, transcript=[], route=route
    )


def asked(text: str, state: State | None = None) -> Asked:
    said = Understanding(text=text, normalised=normalise(text), signals=find_signals(text), slots=find_slots(text))
    session = Session(customer_id="u")
    return Asked(session, state or State(), said, (), "k", NOON, lambda _: None, lambda _: None)


@pytest.mark.parametrize(
    ("before", "tier", "expected"),
    [
        ("normal", 1, ("urgent", "二线", "应急")),
        ("low", 3, ("urgent", "三线", "应急")),
        ("urgent", 3, ("urgent", "三线", "应急")),
    ],
)
def test_priority_and_tier_only_rise(before: Priority, tier: int, expected: tuple[str, str, str]) -> None:
    route = raised(ticket(before, tier), asked("着火了"), OPENING).route
    assert (route.priority, route.tier_title, route.skill) == expected


def test_deadlines_only_come_nearer() -> None:
    soon, late = NOON + timedelta(minutes=1), NOON + timedelta(days=9)
    due = raised(ticket("urgent", first_contact=soon, resolve=late), asked("着火了"), OPENING).route.due
    assert due.first_contact == soon
    assert due.on_site == NOON + timedelta(hours=2)
    assert due.resolve == NOON + timedelta(hours=24)


@pytest.mark.parametrize("text", ["怎么还没人", "置物架塌了", "我在文三路1号"])
def test_what_is_not_urgent_leaves_the_very_same_ticket(text: str) -> None:
    one = ticket()
    assert raised(one, asked(text), OPENING) is one


def test_the_new_fact_is_in_signals_summary_and_a_masked_note() -> None:
    after = raised(ticket(), asked("孩子被反锁在屋里了，打我13800000001"), OPENING)
    assert [signal.name for signal in after.signals] == ["urgency"]
    assert "反锁" in after.summary[1]
    assert "138****0001" in after.notes[0].text
    assert after.contact == "13800000001"


def test_whereabouts_are_readable_at_the_desk_and_covered_for_webhooks() -> None:
    danger = State(emergency=Emergency(("gas",)))
    for text in ("我在西湖区文三路1号3幢", "13800000001"):
        told = raised(ticket(), asked(text, danger), OPENING).model_dump(include={"place", "contact"})
        assert text in told.values()
    opened = ticket().model_copy(update={"place": "我在西湖区文三路1号3幢"})
    covered, plain = (events_of(opened, [], personal=personal)[0].ticket for personal in (False, True))
    assert covered is not None
    assert plain is not None
    assert "文三路" not in covered.place
    assert plain.place == opened.place
