"""The outcome of an episode: exactly one each, so that their shares add up to one.

================== ================================================================================================
handed_off         a human was called for, and the call was not withdrawn before anybody came
confirmed_resolved the customer said that it is settled, and asked nothing more
assumed_resolved   the last reply settles a matter (an answer, an order, a task done), and the customer left
reopened           as one of these two, but the customer came back with the same matter within the window
abandoned          everything else: left after a miss, a question back or a slot; gave up; said that it is not settled
================== ================================================================================================

The first that fits, in this order: handed_off, then what the customer said, then what can be assumed; reopened takes the place
of a resolution. The rules are `csbot.analytics.rules.OutcomeRules`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from csbot.analytics.episodes import Episode, episodes_of
from csbot.analytics.rules import OutcomeRules
from csbot.models.events import Event

Outcome = Literal["confirmed_resolved", "assumed_resolved", "handed_off", "abandoned", "reopened"]
OUTCOMES: dict[Outcome, str] = {
    "confirmed_resolved": "确认解决", "assumed_resolved": "推定解决", "handed_off": "转人工", "abandoned": "未解决离开",
    "reopened": "再次来问",
}  # fmt: skip
RESOLVED: tuple[Outcome, ...] = ("confirmed_resolved", "assumed_resolved")
LET_GO = ("abandoned", "failed", "returned_to_bot")
"""States of a ticket that nobody took up and nobody will."""


@dataclass(frozen=True)
class Judged:
    """An episode with its outcome.

    :ivar returned: it is itself a return to an earlier one. :ivar over: the time in which it could be reopened has passed.
    """

    episode: Episode
    outcome: Outcome
    returned: bool = False
    over: bool = True


@dataclass(frozen=True)
class Judgement:
    """All episodes of a log, by their beginning.

    :ivar courtesy: exchanges that belong to no episode: greetings without a matter.
    :ivar under_way: episodes left out because they may go on.
    """

    episodes: list[Judged]
    courtesy: int = 0
    under_way: int = 0


def judge(log: Sequence[Event], rules: OutcomeRules, as_of: datetime | None = None) -> Judgement:
    """Cut a log, which is in order, into episodes and judge each.

    :param as_of: the moment at which it is judged: what is not over by then is left out. None: the log is complete, and nobody
        came back after it.
    """
    every, courtesy = episodes_of(log, rules)
    window, idle = timedelta(seconds=rules.return_window_s), timedelta(seconds=rules.idle_s)
    returns = _returns(every, rules)
    reopened = set(returns.values())
    found = [
        Judged(
            one,
            outcome=_outcome(one, rules, one.id in reopened),
            returned=one.id in returns,
            over=as_of is None or one.end + window <= as_of,
        )
        for one in every
        if as_of is None or one.end + idle <= as_of
    ]
    return Judgement(found, courtesy, len(every) - len(found))


def called(one: Episode) -> bool:
    """Whether a human was called for, by the customer or by the bot."""
    return any(x.decision.kind == "handoff" for x in one.exchanges)


def asked(one: Episode) -> bool:
    """Whether the customer asked for a human."""
    return any(x.decision.kind == "handoff" and x.decision.reason == "customer_wish" for x in one.exchanges)


def reached(one: Episode) -> bool:
    """Whether a human came."""
    return bool(one.agent) or any(step.state == "active" for step in one.steps)


def _stands(one: Episode) -> bool:
    """Whether the call for a human was neither withdrawn nor lost before anybody came."""
    if reached(one):
        return True
    last = {step.ticket_id: step.state for step in one.steps}
    return any(last.get(ticket) not in LET_GO for ticket in one.tickets or {""})


def _outcome(one: Episode, rules: OutcomeRules, came_back: bool) -> Outcome:
    if called(one) and _stands(one):
        return "handed_off"
    outcome = _resolution(one, rules)
    return "reopened" if came_back and outcome in RESOLVED else outcome


def _resolution(one: Episode, rules: OutcomeRules) -> Outcome:
    """What the customer said last, and what can be assumed where nothing was said."""
    last, end = one.matters[-1], one.exchanges[-1].decision
    said = [f.solved for f in one.feedback if f.solved is not None and not f.ticket_id and f.at >= last.at]
    if said:
        return "confirmed_resolved" if said[-1] else "abandoned"
    stuck = one.stuck and not rules.same_answer_settles
    if last.decision.kind not in rules.settling or end.rule in rules.giving_up or stuck:
        return "abandoned"
    return "confirmed_resolved" if rules.thanks_confirm and end.rule == "smalltalk_thanks" else "assumed_resolved"


def _returns(every: Sequence[Episode], rules: OutcomeRules) -> dict[str, str]:
    """Episodes that are a return, with the episode that they return to: the customer's latest with the same matter."""
    found: dict[str, str] = {}
    window = timedelta(seconds=rules.return_window_s)
    of_customer: defaultdict[str, list[Episode]] = defaultdict(list)
    for one in every:
        before = of_customer[one.customer]
        recent = [x for x in before if one.begin - x.end <= window]
        same = next((x for x in reversed(recent) if _same_matter(x, one, rules)), None)
        if same is not None:
            found[one.id] = same.id
        of_customer[one.customer] = [*recent, one]
    return found


def _same_matter(earlier: Episode, later: Episode, rules: OutcomeRules) -> bool:
    if rules.matters == "conversation":
        return True
    return bool(earlier.keys & later.keys) if later.keys else rules.unknown_returns
