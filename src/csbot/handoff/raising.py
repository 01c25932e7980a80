"""What danger changes of a ticket that is open already: it is raised, and has where help is needed. Pure."""

from __future__ import annotations

from typing import get_args

from csbot.dialogue.dangers import in_emergency, says_where
from csbot.dialogue.emergency import TOLD_AS_IT_IS
from csbot.handoff.asked import Asked
from csbot.handoff.context import mask_signals
from csbot.handoff.routing import Facts, route
from csbot.handoff.summary import summarise
from csbot.handoff.ticket import Opening
from csbot.intents.signals import PRESENT, shown_by_words
from csbot.models import Action, Actor, Deadlines, Line, Note, Priority, Route, Ticket

RAISED = "ticket_raised"
"""Rule of the turn in which a customer who is in the queue tells of something that cannot wait."""
PLACE_CHARS = 120
"""An address and what leads to it; a longer message is cut."""
_PRIORITIES = get_args(Priority)


def for_danger(asked: Asked, action: Action) -> Action | None:
    """What becomes of the bot's action for somebody who waits and tells of danger, or of one told before; None: nothing new."""
    if action.rule in TOLD_AS_IT_IS:
        return action
    if action.kind != "handoff" or not _is_urgent(asked):
        return None
    return action.model_copy(update={"rule": RAISED, "reason": "urgent"})


def raised(ticket: Ticket, asked: Asked, opening: Opening) -> Ticket:
    """The ticket with what the message adds to it; the same one where that is nothing, or is there already.

    Priority and tier only rise, deadlines only come nearer: by the routing table, from what the conversation shows by now.
    """
    ticket = with_whereabouts(ticket, asked)
    if not _is_urgent(asked):
        return ticket
    heard = Line(who="customer", text=asked.heard(personal=False).text, at=asked.at)
    note = Note(by=Actor(kind="bot"), at=asked.at, text=f"客户说有紧急情况：{heard.text}")
    if any(one.text == note.text for one in ticket.notes):  # the message was delivered again
        return ticket
    best = {signal.name: signal for signal in ticket.signals}
    for signal in mask_signals([one for one in asked.message.signals if one.score >= PRESENT], asked.names):
        if signal.name != "order_wanted" and (signal.name not in best or best[signal.name].score < signal.score):
            best[signal.name] = signal
    signals = sorted(best.values(), key=lambda signal: -signal.score)
    facts = Facts(reason=ticket.reason, signals={one.name: one.score for one in signals}, channel=ticket.channel)
    higher = _higher(ticket.route, route(facts, opening.table, asked.at))
    ticket = ticket.model_copy(update={"signals": signals, "route": higher, "notes": [*ticket.notes, note]})
    told = ticket.model_copy(update={"transcript": [*ticket.transcript, heard]})
    return ticket.model_copy(update={"summary": summarise(told, opening.improve, opening.summary_timeout_s)})


def with_whereabouts(ticket: Ticket, asked: Asked) -> Ticket:
    """The ticket with where helpers are to go and whom to call, readable: somebody in danger told it for that."""
    if not (asked.state.emergency.kinds or in_emergency(asked.message)):
        return ticket
    phone = next((slot.value for slot in asked.message.slots if slot.name == "phone"), ticket.contact)
    place = asked.message.text[:PLACE_CHARS] if says_where(asked.message.text) else ticket.place
    if (phone, place) == (ticket.contact, ticket.place):
        return ticket
    return ticket.model_copy(update={"contact": phone, "place": place})


def _is_urgent(asked: Asked) -> bool:
    """Whether the message's own words tell of something that cannot wait."""
    return shown_by_words(asked.message.signals, "urgency") >= PRESENT


def _higher(before: Route, after: Route) -> Route:
    """The more urgent one, in the higher tier, by the earlier deadlines."""
    if _PRIORITIES.index(after.priority) > _PRIORITIES.index(before.priority):
        return before
    tiers = {before.tier: before.tier_title, after.tier: after.tier_title}
    due = {
        name: min((moment for moment in (getattr(before.due, name), getattr(after.due, name)) if moment), default=None)
        for name in Deadlines.model_fields
    }
    return after.model_copy(update={"tier": max(tiers), "tier_title": tiers[max(tiers)], "due": Deadlines(**due)})
