"""A model of customers, a bot that dies now and then, agents and the clock: whatever they do in whatever order, no step is
illegal, no ticket and no message is lost or doubled, the bot never speaks over a human, and every ticket can be closed."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter, defaultdict
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from csbot import Chatbot, KnowledgeBase, Session
from csbot.errors import TicketError
from csbot.handoff import open_desk
from csbot.handoff.desk import OPEN
from csbot.handoff.states import TITLES, TRANSITIONS
from csbot.handoff.tables import RANKS
from csbot.models import Actor, Message, Reply, Ticket, TicketState, utc_now
from csbot.storage import MemoryStore

TEXTS = ("转人工", "运费怎么算", "你认得路吗", "13800000001", "谢谢", "有人吗，找人工客服", "算了不用了", "型号是X200")
ADDED = ("slots", "titles", "summary", "contact")
"""What a waiting customer may add to a ticket."""
SHOWN = {"13800000001": "138****0001"}
AGENTS = ("li", "zhao")
CUSTOMERS = st.integers(0, 2)
SAY = st.sampled_from(TEXTS)
STATES = st.sampled_from(sorted(TITLES))
ACTORS = st.sampled_from([*(Actor(kind="agent", id=name) for name in AGENTS), Actor(kind="system"), Actor(kind="customer")])


class Killed(BaseException):
    """The process ends here."""


class MortalStore(MemoryStore):
    """A store whose worker may die before it saves."""

    dying = False

    def save(self, *args: object, **named: object) -> None:
        if self.dying:
            raise Killed
        super().save(*args, **named)  # type: ignore[arg-type]


class Handoffs(RuleBasedStateMachine):
    """Three customers, two agents, one desk."""

    kb: KnowledgeBase

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.desk = open_desk(f"sqlite:///{self.directory.name}/desk.db")
        self.store = MortalStore()
        self.bot = Chatbot(self.kb, store=self.store, desk=self.desk)
        self.sessions = [self.bot.session(f"u{n}") for n in range(3)]
        self.now = utc_now()
        self.numbers = itertools.count()
        self.tickets: dict[str, Ticket] = {}
        self.heard: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """What customers wrote, by the ticket that must have it."""
        self.answered: dict[str, list[str]] = {session.id: [] for session in self.sessions}
        """Messages whose turn was saved, by session."""
        self.undone: list[tuple[Session, str, str, str | None]] = []
        """Messages whose worker died: session, text, id, and the ticket that one opened."""
        self.spoken: defaultdict[str, list[str]] = defaultdict(list)
        self.delivered: defaultdict[str, list[Message]] = defaultdict(list)

    def at(self) -> datetime:
        """A moment after every one before."""
        self.now = max(self.now, utc_now()) + timedelta(milliseconds=1)
        return self.now

    def open_of(self, session: Session) -> Ticket | None:
        return next((t for t in self.tickets.values() if t.session_id == session.id and t.state in OPEN), None)

    @rule(customer=CUSTOMERS, text=SAY)
    def a_customer_writes(self, customer: int, text: str) -> None:
        session, message_id = self.sessions[customer], f"m{next(self.numbers)}"
        reply = self._answered(session, text, message_id, None)
        assert self.bot.reply(session, text, message_id=message_id) == reply

    @precondition(lambda self: any(t.state == "active" for t in self.tickets.values()))
    @rule(data=st.data(), text=SAY)
    def a_customer_of_an_agent_writes(self, data: st.DataObject, text: str) -> None:
        talking = {t.session_id for t in self.tickets.values() if t.state == "active"}
        customer = data.draw(st.sampled_from([i for i, session in enumerate(self.sessions) if session.id in talking]))
        self.a_customer_writes(customer, text)

    @rule(customer=CUSTOMERS, text=SAY)
    def the_worker_dies_before_it_saves(self, customer: int, text: str) -> None:
        session, message_id = self.sessions[customer], f"m{next(self.numbers)}"
        before = self.open_of(session)
        self.store.dying = True
        with pytest.raises(Killed):
            self.bot.reply(session.model_copy(deep=True), text, message_id=message_id)
        self.store.dying = False
        opened = None
        if before is not None:
            self.heard[before.id][SHOWN.get(text, text)] += 1
            self._written(before, text)
        else:
            opened = self.desk.of_session(session.id)
            if opened is not None:
                self._opened(opened, session, text)
        self.undone.append((session, text, message_id, opened.id if opened else None))

    @precondition(lambda self: self.undone)
    @rule(data=st.data())
    def the_channel_delivers_again(self, data: st.DataObject) -> None:
        session, text, message_id, opened = self.undone.pop(data.draw(st.integers(0, len(self.undone) - 1)))
        self._answered(session, text, message_id, opened)

    def _answered(self, session: Session, text: str, message_id: str, opened: str | None) -> Reply:
        """:param opened: the ticket that this very message has opened before."""
        before = self.open_of(session)
        had = self.desk.messages(before.id) if before else []
        reply = self.bot.reply(session, text, message_id=message_id)
        dealt_with = opened is not None and self.tickets[opened].state not in ("queued", "assigned", "failed")
        silent = before is not None and before.state == "active"
        if before is not None:
            self._written(before, text)
        if before is None and reply.ticket is not None and reply.ticket.id not in self.tickets:
            assert reply.ticket.state == "queued"
            self._opened(reply.ticket, session, text)
        elif before is not None and before.id != opened and not any(m.key.endswith(f" {message_id}") for m in had):
            self.heard[before.id][SHOWN.get(text, text)] += 1
        assert (reply.text == "") == (silent or (before is None and dealt_with and reply.kind == "handoff")), reply
        self.answered[session.id].append(text)
        return reply

    def _written(self, before: Ticket, text: str) -> None:
        """A customer with an open ticket has written: it is as it was but for what they added, or withdrawn while it waited."""
        after = self.desk.get(before.id)
        assert after is not None
        if after.state != before.state:
            assert (text, before.state in ("queued", "assigned"), after.state) == ("算了不用了", True, "abandoned")
            assert after.steps[-1].by == Actor(kind="customer")
        same = {name: getattr(after, name) for name in (*ADDED, "state", "steps", "agent")}
        assert before.model_copy(update=same) == after
        self.tickets[before.id] = after

    def _opened(self, ticket: Ticket, session: Session, text: str) -> None:
        self.tickets[ticket.id] = ticket
        self.heard[ticket.id].update(SHOWN.get(one, one) for one in (*self.answered[session.id], text))

    @rule(agent=st.sampled_from(AGENTS), takes_up=st.booleans())
    def an_agent_claims(self, agent: str, takes_up: bool) -> None:
        waiting = [t for t in self.tickets.values() if t.state == "queued"]
        first = min(waiting, key=lambda t: (RANKS[t.route.priority], t.created, t.id), default=None)
        claimed = self.desk.claim(agent, self.at())
        assert (claimed and claimed.id) == (first and first.id)
        if claimed:
            assert (claimed.state, claimed.agent) == ("assigned", agent)
            self.tickets[claimed.id] = claimed
            if takes_up:
                self.tickets[claimed.id] = self.desk.move(claimed.id, "active", Actor(kind="agent", id=agent), self.at())

    @precondition(lambda self: self.tickets)
    @rule(data=st.data(), to=STATES, by=ACTORS)
    def somebody_moves_a_ticket(self, data: st.DataObject, to: TicketState, by: Actor) -> None:
        ticket = data.draw(st.sampled_from([*self.tickets.values()]))
        agent = "zhao" if to == "assigned" and by.kind == "system" else None
        allowed = by.kind in TRANSITIONS[ticket.state].get(to, ())
        try:
            moved = self.desk.move(ticket.id, to, by, self.at(), "说明", agent=agent)
        except TicketError:
            assert self.desk.get(ticket.id) == ticket
            return
        assert allowed
        self.tickets[ticket.id] = moved

    @precondition(lambda self: any(t.state == "assigned" for t in self.tickets.values()))
    @rule(data=st.data())
    def an_agent_takes_up(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from([t for t in self.tickets.values() if t.state == "assigned"]))
        self.tickets[ticket.id] = self.desk.move(ticket.id, "active", Actor(kind="agent", id=ticket.agent or ""), self.at())

    @precondition(lambda self: self.tickets)
    @rule(data=st.data(), agent=st.sampled_from(AGENTS))
    def an_agent_speaks(self, data: st.DataObject, agent: str) -> None:
        ticket = data.draw(st.sampled_from([*self.tickets.values()]))
        text = f"说{next(self.numbers)}"
        said = Message(key=text, who="agent", by=agent, text=text, at=self.at())
        if (ticket.state, ticket.agent) == ("active", agent):
            assert self.desk.say(ticket.id, said) == self.desk.say(ticket.id, said)
            self.spoken[ticket.id].append(text)
        else:
            with pytest.raises(TicketError):
                self.desk.say(ticket.id, said)

    @rule(most=st.integers(1, 5))
    def messages_are_delivered(self, most: int) -> None:
        for message in self.desk.outbox(most):
            self.delivered[message.ticket_id].append(message)
            self.desk.delivered(message, self.at())

    @rule(minutes=st.sampled_from([1, 1, 3, 20, 5000]))
    def time_passes(self, minutes: int) -> None:
        self.now = self.at() + timedelta(minutes=minutes)
        for changed in self.desk.tick(self.now):
            self.tickets[changed.id] = changed
        assert self.desk.tick(self.now) == []

    @invariant()
    def tickets_are_as_they_should_be(self) -> None:
        for ticket in self.tickets.values():
            assert self.desk.get(ticket.id) == ticket
            states: list[TicketState] = ["queued", *(step.state for step in ticket.steps)]
            assert all(after in TRANSITIONS[before] for before, after in itertools.pairwise(states))
        for session in self.sessions:
            held = [t.id for t in self.tickets.values() if t.session_id == session.id and t.state in OPEN]
            found = self.desk.of_session(session.id)
            assert held == ([found.id] if found else [])
        assert len(self.desk.queue(states=list(TITLES), most=1000)) == len(self.tickets)

    @invariant()
    def no_message_is_lost_or_doubled(self) -> None:
        for ticket in self.tickets.values():
            lines = [line.text for line in ticket.transcript if line.who == "customer"]
            lines += [message.text for message in self.desk.messages(ticket.id) if message.who == "customer"]
            assert Counter(lines) == self.heard[ticket.id]
        for session in self.sessions:
            stored = self.store.load(session.id)
            assert stored is not None
            assert [turn.user for turn in stored.turns] == self.answered[session.id]

    def teardown(self) -> None:
        self.messages_are_delivered(1000)
        for ticket in self.tickets.values():
            said = [m.text for m in self.delivered[ticket.id] if m.who == "agent"]
            assert said == self.spoken[ticket.id]
            self._close(ticket)
        assert {t.state for t in self.desk.queue(states=list(TITLES), most=1000)} <= {"closed"}
        self.desk.close()
        self.directory.cleanup()

    def _close(self, ticket: Ticket) -> None:
        """Bring a ticket from wherever it stands to its end: an agent takes it, or has it, and finishes it."""
        li = Actor(kind="agent", id="li")
        ways: dict[TicketState, TicketState] = {
            "queued": "assigned", "after_hours": "assigned", "assigned": "active", "active": "resolved",
        }  # fmt: skip
        while ticket.state != "closed":
            to = ways.get(ticket.state, "closed")
            by = Actor(kind="agent", id=ticket.agent) if to in ("active", "resolved") and ticket.agent else li
            ticket = self.desk.move(ticket.id, to, by, self.at(), "办完")


def test_whatever_happens_in_whatever_order(small_kb: KnowledgeBase) -> None:
    Handoffs.kb = small_kb
    run_state_machine_as_test(
        Handoffs,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )  # fmt: skip
