"""Opening what the commands work on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from csbot.encoders.onnx import OnnxEncoder

if TYPE_CHECKING:
    from csbot.bot import Chatbot
    from csbot.config import BotConfig
    from csbot.kb.knowledge_base import KnowledgeBase


def open_bot(kb: Path, config: Path | None, orders: Path | None) -> Chatbot:
    """A bot over a saved knowledge base, with the settings of a file where one is given."""
    OnnxEncoder.bundled().prefetch()  # it loads while the rest is imported: a third of a cold start
    from csbot.bot import Chatbot
    from csbot.config import BotConfig

    settings = BotConfig.load(config) if config else BotConfig()
    return Chatbot(open_kb(kb, settings), orders=orders, config=settings)


def open_kb(kb: Path, settings: BotConfig | None = None) -> KnowledgeBase:
    """A saved knowledge base, opened as the settings say."""
    OnnxEncoder.bundled().prefetch()
    from csbot.config import BotConfig
    from csbot.kb.knowledge_base import KnowledgeBase

    chosen = settings or BotConfig()
    return KnowledgeBase.load(
        kb,
        encoder=chosen.encoder.name,
        may_degrade=chosen.encoder.when_unavailable == "degrade",
        reload_interval_s=chosen.reload_interval_s,
        threads=chosen.encoder.threads,
    )
