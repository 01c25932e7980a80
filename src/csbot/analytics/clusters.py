"""Clusters: messages that ask alike, each cluster with a readable label.

Messages are linked where each is among the other's nearest neighbours and they are alike enough (a mutual k-nearest-neighbour
graph); Chinese whispers (Biemann 2006) then gives each message the label that most of its links have, weighted by cosine, until
nothing moves. The number of clusters is not asked for, and time grows with the links. Words that tell a cluster from the others
are those of highest class-based tf-idf (Grootendorst 2022).
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from csbot.encoders.base import Vectors

Labels = npt.NDArray[np.int64]

ALIKE = 0.6
"""Cosine of the bundled encoder from which two messages may be linked, and how many neighbours are looked at: on the 20 trades
of data/corpus that it was not trained on these agree well with the intents by the adjusted Rand index (benchmarks/voice.py)."""
NEIGHBOURS = 10
SAME_MATTER = 0.9
"""Cosine from which the means of two clusters say the same: on these trades it joins nothing, at 0.8 it joins other intents."""
EXACT = 20_000
"""Messages up to which every pair is compared; beyond, an inverted file is searched (FAISS), which misses few neighbours."""
PROBES = 16
ROUNDS, SETTLED = 20, 0.001
"""Most rounds of whispering, and the share of messages that move in the last one; Biemann finds that few are needed."""
LABEL_CHARS, LABEL_WORDS = 30, 4


class Cluster(BaseModel):
    """Messages that ask alike.

    :ivar id: by its label. :ivar label: the most central message. :ivar words: that tell it from other clusters.
    :ivar messages: how many, the same words counted each time. :ivar rows: of the distinct texts, most central first.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    label: str
    words: tuple[str, ...]
    messages: int
    rows: tuple[int, ...]


def cluster(vectors: Vectors, *, alike: float = ALIKE, neighbours: int = NEIGHBOURS, seed: int = 0) -> Labels:
    """Number of the cluster of each message (n,), from 0 on.

    A matter asked in more nearly equal ways than a message has neighbours falls into parts, whose means are the same: clusters
    with like means are joined.

    :param vectors: (n, d) float32, unit rows, of distinct messages. :param alike: cosine from which two may be linked.
    :param seed: of the order in which messages are visited.
    """
    parts = _whisper(vectors, alike, neighbours, seed)
    if not len(parts):
        return parts
    means = np.zeros((int(parts.max()) + 1, vectors.shape[1]), np.float32)
    np.add.at(means, parts, vectors)
    return _whisper(means / np.linalg.norm(means, axis=1, keepdims=True), SAME_MATTER, neighbours, seed)[parts]


def _whisper(vectors: Vectors, alike: float, neighbours: int, seed: int) -> Labels:
    links = _links(vectors, alike, neighbours)
    labels, chance = list(range(len(vectors))), random.Random(seed)
    order = [row for row, near in enumerate(links) if near]
    for _ in range(ROUNDS):
        chance.shuffle(order)
        moved = 0
        for row in order:
            votes: defaultdict[int, float] = defaultdict(float)
            for other, score in links[row]:
                votes[labels[other]] += score
            best = max(votes, key=lambda label: (votes[label], -label))
            moved += best != labels[row]
            labels[row] = best
        if moved <= SETTLED * len(order):
            break
    return np.unique(np.array(labels, np.int64), return_inverse=True)[1].astype(np.int64)


def _links(vectors: Vectors, alike: float, neighbours: int) -> list[list[tuple[int, float]]]:
    """For each message those linked with it, and their cosine."""
    n = len(vectors)
    links: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    if n < 2:
        return links
    scores, rows = _nearest(np.ascontiguousarray(vectors, np.float32), min(neighbours + 1, n))
    one = np.repeat(np.arange(n), rows.shape[1])
    other, score = rows.ravel(), scores.ravel()
    fine = (other >= 0) & (other != one) & (score >= alike)
    one, other, score = one[fine], other[fine], score[fine]
    both = np.isin(one * n + other, other * n + one)
    for a, b, s in zip(one[both].tolist(), other[both].tolist(), score[both].tolist(), strict=True):
        links[a].append((b, s))
    return links


def _nearest(vectors: Vectors, k: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    import faiss

    n, d = vectors.shape
    flat = faiss.IndexFlatIP(d)
    if n <= EXACT:
        flat.add(vectors)
        return flat.search(vectors, k)
    index = faiss.IndexIVFFlat(flat, d, int(4 * math.sqrt(n)), faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.max_points_per_centroid = 5, 64  # coarse cells will do
    index.train(vectors)
    index.add(vectors)
    index.nprobe = PROBES
    return index.search(vectors, k)


def describe(
    labels: Labels,
    texts: Sequence[str],
    counts: Sequence[int],
    vectors: Vectors,
    words_of: Callable[[str], Sequence[str]],
    least: int = 1,
) -> list[Cluster]:
    """The clusters, the largest first.

    :param texts: n distinct messages. :param counts: how often each was said. :param words_of: the words of a message.
    :param least: smaller clusters, by messages, are left out.
    """
    rows_of: defaultdict[int, list[int]] = defaultdict(list)
    for row, label in enumerate(labels.tolist()):
        rows_of[label].append(row)
    kept = [rows for rows in rows_of.values() if sum(counts[row] for row in rows) >= least]
    bags = [Counter(word for row in rows for word in words_of(texts[row]) for _ in range(counts[row])) for rows in kept]
    overall: Counter[str] = sum(bags, Counter())
    mean = overall.total() / max(1, len(bags))
    found = []
    for rows, bag in zip(kept, bags, strict=True):
        ordered = _by_centrality(rows, counts, vectors)
        label = _label([texts[row] for row in ordered])
        telling = sorted(bag, key=lambda word: (-bag[word] * math.log(1 + mean / overall[word]), word))
        found.append(
            Cluster(
                id="c-" + hashlib.sha256(label.encode()).hexdigest()[:8],
                label=label,
                words=tuple(word for word in telling if len(word) > 1)[:LABEL_WORDS],
                messages=sum(counts[row] for row in rows),
                rows=tuple(ordered),
            )
        )
    return sorted(found, key=lambda one: (-one.messages, one.label))


def _by_centrality(rows: Sequence[int], counts: Sequence[int], vectors: Vectors) -> list[int]:
    """Rows by their cosine with the cluster's mean, in which frequent messages weigh more."""
    own = np.asarray(vectors[list(rows)], np.float64)
    centre = np.array([counts[row] for row in rows]) @ own
    closeness = own @ centre
    return [rows[i] for i in np.argsort(-closeness, kind="stable")]


def _label(texts: Sequence[str]) -> str:
    """The most central text short enough to read at a glance, among the more central half; else the most central one."""
    central = texts[: max(1, (len(texts) + 1) // 2)]
    return next((text for text in central if len(text) <= LABEL_CHARS), texts[0])
