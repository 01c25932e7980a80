"""An encoder that encodes each text once: what is tried again and again over the same messages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from csbot.encoders.base import Encoder, Progress, Vectors
from csbot.kb.indexing import encode_new, known_vectors
from csbot.kb.knowledge_base import KnowledgeBase


class Remembered:
    """Another encoder's vectors, kept. For one thread.

    :param encoder: what encodes. :param known: vectors that there are already, by text.
    """

    def __init__(self, encoder: Encoder, known: dict[str, Vectors]) -> None:
        self._encoder = encoder
        self._known = known

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Encoder.encode`."""
        vectors = encode_new(texts, self._encoder, self._known, progress)
        self._known.update(zip(texts, np.array(vectors), strict=True))
        return vectors


def remembering(kb: KnowledgeBase) -> KnowledgeBase:
    """The knowledge base as it is now, in memory, for trials: each text is encoded once, in it and in what is made from it.

    :raises EncoderError: the encoder can't run: trials by words alone would tell nothing about the bot.
    """
    return KnowledgeBase(kb.contents, Remembered(kb.encoder, known_vectors(kb.contents)), may_degrade=False)
