"""Figures on messages that nothing was fitted on."""

from __future__ import annotations

import numpy as np
import pytest
from test_shrinkage import trials

from csbot.evaluation.held_back import FOLDS, HeldBack, count, folds, held_back, log_loss, next_batch, optimism
from csbot.evaluation.intervals import wilson
from csbot.evaluation.trials import Trials
from csbot.kb.calibration import Linear
from csbot.kb.networks import sigmoid

RNG = np.random.default_rng(0)


def noise(n: int, share: float = 0.7) -> Trials:
    """n messages whose feature says nothing of whether they are right."""
    rng = np.random.default_rng(n)
    return trials(rng.normal(size=(n, 4)), rng.uniform(size=n) < share)


def test_every_message_is_held_back_once_and_no_faq_is_parted() -> None:
    rows = trials(np.zeros(40), np.ones(40), groups=np.arange(40) // 4 - 3)
    parts = list(folds(rows, seed=1))
    assert len(parts) == FOLDS
    assert (sum(unseen.astype(int) for _, unseen in parts) == 1).all()
    for seen, unseen in parts:
        assert not set(rows.groups[seen]) & set(rows.groups[unseen])
        assert (seen != unseen).all()


def test_folds_are_those_of_the_seed() -> None:
    rows = noise(50)

    def drawn(seed: int) -> list[list[bool]]:
        return [unseen.tolist() for _, unseen in folds(rows, seed)]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


def test_messages_of_one_faq_alone_can_not_be_held_back() -> None:
    assert list(folds(trials(np.zeros(9), np.ones(9), groups=np.zeros(9, int)), 0)) == []


def test_each_message_is_judged_by_a_model_that_has_not_seen_it() -> None:
    rows, seen_by = noise(60), []

    def fit(part: Trials) -> Linear:
        seen_by.append(set(part.groups))
        return Linear(features=("a", "b", "c", "d"), weights=(0, 0, 0, 0), bias=float(len(seen_by)))

    judged = held_back(rows, fit, 0.0, seed=0)
    for group, sure in zip(rows.groups, judged.confidence, strict=True):
        (model,) = [i for i in range(FOLDS) if sure == pytest.approx(sigmoid(i + 1.0))]
        assert group not in seen_by[model]


def test_answers_are_counted_as_the_hand_counts_them() -> None:
    rows = trials(np.zeros(5), [True, True, False, True, False], in_scope=np.array([True, True, True, True, False]))
    judged = HeldBack(np.array([0.9, 0.5, 0.9, 0.49, 0.8]), np.array([True, True, True, True, False]))
    counted = count(rows, judged, 0.5)
    assert counted == (3, 2, 4)
    assert counted.precision == pytest.approx(2 / 3)
    assert count(rows, judged, 0.95).precision == 1.0


def test_log_loss_is_the_mean_of_what_confidence_alone_decides() -> None:
    rows = trials(np.zeros(4), [True, False, False, True], exact=np.array([False, False, False, True]))
    rows = rows.take(np.array([0, 1, 3]))
    assert log_loss(rows, np.array([0.8, 0.4, 0.0])) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert log_loss(rows.take(np.array([2])), np.array([0.0])) == 0.0


def test_the_interval_is_wilsons_with_half_the_cases_and_with_fewer_where_faqs_fail_whole() -> None:
    flags = np.array([True] * 30 + [False] * 10)
    assert next_batch(30, flags, np.arange(40)) == wilson(15, 20)
    assert next_batch(30, flags, np.arange(40) // 2) == wilson(7.5, 10)  # pairs that agree count once
    assert next_batch(24, flags, np.arange(40)) == wilson(12, 20)  # fewer are expected than were seen
    assert next_batch(0, flags[:0], np.arange(0)) == (0.0, 1.0)


def test_as_many_new_messages_lie_within_the_interval() -> None:
    inside = 0
    for _ in range(2000):
        old, new = RNG.uniform(size=(2, 60)) < 0.85
        low, high = next_batch(old.sum(), old, np.arange(60))
        inside += low <= new.mean() <= high
    assert inside / 2000 > 0.925


def test_a_threshold_picked_by_luck_flatters_and_one_that_parts_nothing_does_not() -> None:
    """Where the confidence is noise, the best threshold of some messages is no better than another on the rest."""
    rows = noise(100)
    equal = Linear(features=("a", "b", "c", "d"), weights=(0.0, 0.0, 0.0, 0.0), bias=0.85)
    lucky = Linear(features=("a", "b", "c", "d"), weights=(1.0, 0.0, 0.0, 0.0), bias=0.85)
    assert optimism(rows, lambda _: equal, 0.99, 0.0, 0) == pytest.approx(0, abs=0.01)
    assert optimism(rows, lambda _: lucky, 0.99, 0.0, 0) > 0.05
