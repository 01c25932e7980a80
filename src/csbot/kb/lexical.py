"""The word index (BM25 over jieba words): what a message shares with each text, rare words counting more.

bm25s weighs the words when the index is built; asking it is a sum of columns, so bm25s is not imported for that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from csbot.errors import SnapshotCorrupt

Scores = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]

K1, B = 1.2, 0.75
"""Robertson & Zaragoza 2009; Lucene's defaults."""


class LexicalIndex:
    """BM25 weights of short texts, by word.

    :param words: the vocabulary; word i has the entries ``starts[i]:starts[i + 1]``.
    :param weights: (entries,) float32, BM25 weight of a word in a text. :param texts: (entries,) the text of each entry.
    :param size: how many texts there are.
    """

    def __init__(self, words: Sequence[str], starts: Places, texts: Places, weights: Scores, size: int) -> None:
        self._places = {word: i for i, word in enumerate(words)}
        self._starts, self._texts, self._weights = starts, texts, weights
        self._size = size
        self._bounds: list[int] = starts.tolist()  # a list's items are there sooner than an array's
        self._best: list[float] = np.maximum.reduceat(weights, starts[:-1]).tolist() if len(words) else []
        self._unknown = math.log(1 + (size - 0.5) / 1.5) if size else 0.0
        """Weight of a word that no text has: Lucene's idf at document frequency 1."""

    @classmethod
    def build(cls, documents: Sequence[Sequence[str]]) -> LexicalIndex:
        """Index one list of words per text; row numbers follow their order."""
        if not any(documents):
            return cls((), np.zeros(1, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32), len(documents))
        import bm25s

        index = bm25s.BM25(method="lucene", k1=K1, b=B)
        index.index([list(words) for words in documents], show_progress=False)
        entries = index.scores
        lengths = np.diff(entries["indptr"])
        # in the order of the words, which bm25s keeps by hash: the same texts must give the same files in every process
        kept = sorted((word, place) for word, place in index.vocab_dict.items() if place < len(lengths) and lengths[place])
        starts = np.concatenate([[0], np.cumsum([lengths[place] for _, place in kept])]).astype(np.int32)
        rows = np.concatenate([np.arange(entries["indptr"][p], entries["indptr"][p + 1]) for _, p in kept])
        texts, weights = np.asarray(entries["indices"], np.int32)[rows], np.asarray(entries["data"], np.float32)[rows]
        return cls([word for word, _ in kept], starts, texts, weights, len(documents))

    def __len__(self) -> int:
        return self._size

    def has(self, word: str) -> bool:
        """Whether any text has this word."""
        return word in self._places

    def counts(self) -> dict[str, int]:
        """In how many texts each word is."""
        return dict(zip(self._places, np.diff(self._starts).tolist(), strict=True))

    def scores(self, words: Sequence[str]) -> tuple[Scores, float, float]:
        """BM25 of each text (n,) float32; the best that any texts together give to these words; the part of it that is known.

        An unknown word counts with the idf of a word that one text has. BM25 over the second is the share of the query that a
        text has; the third is the share that the index has at all, in [0, 1].
        """
        found = np.zeros(self._size, np.float32)
        known = 0.0
        places = [self._places[word] for word in words if word in self._places]
        for place in places:
            entries = slice(self._bounds[place], self._bounds[place + 1])
            found[self._texts[entries]] += self._weights[entries]
            known += self._best[place]
        total = known + (len(words) - len(places)) * self._unknown
        return found, total, known / total if total else 0.0

    def save(self, directory: Path) -> None:
        """Write ``words.json``, ``starts.npy``, ``texts.npy`` and ``weights.npy``."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "words.json").write_text(json.dumps(list(self._places), ensure_ascii=False), encoding="utf-8")
        for name, values in (("starts", self._starts), ("texts", self._texts), ("weights", self._weights)):
            np.save(directory / f"{name}.npy", values, allow_pickle=False)

    @classmethod
    def load(cls, directory: Path, size: int) -> LexicalIndex:
        """Read what `save` wrote; ``size`` is the number of texts.

        :raises SnapshotCorrupt: the files don't belong together.
        """
        words = json.loads((directory / "words.json").read_text(encoding="utf-8"))
        starts, texts, weights = (
            np.asarray(np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False))  # parts of a memmap are slow
            for name in ("starts", "texts", "weights")
        )
        if len(starts) != len(words) + 1 or len(texts) != len(weights) or starts[-1] != len(weights):
            raise SnapshotCorrupt(f"{directory}：索引损坏 | damaged index", path=directory)
        return cls(words, starts, texts, weights, size)
