"""The vector index (FAISS): exact inner product while that is fast, HNSW beyond."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from csbot.encoders.base import Vectors
from csbot.errors import SnapshotCorrupt

IndexKind = Literal["auto", "exact", "hnsw"]

EXACT_LIMIT = 100_000
"""Rows up to which ``auto`` scans exactly: 100,000 × 384 floats take about 10 ms on one core; HNSW answers in under 1 ms
but may miss a row, so it is used only where exactness costs more than the encoder (see benchmarks/)."""
HNSW_LINKS = 32
HNSW_EF_CONSTRUCTION = 200
HNSW_EF_SEARCH = 128


class DenseIndex:
    """Nearest rows by inner product. Row numbers are those of the vectors given to `build`."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors, kind: IndexKind = "auto") -> DenseIndex:
        """Index ``vectors`` ((n, d) float32, unit rows)."""
        import faiss

        n, d = vectors.shape
        index: Any
        if kind == "hnsw" or (kind == "auto" and n > EXACT_LIMIT):
            index = faiss.IndexHNSWFlat(d, HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = HNSW_EF_CONSTRUCTION
            index.hnsw.efSearch = HNSW_EF_SEARCH
        else:
            index = faiss.IndexFlatIP(d)
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    @property
    def kind(self) -> Literal["exact", "hnsw"]:
        return "hnsw" if hasattr(self._index, "hnsw") else "exact"

    @property
    def chosen(self) -> IndexKind:
        """The kind to build again with: ``auto`` unless another was asked for than the size would have given."""
        return "auto" if (self.kind == "hnsw") == (len(self) > EXACT_LIMIT) else self.kind

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: Vectors, k: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Scores (m, k) float32 and row numbers (m, k) int64, best first, for queries (m, d); fewer where n < k."""
        k = min(k, len(self))
        if k == 0:
            return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
        scores, rows = self._index.search(np.ascontiguousarray(queries, np.float32), k)
        return scores, rows

    def save(self, path: Path) -> None:
        import faiss

        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """:raises SnapshotCorrupt: FAISS can't read the file."""
        import faiss

        try:
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))
        except RuntimeError as error:
            raise SnapshotCorrupt(f"{path}：索引损坏 | damaged index: {error}", path=path) from None
