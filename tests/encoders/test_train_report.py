"""Before and after: ranks, correlation and significance, checked by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from csbot.encoders.base import Vectors
from csbot.encoders.train_data import PairFile, Problem, Validation
from csbot.encoders.train_report import Standing, compare, measures, p_of_gain, ranks_of, spearman_of, standing

PLACES = {
    "甲一": (1, 0),
    "甲二": (0.6, 0.8),
    "乙": (0, 1),
    "丙": (-1, 0),
    "问甲": (0.8, 0.6),
    "问乙": (0.6, 0.8),
    "问丙": (0.8, -0.6),
}


def encode(texts: Sequence[str]) -> Vectors:
    return np.asarray([PLACES[text] for text in texts], np.float32)


PROBLEM = Problem("p", ("甲一", "甲二", "乙", "丙"), (0, 0, 1, 2), ("问甲", "问乙", "问丙"), (0, 1, 2))
PAIRS = PairFile("s", (("甲一", "甲二", 3.0), ("甲一", "乙", 2.0), ("甲一", "丙", 1.0)))


def test_a_topic_ranks_by_its_best_question() -> None:
    assert ranks_of(encode, PROBLEM).tolist() == [1, 2, 3]


def test_a_tie_and_a_vector_that_is_no_number_count_against_the_model() -> None:
    doubled = Problem("p", ("甲一", "甲一", "丙"), (0, 1, 2), ("问甲",), (0,))
    assert ranks_of(encode, doubled).tolist() == [2]
    assert ranks_of(lambda texts: encode(texts) * np.float32("nan"), PROBLEM).tolist() == [3, 3, 3]


def test_questions_are_matched_in_query_form() -> None:
    polite = Problem("p", ("甲一", "乙"), (0, 1), ("你好，请问甲一？谢谢",), (0,))
    assert ranks_of(encode, polite).tolist() == [1]


def test_spearman_is_one_for_the_right_order_and_shares_ranks_among_ties() -> None:
    assert spearman_of(encode, PAIRS) == pytest.approx(1)
    backwards = PairFile("s", tuple((a, b, -label) for a, b, label in PAIRS.rows))
    assert spearman_of(encode, backwards) == pytest.approx(-1)
    tied = PairFile("s", tuple((a, b, float(label > 1)) for a, b, label in PAIRS.rows))
    assert spearman_of(encode, tied) == pytest.approx(np.corrcoef([3, 2, 1], [2.5, 2.5, 1])[0, 1])
    level = PairFile("s", tuple((a, b, 1.0) for a, b, _ in PAIRS.rows))
    assert spearman_of(encode, level) == 0


def test_p_of_a_gain_is_that_of_all_sign_flips() -> None:
    before, after = np.asarray([4, 2, 3, 1, 5]), np.asarray([1, 1, 1, 2, 2])
    gain = 1 / after - 1 / before
    flips = [sum(s * g for s, g in zip(signs, gain, strict=True)) for signs in itertools.product((1, -1), repeat=5)]
    exact = np.mean([flip >= gain.sum() - 1e-9 for flip in flips])
    assert p_of_gain(before, after) == pytest.approx(exact, abs=0.015)


def test_no_change_is_no_gain() -> None:
    same = np.asarray([1, 2, 3])
    assert p_of_gain(same, same) == 1


def stand(ranks: Sequence[int], guard: Sequence[int] = (1,)) -> Standing:
    return Standing(ranks=(tuple(ranks), tuple(guard)), spearman=())


VALIDATION = Validation(
    problems=(
        Problem("p", ("甲一", "乙"), (0, 1), ("问甲",) * 12, (0,) * 12),
        Problem("guard", ("甲一", "乙"), (0, 1), ("问甲",), (0,), decides=False),
    )
)


def test_better_means_a_real_gain_on_what_decides() -> None:
    assert compare(VALIDATION, stand([2] * 12), stand([1] * 12)) == (True, pytest.approx(2**-12, abs=0.001))
    assert compare(VALIDATION, stand([2] * 12), stand([1, *[2] * 11]))[0] is False
    assert compare(VALIDATION, stand([1] * 12), stand([2] * 12))[0] is False


def test_a_guard_neither_saves_nor_condemns() -> None:
    assert compare(VALIDATION, stand([2] * 12, [1]), stand([1] * 12, [2]))[0] is True
    assert compare(VALIDATION, stand([1] * 12, [2]), stand([1] * 12, [1]))[0] is False


def test_better_ranks_that_lose_first_places_do_not_count() -> None:
    before, after = [1, 1, *[9] * 10], [2, 2, *[2] * 10]
    assert p_of_gain(np.asarray(before), np.asarray(after)) < 0.05
    assert compare(VALIDATION, stand(before), stand(after))[0] is False


def test_the_report_has_top1_mrr_and_spearman_of_all_three() -> None:
    validation = Validation(problems=(PROBLEM,), pairs=(PAIRS,))
    now = standing(encode, validation)
    better = Standing(ranks=((1, 1, 2),), spearman=(0.5,))
    (problem,), (pairs,) = measures(validation, now, better, None)
    assert (problem.top1.before, problem.top1.after, problem.top1.int8) == (0.3333, 0.6667, None)
    assert (problem.mrr.before, problem.mrr.after) == (round((1 + 1 / 2 + 1 / 3) / 3, 4), round(2.5 / 3, 4))
    assert (pairs.spearman.before, pairs.spearman.after, pairs.pairs) == (1, 0.5, 3)
    assert measures(validation, now, better, now)[0][0].top1.int8 == 0.3333
