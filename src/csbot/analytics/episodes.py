"""Episodes: a customer's messages about one matter, without a long silence between them.

Each message of a matter belongs to exactly one episode. Greetings without a matter make none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from csbot.analytics.exchanges import Exchange, exchanges_of, likeness
from csbot.analytics.rules import OutcomeRules
from csbot.models.events import Event, FeedbackEvent, MessageEvent, TicketEvent

SETTLED_BY_HUMAN = ("resolved", "followed_up", "closed")
"""States of a ticket after which a new question is another matter."""
LOOK_BACK = 20
"""Exchanges in which an earlier asking of the same is looked for; nobody repeats what was said long before."""


@dataclass
class Episode:
    """One matter of one customer's, and all that the log has on it.

    :ivar exchanges: oldest first, at least one of them with a matter. :ivar repeats: how many of them say an earlier one again.
    :ivar stuck: the last answer is one that the customer had got before.
    :ivar keys: matters that were understood in it: categories, FAQs or tasks, as the rules have it.
    :ivar steps: of its tickets, oldest first. :ivar agent: what agents wrote, oldest first.
    :ivar feedback: what the customer thought of it, oldest first.
    """

    exchanges: list[Exchange]
    repeats: int = 0
    stuck: bool = False
    keys: frozenset[str] = frozenset()
    steps: list[TicketEvent] = field(default_factory=list)
    agent: list[MessageEvent] = field(default_factory=list)
    feedback: list[FeedbackEvent] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.exchanges[0].decision.id

    @property
    def customer(self) -> str:
        return self.exchanges[0].customer

    @property
    def channel(self) -> str:
        return self.exchanges[0].decision.channel

    @property
    def begin(self) -> datetime:
        return self.exchanges[0].at

    @property
    def end(self) -> datetime:
        """Of the last message; a human may take longer."""
        return self.exchanges[-1].at

    @property
    def matters(self) -> list[Exchange]:
        """The exchanges that are more than courtesy."""
        return [one for one in self.exchanges if not one.courteous]

    @property
    def tickets(self) -> set[str]:
        return {one.decision.ticket_id for one in self.exchanges} - {""}

    @property
    def faq_id(self) -> str:
        """The FAQ answered last; "" where none was."""
        return next((one.decision.faq_id for one in reversed(self.exchanges) if one.decision.faq_id), "")

    @property
    def category(self) -> str:
        """Of the FAQ answered or offered last, or the task; "" where nothing was understood."""
        decisions = [one.decision for one in reversed(self.exchanges)]
        return next((found for d in decisions if (found := d.category or d.task)), "")


def episodes_of(log: Sequence[Event], rules: OutcomeRules) -> tuple[list[Episode], int]:
    """The episodes in a log, which is in order, by their beginning; and how many exchanges were courtesy without a matter."""
    streams: defaultdict[str, list[Exchange]] = defaultdict(list)
    for one in exchanges_of(log):
        streams[one.customer].append(one)
    steps = _by_ticket(event for event in log if isinstance(event, TicketEvent))
    parts = [part for stream in streams.values() for part in _cut(stream, steps, rules)]
    kept = [part for part in parts if not all(one.courteous for one in part.exchanges)]
    episodes = sorted(map(_episode, kept), key=lambda one: (one.begin, one.id))
    _attach(episodes, log)
    return episodes, sum(len(part.exchanges) for part in parts) - sum(len(one.exchanges) for one in episodes)


def key_of(one: Exchange, rules: OutcomeRules) -> str | None:
    """The matter that a message was understood to be about; None where it wasn't, or the rules tell no matters apart."""
    decision = one.decision
    if decision.kind == "answer" and decision.faq_id:
        return (
            f"category:{decision.category}" if rules.matters == "category" and decision.category else f"faq:{decision.faq_id}"
        )
    if decision.task and decision.kind in ("ask_slot", "order_status", "task_done", "clarify"):
        return f"task:{decision.task}"
    return None


class _Part:
    """An episode that is being put together.

    :ivar repeated: for each exchange the latest earlier one that asked the same. :ivar settled: where the last settled ends.
    """

    def __init__(self, rules: OutcomeRules, exchanges: Iterable[Exchange] = ()) -> None:
        self.rules = rules
        self.exchanges: list[Exchange] = []
        self.repeated: list[Exchange | None] = []
        self.keys: set[str] = set()
        self.tickets: set[str] = set()
        self.settled = 0
        for one in exchanges:
            self.add(one)

    def add(self, one: Exchange) -> None:
        self.repeated.append(self.asked_before(one))
        self.exchanges.append(one)
        self.keys |= {key} if (key := key_of(one, self.rules)) else set()
        self.tickets |= {one.decision.ticket_id} - {""}
        if one.decision.kind in self.rules.settling:
            self.settled = len(self.exchanges)

    def asked_before(self, one: Exchange) -> Exchange | None:
        """The latest of the recent exchanges that asked the same as ``one``: in these words, or it got the same answer."""
        if not _asks(one):
            return None
        faq, least = one.decision.faq_id, self.rules.repeat_similarity
        recent = [x for x in reversed(self.exchanges[-LOOK_BACK:]) if _asks(x)]
        return next((x for x in recent if (faq and x.decision.faq_id == faq) or likeness(x.text, one.text) >= least), None)


def _asks(one: Exchange) -> bool:
    return not one.courteous and one.decision.rule != "option_picked"


def _cut(stream: Sequence[Exchange], steps: Mapping[str, Sequence[TicketEvent]], rules: OutcomeRules) -> list[_Part]:
    """One customer's exchanges, oldest first, cut into episodes. What goes to one ticket stays together."""
    parts: list[_Part] = []
    of_ticket: dict[str, _Part] = {}
    current = _Part(rules)
    for one in stream:
        ticket = one.decision.ticket_id
        if ticket in of_ticket:
            current = of_ticket[ticket]
        elif (start := _new_from(current, one, steps)) is not None:
            said = current.exchanges
            if start < len(said):  # a part without a ticket, so that it is the last one
                parts[-1] = _Part(rules, said[:start])
            current = _Part(rules, said[start:])
            parts.append(current)
        current.add(one)
        if ticket:
            of_ticket[ticket] = current
    return parts


def _new_from(part: _Part, one: Exchange, steps: Mapping[str, Sequence[TicketEvent]]) -> int | None:
    """From where on ``part`` belongs to a new episode with ``one``: its length, if only ``one`` does; None: it goes on."""
    rules, said = part.rules, part.exchanges
    if not said or one.at - said[-1].at > timedelta(seconds=rules.idle_s):
        return len(said)
    if part.tickets:
        ended = (step.at for ticket in part.tickets for step in steps.get(ticket, ()) if step.state in SETTLED_BY_HUMAN)
        return len(said) if not one.courteous and any(at < one.at for at in ended) else None
    key = key_of(one, rules)
    if rules.matters == "conversation" or key is None or key in part.keys or not part.settled or part.asked_before(one):
        return None
    start = part.settled  # what was asked in vain since then, a question back or a miss, led to this one
    while start < len(said) and said[start].courteous:
        start += 1
    return start


def _episode(part: _Part) -> Episode:
    last = max(i for i, one in enumerate(part.exchanges) if not one.courteous)
    before, after = part.repeated[last], part.exchanges[last].decision
    stuck = before is not None and after.faq_id is not None and before.decision.faq_id == after.faq_id
    repeats = sum(one is not None for one in part.repeated)
    return Episode(part.exchanges, repeats=repeats, stuck=stuck, keys=frozenset(part.keys))


def _attach(episodes: Sequence[Episode], log: Iterable[Event]) -> None:
    """Give each episode the steps and messages of its tickets, and what the customer thought of it."""
    of_ticket = {ticket: one for one in episodes for ticket in one.tickets}
    of_session: defaultdict[str, list[tuple[datetime, Episode]]] = defaultdict(list)
    for episode in episodes:
        for one in episode.exchanges:
            of_session[one.decision.session_id].append((one.at, episode))
    for event in log:
        if isinstance(event, TicketEvent | MessageEvent | FeedbackEvent) and event.ticket_id:
            owner = of_ticket.get(event.ticket_id)
        elif isinstance(event, FeedbackEvent):
            spoken = [(at, episode.begin, episode) for at, episode in of_session[event.session_id] if at <= event.at]
            owner = max(spoken, key=lambda found: found[:2])[2] if spoken else None
        else:
            continue
        if owner is None:
            continue
        if isinstance(event, TicketEvent):
            owner.steps.append(event)
        elif isinstance(event, FeedbackEvent):
            owner.feedback.append(event)
        elif isinstance(event, MessageEvent) and event.who == "agent":
            owner.agent.append(event)


def _by_ticket(steps: Iterable[TicketEvent]) -> dict[str, list[TicketEvent]]:
    found: defaultdict[str, list[TicketEvent]] = defaultdict(list)
    for step in steps:
        found[step.ticket_id].append(step)
    return dict(found)
