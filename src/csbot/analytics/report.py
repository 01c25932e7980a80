"""Indicators of a log: altogether, and by day, channel, category and FAQ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from csbot.analytics.indicators import Counted, Figures, figures
from csbot.analytics.log import in_order
from csbot.analytics.outcomes import Judged, judge
from csbot.analytics.rules import OutcomeRules
from csbot.models import CHINA
from csbot.models.events import Event

By = Literal["day", "channel", "category", "faq"]

GROUPS: Mapping[By, Callable[[Judged], str]] = {
    "day": lambda one: one.episode.begin.astimezone(CHINA).date().isoformat(),
    "channel": lambda one: one.episode.channel,
    "category": lambda one: one.episode.category,
    "faq": lambda one: one.episode.faq_id,
}
"""What an episode is counted under; each under exactly one value, so that groups add up. Days are China's."""


class Stats(BaseModel):
    """What a log says.

    :ivar since: only episodes that began at or after it. :ivar until: only those that began before it.
    :ivar as_of: the moment at which it was judged. :ivar events: in the log, whatever their time.
    :ivar courtesy: messages that belong to no episode. :ivar under_way: episodes left out because they may go on.
    :ivar by: by group; the value "" is a channel that was not named, or nothing understood.
    """

    model_config = ConfigDict(frozen=True)

    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    events: int
    courtesy: int
    under_way: int
    total: Figures
    by: dict[By, dict[str, Figures]]
    rules: OutcomeRules

    def to_json(self, indent: int | None = None) -> str:
        return self.model_dump_json(indent=indent)


def stats(
    events: Iterable[Event],
    *,
    rules: OutcomeRules | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
    by: Sequence[By] = ("day", "channel", "category", "faq"),
) -> Stats:
    """The indicators of a log, in whatever order its events come.

    Give the whole log even where ``since`` and ``until`` narrow it: whether a matter was reopened shows later.

    :param as_of: when it is judged, usually now: episodes that may go on are left out, and first-contact resolution only counts
        where nobody can come back in time any more. None: the log is complete.
    """
    rules = rules or OutcomeRules()
    log = in_order(events)
    judged = judge(log, rules, as_of)
    kept = [
        one
        for one in judged.episodes
        if (since is None or one.episode.begin >= since) and (until is None or one.episode.begin < until)
    ]
    counted = [Counted.of(one) for one in kept]
    return Stats(
        since=since, until=until, as_of=as_of, events=len(log), courtesy=judged.courtesy, under_way=judged.under_way,
        total=figures(counted), by={name: _grouped(map(GROUPS[name], kept), counted) for name in by}, rules=rules,
    )  # fmt: skip


def _grouped(groups: Iterable[str], episodes: Sequence[Counted]) -> dict[str, Figures]:
    found: defaultdict[str, list[Counted]] = defaultdict(list)
    for group, one in zip(groups, episodes, strict=True):
        found[group].append(one)
    return {name: figures(found[name]) for name in sorted(found)}
