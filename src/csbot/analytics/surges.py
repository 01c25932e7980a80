"""Surges: a question that is asked far more than its own past says.

For each question, the count of a day, and that of the last seven days, is held against the weeks before, leaving out the last
one, in which a surge may have begun. The expected count is the question's share of all questions in those weeks, times the
volume of the *other* questions on the day, so that a busy Monday or a sales day that lifts everything is no surge, times the
question's own weekday factor. Days far out in the past are cut down, and the dispersion is that of the past (quasi-Poisson:
Farrington et al. 1996, Noufaily et al. 2013). The p-value is the tail of the negative binomial distribution that this leaves,
the rate's own uncertainty included: with a dispersion of 1 it is the predictive distribution of a Poisson count under Jeffreys'
prior, which also serves a question that was never asked before. Over all tests of one day Benjamini and Hochberg's procedure
(1995) holds the false discovery rate: where nothing surges, a day has an alarm with probability ``fdr``, or less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Matrix = npt.NDArray[np.float64]
Days = npt.NDArray[np.int64]
WEEK = 7
WINDOWS = (1, WEEK)
"""Days that are looked at together: a sharp surge shows within a day, one of a rare question within a week."""
CUT = 4.0
"""Standard deviations beyond which a day of the past is cut down. Noufaily et al. weigh down from 2.58; that takes so much from
the dispersion of skewed counts that false alarms double (`benchmarks/voice.py`)."""


class SurgeRules(BaseModel):
    """What counts as a surge."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fdr: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="false discovery rate of each day's alarms: one and a half false days a month, at most",
    )
    past_weeks: int = Field(default=8, ge=2, description="weeks that a day is held against")
    gap_days: int = Field(default=7, ge=WEEK - 1, description="days before it that are left out of them")
    least_past_days: int = Field(default=14, ge=7, description="days of past without which nothing is tested")
    least_asked: int = Field(default=5, ge=1, description="rarer questions raise no alarm; Farrington asks for 5 cases too")
    weekday_weight: float = Field(
        default=20.0, gt=0, description="asks that a question's own weekday factor counts as at 1 before any is seen"
    )


class Surge(BaseModel):
    """Days on which a question was asked far more than its past, no more than a week apart.

    :ivar key: the question. :ivar first: the day of the first alarm. :ivar asked: on the days of alarm.
    :ivar expected: on them by the past. :ivar p: the smallest p-value of these days.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    first: date
    last: date
    days: int
    asked: int
    expected: float
    p: float


@dataclass(frozen=True)
class Counts:
    """How often each question was asked on each day.

    :ivar asked: (days, questions), without a day left out. :ivar first: the first day.
    """

    keys: tuple[str, ...]
    first: date
    asked: Matrix

    @classmethod
    def of(cls, asks: Sequence[tuple[date, str]], keys: Sequence[str] = ()) -> Counts:
        """:param asks: each day and question asked. :param keys: questions that may be asked; others are added."""
        names = tuple(dict.fromkeys([*keys, *(key for _, key in asks)]))
        place: Mapping[str, int] = {key: i for i, key in enumerate(names)}
        first = min((day for day, _ in asks), default=date(1970, 1, 1))
        last = max((day for day, _ in asks), default=first)
        asked = np.zeros(((last - first).days + 1, len(names)))
        for day, key in asks:
            asked[(day - first).days, place[key]] += 1
        return cls(names, first, asked)


def surges(counts: Counts, rules: SurgeRules | None = None) -> list[Surge]:
    """The surges in a log, the latest first."""
    rules = rules or SurgeRules()
    days, questions = counts.asked.shape
    alarms: dict[str, list[tuple[int, float, float]]] = {}
    volume = counts.asked.sum(axis=1, keepdims=True) - counts.asked + 1  # of the other questions; 1: never nothing
    for day in range(days):
        end = max(0, day - rules.gap_days)
        past = np.arange(max(0, end - WEEK * rules.past_weeks), end)
        if len(past) < rules.least_past_days:
            continue
        base = Base.of(counts.asked[past], volume[past], past, rules)
        today, _ = base.expect(volume[day : day + 1], np.array([day]))
        tests: list[tuple[int, float]] = []
        for window in WINDOWS:
            recent = np.arange(day + 1 - window, day + 1)
            asked = counts.asked[recent].sum(axis=0)
            mean, variance = base.expect(volume[recent], recent)
            for i in np.flatnonzero((asked >= rules.least_asked) & (counts.asked[day] > today)).tolist():
                tests.append((i, upper_tail(int(asked[i]), float(mean[i]), float(variance[i]))))
        fine = discoveries(np.array([p for _, p in tests]), rules.fdr, questions * len(WINDOWS))
        smallest: dict[int, float] = {}
        for (i, p), found in zip(tests, fine.tolist(), strict=True):
            if found:
                smallest[i] = min(p, smallest.get(i, 1.0))
        for i, p in smallest.items():
            alarms.setdefault(counts.keys[i], []).append((day, float(today[i]), p))
    joined = [one for key, days_of in alarms.items() for one in _joined(counts, key, days_of)]
    return sorted(joined, key=lambda one: (one.last, one.first, -one.p), reverse=True)


@dataclass(frozen=True)
class Base:
    """What the past says of each question.

    :ivar rate: (questions,) asks per question of the others. :ivar factor: (7, questions) by weekday.
    :ivar dispersion: (questions,) variance ÷ mean. :ivar asked: (questions,) in the past. :ivar by_weekday: (7, questions) too.
    :ivar weight: `SurgeRules.weekday_weight`.
    """

    rate: Matrix
    factor: Matrix
    dispersion: Matrix
    asked: Matrix
    by_weekday: Matrix
    weight: float

    @classmethod
    def of(cls, past: Matrix, volumes: Matrix, days: Days, rules: SurgeRules) -> Base:
        """:param past: (days, questions) counts. :param volumes: as many, of the others. :param days: their numbers."""
        weekdays, weight = days % WEEK, rules.weekday_weight
        factor = np.ones((WEEK, past.shape[1]))
        for _ in range(2):  # the second time without what stands out
            rate = (past.sum(axis=0) + 0.5) / (volumes * factor[weekdays]).sum(axis=0)
            flat = rate * volumes
            by_weekday = np.array([past[weekdays == weekday].sum(axis=0) for weekday in range(WEEK)])
            usual = np.array([flat[weekdays == weekday].sum(axis=0) for weekday in range(WEEK)])
            factor = (by_weekday + weight) / (usual + weight)
            expected = flat * factor[weekdays]
            dispersion = _dispersion(past, expected)
            past = np.minimum(past, np.ceil(expected + CUT * np.sqrt(dispersion * expected)))
        return cls(rate, factor, dispersion, past.sum(axis=0), by_weekday, weight)

    def expect(self, volumes: Matrix, days: Days) -> tuple[Matrix, Matrix]:
        """Mean and variance (questions,) of the counts of some days together, unsure of rate, weekday and volume as we are."""
        weekdays = days % WEEK
        means = self.rate * volumes * self.factor[weekdays]
        mean, seen = means.sum(axis=0), self.by_weekday[weekdays]
        unsure = (means**2 * (seen / (seen + self.weight) ** 2 + 1 / volumes)).sum(axis=0) + mean**2 / (self.asked + 0.5)
        return mean, self.dispersion * (mean + unsure)


def _dispersion(past: Matrix, expected: Matrix) -> Matrix:
    """(questions,) variance ÷ mean by Pearson's statistic, no less than Poisson's 1 and than that of all questions together.

    One standard error is added: too small a dispersion raises more false alarms than too large a one prevents.
    """
    freedom = len(past) - 1
    own = ((past - expected) ** 2 / expected).sum(axis=0) / freedom
    common = past.mean(axis=0) >= 0.5
    shared = own[common].mean() if common.any() else 1.0
    return np.asarray(np.maximum(1.0, np.maximum(own, shared) * (1 + math.sqrt(2 / freedom))))


def upper_tail(count: int, mean: float, variance: float) -> float:
    """P(X ≥ count) of the negative binomial distribution with this mean and variance (> mean).

    >>> round(upper_tail(1, 1.0, 1.0000001), 4), round(upper_tail(3, 1.0, 2.0), 4)
    (0.6321, 0.125)
    """
    if count <= 0:
        return 1.0
    size = mean**2 / (variance - mean)
    share = mean / variance
    log_share, log_rest = math.log(share), math.log1p(-share)
    below = 0.0
    term = math.exp(size * log_share)
    if count <= mean:
        for k in range(count):
            below += term
            term *= (size + k) / (k + 1) * (1 - share)
        return max(0.0, 1.0 - below)
    log_term = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1) + size * log_share + count * log_rest
    term, total, k = math.exp(log_term), 0.0, count
    while term > 1e-12 * total:  # the terms fall from here on
        total += term
        term *= (size + k) / (k + 1) * (1 - share)
        k += 1
    return min(1.0, total)


def discoveries(p: Matrix, fdr: float, tests: int) -> npt.NDArray[np.bool_]:
    """Which p-values Benjamini and Hochberg's procedure calls discoveries.

    :param tests: how many tests were made; those not in ``p`` had a p-value of 1.

    >>> discoveries(np.array([0.03, 0.001, 0.012]), 0.05, tests=6).tolist()
    [False, True, True]
    """
    order = np.argsort(p)
    fine = np.flatnonzero(p[order] <= fdr * np.arange(1, len(p) + 1) / tests)
    found = np.zeros(len(p), bool)
    found[order[: fine[-1] + 1 if len(fine) else 0]] = True
    return found


def _joined(counts: Counts, key: str, alarms: Sequence[tuple[int, float, float]]) -> list[Surge]:
    """Alarms of one question, by day, those no more than a week apart in one surge."""
    column = counts.keys.index(key)
    runs: list[list[tuple[int, float, float]]] = []
    for alarm in alarms:
        if runs and alarm[0] - runs[-1][-1][0] <= WEEK:
            runs[-1].append(alarm)
        else:
            runs.append([alarm])
    return [
        Surge(
            key=key,
            first=counts.first + timedelta(days=run[0][0]),
            last=counts.first + timedelta(days=run[-1][0]),
            days=len(run),
            asked=int(sum(counts.asked[day, column] for day, _, _ in run)),
            expected=round(sum(mean for _, mean, _ in run), 2),
            p=min(p for _, _, p in run),
        )
        for run in runs
    ]
