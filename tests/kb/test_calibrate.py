"""csbot calibrates an encoder that it does not know with the questions of trades that it carries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from csbot import KnowledgeBase
from csbot.encoders import Encoder
from csbot.kb.calibrate import Cache, calibrate, foreign_utterances, shipped_rows, trade_problems
from csbot.kb.calibration import LEXICAL_ONLY
from csbot.kb.calibration_files import shipped_calibrations
from csbot.kb.ranking import confidence_features, ranker_features
from csbot.kb.task_intents import INTENTS


@pytest.fixture(scope="module")
def one_trade() -> list[dict[str, Any]]:
    rows = shipped_rows()
    return [row for row in rows if row["trade"] == min(row["trade"] for row in rows)]


def test_the_shipped_calibrations_fit_the_bundled_encoder_and_this_version(encoder: Encoder) -> None:
    shipped = shipped_calibrations()
    assert set(shipped) == {encoder.fingerprint, LEXICAL_ONLY}
    for fingerprint, calibration in shipped.items():
        dense = fingerprint != LEXICAL_ONLY
        assert calibration.ranker.features == ranker_features(dense)
        assert calibration.confidence.features == confidence_features(dense)
        assert len(calibration.ranker.weights) == len(ranker_features(dense))
        assert len(calibration.confidence.weights) == len(confidence_features(dense)) + len(calibration.confidence.knots)
        assert 0 < calibration.clarify <= calibration.answer < 1
    assert {name: len(head.weights) for name, head in shipped[encoder.fingerprint].intents.items()} == dict.fromkeys(
        INTENTS, encoder.dimension
    )


def test_the_shipped_rows_have_what_a_calibration_needs() -> None:
    rows = shipped_rows()
    intents = [row for row in rows if "near_oos" not in row]
    assert len({row["trade"] for row in intents}) >= 3
    assert all(row["question"] and row["answer"] and row["formal"] and row["colloquial"] for row in intents)
    assert all(row["near_oos"] for row in rows if "near_oos" in row)
    assert len(set(foreign_utterances())) == len(foreign_utterances()) > 100


def test_words_alone_are_calibrated_without_an_encoder(one_trade: list[dict[str, Any]]) -> None:
    calibration = calibrate(None, one_trade)
    assert calibration.encoder == LEXICAL_ONLY
    assert calibration.ranker.features == ranker_features(False)
    assert calibration.intents == {}
    assert calibration == calibrate(None, one_trade)


def test_a_custom_encoder_gets_a_calibration_of_its_own_with_its_task_intents(hash_kb: KnowledgeBase) -> None:
    calibration = hash_kb.contents.calibration
    assert calibration.encoder == hash_kb.encoder.fingerprint
    assert calibration.ranker.features == ranker_features(True)
    assert {len(head.weights) for head in calibration.intents.values()} == {hash_kb.encoder.dimension}
    assert set(calibration.intents) == set(INTENTS)


def test_problems_of_a_trade_hold_questions_in_scope_and_out_of_it(one_trade: list[dict[str, Any]]) -> None:
    problems = trade_problems(Cache(None), one_trade)
    assert list(problems) == [one_trade[0]["trade"]]
    (labelled,) = problems.values()
    assert {item.in_scope for item in labelled} == {True, False}
    assert all(item.right is None for item in labelled if not item.in_scope)
    again = trade_problems(Cache(None), one_trade)[one_trade[0]["trade"]]
    assert [item.right for item in again] == [item.right for item in labelled]


def test_the_cache_encodes_each_text_once(counting: Any) -> None:
    cache = Cache(counting)
    first = cache.encode(["多久发货", "怎么退货", "多久发货"])
    second = cache.encode(["怎么退货", "发票怎么开"])
    assert counting.seen == ["多久发货", "怎么退货", "发票怎么开"]
    np.testing.assert_array_equal(first[1], second[0])
    np.testing.assert_array_equal(first[0], first[2])
    assert cache.encode([]).shape == (0, counting.dimension)
