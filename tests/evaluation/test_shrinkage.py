"""Few labels move what is shipped little, many move it to where they say; a threshold keeps its target with assurance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from csbot.evaluation.intervals import wilson
from csbot.evaluation.shrinkage import (
    ASSURANCE_Z,
    BIAS_DEVIATION,
    FEATURE_DEVIATION,
    PRIOR_ANSWERS,
    SLOPE_DEVIATION,
    WORTH_A_LIST,
    choose_answer,
    choose_clarify,
    fit_shrunk,
)
from csbot.evaluation.trials import Trials
from csbot.kb.calibration import Linear
from csbot.kb.networks import sigmoid

FLAT = Linear(features=("a",), weights=(0.0,))
"""Says 0.5 of everything."""
RISING = Linear(features=("a",), weights=(4.0,), bias=-1.0)


def trials(first: np.ndarray, right: np.ndarray, **changed: np.ndarray) -> Trials:
    """Messages without a runner-up that confidence alone decides, each of an FAQ of its own."""
    first, right = np.asarray(first, float).reshape(len(right), -1), np.asarray(right, bool)
    yes, no = np.ones(len(right), bool), np.zeros(len(right), bool)
    usual = {
        "first": first, "second": np.zeros_like(first), "has_second": no, "offered": right, "right": right, "exact": no,
        "open": yes, "in_scope": yes, "groups": np.arange(len(right)),
    }  # fmt: skip
    return Trials(**(usual | changed))


def test_one_right_answer_moves_a_flat_confidence_as_far_as_the_prior_lets_it() -> None:
    """The bias alone can move (the feature is constant), to where 1 - p = bias / deviation²."""
    bias = fit_shrunk(trials([3.0], [True]), FLAT).bias
    assert 1 - sigmoid(bias) == pytest.approx(bias / BIAS_DEVIATION**2, abs=1e-6)
    assert 0.07 < bias < 0.08


def test_a_hundred_right_answers_move_it_to_where_the_sum_of_doubts_is_the_priors_pull() -> None:
    bias = fit_shrunk(trials(np.full(100, 3.0), np.ones(100)), FLAT).bias
    assert 100 * (1 - sigmoid(bias)) == pytest.approx(bias / BIAS_DEVIATION**2, abs=1e-5)
    assert bias > 1


def test_three_labels_hardly_move_confidence_and_thousands_move_it_to_the_truth() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 1, 6000)
    right = rng.uniform(size=6000) < sigmoid(2 * values - 1.5)  # the shipped confidence says far more
    before = sigmoid(RISING(values[:, None]))
    few = sigmoid(fit_shrunk(trials(values[:3], right[:3]), RISING)(values[:, None]))
    many = sigmoid(fit_shrunk(trials(values, right), RISING)(values[:, None]))
    assert np.abs(few - before).max() < 0.05
    assert np.abs(many - sigmoid(2 * values - 1.5)).max() < 0.06
    assert np.abs(before - sigmoid(2 * values - 1.5)).max() > 0.3


def test_what_confidence_does_not_decide_teaches_nothing() -> None:
    rows = trials([0.1, 0.5, 0.9], [True, False, True], exact=np.array([True, False, True]), open=np.array([True, False, True]))
    assert fit_shrunk(rows, RISING) == RISING


def test_the_fit_is_the_most_likely_one_beside_an_optimiser_that_knows_nothing_of_it() -> None:
    """Two features, one of them bent by a knot: logits of every message as a general minimiser finds them."""
    rng = np.random.default_rng(1)
    base = Linear(features=("a", "b"), weights=(1.5, -0.5, 0.8), bias=0.3, knots=((0, 0.2),))
    x = rng.normal(size=(80, 2))
    right = rng.uniform(size=80) < sigmoid(2.5 * x[:, 0] - 0.6)
    standard, logits = (x - x.mean(axis=0)) / x.std(axis=0), base(x)

    def lost(p: np.ndarray) -> float:
        z = p[0] * logits + p[1] + standard @ p[2:]
        pull = ((p[0] - 1) / SLOPE_DEVIATION) ** 2 + (p[1] / BIAS_DEVIATION) ** 2 + (p[2:] ** 2).sum() / FEATURE_DEVIATION**2
        return float(np.logaddexp(0, np.where(right, -z, z)).sum() + pull / 2)

    best = minimize(lost, np.array([1.0, 0, 0, 0]), tol=1e-10).x
    expected = best[0] * logits + best[1] + standard @ best[2:]
    fitted = fit_shrunk(trials(x, right), base)
    np.testing.assert_allclose(fitted(x), expected, atol=1e-3)
    assert fitted.knots == base.knots
    assert fitted.features == base.features


def bound(sure: list[float], right: list[bool]) -> float:
    """The assured precision of these answers, by the text of the rule."""
    prior = min(len(sure), PRIOR_ANSWERS)
    hits = sum(right) + prior * sum(sure) / len(sure)
    return wilson(hits, len(sure) + prior, ASSURANCE_Z)[0]


@given(
    st.lists(st.tuples(st.integers(0, 20).map(lambda k: k / 20), st.booleans(), st.booleans()), max_size=60),
    st.sampled_from([0.3, 0.6, 0.8, 0.95]),
)
def test_the_threshold_is_the_lowest_of_all_that_keep_the_target(rows: list[tuple[float, bool, bool]], target: float) -> None:
    sure, answerable, right = (np.array([row[k] for row in rows], kind) for k, kind in enumerate((float, bool, bool)))
    choice = choose_answer(sure, answerable, right, target)
    bounds = {}
    for threshold in {s for s, may, _ in rows if may}:
        answered = [(s, r) for s, may, r in rows if may and s >= threshold]
        bounds[threshold] = bound([s for s, _ in answered], [r for _, r in answered])
    good = [threshold for threshold, value in bounds.items() if value >= target]
    assert choice.reached == bool(good)
    if good:
        assert choice.threshold == pytest.approx(min(good), abs=1e-9)
    elif bounds:
        assert choice.bound == pytest.approx(max(bounds.values()))
    else:
        assert choice == (1.0, 0.0, False)


def test_a_handful_of_right_answers_is_no_promise_where_confidence_doubts_them() -> None:
    """20 of 20 right would be 0.966 with 80 % assurance by themselves; at a confidence of 0.8 they are less."""
    assert wilson(20, 20, ASSURANCE_Z)[0] > 0.95
    assert not choose_answer(np.full(20, 0.8), np.ones(20, bool), np.ones(20, bool), 0.95).reached
    assert choose_answer(np.full(400, 0.8), np.ones(400, bool), np.ones(400, bool), 0.95).reached


def test_the_assurance_holds_about_as_often_as_it_says() -> None:
    """Confidence that is right on average: the true precision at the chosen threshold is above the target, 4 times of 5."""
    rng, kept, chosen = np.random.default_rng(2), 0, 0
    for _ in range(300):
        sure = rng.uniform(0.3, 1, 300)
        choice = choose_answer(sure, np.ones(300, bool), rng.uniform(size=300) < sure, 0.85)
        chosen += choice.reached
        kept += choice.reached and (choice.threshold + 1) / 2 >= 0.85  # the mean confidence above it
    assert chosen > 290
    assert kept / chosen > 0.75


def test_a_list_is_offered_from_where_one_in_four_holds_what_was_meant() -> None:
    """3,000 messages of which a share equal to twice the confidence have it in the list: 0.25 is met at 0.125."""
    rng = np.random.default_rng(3)
    sure = rng.uniform(0.01, 0.49, 3000)
    rows = trials(np.log(sure / (1 - sure)), rng.uniform(size=3000) < sure, offered=rng.uniform(size=3000) < 2 * sure)
    assert choose_clarify(rows, sure, answer=0.8, shipped=0.4) == pytest.approx(WORTH_A_LIST / 2, abs=0.03)


def test_without_messages_below_the_answer_threshold_clarify_stays_as_shipped() -> None:
    rows = trials(np.zeros(5), np.ones(5))
    assert choose_clarify(rows, np.full(5, 0.9), answer=0.8, shipped=0.3) == pytest.approx(0.3, abs=1e-4)
    assert choose_clarify(rows, np.full(5, 0.9), answer=0.2, shipped=0.3) == 0.2
    assert choose_clarify(rows, np.full(5, 0.9), answer=0.8, shipped=0.0) == 0.0
    assert math.isclose(choose_clarify(rows, np.full(5, 0.9), answer=0.8, shipped=1.0), 0.8)
