"""A knowledge base on which something is tried again and again over the same messages."""

from __future__ import annotations

from csbot.kb.calibrate import Cache
from csbot.kb.indexing import known_vectors
from csbot.kb.knowledge_base import KnowledgeBase


def remembering(kb: KnowledgeBase) -> KnowledgeBase:
    """The knowledge base as it is now, in memory, for trials: each text is encoded once, in it and in what is made from it.

    :raises EncoderError: the encoder can't run: trials by words alone would tell nothing about the bot.
    """
    return KnowledgeBase(kb.contents, Cache(kb.encoder, known_vectors(kb.contents)), may_degrade=False)
