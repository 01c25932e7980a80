"""The two curves of a report: what another threshold would have given, and whether confidence means what it says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from csbot.evaluation.metrics import BINS, Outcome

STEPS = 100


class ThresholdPoint(BaseModel):
    """The rates had the answer threshold been ``threshold``; None where there is nothing to divide by."""

    model_config = ConfigDict(frozen=True)

    threshold: float
    answers: int
    precision: float | None
    resolution_rate: float | None
    oos_rejection: float | None


class Bin(BaseModel):
    """One bar of a reliability diagram: cases whose confidence lies in [low, high), the last one with its upper end.

    :ivar confidence: their mean confidence. :ivar right: share of them whose first candidate is right.
    """

    model_config = ConfigDict(frozen=True)

    low: float
    high: float
    count: int
    confidence: float | None
    right: float | None


def threshold_curve(outcomes: Sequence[Outcome]) -> list[ThresholdPoint]:
    """`STEPS` + 1 thresholds from 0 to 1. At the one in force it equals the indicators.

    A case is answered at a threshold if its confidence reaches it and nothing but the threshold stood in the way (a close
    runner-up, a bare topic, a wish for a human …); an answer given keeps being one at every threshold it reaches.
    """
    open_ = [o for o in outcomes if o.answered or o.by_confidence]
    confidence = np.array([o.confidence for o in open_])
    first_right = np.array([o.right if o.answered else o.first_is_right for o in open_], bool)
    inside = np.array([o.in_scope for o in open_], bool)
    outside = np.array([o.case.expect.out_of_scope for o in open_], bool)
    in_scope, out_of_scope = sum(o.in_scope for o in outcomes), sum(o.case.expect.out_of_scope for o in outcomes)
    points = []
    for step in range(STEPS + 1):
        answered = confidence >= step / STEPS
        answers, right = int(answered.sum()), int((answered & inside & first_right).sum())
        points.append(
            ThresholdPoint(
                threshold=step / STEPS,
                answers=answers,
                precision=right / answers if answers else None,
                resolution_rate=right / in_scope if in_scope else None,
                oos_rejection=1 - int((answered & outside).sum()) / out_of_scope if out_of_scope else None,
            )
        )
    return points


def reliability(outcomes: Sequence[Outcome]) -> list[Bin]:
    """The bins of the ECE (see `csbot.evaluation.metrics`), empty ones included."""
    counted = [o for o in outcomes if o.first is not None and o.case.expect.intent is None]
    places = [min(int(o.confidence * BINS), BINS - 1) for o in counted]
    bins = []
    for place in range(BINS):
        mine = [o for o, p in zip(counted, places, strict=True) if p == place]
        bins.append(
            Bin(
                low=place / BINS,
                high=(place + 1) / BINS,
                count=len(mine),
                confidence=sum(o.confidence for o in mine) / len(mine) if mine else None,
                right=sum(o.first_is_right for o in mine) / len(mine) if mine else None,
            )
        )
    return bins
