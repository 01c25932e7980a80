"""The voice of the customer in the event log: what was asked in vain, what was picked, what was shown and not accepted."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict

from csbot.analytics.episodes import Episode, episodes_of
from csbot.analytics.exchanges import Exchange, likeness
from csbot.analytics.log import in_order
from csbot.analytics.rules import OutcomeRules
from csbot.evaluation.intervals import wilson
from csbot.models import CHINA
from csbot.models.events import Event
from csbot.privacy import mask

Why = Literal["missed", "unsure", "handed_off"]
_COVERED = re.compile(r"[A-Za-z0-9@._\-]+\*{2,}[A-Za-z0-9@._\-*]*")
"""A phone, an id or an e-mail as `mask` covers it."""


@dataclass(frozen=True)
class OpenQuestion:
    """A question that the bot did not settle.

    :ivar text: without anything personal. :ivar why: not understood; asked back, and nothing was picked; or handed to a human.
    :ivar said: what agents then wrote.
    """

    text: str
    day: date
    why: Why
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pick:
    """A message that the bot asked back about, and the FAQ that the customer picked."""

    text: str
    faq_id: str


class Unaccepted(BaseModel):
    """An FAQ that was shown and not accepted.

    :ivar offered: times it stood among the options. :ivar not_picked: of those, another or none was picked.
    :ivar answered: times it was the answer. :ivar asked_again: of those, the same was asked again next.
    :ivar handed_off: of those, a human was called next. :ivar unsolved: of those, the customer said that nothing is settled.
    """

    model_config = ConfigDict(frozen=True)

    faq_id: str
    offered: int = 0
    not_picked: int = 0
    answered: int = 0
    asked_again: int = 0
    handed_off: int = 0
    unsolved: int = 0

    @property
    def refused(self) -> int:
        """Answers that were not accepted."""
        return self.asked_again + self.handed_off + self.unsolved

    @property
    def refusal_rate(self) -> float:
        """Lower end of Wilson's 95 % interval of the share of answers not accepted: few answers prove little."""
        return wilson(self.refused, self.answered)[0] if self.answered else 0.0


@dataclass
class Heard:
    """What a log says.

    :ivar asks: the day and the FAQ of each question that was answered. :ivar shown: FAQs shown and at least once not accepted,
        those first whose answers are refused most surely.
    """

    questions: list[OpenQuestion] = field(default_factory=list)
    picks: list[Pick] = field(default_factory=list)
    asks: list[tuple[date, str]] = field(default_factory=list)
    shown: list[Unaccepted] = field(default_factory=list)


def hear(events: Iterable[Event], rules: OutcomeRules | None = None) -> Heard:
    """Read a log, in whatever order its events come. :param rules: of the episodes."""
    rules = rules or OutcomeRules()
    episodes, _ = episodes_of(in_order(events), rules)
    heard, counts = Heard(), defaultdict[str, Counter[str]](Counter)
    for episode in episodes:
        matters = episode.matters
        _hear_questions(episode, matters, heard)
        for one, following in [*pairwise(matters), (matters[-1], None)]:
            if one.decision.kind == "answer" and one.decision.faq_id:
                heard.asks.append((_day(one), one.decision.faq_id))
            _count_shown(one, following, episode, rules, counts)
    shown = [Unaccepted(faq_id=faq_id, **counted) for faq_id, counted in counts.items()]
    refused = [one for one in shown if one.refused or one.not_picked]
    heard.shown = sorted(refused, key=lambda one: (-one.refusal_rate, -one.refused, -one.not_picked, one.faq_id))
    return heard


def clean(text: str) -> str:
    """``text`` without what was masked in it; "" where a piece of it can't be told from the sentence (a name, an address).

    >>> clean("138****0001 的快递还没到"), clean("我是林**，快递还没到")
    ('的快递还没到', '')
    """
    left = _COVERED.sub("", mask(text)).strip().lstrip(",，。:： ")
    return "" if "*" in left else left


def _hear_questions(episode: Episode, matters: Sequence[Exchange], heard: Heard) -> None:
    """The open questions and the picks of one episode; what led to a human is told from what was merely missed."""
    call = next((i for i, one in enumerate(matters) if one.decision.kind == "handoff"), None)
    led_there = None if call is None else _question_of(matters, call)
    for i, one in enumerate(matters):
        following = matters[i + 1].decision if i + 1 < len(matters) else None
        if not (text := clean(one.text)):
            continue
        if one is led_there:
            said = tuple(message.text for message in episode.agent)
            heard.questions.append(OpenQuestion(text, _day(one), "handed_off", said))
        elif one.decision.kind == "fallback":
            heard.questions.append(OpenQuestion(text, _day(one), "missed"))
        elif one.decision.kind == "clarify" and one.decision.offered:
            if following and following.rule == "option_picked":
                if following.faq_id:
                    heard.picks.append(Pick(text, following.faq_id))
            else:
                heard.questions.append(OpenQuestion(text, _day(one), "unsure"))


def _question_of(matters: Sequence[Exchange], call: int) -> Exchange | None:
    """The message that a human was called about: the call itself unless it only asks for one, else the last question before it,
    else the first that went to the agent."""
    if matters[call].decision.reason != "customer_wish":
        return matters[call]
    before = [one for one in matters[:call] if _is_question(one)]
    after = [one for one in matters[call + 1 :] if one.decision.kind == "handoff" and one.text]
    return before[-1] if before else after[0] if after else None


def _is_question(one: Exchange) -> bool:
    return bool(one.text) and one.decision.kind in ("fallback", "clarify", "answer") and one.decision.rule != "option_picked"


def _count_shown(
    one: Exchange, following: Exchange | None, episode: Episode, rules: OutcomeRules, counts: defaultdict[str, Counter[str]]
) -> None:
    decision, after = one.decision, following.decision if following else None
    picked = after.faq_id if after and after.rule == "option_picked" else None
    if decision.kind == "clarify":
        for faq_id in decision.offered:
            counts[faq_id].update(offered=1, not_picked=faq_id != picked)
    if decision.kind != "answer" or not decision.faq_id:
        return
    counted = counts[decision.faq_id]
    counted["answered"] += 1
    if after and after.kind == "handoff":
        counted["handed_off"] += 1
    elif following and following.text and likeness(one.text, following.text) >= rules.repeat_similarity:
        counted["asked_again"] += 1
    elif following is None and any(said.solved is False and not said.ticket_id for said in episode.feedback):
        counted["unsolved"] += 1


def _day(one: Exchange) -> date:
    return one.at.astimezone(CHINA).date()
