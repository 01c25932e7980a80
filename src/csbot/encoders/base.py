"""What every encoder offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""(n, d) float32, rows of unit length."""

Progress = Callable[[int, int], None]
"""Called with (done, total) while a long batch is encoded."""


@runtime_checkable
class Encoder(Protocol):
    """Turns sentences into unit vectors whose inner product is their likeness (cosine).

    Any object with these members serves; it must be safe to call from many threads.
    """

    @property
    def dimension(self) -> int:
        """Length d of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names the model and everything that changes its vectors (weights, pooling, prefix)."""
        ...

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """Encode ``texts`` → (n, d) float32, unit rows, in the order given; (0, d) for no texts.

        :raises csbot.errors.EncoderError: the model can't be loaded or run.
        """
        ...
