"""Which FAQ is meant, and how sure that is: all evidence about an FAQ, joined by the calibration.

Every candidate is judged by all of its questions (the best and the mean), by what its answer says, and by the words it shares.
Taking off the knowledge base's mean vector first, which helps an untuned encoder, was measured and costs a tuned one a point of
top-1; so did whitening (see benchmarks/encoder/README.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from csbot.kb.calibration import Calibration, Matrix, softmax
from csbot.kb.networks import sigmoid

DENSE_ROWS = 64
"""Nearest questions taken from the vector index."""
MOST_LEAD = 8.0
LENGTHS, SIZES = (0.7, 4.2), (1.6, 7.6)
"""Natural logs between which length (2 to 66 characters) and size (5 to 2,000 FAQs) were fitted: no extrapolation beyond."""
LEXICAL_FAQS = 24
"""FAQs taken from the word index."""

DENSE_FEATURES = ("best", "mean", "answer", "best_lead", "mean_lead", "answer_lead")
LEXICAL_FEATURES = ("bm25", "bm25_lead", "answer_bm25", "answer_bm25_lead", "bigrams", "bigrams_lead")
RANKER_FEATURES = (*DENSE_FEATURES, *LEXICAL_FEATURES)
QUERY_FEATURES = ("lead", "share", "known", "length", "agree", "size")
DENSE_CONFIDENCE_FEATURES = ("best", "mean", "answer", "standout")
CONFIDENCE_FEATURES = (*DENSE_CONFIDENCE_FEATURES, "words", "answer_words", "bigrams", *QUERY_FEATURES)
BENT_FEATURES = (*DENSE_CONFIDENCE_FEATURES, "lead", "share", "size")
"""What confidence follows along bent lines: +1 point of rejection at 95 % match, and the size one more. Bending the length as
well gave 4 more on the corpus, but that is how long its out-of-scope questions happen to be."""


@dataclass(frozen=True)
class Evidence:
    """What is known about each of c candidates for one message; arrays (c,) float64, larger is better.

    :ivar faqs: (c,) positions of the candidates. :ivar rows: (c,) row of the best question of each.
    :ivar raw: (c,) cosine to that question, as users see it.
    :ivar known: share of the message's words that the knowledge base has. :ivar length: log of the message's length.
    :ivar size: log of the number of FAQs: among many, the nearest is near by chance.
    """

    faqs: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    raw: Matrix
    columns: dict[str, Matrix]
    known: float
    length: float
    size: float
    dense: bool

    def ranker_matrix(self) -> Matrix:
        """(c, features) in the order of `ranker_features`."""
        named: dict[str, Matrix | float] = dict(self.columns)
        own = np.array(list(self.columns.values()))
        named |= zip(map("{}_lead".format, self.columns), own - own.max(axis=1, keepdims=True), strict=True)
        return _matrix(named, ranker_features(self.dense), len(self.faqs))

    def confidence_matrix(self, scores: Matrix) -> Matrix:
        """(c, features) in the order of `confidence_features`, each candidate judged as if it were the answer."""
        leads = _lead(scores)
        columns: dict[str, Matrix | float] = dict(self.columns)
        if self.dense:
            columns["standout"] = _standout(self.columns["best"])
        columns |= {
            "known": self.known,
            "length": _within(self.length, LENGTHS),
            "size": _within(self.size, SIZES),
            "lead": np.minimum(np.maximum(leads, -8), MOST_LEAD),
            "share": softmax(scores),
            "agree": (self.columns["words"] >= self.columns["words"].max()) & (self.columns["words"] > 0),
        }
        return _matrix(columns, confidence_features(self.dense), len(scores))


def _matrix(columns: Mapping[str, Matrix | float], names: Sequence[str], rows: int) -> Matrix:
    """(rows, names); a number stands for a column of it."""
    matrix = np.empty((rows, len(names)))
    for place, name in enumerate(names):
        matrix[:, place] = columns[name]
    return matrix


def ranker_features(dense: bool) -> tuple[str, ...]:
    return RANKER_FEATURES if dense else LEXICAL_FEATURES


def confidence_features(dense: bool) -> tuple[str, ...]:
    if dense:
        return CONFIDENCE_FEATURES
    return tuple(f for f in CONFIDENCE_FEATURES if f not in DENSE_CONFIDENCE_FEATURES)


def _within(value: float, ends: tuple[float, float]) -> float:
    return min(max(value, ends[0]), ends[1])


def _standout(best: Matrix) -> Matrix:
    """By how many deviations each likeness stands out from the candidates': a stranger's question is as near to many."""
    apart = best - best.mean()
    return np.asarray(apart / (math.sqrt(apart @ apart / len(best)) + 0.02), np.float64)


def _lead(scores: Matrix) -> Matrix:
    """By how much each score is above the best of the others (negative for all but the first)."""
    if len(scores) < 2:
        return np.full(len(scores), 1.0)  # nothing to be ahead of: as undecided as a close race
    first, second = np.partition(scores, -2)[[-1, -2]]
    return np.asarray(np.where(scores == first, first - second, scores - first), np.float64)


def segments(
    offsets: npt.NDArray[np.int64], faqs: npt.NDArray[np.int64], without: int | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of the questions of ``faqs``, one after the other, and where each FAQ's begin; the row ``without`` is left out.

    ``offsets`` (F + 1,): FAQ f has the rows ``offsets[f]:offsets[f + 1]``; no FAQ may be left without a row.
    """
    lengths = offsets[faqs + 1] - offsets[faqs]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    rows = np.arange(lengths.sum()) + np.repeat(offsets[faqs] - starts, lengths)
    if without is not None and len(place := np.flatnonzero(rows == without)):
        rows = np.delete(rows, place)
        starts = starts - (starts > place[0])
    return rows, starts


def judge(evidence: Evidence, calibration: Calibration) -> tuple[Sequence[int], Matrix]:
    """Order of the candidates, best first, and the confidence of each (c,) in [0, 1]."""
    scores = calibration.ranker(evidence.ranker_matrix())
    confidence = sigmoid(calibration.confidence(evidence.confidence_matrix(scores)))
    order = np.argsort(-scores, kind="stable")
    return order.tolist(), confidence
