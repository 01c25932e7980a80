"""Where a ticket goes: priority, tier, skill group and deadlines by the routing table. Pure: facts and a moment in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from csbot.handoff.routing_table import RoutingTable, Tier, When
from csbot.intents.folding import fold, number
from csbot.models import Deadlines, Priority, Route

_SCALE = {"": 1, "百": 100, "千": 1000, "万": 10000}


@dataclass(frozen=True)
class Facts:
    """What the table decides by.

    :ivar reason: why a human is needed. :ivar signals: greatest score of each signal in the conversation.
    :ivar task: the task under way or that failed. :ivar misses: messages not understood in a row.
    :ivar categories: of the FAQs that the last message may mean. :ivar faqs: their ids.
    :ivar amounts: in yuan, as `find_amounts` reads them.
    :ivar earlier_sessions: earlier sessions of the customer. :ivar earlier_tickets: earlier tickets.
    """

    reason: str = ""
    signals: Mapping[str, float] = field(default_factory=dict)
    task: str | None = None
    misses: int = 0
    categories: tuple[str, ...] = ()
    faqs: tuple[str, ...] = ()
    channel: str = ""
    amounts: Mapping[str, float] = field(default_factory=dict)
    earlier_sessions: int = 0
    earlier_tickets: int = 0


def route(facts: Facts, table: RoutingTable, at: datetime) -> Route:
    """Priority, tier, skill group and deadlines of a ticket opened at ``at``.

    Each column has the value of the first row that holds and fills it. The tier is then raised to the first one whose limits
    cover the amounts that are asked for.
    """
    rows = [row for row in table.rows if _holds(row.when, facts)]
    by_priority = next(row for row in rows if row.priority)
    by_tier = next(row for row in rows if row.tier)
    by_skill = next(row for row in rows if row.skill)
    titles = [tier.title for tier in table.tiers]
    tier = titles.index(by_tier.tier or titles[0])
    why = {"priority": by_priority.name, "tier": by_tier.name, "skill": by_skill.name}
    able = next(i for i, level in enumerate(table.tiers) if _covers(level, facts.amounts))
    if able > tier:
        over = "、".join(f"{name} {amount:g}" for name, amount in facts.amounts.items())
        tier, why["tier"] = able, f"金额 {over} 元超出 {titles[able - 1]} 权限"
    priority = by_priority.priority or "normal"
    return Route(
        priority=priority,
        tier=tier + 1,
        tier_title=titles[tier],
        skill=by_skill.skill or table.skills[0],
        why=why,
        due=deadlines(table, priority, at),
    )


def deadlines(table: RoutingTable, priority: Priority, at: datetime) -> Deadlines:
    """When a ticket of this priority, opened at ``at``, is overdue."""
    level = table.sla[priority]

    def due(span: timedelta | None) -> datetime | None:
        if span is None:
            return None
        return at + span if table.hours is None or level.counted == "always" else table.hours.add(at, span)

    return Deadlines(first_contact=due(level.first_contact), on_site=due(level.on_site), resolve=due(level.resolve))


def find_amounts(text: str, table: RoutingTable) -> dict[str, float]:
    """The greatest amount of each kind that a message names, in yuan.

    >>> from csbot.handoff.routing_table import default_table
    >>> find_amounts("必须退我３千块，再赔500元", default_table())
    {'refund': 3000.0}
    """
    form = fold(text).text
    found = {}
    for name, pattern in table.amounts.items():
        amounts = [amount for match in re.finditer(pattern, form) if (amount := _amount(*match.groups())) is not None]
        if amounts:
            found[name] = max(amounts)
    return found


def _holds(when: When, facts: Facts) -> bool:
    """Whether the facts are such."""
    found = []
    if when.signals:
        found.append(any(facts.signals.get(name, 0.0) >= least for name, least in when.signals.items()))
    if when.amounts:
        found.append(any(facts.amounts.get(name, 0.0) >= least for name, least in when.amounts.items()))
    for wanted, given in (
        (when.reasons, {facts.reason}), (when.tasks, {facts.task}), (when.channels, {facts.channel}),
        (when.categories, set(facts.categories)), (when.faqs, set(facts.faqs)),
    ):  # fmt: skip
        if wanted:
            found.append(not given.isdisjoint(wanted))
    for least, count in (
        (when.misses, facts.misses), (when.earlier_sessions, facts.earlier_sessions),
        (when.earlier_tickets, facts.earlier_tickets),
    ):  # fmt: skip
        if least is not None:
            found.append(count >= least)
    return all(found)


def _covers(tier: Tier, amounts: Mapping[str, float]) -> bool:
    return all(amount <= tier.limits.get(name, amount) for name, amount in amounts.items())


def _amount(figure: str, scale: str | None = None) -> float | None:
    value = float(figure) if re.fullmatch(r"[\d.]+", figure) else number(figure)
    return None if value is None else value * _SCALE[scale or ""]
