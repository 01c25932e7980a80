"""The word index: BM25 by hand and against bm25s, as a share of what could be found."""

from __future__ import annotations

import math
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csbot.errors import SnapshotCorrupt
from csbot.kb.lexical import K1, B, LexicalIndex

DOCUMENTS = [["多久", "发货"], ["怎么", "退货"], ["发货", "地址", "怎么", "修改"], []]


def idf(size: int, having: int) -> float:
    """Lucene's: ln(1 + (N − n + ½) / (n + ½))."""
    return math.log(1 + (size - having + 0.5) / (having + 0.5))


def weight(size: int, having: int, length: int, mean: float) -> float:
    """Of a word that a text has once: idf / (1 + k1 · (1 − b + b · length / mean))."""
    return idf(size, having) / (1 + K1 * (1 - B + B * length / mean))


def test_scores_equal_a_computation_by_hand() -> None:
    """Lengths 2, 2, 4, 0: mean 2. 发货 is in texts 0 and 2, 地址 in text 2 alone; 锁 is nowhere."""
    found, whole, known = LexicalIndex.build(DOCUMENTS).scores(["发货", "地址", "锁"])
    short, long, address = weight(4, 2, 2, 2), weight(4, 2, 4, 2), weight(4, 1, 4, 2)
    best = short + address  # the most that any text gives to 发货, and to 地址
    total = best + idf(4, 1)  # an unknown word counts as one that a single text has
    np.testing.assert_allclose(found, [short, 0, long + address, 0], rtol=1e-5)
    assert whole == pytest.approx(total, rel=1e-5)
    assert known == pytest.approx(best / total, rel=1e-5)


def test_a_text_with_all_words_of_the_query_is_found_to_the_full() -> None:
    found, whole, known = LexicalIndex.build(DOCUMENTS).scores(["怎么", "退货"])
    assert found[1] == pytest.approx(whole, rel=1e-6)
    assert known == pytest.approx(1)


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.sampled_from("发货退订单锁门安装"), max_size=6), min_size=1, max_size=8),
    st.lists(st.sampled_from("发货退订单锁门安装"), min_size=1, max_size=5),
)
def test_scores_are_bm25s_ones_beside_the_best_possible(documents: list[list[str]], query: list[str]) -> None:
    found, whole, known = LexicalIndex.build(documents).scores(query)
    if not any(documents):
        assert found.tolist() == [0] * len(documents)
        assert known == 0
        return
    rival = bm25s.BM25(method="lucene", k1=K1, b=B)
    rival.index(documents, show_progress=False)
    there = [word for word in query if any(word in document for document in documents)]
    single = {word: rival.get_scores([word]) for word in set(there)}
    expected = sum((single[word] for word in there), np.zeros(len(documents)))
    best = sum(float(single[word].max()) for word in there)
    total = best + (len(query) - len(there)) * idf(len(documents), 1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert whole == pytest.approx(total, rel=1e-4)
    assert known == pytest.approx(best / total, rel=1e-4)
    assert found.min() >= 0
    assert found.max() <= whole * (1 + 1e-6)


def test_an_index_of_empty_texts_finds_nothing(tmp_path: Path) -> None:
    for documents in ([], [[]], [[], []]):
        index = LexicalIndex.build(documents)
        index.save(tmp_path / "empty")
        for any_index in (index, LexicalIndex.load(tmp_path / "empty", len(documents))):
            found, _, known = any_index.scores(["发货"])
            assert (found.tolist(), known) == ([0] * len(documents), 0)
            assert len(any_index) == len(documents)
    assert LexicalIndex.build(DOCUMENTS).scores([])[0].tolist() == [0, 0, 0, 0]


def test_a_saved_index_answers_as_before(tmp_path: Path) -> None:
    index = LexicalIndex.build(DOCUMENTS)
    index.save(tmp_path / "lexical")
    loaded = LexicalIndex.load(tmp_path / "lexical", len(DOCUMENTS))
    for query in (["发货"], ["怎么", "地址", "锁"], []):
        np.testing.assert_array_equal(loaded.scores(query)[0], index.scores(query)[0])
        assert loaded.scores(query)[1:] == index.scores(query)[1:]


def test_files_that_do_not_belong_together_are_corrupt(tmp_path: Path) -> None:
    LexicalIndex.build(DOCUMENTS).save(tmp_path / "lexical")
    (tmp_path / "lexical" / "words.json").write_text('["发货"]', encoding="utf-8")
    with pytest.raises(SnapshotCorrupt, match="lexical"):
        LexicalIndex.load(tmp_path / "lexical", len(DOCUMENTS))
