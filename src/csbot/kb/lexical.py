"""The word index (BM25 by bm25s over jieba words): what a message shares with each text, rare words counting more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


class LexicalIndex:
    """BM25 (Lucene's variant, k1 = 1.2, b = 0.75 as in Robertson & Zaragoza 2009) over short texts."""

    def __init__(self, index: Any | None, size: int) -> None:
        self._index = index
        self._size = size
        self._best = self._best_per_word()

    @classmethod
    def build(cls, documents: Sequence[Sequence[str]]) -> LexicalIndex:
        """Index one list of words per text; row numbers follow their order."""
        import bm25s

        if not any(documents):
            return cls(None, len(documents))
        index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        index.index([list(words) for words in documents], show_progress=False)
        return cls(index, len(documents))

    def __len__(self) -> int:
        return self._size

    def scores(self, words: Sequence[str]) -> tuple[Scores, float]:
        """Share of the query found in each text, and the share of the query known to the index at all.

        The first is BM25 divided by the best that any texts together give to these words, (n,) float32 in [0, 1]. An unknown
        word counts with the idf of a word that one text has. The second is in [0, 1].
        """
        if self._index is None or not words:
            return np.zeros(self._size, np.float32), 0.0
        vocabulary = self._index.vocab_dict
        ids = [vocabulary[word] for word in words if word in vocabulary]
        unknown = (len(words) - len(ids)) * self._unknown
        known = float(self._best[ids].sum()) if ids else 0.0
        if not ids:
            return np.zeros(self._size, np.float32), 0.0
        raw = self._index.get_scores_from_ids(ids)
        total = known + unknown
        return (raw / total).astype(np.float32), known / total

    def _best_per_word(self) -> Scores:
        """The highest score that each word gives to any text: (vocabulary,) float32."""
        if self._index is None:
            return np.zeros(0, np.float32)
        data, starts = np.asarray(self._index.scores["data"]), np.asarray(self._index.scores["indptr"])
        best = np.zeros(len(starts) - 1, np.float32)
        filled = starts[1:] > starts[:-1]
        best[filled] = np.maximum.reduceat(data, starts[:-1][filled])
        return best

    @property
    def _unknown(self) -> float:
        """Weight of a word that no text has: Lucene's idf at document frequency 1."""
        return math.log(1 + (self._size - 0.5) / 1.5)

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        if self._index is not None:
            self._index.save(str(directory), show_progress=False, allow_pickle=False)

    @classmethod
    def load(cls, directory: Path, size: int) -> LexicalIndex:
        """Read what `save` wrote; ``size`` is the number of texts."""
        import bm25s

        if not (directory / "params.index.json").exists():
            return cls(None, size)
        return cls(bm25s.BM25.load(str(directory), mmap=True, show_progress=False, allow_pickle=False), size)
