"""Fitting confidence and thresholds to labelled messages, held back by what csbot ships: few labels move it little.

The calibrator is a logistic regression that starts from the confidence in force and keeps near it by normal priors (a maximum
a posteriori fit). Isotonic regression, Platt scaling and a regression from scratch were measured beside it, conformal risk
control beside the threshold's rule: ``benchmarks/tune.py``, table in docs/evaluation.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from csbot.evaluation.intervals import wilson
from csbot.evaluation.trials import Flags, Trials
from csbot.kb.calibration import Linear, Matrix
from csbot.kb.networks import sigmoid

SLOPE_DEVIATION, BIAS_DEVIATION, FEATURE_DEVIATION = 0.1, 0.4, 0.1
"""Prior deviations of the factor on the logit in force, of what is added to it, and of each standardised feature's weight.
Of nine combinations the one that gained most log-loss with 300 messages among those that lost less than 0.01 with 30."""

ASSURANCE_Z = 0.8416212335729143
"""One-sided 80 % point of the normal distribution: the threshold is the lowest at which the true precision is above the target
with 80 % assurance. At 50 % every second promise was broken; 90 % cost 5 points of resolution with 300 messages."""

PRIOR_ANSWERS = 30
"""What confidence itself says of the answers above a threshold counts as so many observed answers, and as no more than there
are: a confidence off by 0.04, as on data it has not seen, says as much as 30 answers. Without it a fortunate handful of answers
stood for a precision: with 30 and 100 cases of a public set, 3 of 20 tunings took a target that can't be met there for met."""

WORTH_A_LIST = 0.25
"""A list of questions is offered down to the confidence at which one list in four still holds what was meant."""

_STEPS, _SMALL = 60, 1e-7


class Choice(NamedTuple):
    """An answer threshold. :ivar bound: lower bound of the precision there. :ivar reached: whether it is the target or more."""

    threshold: float
    bound: float
    reached: bool


def fit_shrunk(trials: Trials, base: Linear) -> Linear:
    """The confidence in force, moved towards what ``trials`` say; itself where none of them is decided by confidence.

    ``logit = slope · base + bias + Σ weight · (feature − mean) / deviation``, which is linear in the features again.
    """
    used = trials.take(trials.open & ~trials.exact)
    if not len(used):
        return base
    mean, deviation = used.first.mean(axis=0), used.first.std(axis=0)
    scale = np.where(deviation > _SMALL, 1 / np.maximum(deviation, _SMALL), 0.0)  # a constant feature gets no weight
    x = np.column_stack([base(used.first), np.ones(len(used)), (used.first - mean) * scale])
    prior = np.array([1.0, 0.0, *np.zeros(len(mean))])
    spread = np.array([SLOPE_DEVIATION, BIAS_DEVIATION, *np.full(len(mean), FEATURE_DEVIATION)])
    slope, bias, *weights = _most_likely(x, used.right, prior, spread)
    added = np.array(weights) * scale
    plain = slope * np.array(base.weights)
    plain[: len(mean)] += added
    return base.model_copy(update={"weights": tuple(map(float, plain)), "bias": float(slope * base.bias + bias - added @ mean)})


def _most_likely(x: Matrix, right: Flags, prior: Matrix, spread: Matrix) -> Matrix:
    """Weights (k,) of a logistic regression under independent normal priors, by Newton's method with halved steps."""
    precision = 1 / spread**2
    sign, weights = np.where(right, 1.0, -1.0), prior.copy()

    def loss(at: Matrix) -> float:
        return float(np.logaddexp(0, -sign * (x @ at)).sum() + precision @ (at - prior) ** 2 / 2)

    for _ in range(_STEPS):
        p = sigmoid(x @ weights)
        gradient = x.T @ (right - p) - precision * (weights - prior)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(precision)
        step, here = np.linalg.solve(hessian, gradient), loss(weights)
        while loss(weights + step) > here and np.abs(step).max() > _SMALL:
            step = step / 2
        weights = weights + step
        if np.abs(step).max() <= _SMALL:
            break
    return np.asarray(weights)


def choose_answer(confidence: Matrix, answerable: Flags, right: Flags, target: float) -> Choice:
    """The lowest threshold whose precision is ``target`` or more with assurance; where none is, the one that comes nearest.

    The assurance is Wilson's one-sided bound (`ASSURANCE_Z`) of the answers observed and those that confidence stands for
    (`PRIOR_ANSWERS`).

    :param confidence: (n,) held back, that is of a model that has not seen the message. :param answerable: (n,) it may be
        answered at all.
    """
    order = np.argsort(-confidence[answerable], kind="stable")
    sure, hits = confidence[answerable][order], np.cumsum(right[answerable][order])
    answers = np.arange(1, len(sure) + 1)
    prior = np.minimum(answers, PRIOR_ANSWERS)
    likely = hits + prior * np.cumsum(sure) / answers
    last = np.flatnonzero(np.append(sure[1:] != sure[:-1], True)[: len(sure)])
    best = Choice(1.0, 0.0, False)
    for i in last:  # ever lower
        bound = wilson(float(likely[i]), float(answers[i] + prior[i]), ASSURANCE_Z)[0]
        if bound >= target or (not best.reached and bound >= best.bound):
            best = Choice(math.floor(round(float(sure[i]) * 1e4, 6)) / 1e4, bound, bound >= target)
    return best


def choose_clarify(trials: Trials, confidence: Matrix, answer: float, shipped: float) -> float:
    """The confidence down to which a list is worth offering (`WORTH_A_LIST`), at most ``answer``.

    The chance that a list holds what was meant is fitted as a logistic curve of the confidence's logit, which begins where it
    gives ``shipped`` back.
    """
    if not 0 < shipped < 1:
        return min(shipped, answer)
    below = trials.open & ~trials.exact & (confidence < answer)
    logits = _logit(np.clip(confidence[below], _SMALL, 1 - _SMALL))
    edge = _logit(WORTH_A_LIST)
    prior = np.array([1.0, float(edge - _logit(shipped))])
    slope, bias = _most_likely(
        np.column_stack([logits, np.ones(len(logits))]), trials.offered[below], prior, np.array([0.3, 1.0])
    )
    return min(answer, round(float(sigmoid((edge - bias) / max(slope, 0.1))), 4))


def _logit(share: npt.ArrayLike) -> Matrix:
    values = np.asarray(share, np.float64)
    return np.asarray(np.log(values / (1 - values)))
