"""Character pairs that a message shares with questions: words that jieba cuts otherwise, and misspelt ones, still overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from csbot.kb.ranking import segments

_Places = npt.NDArray[np.int64]
_CHAR_BITS = 21
"""Of a Unicode character."""
_NONE = (1 << _CHAR_BITS) - 1
"""Larger than any character."""


def bigrams(text: str) -> frozenset[str]:
    """Character pairs of a normalised text; the text itself where it is one character."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1)) or frozenset([text])


def dice(a: frozenset[str], b: frozenset[str]) -> float:
    """Sørensen–Dice overlap, [0, 1]."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


class PairIndex:
    """The `bigrams` of many texts as numbers, for their `dice` with a message all at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        owners, pairs = _pairs(texts)
        marked = np.unique((owners << 2 * _CHAR_BITS) | pairs)
        self._pairs = marked & ((1 << 2 * _CHAR_BITS) - 1)
        self._offsets = np.searchsorted(marked >> 2 * _CHAR_BITS, np.arange(len(texts) + 1))

    def overlap(self, text: str, rows: _Places) -> npt.NDArray[np.float64]:
        """(rows,): `dice` of ``text``, which is not empty, with each of these texts."""
        own = np.unique(_pairs([text])[1])
        places, starts = segments(self._offsets, rows)
        pairs = self._pairs[places]
        shared = own[np.searchsorted(own, pairs).clip(max=len(own) - 1)] == pairs
        sizes = self._offsets[rows + 1] - self._offsets[rows]
        return np.asarray(2 * np.add.reduceat(shared, starts, dtype=np.int64) / (len(own) + sizes), np.float64)


def _pairs(texts: Sequence[str]) -> tuple[_Places, _Places]:
    """Which text each pair belongs to, and the pair; a single character or an empty text is a pair of its own."""
    lengths = np.array([len(text) for text in texts], np.int64)
    owners = np.repeat(np.arange(len(texts)), lengths)
    chars = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    inside = owners[:-1] == owners[1:]
    single = np.flatnonzero(lengths == 1)
    empty = np.flatnonzero(lengths == 0)
    return (
        np.concatenate([owners[:-1][inside], single, empty]),
        np.concatenate([
            (chars[:-1] << _CHAR_BITS | chars[1:])[inside],
            chars[(np.cumsum(lengths) - lengths)[single]] << _CHAR_BITS | _NONE,
            np.full(len(empty), _NONE << _CHAR_BITS | _NONE),
        ]),
    )  # fmt: skip
