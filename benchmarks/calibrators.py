"""Ways to calibrate and to place the answer threshold, measured beside the one that `csbot tune` takes (`tune.py`).

Each calibrator is fitted on some cases and gives logits, so that `csbot.evaluation.held_back` takes them all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from csbot.evaluation.held_back import HeldBack, count, held_back, log_loss
from csbot.evaluation.shrinkage import Choice, choose_answer, fit_shrunk
from csbot.evaluation.trials import Trials
from csbot.kb.calibration import Calibration, Linear, Matrix, fit_confidence
from csbot.kb.ranking import BENT_FEATURES, CONFIDENCE_FEATURES

Model = Callable[[Matrix], Matrix]


def decided(trials: Trials) -> Trials:
    """The messages that confidence decides."""
    return trials.take(trials.open & ~trials.exact)


def as_shipped(trials: Trials, base: Linear) -> Model:
    return base


def platt(trials: Trials, base: Linear) -> Model:
    """A line over the shipped logit, fitted to smoothed targets (Platt 1999)."""
    used = decided(trials)
    right = int(used.right.sum())
    soft = np.where(used.right, (right + 1) / (right + 2), 1 / (len(used) - right + 2))
    logits = base(used.first)[:, None]
    both = np.repeat([True, False], len(used))
    line = fit_confidence(np.vstack([logits, logits]), both, ["logit"], np.concatenate([soft, 1 - soft]), ridge=1e-6)
    return lambda values: line(base(values)[:, None])


def isotonic(trials: Trials, base: Linear) -> Model:
    """A rising step function of the shipped confidence (Zadrozny & Elkan 2002)."""
    used = decided(trials)
    steps = IsotonicRegression(y_min=0.001, y_max=0.999, out_of_bounds="clip").fit(base(used.first), used.right)

    def logit(values: Matrix) -> Matrix:
        share = steps.predict(base(values))
        return np.asarray(np.log(share / (1 - share)))

    return logit


def from_scratch(trials: Trials, base: Linear) -> Model:
    """What the shipped confidence is fitted by, on these cases alone."""
    used = decided(trials)
    return fit_confidence(used.first, used.right, CONFIDENCE_FEATURES, bent=BENT_FEATURES)


CALIBRATORS: dict[str, Callable[[Trials, Linear], Model]] = {
    "shipped": as_shipped,
    "shrunk logistic": fit_shrunk,
    "Platt": platt,
    "isotonic": isotonic,
    "logistic from scratch": from_scratch,
}


def risk_control(confidence: Matrix, answerable: np.ndarray, right: np.ndarray, target: float) -> Choice:
    """The lowest threshold whose precision is the target or more with one wrong answer added.

    Conformal risk control (Angelopoulos et al. 2022) of the loss ``answered · (wrong − (1 − target))``, whose largest value is
    ``target``: precision holds on average over draws of the cases, not with any assurance for the draw at hand.
    """
    order = np.argsort(-confidence[answerable], kind="stable")
    sure, hits = confidence[answerable][order], np.cumsum(right[answerable][order])
    bounds = hits / (np.arange(len(hits)) + 2)
    last = np.append(sure[1:] != sure[:-1], True)[: len(sure)]
    good = np.flatnonzero(last & (bounds >= target))
    if not len(good):
        return Choice(1.0, 0.0, False)
    return Choice(float(sure[good[-1]]), float(bounds[good[-1]]), True)


RULES: dict[str, Callable[[Matrix, Any, Any, float], Choice]] = {
    "assurance": choose_answer,
    "risk_control": risk_control,
}


def compared(
    calibration: Calibration, margin: float, target: float, pairs: Sequence[tuple[Trials, Trials]], name: str
) -> dict[str, Any]:
    """One calibrator, with each rule, over pairs of (cases to fit on, messages to measure on): means.

    ``kept``: how many of the promises were met. Precision and resolution are means over all promises made.
    """
    fit: Any = lambda trials: CALIBRATORS[name](trials, calibration.confidence)  # noqa: E731
    losses, achieved = [], {rule: [] for rule in RULES}
    for part, other in pairs:
        inner, model = held_back(part, fit, margin, seed=0), fit(part)
        judged = HeldBack(other.confidence(model), other.answerable(model, margin))
        losses.append((log_loss(other, judged.confidence), calibration_gap(other, judged.confidence)))
        for rule, choose in RULES.items():
            choice = choose(*inner, part.right, target)
            counted = count(other, judged, choice.threshold)
            if choice.reached:
                achieved[rule].append((counted.precision, counted.right / counted.in_scope))
    loss, gap = np.mean(losses, axis=0)
    row: dict[str, Any] = {
        "cases": round(float(np.mean([len(part) for part, _ in pairs]))),
        "calibrator": name,
        "log_loss": round(float(loss), 4),
        "ece": round(float(gap), 4),
    }
    for rule, rows in achieved.items():
        precision, resolution = np.mean(rows, axis=0) if rows else (None, None)
        row[f"{rule}_kept"] = f"{sum(one[0] >= target for one in rows)}/{len(rows)}"
        row[f"{rule}_precision"] = None if precision is None else round(float(precision), 4)
        row[f"{rule}_resolution"] = None if resolution is None else round(float(resolution), 4)
    return row


def calibration_gap(trials: Trials, confidence: Matrix) -> float:
    """ECE in 10 equal bins, of messages that confidence decides."""
    used = trials.open & ~trials.exact
    sure, right = confidence[used], trials.right[used]
    places = np.minimum((sure * 10).astype(int), 9)
    return float(sum(abs((sure - right)[places == place].sum()) for place in range(10)) / max(1, len(right)))
