"""Fitting a calibration: labelled questions in, ranker, confidence and thresholds out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from csbot.encoders.base import Vectors
from csbot.errors import InputError
from csbot.kb.calibration import Calibration, Matrix, Problem, fit_confidence, fit_ranker
from csbot.kb.contents import Contents
from csbot.kb.ranking import BENT_FEATURES, Evidence, confidence_features, ranker_features

LEAST_QUESTIONS = 20
"""Fewer labelled questions than this can't place two thresholds."""
MANY_QUESTIONS, BENT_RIDGE = 2000, 20.0
"""From so many questions on, confidence may bend; the ridge that goes with it, for three weights more per feature."""


@dataclass(frozen=True)
class Labelled:
    """The evidence for one question and which candidate is right.

    :ivar right: row in the evidence, None where the right FAQ is no candidate or the question is out of scope.
    :ivar in_scope: whether some FAQ of the knowledge base answers it.
    """

    evidence: Evidence
    right: int | None
    in_scope: bool
    weight: float = 1.0


def label(
    contents: Contents,
    questions: Sequence[str],
    vectors: Vectors | Sequence[None],
    expected: Sequence[str | None],
    *,
    weight: float = 1.0,
) -> list[Labelled]:
    """Evidence for ``questions`` (query form) with their right FAQ ids, None for out of scope."""
    found = []
    for question, vector, faq_id in zip(questions, vectors, expected, strict=True):
        evidence = contents.evidence(question, vector)
        if evidence is None:
            continue
        position = contents.positions.get(faq_id) if faq_id is not None else None
        places = [] if position is None else np.flatnonzero(evidence.faqs == position).tolist()
        found.append(Labelled(evidence, places[0] if places else None, faq_id is not None, weight))
    return found


def winners(
    labelled: Sequence[Labelled], calibration: Calibration
) -> tuple[Matrix, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(n, features) of each question's first candidate, whether it is right, and whether the question is in scope."""
    rows, right = [], []
    for item in labelled:
        scores = calibration.ranker(item.evidence.ranker_matrix())
        first = int(np.argmax(scores))
        rows.append(item.evidence.confidence_matrix(scores)[first])
        right.append(item.right == first)
    return np.array(rows), np.array(right), np.array([item.in_scope for item in labelled])


def fit(labelled: Sequence[Labelled], *, encoder: str, answer: float, clarify: float, fitted_on: str) -> Calibration:
    """Fit ranker and confidence.

    :param answer: threshold that goes with the calibration. :param clarify: the same, not above ``answer``.
    :raises InputError: too few questions, or none whose right FAQ is a candidate.
    """
    if len(labelled) < LEAST_QUESTIONS:
        raise InputError(f"只有 {len(labelled)} 条标注，至少需要 {LEAST_QUESTIONS} 条 | too few labelled questions")
    dense = labelled[0].evidence.dense
    problems = [Problem(item.evidence.ranker_matrix(), item.right, item.weight) for item in labelled]
    ranker = fit_ranker(problems, ranker_features(dense))
    draft = Calibration(encoder=encoder, ranker=ranker, confidence=ranker, answer=answer, clarify=clarify, fitted_on=fitted_on)
    values, right, _ = winners(labelled, draft)
    weights = np.array([item.weight for item in labelled])
    many = dense and len(labelled) >= MANY_QUESTIONS
    confidence = fit_confidence(
        values,
        right,
        confidence_features(dense),
        weights,
        bent=BENT_FEATURES if many else (),
        ridge=BENT_RIDGE if many else 1.0,
    )
    return draft.model_copy(update={"confidence": confidence})
