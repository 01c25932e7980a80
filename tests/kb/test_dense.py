"""The vector index finds what numpy finds, in rows and scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from csbot import KnowledgeBase
from csbot.encoders.base import Vectors
from csbot.errors import SnapshotCorrupt
from csbot.kb import dense
from csbot.kb.dense import DenseIndex, IndexKind


def unit_rows(n: int, d: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def reference(vectors: Vectors, queries: Vectors, k: int) -> tuple[np.ndarray, np.ndarray]:
    scores = queries @ vectors.T
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(scores, rows, axis=1), rows


@pytest.mark.parametrize(("n", "k"), [(1, 1), (7, 3), (500, 64)])
@pytest.mark.parametrize("kind", ["exact", "hnsw", "auto"])
def test_rows_and_scores_equal_numpys(n: int, k: int, kind: IndexKind) -> None:
    """HNSW too: with as few rows as this its search visits them all."""
    vectors, queries = unit_rows(n, 32, seed=n), unit_rows(20, 32, seed=99)
    scores, rows = DenseIndex.build(vectors, kind).search(queries, k)
    expected_scores, expected_rows = reference(vectors, queries, k)
    assert rows.tolist() == expected_rows.tolist()
    np.testing.assert_allclose(scores, expected_scores, atol=1e-6)


def test_hnsw_finds_nearly_all_of_the_nearest_among_thousands() -> None:
    vectors, queries = unit_rows(5000, 32, seed=1), unit_rows(100, 32, seed=2)
    scores, rows = DenseIndex.build(vectors, "hnsw").search(queries, 10)
    _, expected = reference(vectors, queries, 10)
    found = [len(set(a) & set(b)) / 10 for a, b in zip(rows.tolist(), expected.tolist(), strict=True)]
    assert np.mean(found) >= 0.95
    np.testing.assert_allclose(scores, np.einsum("qd,qkd->qk", queries, vectors[rows]), atol=1e-6)


def test_real_questions_are_found_as_numpy_finds_them(small_kb: KnowledgeBase) -> None:
    contents = small_kb.contents
    questions = np.asarray(contents.vectors[: len(contents.questions)])
    queries = small_kb.encode(["怎么还不发货", "锁没电进不了门", "今天天气真好"])
    assert queries is not None
    scores, rows = contents.dense.search(queries, 10)
    expected_scores, expected_rows = reference(questions, queries, 10)
    assert rows.tolist() == expected_rows.tolist()
    np.testing.assert_allclose(scores, expected_scores, atol=1e-6)


def test_auto_is_exact_up_to_the_limit_and_hnsw_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "EXACT_LIMIT", 10)
    assert DenseIndex.build(unit_rows(10, 8, seed=0)).kind == "exact"
    assert DenseIndex.build(unit_rows(11, 8, seed=0)).kind == "hnsw"
    assert DenseIndex.build(unit_rows(11, 8, seed=0), "exact").kind == "exact"
    assert DenseIndex.build(unit_rows(2, 8, seed=0), "hnsw").kind == "hnsw"


def test_more_neighbours_than_rows_are_as_many_as_there_are() -> None:
    scores, rows = DenseIndex.build(unit_rows(3, 8, seed=0)).search(unit_rows(2, 8, seed=1), 64)
    assert scores.shape == rows.shape == (2, 3)
    empty = DenseIndex.build(np.zeros((0, 8), np.float32))
    assert len(empty) == 0
    assert [a.shape for a in empty.search(unit_rows(2, 8, seed=1), 5)] == [(2, 0), (2, 0)]


@pytest.mark.parametrize("kind", ["exact", "hnsw"])
def test_a_saved_index_answers_as_before(tmp_path: Path, kind: IndexKind) -> None:
    index, queries = DenseIndex.build(unit_rows(200, 16, seed=3), kind), unit_rows(5, 16, seed=4)
    index.save(tmp_path / "dense.faiss")
    loaded = DenseIndex.load(tmp_path / "dense.faiss")
    assert (loaded.kind, len(loaded)) == (kind, 200)
    for before, after in zip(index.search(queries, 10), loaded.search(queries, 10), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("content", [None, b"", b"no index at all"])
def test_a_file_that_is_no_index_is_corrupt_and_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "dense.faiss").write_bytes(content)
    with pytest.raises(SnapshotCorrupt, match=r"dense\.faiss") as caught:
        DenseIndex.load(tmp_path / "dense.faiss")
    assert caught.value.path == str(tmp_path / "dense.faiss")
