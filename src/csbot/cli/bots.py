"""Opening what the commands work on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from csbot.encoders.onnx import OnnxEncoder

if TYPE_CHECKING:
    from csbot.bot import Chatbot
    from csbot.config import KbConfig
    from csbot.kb.knowledge_base import KnowledgeBase


def open_bot(kb: Path, config: Path | None, orders: Path | None) -> Chatbot:
    """A bot over a saved knowledge base, both with the settings of a file where one is given."""
    OnnxEncoder.bundled().prefetch()  # it loads while the rest is imported: a third of a cold start
    from csbot.bot import Chatbot
    from csbot.config import BotConfig, KbConfig, load_settings

    settings, opening = load_settings(config) if config else (BotConfig(), KbConfig())
    return Chatbot(open_kb(kb, opening), orders=orders, config=settings)


def open_kb(kb: Path, settings: KbConfig | None = None) -> KnowledgeBase:
    """A saved knowledge base, opened as the settings say."""
    OnnxEncoder.bundled().prefetch()
    from csbot.config import KbConfig
    from csbot.kb.knowledge_base import KnowledgeBase

    return KnowledgeBase.load(kb, **(settings or KbConfig()).model_dump())
