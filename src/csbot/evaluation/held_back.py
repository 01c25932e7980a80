"""Figures on messages that nothing was fitted on: folds that keep an FAQ's messages together, and nested cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from csbot.evaluation.intervals import wilson
from csbot.evaluation.shrinkage import choose_answer
from csbot.evaluation.trials import Flags, Trials
from csbot.kb.calibration import Linear, Matrix

FOLDS = 5
REPEATS, MANY = 5, 300
"""Nested cross-validation is repeated with other folds where there are fewer messages than `MANY`."""

Fit = Callable[[Trials], Linear]


class Counted(NamedTuple):
    """What a threshold gives: answers, right answers, and the in-scope messages there are."""

    answers: float
    right: float
    in_scope: float

    @property
    def precision(self) -> float:
        return self.right / self.answers if self.answers else 1.0


class HeldBack(NamedTuple):
    """(n,) confidence and whether a message may be answered, by models that have not seen the message."""

    confidence: Matrix
    answerable: Flags


def folds(trials: Trials, seed: int) -> Iterator[tuple[Flags, Flags]]:
    """(n,) rows to fit on and rows held back, `FOLDS` times; no group of messages is parted."""
    groups = np.unique(trials.groups)
    place = np.random.default_rng(seed).permutation(len(groups)) % FOLDS
    mine = place[np.searchsorted(groups, trials.groups)]
    for fold in range(FOLDS):
        if (mine == fold).any() and (mine != fold).any():
            yield mine != fold, mine == fold


def held_back(trials: Trials, fit: Fit, margin: float, seed: int) -> HeldBack:
    """Judge each message by a model fitted on the other folds."""
    confidence, answerable = np.zeros(len(trials)), np.zeros(len(trials), bool)
    for seen, unseen in folds(trials, seed):
        model, part = fit(trials.take(seen)), trials.take(unseen)
        confidence[unseen], answerable[unseen] = part.confidence(model), part.answerable(model, margin)
    return HeldBack(confidence, answerable)


def count(trials: Trials, judged: HeldBack, threshold: float) -> Counted:
    answered = judged.answerable & (judged.confidence >= threshold)
    return Counted(float(answered.sum()), float((answered & trials.right).sum()), float(trials.in_scope.sum()))


def optimism(trials: Trials, fit: Fit, target: float, margin: float, seed: int) -> float:
    """By how much precision falls from the messages that a threshold was chosen on to those that nothing was chosen on.

    Nested cross-validation (Varma & Simon 2006): in each outer fold the threshold is chosen by inner folds of what is left.
    At least 0.
    """
    chosen, unseen_sum = np.zeros(2), np.zeros(2)
    for repeat in range(REPEATS if len(trials) < MANY else 1):
        for seen, unseen in folds(trials, seed + 1 + repeat):
            part, rest = trials.take(seen), trials.take(unseen)
            inner = held_back(part, fit, margin, seed)
            threshold = choose_answer(*inner, part.right, target).threshold
            model = fit(part)
            outer = HeldBack(rest.confidence(model), rest.answerable(model, margin))
            for total, counted in ((chosen, count(part, inner, threshold)), (unseen_sum, count(rest, outer, threshold))):
                total += (counted.answers, counted.right)
    if not chosen[0] or not unseen_sum[0]:
        return 0.0
    return max(0.0, float(chosen[1] / chosen[0] - unseen_sum[1] / unseen_sum[0]))


def next_batch(hits: float, flags: Flags, groups: npt.NDArray[np.int64]) -> tuple[float, float]:
    """95 % prediction interval of a rate for as many new messages of the same kind: Wilson's with half the cases.

    :param hits: how many are expected. :param flags: (n,) which were, among the cases of the denominator. :param groups: (n,)
        messages of one FAQ fail together, so the cases count for less by the design effect (Kish 1965).
    """
    if not len(flags):
        return 0.0, 1.0
    rate = hits / len(flags)
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], weights=flags - flags.mean())
    spread = flags.mean() * (1 - flags.mean()) * len(flags)
    effect = max(1.0, float((sums**2).sum() / spread)) if spread else 1.0
    cases = len(flags) / effect / 2
    return wilson(rate * cases, cases)


def log_loss(trials: Trials, confidence: Matrix) -> float:
    """Mean log-loss of the confidence over messages that it decides; lower is better. 0 where it decides none."""
    used = trials.open & ~trials.exact
    sure = np.clip(confidence[used], 1e-6, 1 - 1e-6)
    return float(-np.log(np.where(trials.right[used], sure, 1 - sure)).mean()) if used.any() else 0.0
