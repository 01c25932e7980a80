"""Indicators over episodes, defined once. Each keeps its numerator and denominator; rates have Wilson's 95 % interval.

With E the episodes and "called" that a human was called for, by the customer or by the bot:

======================  ===============================================================================================
match_rate              匹配率 = messages answered, or taken as an order's or a task's ÷ messages with a matter: no courtesy,
                        no bare wish for a human, nothing that a human answers
resolution_rate         解决率 = episodes confirmed or assumed resolved ÷ |E|
confirmed_rate          确认解决率 = episodes confirmed resolved ÷ |E|: the part of it that customers said
containment_rate        独立接待率 = episodes in which no human was called for ÷ |E|
handoff_rate            转人工率 = episodes in which a human was called for ÷ |E| = 1 − containment_rate
handoff_asked_rate      客户要求转人工率 = episodes in which the customer asked for one ÷ |E|
handoff_reached_rate    转人工接通率 = episodes in which a human came ÷ called ones whose tickets the log follows
fcr                     首次解决率 = resolved episodes to which nobody came back ÷ episodes that are no return themselves and
                        whose window (72 h) has passed
reopen_rate             再次来问率 = reopened episodes ÷ reopened, confirmed and assumed ones
abandonment_rate        未解决离开率 = abandoned episodes ÷ |E|
satisfaction            满意度 = ratings of 4 or 5 ÷ ratings of the conversation with the bot, the last one of each episode
agent_satisfaction      人工满意度 = the same of tickets
rating_rate             参评率 = episodes with a rating or a word whether it is settled ÷ |E|
repeat_rate             重复提问率 = episodes in which a customer said the same again, or got the same answer again ÷ |E|
score                   平均评分 = mean rating of the conversation with the bot, 1 to 5
turns                   轮数 = messages per episode, courtesy included
repeats                 重复次数 = repeated messages per episode
bot_response_ms         机器人响应 = mean time from reading a message to the reply, in ms
first_response_s        首响 = mean time from the transfer to the agent's first message, in s
response_s              平响 = mean time that a customer waits for an agent's next message, the first one included, in s
======================  ===============================================================================================

Wilson's interval takes what is counted for independent of each other. Messages of one episode are not, so match_rate is less
sure than its interval says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydantic import BaseModel, ConfigDict, computed_field

from csbot.analytics.episodes import Episode
from csbot.analytics.outcomes import OUTCOMES, RESOLVED, Judged, Outcome, asked, called, reached
from csbot.evaluation.intervals import Ratio

SATISFIED = 4
"""Ratings from here on are satisfied: the two upper of five, as CSAT is usually counted."""
UNDERSTOOD = ("answer", "order_status", "task_done", "ask_slot")
"""Kinds of replies to a message that was understood; orders to pick from, and a human for an order or a task, come to it."""


class Average(BaseModel):
    """A mean with the middle and the upper end of what it is made of; None where there is nothing.

    :ivar numerator: the sum. :ivar denominator: how many values. :ivar p50: median. :ivar p90: 90 % are not above it.
    """

    model_config = ConfigDict(frozen=True)

    numerator: float
    denominator: int
    p50: float | None = None
    p90: float | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @classmethod
    def of(cls, values: Sequence[float]) -> Average:
        if not values:
            return cls(numerator=0, denominator=0)
        p50, p90 = np.quantile(np.array(values), [0.5, 0.9])
        return cls(numerator=float(np.sum(values)), denominator=len(values), p50=float(p50), p90=float(p90))


@dataclass(frozen=True)
class Indicator:
    """What an episode adds: one value for each thing counted, 0 or 1 for a rate.

    :ivar title: in Chinese. :ivar unit: of a mean; "" for a rate.
    """

    title: str
    values: Callable[[Judged], Iterable[float]]
    unit: str = ""

    @property
    def rate(self) -> bool:
        return not self.unit


def _each(holds: Callable[[Judged], bool], over: Callable[[Judged], bool] = lambda _: True) -> Callable[[Judged], list[float]]:
    """One value per episode of those that ``over`` lets in: whether ``holds``."""
    return lambda one: [float(holds(one))] if over(one) else []


def _matched(one: Judged) -> list[float]:
    """Whether each message was understood that the bot had to understand: all but courtesy, wishes, and words for a human."""
    found, tickets = [], {""}
    for x in one.episode.exchanges:
        decision = x.decision
        waits = decision.kind == "handoff" and decision.ticket_id in tickets - {""}
        wish = decision.kind == "handoff" and decision.reason == "customer_wish"
        tickets.add(decision.ticket_id)
        if not (x.courteous or waits or wish):
            of_task = decision.kind in ("clarify", "handoff") and decision.task is not None
            found.append(float(decision.kind in UNDERSTOOD or of_task))
    return found


def _scores(one: Judged, *, of_ticket: bool) -> list[int]:
    """The last rating, of the bot or of the human."""
    return [f.score for f in one.episode.feedback if f.score is not None and bool(f.ticket_id) == of_ticket][-1:]


def _satisfied(*, of_ticket: bool) -> Callable[[Judged], list[float]]:
    return lambda one: [float(score >= SATISFIED) for score in _scores(one, of_ticket=of_ticket)]


def _opened(one: Episode) -> datetime | None:
    """When a human was called for first."""
    return next((x.at for x in one.exchanges if x.decision.kind == "handoff"), None)


def _first_wait(one: Judged) -> list[float]:
    return _waits(one)[:1]


def _waits(one: Judged) -> list[float]:
    """Seconds from what the customer said to the agent's next message, from the transfer on."""
    opened = _opened(one.episode)
    if opened is None:
        return []
    heard = [(x.at, False) for x in one.episode.exchanges if x.at >= opened]
    found: list[float] = []
    waiting: datetime | None = None
    for at, by_agent in sorted([*heard, *((said.at, True) for said in one.episode.agent if said.at >= opened)]):
        if by_agent and waiting is not None:
            found.append((at - waiting).total_seconds())
            waiting = None
        elif not by_agent and waiting is None:
            waiting = at
    return found


INDICATORS: Mapping[str, Indicator] = {
    "match_rate": Indicator("匹配率", _matched),
    "resolution_rate": Indicator("解决率", _each(lambda one: one.outcome in RESOLVED)),
    "confirmed_rate": Indicator("确认解决率", _each(lambda one: one.outcome == "confirmed_resolved")),
    "containment_rate": Indicator("独立接待率", _each(lambda one: not called(one.episode))),
    "handoff_rate": Indicator("转人工率", _each(lambda one: called(one.episode))),
    "handoff_asked_rate": Indicator("客户要求转人工率", _each(lambda one: asked(one.episode))),
    "handoff_reached_rate": Indicator(
        "转人工接通率", _each(lambda one: reached(one.episode), lambda one: called(one.episode) and bool(one.episode.steps))
    ),
    "fcr": Indicator("首次解决率", _each(lambda one: one.outcome in RESOLVED, lambda one: one.over and not one.returned)),
    "reopen_rate": Indicator(
        "再次来问率", _each(lambda one: one.outcome == "reopened", lambda one: one.outcome in (*RESOLVED, "reopened"))
    ),
    "abandonment_rate": Indicator("未解决离开率", _each(lambda one: one.outcome == "abandoned")),
    "satisfaction": Indicator("满意度", _satisfied(of_ticket=False)),
    "agent_satisfaction": Indicator("人工满意度", _satisfied(of_ticket=True)),
    "rating_rate": Indicator("参评率", _each(lambda one: any(not f.ticket_id for f in one.episode.feedback))),
    "repeat_rate": Indicator("重复提问率", _each(lambda one: one.episode.repeats > 0)),
    "score": Indicator("平均评分", lambda one: _scores(one, of_ticket=False), "分"),
    "turns": Indicator("轮数", lambda one: [len(one.episode.exchanges)], "轮"),
    "repeats": Indicator("重复次数", lambda one: [one.episode.repeats], "次"),
    "bot_response_ms": Indicator(
        "机器人响应", lambda one: [x.decision.latency_ms for x in one.episode.exchanges if x.reply], "毫秒"
    ),
    "first_response_s": Indicator("首响", _first_wait, "秒"),
    "response_s": Indicator("平响", _waits, "秒"),
}


class Figures(BaseModel):
    """Indicators of some episodes.

    :ivar messages: of customers, courtesy included. :ivar outcomes: how many episodes have each outcome; they add up.
    """

    model_config = ConfigDict(frozen=True)

    episodes: int
    messages: int
    outcomes: dict[Outcome, int]
    indicators: dict[str, Ratio | Average]


@dataclass(frozen=True)
class Counted:
    """What one episode adds to everything that it is counted under.

    :ivar values: to each of `INDICATORS`, in their order.
    """

    outcome: Outcome
    messages: int
    values: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, one: Judged) -> Counted:
        values = tuple(tuple(map(float, indicator.values(one))) for indicator in INDICATORS.values())
        return cls(one.outcome, len(one.episode.exchanges), values)


def figures(episodes: Sequence[Counted]) -> Figures:
    """All indicators over these episodes; one with nothing to divide by has no value."""
    found: dict[str, Ratio | Average] = {}
    for column, (name, indicator) in enumerate(INDICATORS.items()):
        values = [value for one in episodes for value in one.values[column]]
        found[name] = Ratio.rate(sum(values), len(values)) if indicator.rate else Average.of(values)
    return Figures(
        episodes=len(episodes),
        messages=sum(one.messages for one in episodes),
        outcomes={outcome: sum(one.outcome == outcome for one in episodes) for outcome in OUTCOMES},
        indicators=found,
    )
