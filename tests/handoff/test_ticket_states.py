"""The state machine of a ticket: only declared steps, by whom they may be taken, in time's order; always a way to the end."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from csbot.errors import TicketError
from csbot.handoff.states import HELD, NEEDS_NOTE, TITLES, TRANSITIONS, transition
from csbot.models import Actor, Line, Ticket, TicketState

STATES: tuple[TicketState, ...] = get_args(TicketState)
FIRST: tuple[TicketState, ...] = ("queued", "after_hours")
LAST: TicketState = "closed"
NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
LI, ZHAO = Actor(kind="agent", id="li"), Actor(kind="agent", id="zhao")
SYSTEM, CUSTOMER, BOT = Actor(kind="system"), Actor(kind="customer"), Actor(kind="bot")


def fresh(state: TicketState = "queued") -> Ticket:
    return Ticket(
        session_id="s", customer_id="u", channel="web", reason="customer_wish", state=state, created=NOON,
        transcript=[Line(who="customer", text="转人工")],
    )  # fmt: skip


def walk(*steps: tuple[TicketState, Actor]) -> Ticket:
    ticket = fresh()
    for minutes, (state, by) in enumerate(steps, start=1):
        ticket = transition(ticket, state, by, NOON + timedelta(minutes=minutes), "办好了")
    return ticket


def test_the_six_steps_from_opening_to_closing() -> None:
    """登记 → 分派 → 处理 → 反馈 → 回访 → 闭环, each with its time and who did it."""
    closed = walk(("assigned", LI), ("active", LI), ("resolved", LI), ("followed_up", CUSTOMER), ("closed", SYSTEM))
    assert [TITLES[step.state] for step in closed.steps] == ["分派", "处理", "反馈", "回访", "闭环"]
    assert [step.by.kind for step in closed.steps] == ["agent", "agent", "agent", "customer", "system"]
    assert (closed.state, closed.agent, closed.changed) == ("closed", "li", NOON + timedelta(minutes=5))


def test_the_ticket_given_stays_as_it_is() -> None:
    ticket = fresh()
    transition(ticket, "assigned", LI, NOON)
    assert (ticket.state, ticket.steps, ticket.agent) == ("queued", [], None)


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_reach_the_end(state: TicketState) -> None:
    seen, todo = set(), [state]
    while todo:
        here = todo.pop()
        seen.add(here)
        todo += [following for following in TRANSITIONS[here] if following not in seen]
    assert LAST in seen


def test_every_state_is_declared_named_and_reached_from_a_first_one() -> None:
    assert set(TRANSITIONS) == set(TITLES) == set(STATES)
    assert {following for row in TRANSITIONS.values() for following in row} | set(FIRST) == set(STATES)


def test_nothing_follows_the_last_state() -> None:
    closed = walk(("assigned", LI), ("active", LI), ("resolved", LI), ("closed", LI))
    for state in STATES:
        with pytest.raises(TicketError, match="闭环"):
            transition(closed, state, SYSTEM, NOON + timedelta(days=1), "x")


@pytest.mark.parametrize(
    ("steps", "to", "by", "why"),
    [
        ([], "resolved", LI, "不能从 queued"),
        ([], "active", LI, "不能从 queued"),
        ([("assigned", LI)], "active", SYSTEM, "只能由 agent"),
        ([("assigned", LI)], "active", ZHAO, "在 li 手里"),
        ([("assigned", LI), ("active", LI)], "resolved", ZHAO, "在 li 手里"),
        ([("assigned", LI), ("active", LI)], "returned_to_bot", CUSTOMER, "只能由"),
        ([("assigned", LI)], "assigned", LI, "已经在 li 手里"),
        ([], "assigned", SYSTEM, "须写明给谁"),
        ([], "assigned", Actor(kind="agent"), "须写明是谁"),
        ([], "solved", LI, "没有状态"),
    ],
)
def test_an_illegal_step_says_what_is_wrong_and_what_is_possible(
    steps: list[tuple[TicketState, Actor]], to: TicketState, by: Actor, why: str
) -> None:
    with pytest.raises(TicketError, match=why):
        transition(walk(*steps), to, by, NOON + timedelta(hours=1), "x")


def test_time_does_not_run_backwards_and_has_a_zone() -> None:
    ticket = walk(("assigned", LI))
    with pytest.raises(TicketError, match="不能倒退"):
        transition(ticket, "active", LI, NOON)
    with pytest.raises(TicketError, match="时区"):
        transition(ticket, "active", LI, datetime(2030, 1, 1))


@pytest.mark.parametrize("to", NEEDS_NOTE)
def test_a_resolution_and_a_failure_need_a_note(to: TicketState) -> None:
    ticket, by = (walk(("assigned", LI), ("active", LI)), LI) if to == "resolved" else (fresh(), SYSTEM)
    with pytest.raises(TicketError, match="须写明说明"):
        transition(ticket, to, by, NOON + timedelta(hours=1), " ")


def test_personal_data_in_a_note_are_masked() -> None:
    ticket = transition(fresh(), "assigned", LI, NOON, "客户电话13800000001")
    assert ticket.steps[-1].note == "客户电话138****0001"


def test_the_system_assigns_and_a_colleague_takes_over() -> None:
    ticket = transition(fresh(), "assigned", SYSTEM, NOON, agent="li")
    ticket = transition(ticket, "active", LI, NOON)
    ticket = transition(ticket, "assigned", LI, NOON, "换二线", agent="zhao")
    assert (ticket.agent, [step.agent for step in ticket.steps]) == ("zhao", ["li", "li", "zhao"])
    assert transition(ticket, "active", ZHAO, NOON).state == "active"


@pytest.mark.parametrize(("to", "by"), [("queued", SYSTEM), ("returned_to_bot", LI), ("abandoned", CUSTOMER)])
def test_nobody_has_a_ticket_that_left_the_agent(to: TicketState, by: Actor) -> None:
    assert transition(walk(("assigned", LI), ("active", LI)), to, by, NOON + timedelta(hours=1)).agent is None


def test_an_agent_is_named_for_assigning_only() -> None:
    with pytest.raises(TicketError, match="只用于分派"):
        transition(walk(("assigned", LI)), "active", LI, NOON + timedelta(hours=1), agent="zhao")


class Machine(RuleBasedStateMachine):
    """Any actor tries any step at any time: what is declared happens and is recorded, everything else changes nothing."""

    @initialize(first=st.sampled_from(FIRST))
    def open(self, first: TicketState) -> None:
        self.ticket = fresh(first)
        self.taken: list[TicketState] = []

    @rule(
        to=st.sampled_from(STATES),
        by=st.sampled_from([LI, ZHAO, SYSTEM, CUSTOMER, BOT]),
        minutes=st.integers(-5, 600),
        note=st.sampled_from(["", "已补发，请客户等两天"]),
        agent=st.sampled_from([None, "li", "zhao"]),
    )
    def step(self, to: TicketState, by: Actor, minutes: int, note: str, agent: str | None) -> None:
        before = self.ticket.model_dump_json()
        at = self.ticket.changed + timedelta(minutes=minutes)
        declared = by.kind in TRANSITIONS[self.ticket.state].get(to, ())
        try:
            after = transition(self.ticket, to, by, at, note, agent=agent)
        except TicketError:
            assert self.ticket.model_dump_json() == before
            return
        assert declared
        assert minutes >= 0
        assert (after.steps[-1].state, after.steps[-1].by, after.steps[-1].at) == (to, by, at)
        self.ticket = after
        self.taken.append(to)

    @rule()
    def finish(self) -> None:
        """From wherever it stands, somebody can close it."""
        ticket = self.ticket
        for _ in range(6):
            if ticket.state == LAST:
                return
            ticket = self._nearer(ticket)
        raise AssertionError(f"no way from {self.ticket.state} to the end")

    @staticmethod
    def _nearer(ticket: Ticket) -> Ticket:
        way: dict[TicketState, tuple[TicketState, Actor]] = {
            "queued": ("abandoned", SYSTEM), "after_hours": ("queued", SYSTEM), "assigned": ("queued", SYSTEM),
            "active": ("abandoned", SYSTEM), "resolved": ("closed", SYSTEM), "followed_up": ("closed", SYSTEM),
            "returned_to_bot": ("closed", BOT), "abandoned": ("closed", SYSTEM), "failed": ("closed", SYSTEM),
        }  # fmt: skip
        to, by = way[ticket.state]
        return transition(ticket, to, by, ticket.changed, "x")

    @invariant()
    def every_step_is_kept_in_time(self) -> None:
        if not hasattr(self, "ticket"):
            return
        assert [step.state for step in self.ticket.steps] == self.taken
        moments = [self.ticket.created, *(step.at for step in self.ticket.steps)]
        assert moments == sorted(moments)
        assert (self.ticket.agent is not None) is (self.ticket.state in (*HELD, "resolved", "followed_up")) or (
            self.ticket.state == LAST
        )
        assert Ticket.model_validate_json(self.ticket.model_dump_json()) == self.ticket


TestMachine = Machine.TestCase
