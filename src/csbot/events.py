"""What the event log keeps of a turn, of a ticket and of the customer's opinion: pure functions, texts masked.

A host without a store can call them itself and keep the events where it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from csbot.errors import InputError
from csbot.intents.slots import read_slots
from csbot.kb.task_intents import HUMAN_HANDOFF
from csbot.models import Actor, Message, Reply, Session, Slot, Ticket, TicketState, Turn, utc_now
from csbot.models.events import (
    DecisionEvent,
    Event,
    FeedbackEvent,
    LookupEvent,
    MessageEvent,
    Ranked,
    TicketEvent,
)
from csbot.privacy import mask, mask_spans

CATEGORY_OF_NONE: Callable[[str], str] = lambda faq_id: ""  # noqa: E731


def turn_events(session: Session, reply: Reply, category_of: Callable[[str], str] = CATEGORY_OF_NONE) -> list[Event]:
    """The last turn of ``session``, to which ``reply`` belongs: the message, the decision, a look-up, and what the bot said.

    :param category_of: category of the FAQ with an id; "" where it has none.
    """
    turn, trace = session.turns[-1], reply.trace
    where = {
        "at": turn.at, "session_id": session.id, "customer_id": session.customer_id, "channel": session.channel,
        "number": len(session.turns) - 1,
    }  # fmt: skip
    names = _names(session)
    offered = tuple(turn.options) if turn.kind == "clarify" and turn.task is None else ()
    about = turn.faq_id or next(iter(offered), "")
    found: list[Event] = [
        MessageEvent(**where, who="customer", text=mask_spans(turn.user, _spans(turn.user, trace.slots), names)),
        DecisionEvent(
            **where, kind=turn.kind, rule=turn.rule, intent=trace.intent, band=trace.band, faq_id=turn.faq_id,
            category=category_of(about) if about else "", confidence=reply.confidence if trace.candidates else turn.confidence,
            candidates=tuple(Ranked(faq_id=c.faq_id, confidence=c.confidence) for c in trace.candidates), offered=offered,
            task=_task(turn, trace.intent), slot=turn.slot, reason=turn.reason,
            ticket_id=turn.ticket_id or "",
            misses=trace.misses, degraded=trace.degraded, kb_version=trace.kb_version, encoder=trace.encoder,
            latency_ms=trace.elapsed_ms,
        ),
    ]  # fmt: skip
    if trace.lookup:
        found.append(LookupEvent(**where, result=trace.lookup))
    if reply.text:
        found.append(MessageEvent(**where, who="bot", text=mask(reply.text, names)))
    return found


def ticket_events(ticket: Ticket, messages: Sequence[Message] = ()) -> list[Event]:
    """Every state that a ticket came into, the first one included, what agents wrote, and how it was rated.

    The events of one ticket are the same however often they are made, and new ones are added as it goes on.

    :param messages: of the ticket, from its desk; the customer's own are in the log already.
    """
    where = {"session_id": ticket.session_id, "customer_id": ticket.customer_id, "channel": ticket.channel}
    about = {"ticket_id": ticket.id, "reason": ticket.reason, "tier": ticket.route.tier, "skill": ticket.route.skill}
    opened = TicketEvent(id=f"{ticket.id}-0", at=ticket.created, **where, **about, state=_first(ticket), by=Actor(kind="bot"))
    steps = [
        TicketEvent(id=f"{ticket.id}-{n}", at=step.at, number=n, **where, **about, state=step.state, by=step.by)
        for n, step in enumerate(ticket.steps, start=1)
    ]
    said = [
        MessageEvent(
            id=f"{ticket.id}-m{one.number}", at=one.at, number=one.number, **where, who="agent", text=mask(one.text),
            ticket_id=ticket.id,
        )
        for one in messages
        if one.who == "agent"
    ]  # fmt: skip
    found: list[Event] = [opened, *steps, *said]
    if ticket.rating is not None:
        found.append(FeedbackEvent(
            id=f"{ticket.id}-rating", at=ticket.changed, **where, score=ticket.rating, comment=mask(ticket.comment),
            ticket_id=ticket.id,
        ))  # fmt: skip
    return found


def feedback_event(
    session: Session, *, solved: bool | None = None, score: int | None = None, comment: str = "", at: datetime | None = None
) -> FeedbackEvent:
    """What the customer said about the conversation in ``session`` so far.

    :param solved: whether the matter is settled. :param score: 1 (bad) to 5. :param at: when; None: now.
    :raises InputError: nothing is said, or the score is none.
    """
    if solved is None and score is None:
        raise InputError("反馈须给出 solved 或 score | feedback needs solved or score")
    if score is not None and (isinstance(score, bool) or score not in range(1, 6)):
        raise InputError(f"评分须是 1 到 5 的整数，得到 {score!r} | a score is a whole number from 1 to 5")
    return FeedbackEvent(
        at=at or utc_now(), session_id=session.id, customer_id=session.customer_id, channel=session.channel,
        number=max(0, len(session.turns) - 1), solved=solved, score=score, comment=mask(comment, _names(session)),
    )  # fmt: skip


def _names(session: Session) -> list[str]:
    """People's names in the session, to be covered."""
    known = [name for turn in session.turns for name in turn.names]
    return [*known, *([session.identified.name] if session.identified and session.identified.name else [])]


def _spans(text: str, known: Sequence[Slot]) -> list[Slot]:
    """The slots found in ``text``, and what else in it looks like one (a value that the customer says is wrong)."""
    others = [slot for slot in read_slots(text).found if not any(_overlap(slot, one) for one in known)]
    return [*known, *others]


def _overlap(one: Slot, other: Slot) -> bool:
    return one.span[0] < other.span[1] and other.span[0] < one.span[1]


def _task(turn: Turn, intent: str | None) -> str | None:
    """The task that a message belongs to; a turn that ends one has none any more, but its intent tells."""
    if turn.task or turn.kind not in ("order_status", "task_done", "handoff"):
        return turn.task
    return intent if intent and ":" not in intent and intent != HUMAN_HANDOFF else None


def _first(ticket: Ticket) -> TicketState:
    """The state in which a ticket was opened, which is not recorded: only what followed is."""
    if not ticket.steps:
        return ticket.state
    return "after_hours" if ticket.steps[0].state == "queued" else "queued"
