"""Opening a ticket (工单): the context, where it goes, and a summary."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from csbot.dialogue.state import misses_with
from csbot.handoff.asked import Asked
from csbot.handoff.context import attempts_of, likely_faqs, signals_of, suggestions_of, transcript_of
from csbot.handoff.routing import Facts, find_amounts, route
from csbot.handoff.routing_table import RoutingTable, default_table
from csbot.handoff.summary import Summariser, summarise
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Earlier, Line, Signal, Ticket
from csbot.privacy import mask, mask_value

TRIED = 5
"""Candidates of the last message that go with the ticket."""
ABOUT = 0.3
"""Confidence from which the first candidate tells what the conversation is about, for the routing table's categories."""


@dataclass(frozen=True)
class Opening:
    """What tickets are opened with, the same for all of them.

    :ivar table: the routing table. :ivar titles: what slots and tasks are called, by name.
    :ivar improve: makes a better summary of a ticket; within `summary_timeout_s`, or its own lines stay.
    """

    table: RoutingTable = field(default_factory=default_table)
    titles: Mapping[str, str] = field(default_factory=dict)
    improve: Summariser | None = None
    summary_timeout_s: float = 2.0


def open_ticket(
    asked: Asked, action: Action, opening: Opening, *, history: Sequence[Earlier] = (), agents: Sequence[Line] = ()
) -> Ticket:
    """A ticket with everything that a human needs to go on from where the customer is.

    It is queued, or left until the desk opens (`after_hours`).

    :param history: earlier sessions and tickets of the customer, newest first. :param agents: what agents said in this session
        before.
    """
    session, message, names = asked.session, asked.message, asked.names
    known = {**action.slots, **{slot.name: slot.value for slot in message.slots}}
    signals = signals_of(session, message, names)
    shown = [turn for turn in session.turns if turn.order_id and turn.order_id == action.order_id]
    facts = facts_of(asked, action, opening.table, signals, history)
    hours = opening.table.hours
    ticket = Ticket(
        id=asked.ticket_id,
        session_id=session.id,
        customer_id=session.customer_id,
        channel=session.channel,
        reason=facts.reason,
        state="queued" if hours is None or hours.is_open(asked.at) else "after_hours",
        created=asked.at,
        route=route(facts, opening.table, asked.at),
        transcript=transcript_of(session, message, names, asked.at, agents),
        attempts=attempts_of(session, names, asked.faq_of, opening.titles),
        tried=list(message.candidates[:TRIED]),
        slots={name: mask_value(name, value, names) for name, value in known.items()},
        titles={name: opening.titles[name] for name in known if name in opening.titles},
        order_id=action.order_id,
        order_status=_status_of(mask(shown[-1].reply, names)) if shown else "",
        signals=signals,
        earlier=session.earlier,
        history=list(history),
        suggested=suggestions_of(session, message, asked.faq_of),
    )
    return ticket.model_copy(update={"summary": summarise(ticket, opening.improve, opening.summary_timeout_s)})


def facts_of(asked: Asked, action: Action, table: RoutingTable, signals: Sequence[Signal], history: Sequence[Earlier]) -> Facts:
    """What the routing table asks of a conversation. :param signals: of all of it. :param history: as for `open_ticket`."""
    session, message, state = asked.session, asked.message, asked.state
    texts = [turn.user for turn in session.turns] + [message.text]
    amounts: dict[str, float] = {}
    for text in texts:
        for name, amount in find_amounts(text, table).items():
            amounts[name] = max(amount, amounts.get(name, 0.0))
    about = likely_faqs(session, message.candidates, asked.faq_of, ABOUT)
    return Facts(
        reason=action.reason or "",
        signals={signal.name: signal.score for signal in signals},
        task=action.task or state.task or (ORDER_PROGRESS if action.order_id else None),
        misses=misses_with(state.misses, action.kind, action.rule, action.reason),
        categories=tuple(faq.category for faq in about),
        faqs=tuple(faq.id for faq in about),
        channel=session.channel,
        amounts=amounts,
        earlier_sessions=len(session.earlier),
        earlier_tickets=sum(one.kind == "ticket" for one in history),
    )


def _status_of(told: str) -> str:
    """The sentences of an order's status that say something: with a figure in them, or what it is. No apology, no question."""
    sentences = re.findall(r"[^。！？\n]+[。！？]?", told)
    facts = "".join(one for one in sentences if re.search(r"[\d：]", one) and not one.endswith("？")).strip()
    return re.sub(r"^订单 ?\S+?（(.*?)）(?=：)", r"\1", facts)  # its id is beside it, and readable
