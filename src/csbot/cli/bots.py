"""Opening what the commands work on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from csbot.encoders.onnx import OnnxEncoder

if TYPE_CHECKING:
    from csbot.bot import Chatbot
    from csbot.config import KbConfig
    from csbot.kb.knowledge_base import KnowledgeBase
    from csbot.models import Caller


def open_bot(kb: Path, config: Path | None, orders: Path | None, tasks: Path | None = None, desk: str | None = None) -> Chatbot:
    """A bot over a saved knowledge base, both with the settings of a file where one is given.

    :param tasks: a declared task or a directory of them; no merchant's system stands behind the command line, so that doing one
        gives a receipt and nothing else. :param desk: URL of the desk where people answer.
    """
    OnnxEncoder.bundled().prefetch()  # it loads while the rest is imported: a third of a cold start
    from csbot.bot import Chatbot
    from csbot.config import BotConfig, KbConfig, load_settings
    from csbot.dialogue.tasks import read_tasks
    from csbot.kb.task_intents import ORDER_PROGRESS

    settings, opening = load_settings(config) if config else (BotConfig(), KbConfig())
    declared = read_tasks(tasks) if tasks else []
    handlers = {task.handler: receipt for task in declared if task.name != ORDER_PROGRESS}
    return Chatbot(open_kb(kb, opening), orders=orders, tasks=declared, handlers=handlers, config=settings, desk=desk)


def receipt(slots: dict[str, str], caller: Caller) -> dict[str, str]:
    """What doing a task gives on the command line: a number."""
    return {"receipt": f"DEMO-{caller.request_id[:8].upper()}"}


def open_kb(kb: Path, settings: KbConfig | None = None) -> KnowledgeBase:
    """A saved knowledge base, opened as the settings say."""
    OnnxEncoder.bundled().prefetch()
    from csbot.config import KbConfig
    from csbot.kb.knowledge_base import KnowledgeBase

    return KnowledgeBase.load(kb, **(settings or KbConfig()).model_dump())
