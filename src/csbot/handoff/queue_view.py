"""The queue as agents see it in a terminal: one line per ticket, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from csbot.handoff.states import TITLES
from csbot.handoff.summary import agents_words
from csbot.handoff.view import COLOURS, span_of
from csbot.models import Ticket

PROBLEM_CHARS = 44
"""Of a ticket's problem so much is shown in the queue: what it is about; `csbot desk show` has the rest."""


def render_queue(tickets: Sequence[Ticket], now: datetime) -> Table:
    """A table of tickets: how urgent, where they stand, how long they wait, and what they are about.

    :param now: what waiting and deadlines are counted from.
    """
    table = Table(title=f"工单 tickets: {len(tickets)}", title_justify="left")
    table.add_column("工单 id", no_wrap=True)
    for column in ("优先级", "状态", "级别·技能组", "已等", "首次联系", "客户"):
        table.add_column(column, overflow="fold")
    table.add_column("问题", overflow="fold")
    words = agents_words()
    for ticket in tickets:
        state = TITLES[ticket.state] + (f" {ticket.agent}" if ticket.agent else "")
        table.add_row(
            ticket.id,
            Text(words["priorities"][ticket.route.priority], style=COLOURS[ticket.route.priority]),
            state,
            f"{ticket.route.tier_title}·{ticket.route.skill}",
            span_of(now - ticket.created),
            _due(ticket, now),
            Text(f"{words['channels'].get(ticket.channel, ticket.channel)} {ticket.customer_id or '匿名'}"),
            Text(_problem(ticket)),
        )
    return table


def _problem(ticket: Ticket) -> str:
    text = ticket.summary[1].removeprefix("问题：") if len(ticket.summary) > 1 else ticket.reason
    return text if len(text) <= PROBLEM_CHARS else text[: PROBLEM_CHARS - 1] + "…"


def _due(ticket: Ticket, now: datetime) -> Text:
    due = ticket.route.due.first_contact
    if due is None or any(step.state == "active" for step in ticket.steps):
        return Text("")
    return Text(f"超时 {span_of(now - due)}", style="bold red") if now > due else Text(f"剩 {span_of(due - now)}")
