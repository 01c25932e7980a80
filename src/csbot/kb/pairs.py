"""Character pairs that a message shares with questions: words that jieba cuts otherwise, and misspelt ones, still overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_Places = npt.NDArray[np.int64]
_CHAR_BITS = 21
"""Of a Unicode character; and of the number of a text, so that there are at most two million."""
_NONE = (1 << _CHAR_BITS) - 1
"""Larger than any character."""


def bigrams(text: str) -> frozenset[str]:
    """Character pairs of a normalised text; the text itself where it is one character."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1)) or frozenset([text])


def dice(a: frozenset[str], b: frozenset[str]) -> float:
    """Sørensen–Dice overlap, [0, 1]."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


class PairIndex:
    """The texts that have each of the `bigrams`, as numbers, for the `dice` of a message with many of them at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        owners, pairs = _pairs(texts)
        marked = np.unique(pairs << _CHAR_BITS | owners)
        self._owners = marked & _NONE
        self._pairs, starts = np.unique(marked >> _CHAR_BITS, return_index=True)
        self._starts = np.append(starts, len(marked))
        self._sizes = np.bincount(self._owners, minlength=len(texts))

    def overlap(self, text: str, rows: _Places) -> npt.NDArray[np.float64]:
        """(rows,): `dice` of ``text``, which is not empty, with each of these texts."""
        own = np.array([ord(pair[0]) << _CHAR_BITS | (ord(pair[1]) if len(pair) > 1 else _NONE) for pair in bigrams(text)])
        places = np.searchsorted(self._pairs, own)
        places = places[self._pairs.take(places, mode="clip") == own]
        having = [self._owners[self._starts[place] : self._starts[place + 1]] for place in places]
        shared = np.bincount(np.concatenate(having), minlength=len(self._sizes)) if having else np.zeros_like(self._sizes)
        return np.asarray(2 * shared[rows] / (len(own) + self._sizes[rows]), np.float64)


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
