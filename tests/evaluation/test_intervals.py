"""Intervals hold what they should about as often as they say; the paired tests are the textbook's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.evaluation.intervals import Ratio, Terms, bootstrap, mcnemar, paired_bootstrap, wilson


def means(values: list[float]) -> Terms:
    return Terms(np.array(values)[:, None], np.ones(len(values)))


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=6e-5)


def test_wilsons_interval_of_one_case_by_hand() -> None:
    """1 of 1: z²/(1 + z²) below would be 1 − z²/(1 + z²) = 0.2065."""
    z = 1.959963984540054
    assert wilson(1, 1) == (pytest.approx(1 - z * z / (1 + z * z)), 1.0)
    assert wilson(0, 1) == (0.0, pytest.approx(z * z / (1 + z * z)))


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_lies_in_0_to_1_holds_the_rate_and_mirrors(pair: tuple[int, int]) -> None:
    hits, count = pair
    low, high = wilson(hits, count)
    assert 0 <= low <= hits / count <= high <= 1
    assert wilson(count - hits, count) == pytest.approx((1 - high, 1 - low))


def test_a_rate_of_nothing_has_neither_value_nor_interval() -> None:
    assert (Ratio.rate(0, 0).value, Ratio.rate(0, 0).low, Ratio.rate(0, 0).method) == (None, None, None)


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [(0, 0, 1.0), (3, 3, 1.0), (0, 1, 1.0), (0, 6, 2 / 64), (1, 8, 20 / 512), (8, 1, 20 / 512), (2, 10, 2 * 79 / 4096)],
)
def test_mcnemars_exact_p_by_hand(better: int, worse: int, p: float) -> None:
    assert mcnemar(better, worse) == pytest.approx(p)


def test_mcnemars_p_is_a_number_for_thousands_of_changes_too() -> None:
    normal = math.erfc((300 - 0.5) / math.sqrt(5000) / math.sqrt(2))
    assert mcnemar(2350, 2650) == pytest.approx(normal, rel=0.05)
    assert mcnemar(0, 5000) == 0.0


def test_the_bootstrap_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(0).uniform(size=400)
    found = bootstrap(means(list(values)), seed=1)
    reach = 1.96 * values.std() / math.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.1 * reach)


def test_the_bootstrap_is_the_same_for_the_same_seed_and_names_itself() -> None:
    values = means([0.0, 0.5, 1.0, 1.0, 0.25])
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)
    assert bootstrap(values, seed=3).method == "bootstrap"


def test_cases_outside_the_denominator_do_not_move_the_bootstrap() -> None:
    few = Terms(np.array([[1.0], [0.0], [1.0]]), np.ones(3))
    many = Terms(np.array([[1.0], [0.0], [1.0], [0.0], [0.0]]), np.array([1.0, 1, 1, 0, 0]))
    assert bootstrap(few) == bootstrap(many)


@pytest.mark.parametrize("values", [[1.0], [0.0], [1.0] * 7])
def test_where_all_cases_agree_the_interval_is_a_point(values: list[float]) -> None:
    found = bootstrap(means(values))
    assert (found.low, found.value, found.high) == (values[0],) * 3


def test_no_difference_has_p_1_and_no_interval() -> None:
    values = means([0.2, 1.0, 0.0])
    assert paired_bootstrap(values, values) == (0.0, 0.0, 1.0)
    assert paired_bootstrap(means([]), means([])) == (0.0, 0.0, 1.0)


def test_a_clear_difference_is_seen_and_turns_with_its_sign() -> None:
    rng = np.random.default_rng(0)
    old = rng.uniform(0, 0.6, size=200)
    low, high, p = paired_bootstrap(means(list(old)), means(list(old + 0.2)))
    assert (low, high) == pytest.approx((0.2, 0.2))
    assert p == pytest.approx(2 / 1001)
    assert paired_bootstrap(means(list(old + 0.2)), means(list(old)))[:2] == pytest.approx((-0.2, -0.2))


def test_without_a_real_difference_the_paired_bootstrap_seldom_calls_one() -> None:
    """A hundred runs of noise give p < 0.05 about five times; more than twelve would come once in a thousand times."""
    rng = np.random.default_rng(5)
    calls = 0
    for _ in range(100):
        old, new = rng.uniform(size=(2, 120))
        calls += paired_bootstrap(means(list(old)), means(list(new)), seed=1)[2] < 0.05
    assert calls <= 12


def test_wilsons_interval_holds_the_true_rate_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(6)
    for rate in (0.5, 0.9, 0.97):
        ends = [wilson(hits, 200) for hits in rng.binomial(200, rate, size=2000)]
        assert 0.93 <= np.mean([low <= rate <= high for low, high in ends]) <= 0.98
