"""Which FAQ is meant, and how sure that is: all evidence about an FAQ, joined by the calibration.

Dense evidence is *centred*: 0.7 of the knowledge base's mean vector is taken off both sides first, because sentences of
one trade share a large common part that says nothing about which FAQ is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from csbot.encoders.base import Vectors
from csbot.kb.calibration import Calibration, Matrix, sigmoid, softmax

CENTRING = 0.7
DENSE_ROWS = 64
"""Nearest questions taken from the vector index."""
LEXICAL_FAQS = 24
"""FAQs taken from the word index."""

DENSE_FEATURES = ("best", "mean", "answer", "best_lead", "mean_lead", "answer_lead")
LEXICAL_FEATURES = ("words", "words_lead", "answer_words", "answer_words_lead", "bigrams", "bigrams_lead")
RANKER_FEATURES = (*DENSE_FEATURES, *LEXICAL_FEATURES)
QUERY_FEATURES = ("lead", "share", "known", "length", "agree", "size")
DENSE_QUERY_FEATURES = ("deviation",)
CONFIDENCE_FEATURES = ("best", "mean", "answer", "words", "answer_words", "bigrams", *QUERY_FEATURES, *DENSE_QUERY_FEATURES)


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
        named = dict(self.columns)
        for name, values in self.columns.items():
            named[f"{name}_lead"] = values - values.max()
        return np.column_stack([named[name] for name in ranker_features(self.dense)])

    def confidence_matrix(self, scores: Matrix) -> Matrix:
        """(c, features) in the order of `confidence_features`, each candidate judged as if it were the answer."""
        leads = _lead(scores)
        columns = dict(self.columns)
        columns |= {
            "lead": np.clip(leads, -8, 8),
            "share": softmax(scores),
            "known": np.full(len(scores), self.known),
            "length": np.full(len(scores), self.length),
            "size": np.full(len(scores), self.size),
            "agree": (self.columns["words"] >= self.columns["words"].max()) & (self.columns["words"] > 0),
        }
        return np.column_stack([np.asarray(columns[name], np.float64) for name in confidence_features(self.dense)])


def ranker_features(dense: bool) -> tuple[str, ...]:
    return RANKER_FEATURES if dense else LEXICAL_FEATURES


def confidence_features(dense: bool) -> tuple[str, ...]:
    if dense:
        return CONFIDENCE_FEATURES
    return tuple(f for f in CONFIDENCE_FEATURES if f not in ("best", "mean", "answer", *DENSE_QUERY_FEATURES))


def _lead(scores: Matrix) -> Matrix:
    """By how much each score is above the best of the others (negative for all but the first)."""
    if len(scores) < 2:
        return np.full(len(scores), 8.0)
    first, second = np.partition(scores, -2)[[-1, -2]]
    return np.asarray(np.where(scores == first, first - second, scores - first), np.float64)


class Spread:
    """Mean and covariance of the knowledge base's question vectors: what is ordinary here.

    :param mean: (d,). :param covariance: (d, d).
    """

    def __init__(self, mean: Vectors, covariance: Vectors) -> None:
        self.mean = mean
        self.covariance = covariance
        self._shift = CENTRING * mean
        self._shift_square = float(self._shift @ self._shift)

    @classmethod
    def of(cls, vectors: Vectors) -> Spread:
        """Of (n, d) vectors, n ≥ 1."""
        mean = vectors.mean(axis=0)
        centred = vectors - mean
        return cls(mean, (centred.T @ centred / len(vectors)).astype(np.float32))

    def deviation(self, query: Vectors, cosine: Matrix) -> Matrix:
        """How many standard deviations ``cosine`` is above what the query has with the average question."""
        deviation = float(np.sqrt(max(float(query @ self.covariance @ query), 1e-8)))
        return np.asarray((cosine - float(query @ self.mean)) / deviation, np.float64)

    def centred(self, query: Vectors, vectors: Vectors, cosine: Matrix) -> Matrix:
        """Cosine of ``query`` (d,) to ``vectors`` (n, d) after centring; ``cosine`` is the plain one (n,)."""
        q_shift, v_shift = float(query @ self._shift), vectors @ self._shift
        inner = cosine - q_shift - v_shift + self._shift_square
        q_norm = np.sqrt(max(1 - 2 * q_shift + self._shift_square, 1e-6))
        v_norm = np.sqrt(np.maximum(1 - 2 * v_shift + self._shift_square, 1e-6))
        return np.asarray(inner / (q_norm * v_norm), np.float64)


def segments(
    offsets: npt.NDArray[np.int64], faqs: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows of the questions of ``faqs``, one after the other, and where each FAQ's begin.

    ``offsets`` (F + 1,): FAQ f has the rows ``offsets[f]:offsets[f + 1]``.
    """
    lengths = offsets[faqs + 1] - offsets[faqs]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    rows = np.arange(lengths.sum()) + np.repeat(offsets[faqs] - starts, lengths)
    return rows, starts


def bigrams(text: str) -> frozenset[str]:
    """Character pairs of a normalised text; the text itself where it is one character."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1)) or frozenset([text])


def dice(a: frozenset[str], b: frozenset[str]) -> float:
    """Sørensen–Dice overlap, [0, 1]."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def judge(evidence: Evidence, calibration: Calibration) -> tuple[Sequence[int], Matrix]:
    """Order of the candidates, best first, and the confidence of each (c,) in [0, 1]."""
    scores = calibration.ranker(evidence.ranker_matrix())
    confidence = sigmoid(calibration.confidence(evidence.confidence_matrix(scores)))
    order = np.argsort(-scores, kind="stable")
    return order.tolist(), confidence
