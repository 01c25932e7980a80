"""Evidence becomes an order and a confidence: every feature by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from csbot.kb.calibration import Calibration, Linear
from csbot.kb.ranking import Evidence, confidence_features, judge, ranker_features, segments

COLUMNS = {
    "best": [0.9, 0.5, 0.7], "mean": [0.6, 0.5, 0.4], "answer": [0.2, 0.3, 0.1],
    "words": [0.5, 0.0, 0.8], "answer_words": [0.1, 0.0, 0.2], "bigrams": [0.4, 0.2, 0.4],
    "bm25": [3.0, 0.0, 4.8], "answer_bm25": [0.6, 0.0, 1.2],
}  # fmt: skip


def evidence(dense: bool = True, **changes: object) -> Evidence:
    lexical = ("words", "answer_words", "bigrams", "bm25", "answer_bm25")
    columns = {name: np.array(values) for name, values in COLUMNS.items() if dense or name in lexical}
    settings = {
        "faqs": np.array([4, 7, 9]), "rows": np.array([10, 20, 30]), "raw": np.array([0.9, 0.5, 0.7]), "columns": columns,
        "known": 0.75, "length": math.log(6), "size": math.log(21), "dense": dense,
    }  # fmt: skip
    return Evidence(**(settings | changes))  # type: ignore[arg-type]


def column(matrix: np.ndarray, names: tuple[str, ...], name: str) -> list[float]:
    return [float(value) for value in matrix[:, names.index(name)]]


@pytest.mark.parametrize("dense", [True, False])
def test_the_ranker_sees_each_value_and_how_far_it_is_behind_the_best(dense: bool) -> None:
    names, matrix = ranker_features(dense), evidence(dense).ranker_matrix()
    assert matrix.shape == (3, len(names))
    assert column(matrix, names, "bm25") == [3.0, 0.0, 4.8]
    assert column(matrix, names, "bm25_lead") == pytest.approx([-1.8, -4.8, 0])
    assert column(matrix, names, "bigrams_lead") == pytest.approx([0, -0.2, 0])
    if dense:
        assert column(matrix, names, "best_lead") == pytest.approx([0, -0.4, -0.2])
    else:
        assert not {"best", "mean", "answer", "best_lead"} & set(names)


def test_the_confidence_sees_lead_share_and_what_is_known_of_the_message() -> None:
    scores = np.array([2.0, 1.0, 1.5])
    names, matrix = confidence_features(True), evidence().confidence_matrix(scores)
    total = math.exp(2) + math.exp(1) + math.exp(1.5)
    assert column(matrix, names, "lead") == pytest.approx([0.5, -1, -0.5])
    assert column(matrix, names, "share") == pytest.approx([math.exp(2) / total, math.exp(1) / total, math.exp(1.5) / total])
    assert column(matrix, names, "known") == [0.75] * 3
    assert column(matrix, names, "length") == pytest.approx([math.log(6)] * 3)
    assert column(matrix, names, "size") == pytest.approx([math.log(21)] * 3)
    assert column(matrix, names, "agree") == [0, 0, 1]


def test_words_that_nobody_has_agree_with_nobody() -> None:
    none = evidence(columns={name: np.array(values) for name, values in COLUMNS.items()} | {"words": np.zeros(3)})
    assert column(none.confidence_matrix(np.zeros(3)), confidence_features(True), "agree") == [0, 0, 0]


def test_equal_leaders_lead_by_nothing() -> None:
    matrix = evidence().confidence_matrix(np.array([2.0, 2.0, 1.0]))
    assert column(matrix, confidence_features(True), "lead") == [0, 0, -1]


@pytest.mark.parametrize(("message_chars", "faqs"), [(1, 1), (2000, 1_000_000)])
def test_lengths_and_sizes_beyond_those_fitted_are_not_extrapolated(message_chars: int, faqs: int) -> None:
    extreme = evidence(length=math.log(message_chars), size=math.log(faqs + 1)).confidence_matrix(np.zeros(3))
    names = confidence_features(True)
    assert math.log(1.5) < column(extreme, names, "length")[0] < math.log(200)
    assert math.log(2) < column(extreme, names, "size")[0] < math.log(20_000)


@pytest.mark.parametrize("dense", [True, False])
def test_judging_orders_by_the_ranker_and_squashes_the_confidence(dense: bool) -> None:
    """A ranker that looks at ``bm25`` alone, a confidence of sigmoid(2 · words − 1)."""
    ranker_names, names = ranker_features(dense), confidence_features(dense)
    calibration = Calibration(
        encoder="x",
        ranker=Linear(features=ranker_names, weights=tuple(float(name == "bm25") for name in ranker_names)),
        confidence=Linear(features=names, weights=tuple(2.0 * (name == "words") for name in names), bias=-1),
        answer=0.5,
        clarify=0.2,
    )
    order, confidence = judge(evidence(dense), calibration)
    assert list(order) == [2, 0, 1]
    assert confidence.tolist() == pytest.approx([0.5, 1 / (1 + math.e), 1 / (1 + math.exp(-0.6))])


def test_equal_scores_keep_their_order() -> None:
    ranker, confidence_of = ranker_features(True), confidence_features(True)
    flat = Calibration(
        encoder="x",
        ranker=Linear(features=ranker, weights=(0,) * len(ranker)),
        confidence=Linear(features=confidence_of, weights=(0,) * len(confidence_of)),
        answer=1,
        clarify=1,
    )
    order, confidence = judge(evidence(), flat)
    assert list(order) == [0, 1, 2]
    assert confidence.tolist() == [0.5] * 3


def test_segments_are_the_question_rows_of_the_chosen_faqs() -> None:
    offsets = np.array([0, 2, 3, 7, 8])
    rows, starts = segments(offsets, np.array([0, 2, 3]))
    assert rows.tolist() == [0, 1, 3, 4, 5, 6, 7]
    assert starts.tolist() == [0, 2, 6]


@pytest.mark.parametrize(
    ("without", "rows", "starts"),
    [(0, [1, 3, 4, 5, 6], [0, 1]), (1, [0, 3, 4, 5, 6], [0, 1]), (6, [0, 1, 3, 4, 5], [0, 2]), (2, [0, 1, 3, 4, 5, 6], [0, 2])],
)
def test_a_row_left_out_shifts_what_comes_after_it(without: int, rows: list[int], starts: list[int]) -> None:
    found = segments(np.array([0, 2, 3, 7]), np.array([0, 2]), without=without)
    assert (found[0].tolist(), found[1].tolist()) == (rows, starts)
