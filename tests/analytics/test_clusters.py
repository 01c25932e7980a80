"""Clusters: those planted are found, by any order; labels are readable; the quick search finds what the exact one does."""

from __future__ import annotations

import numpy as np
import pytest

from csbot.analytics import clusters
from csbot.analytics.clusters import cluster, describe
from csbot.encoders import Encoder
from csbot.encoders.base import Vectors


def planted(groups: int, each: int, spread: float, seed: int = 0, d: int = 64) -> tuple[Vectors, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(groups, d))
    rows = np.repeat(centres / np.linalg.norm(centres, axis=1, keepdims=True), each, axis=0)
    rows = rows + rng.normal(size=rows.shape) * spread / d**0.5
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), np.repeat(np.arange(groups), each)


def same_parts(one: np.ndarray, other: np.ndarray) -> bool:
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


@pytest.mark.parametrize("seed", range(3))
def test_planted_groups_are_found_whatever_the_order(seed: int) -> None:
    vectors, groups = planted(40, 9, 0.5, seed)
    assert same_parts(cluster(vectors, seed=seed), groups)
    order = np.random.default_rng(seed).permutation(len(vectors))
    assert same_parts(cluster(vectors[order]), groups[order])


def test_a_matter_asked_in_far_more_ways_than_a_message_has_neighbours_is_one_cluster() -> None:
    vectors, groups = planted(30, 40, 0.25)
    assert same_parts(cluster(vectors), groups)


def test_what_is_like_nothing_stays_alone_and_nothing_has_no_cluster() -> None:
    rows = np.eye(5, dtype=np.float32)
    assert sorted(cluster(rows).tolist()) == [0, 1, 2, 3, 4]
    assert cluster(rows[:1]).tolist() == [0]
    assert cluster(rows[:0]).tolist() == []
    assert describe(cluster(rows[:0]), [], [], rows[:0], list) == []


def test_the_inverted_file_gives_the_same_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, groups = planted(300, 8, 0.5)
    monkeypatch.setattr(clusters, "EXACT", 100)
    assert same_parts(cluster(vectors), groups)


def test_real_questions_cluster_by_what_they_ask(encoder: Encoder) -> None:
    texts = [
        "安装师傅什么时候上门", "安装的师傅几点上门啊", "装的师傅啥时候上门来",
        "门锁电池多久换一次", "锁的电池多长时间换", "智能锁电池能用多久才换",
        "可以开发票吗",
    ]  # fmt: skip
    labels = cluster(encoder.encode(texts)).tolist()
    assert labels[0] == labels[1] == labels[2]
    assert labels[3] == labels[4] == labels[5]
    assert len({labels[0], labels[3], labels[6]}) == 3


def test_a_description_counts_every_message_and_tells_clusters_apart() -> None:
    texts = ["运费 多少", "运费 几块", "一段很长很长的话" * 8, "电池 多久"]
    vectors = np.array([[1, 0], [0.98, 0.199], [0.99, 0.141], [0, 1]], np.float32)
    first, second = describe(np.array([0, 0, 0, 1]), texts, [3, 1, 4, 3], vectors, str.split)
    assert (first.messages, second.messages) == (8, 3)
    assert first.rows == (2, 0, 1)  # the long one is the most central
    assert first.label == "运费 多少"  # and too long to read
    assert first.words[0].startswith("一段")
    assert "运费" in first.words
    assert second.words == ("多久", "电池")
    assert first.id != second.id
    assert [one.messages for one in describe(np.array([0, 0, 0, 1]), texts, [3, 1, 4, 3], vectors, str.split, least=4)] == [8]
