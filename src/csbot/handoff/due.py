"""What is due of a ticket as time passes: pure functions for `csbot.handoff.desk.Desk.tick`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from csbot.handoff.routing import deadlines
from csbot.handoff.routing_table import RoutingTable, default_table
from csbot.models import Ticket, TicketState

FINISHED: tuple[TicketState, ...] = ("resolved", "followed_up", "returned_to_bot", "abandoned", "failed")
"""States in which nobody works on a ticket, and from which it can be closed."""

ESCALATED = "超时升级"
"""Why a ticket is in its tier after it was overdue, in `Route.why`."""


@dataclass(frozen=True)
class DeskRules:
    """Limits of waiting.

    :ivar table: the routing table: hours, tiers, service levels.
    :ivar take_up_s: an agent who claimed a ticket and does not take it up in so many seconds loses it again (a crashed client,
        a closed lid); two minutes are enough to read it.
    :ivar silence_s: an agent who leaves a customer's message unanswered so long loses the session to the bot; 15 minutes, half
        of the first contact's service level.
    :ivar close_s: a ticket that nobody works on any more is closed after so long; 72 hours, in which a customer who comes back
        with the same matter counts as not helped.
    """

    table: RoutingTable = field(default_factory=default_table)
    take_up_s: float = 120.0
    silence_s: float = 900.0
    close_s: float = 72 * 3600.0


def due_step(
    ticket: Ticket, unanswered: datetime | None, rules: DeskRules, at: datetime
) -> tuple[TicketState, str] | Literal["escalate"] | None:
    """The state that a ticket should be in by now, and why; "escalate": a tier higher; None: nothing is due.

    :param unanswered: since when the customer waits for the agent's word.
    """
    hours = rules.table.hours
    if ticket.state in FINISHED and at - ticket.changed >= timedelta(seconds=rules.close_s):
        return "closed", "到期自动闭环"
    if ticket.state == "after_hours" and (hours is None or hours.is_open(at)):
        return "queued", "上班了"
    if ticket.state == "assigned" and at - ticket.changed >= timedelta(seconds=rules.take_up_s):
        return "queued", f"{ticket.agent} 领取后没有接待"
    if ticket.state == "active" and unanswered and at - unanswered >= timedelta(seconds=rules.silence_s):
        return "returned_to_bot", f"{ticket.agent} 长时间没有回复"
    due = ticket.route.due.first_contact
    overdue = ticket.state in ("queued", "assigned") and due is not None and at > due
    higher = ticket.route.tier < len(rules.table.tiers)
    return "escalate" if overdue and higher and (hours is None or hours.is_open(at)) else None


def escalated(ticket: Ticket, rules: DeskRules, at: datetime) -> Ticket:
    """The ticket one tier higher, with a new time for the first contact, counted from ``at``."""
    route = ticket.route
    tier = rules.table.tiers[route.tier]  # tiers count from 1
    again = deadlines(rules.table, route.priority, at).first_contact
    higher = route.model_copy(
        update={
            "tier": route.tier + 1,
            "tier_title": tier.title,
            "why": {**route.why, "tier": f"{ESCALATED}：{route.tier_title} 未按时首次联系"},
            "due": route.due.model_copy(update={"first_contact": again}),
        }
    )
    return ticket.model_copy(update={"route": higher})
