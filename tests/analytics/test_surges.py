"""Surges: by hand, on null data where nothing surges, and where something does."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import false_discovery_control, nbinom

from csbot.analytics.surges import Counts, SurgeRules, discoveries, surges, upper_tail

FIRST = date(2026, 1, 5)
"""A Monday."""
BUSY = np.array([1.2, 1.0, 1.0, 1.0, 1.1, 0.8, 0.6])
"""The shop's week."""


def quiet(days: int, questions: int, seed: int, dispersion: float = 1.0) -> Counts:
    """A log in which nothing surges: rates from 0.1 to 40 a day, a weekday effect, and sales days that lift everything."""
    rng = np.random.default_rng(seed)
    rate = np.exp(rng.uniform(np.log(0.1), np.log(40), questions))
    mean = rate * BUSY[np.arange(days) % 7, None] * np.where(rng.random((days, 1)) < 0.02, 3.0, 1.0)
    size = mean / (dispersion - 1) if dispersion > 1 else None
    asked = rng.poisson(mean if size is None else rng.gamma(size, mean / size)).astype(float)
    return Counts(tuple(f"q{i}" for i in range(questions)), FIRST, asked)


def test_the_tail_is_that_of_the_negative_binomial_distribution() -> None:
    for count, mean, variance in ((0, 3.0, 4.0), (2, 5.0, 9.0), (7, 2.0, 2.5), (30, 4.0, 20.0), (400, 300.0, 900.0)):
        size = mean**2 / (variance - mean)
        assert upper_tail(count, mean, variance) == pytest.approx(float(nbinom.sf(count - 1, size, mean / variance)), rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_discoveries_are_benjamini_and_hochbergs(seed: int) -> None:
    p = np.random.default_rng(seed).random(40) ** 4
    every = np.concatenate([p, np.ones(60)])
    assert discoveries(p, 0.05, 100).tolist() == (false_discovery_control(every)[:40] <= 0.05).tolist()


@pytest.mark.parametrize("dispersion", [1.0, 1.5])
def test_where_nothing_surges_the_days_with_an_alarm_are_as_few_as_promised(dispersion: float) -> None:
    """Counted over more than 1,000 days, with three standard deviations of slack around the promise."""
    rules = SurgeRules(fdr=0.02)
    days, alarms = 0, 0
    for seed in range(4):
        found = surges(quiet(300, 60, seed, dispersion), rules)
        alarms += sum(one.days for one in found)
        days += 300 - rules.least_past_days - rules.gap_days
    assert alarms / days <= 0.02 + 3 * (0.02 / days) ** 0.5


def test_a_question_never_asked_before_surges_and_its_days_are_one_surge() -> None:
    counts = quiet(90, 30, 1)
    asked = np.hstack([counts.asked, np.zeros((90, 1))])
    asked[80:84, -1] = 9
    found = surges(Counts((*counts.keys, "new"), FIRST, asked))
    [one] = [one for one in found if one.key == "new"]
    assert (one.first, one.last, one.days, one.asked) == (FIRST + timedelta(days=80), FIRST + timedelta(days=83), 4, 36)
    assert one.expected < 1
    assert one.p < 1e-6


def test_a_threefold_question_is_found_among_steady_ones() -> None:
    counts = quiet(90, 30, 2)
    counts.asked[:, 0] = 6.0
    counts.asked[85, 0] = 24.0
    [one] = [one for one in surges(counts) if one.key == "q0"]
    assert (one.first, one.days, one.asked) == (FIRST + timedelta(days=85), 1, 24)
    assert one.expected == pytest.approx(6, rel=0.5)


def test_a_sales_day_that_lifts_everything_is_no_surge() -> None:
    counts = quiet(90, 30, 3)
    counts.asked[88] *= 5
    assert [one for one in surges(counts) if one.first == FIRST + timedelta(days=88)] == []


def test_a_questions_own_weekday_is_no_surge() -> None:
    """Asked on Fridays only: the ninth Friday is like the eight before."""
    counts = quiet(80, 30, 4)
    counts.asked[:, 0] = np.where(np.arange(80) % 7 == 4, 30.0, 0.0)
    assert [one for one in surges(counts) if one.key == "q0" and one.first > FIRST + timedelta(days=65)] == []


def test_a_surge_does_not_hide_the_next_one_of_the_same_question() -> None:
    counts = quiet(120, 30, 5)
    counts.asked[:, 0] = 5.0
    counts.asked[[80, 110], 0] = 30.0
    assert [one.first for one in surges(counts) if one.key == "q0"] == [FIRST + timedelta(days=d) for d in (110, 80)]


def test_too_short_a_past_and_too_few_asks_raise_nothing() -> None:
    counts = quiet(90, 30, 6)
    assert surges(Counts(counts.keys, FIRST, counts.asked[:21])) == []
    counts.asked[:, 0] = 0.0
    counts.asked[60, 0] = 4.0
    assert [one for one in surges(counts) if one.key == "q0"] == []
    assert surges(Counts.of([])) == []


def test_counts_have_a_row_for_days_without_anything() -> None:
    counts = Counts.of([(FIRST, "a"), (FIRST + timedelta(days=2), "b"), (FIRST, "a")], keys=("c",))
    assert counts.keys == ("c", "a", "b")
    assert counts.asked.tolist() == [[0, 2, 0], [0, 0, 0], [0, 0, 1]]
