"""csbot: answers customers' common questions, tells the progress of their orders, and hands over to a human when unsure.

>>> from csbot import Chatbot, KnowledgeBase, Session
>>> kb = KnowledgeBase.build([{"id": "ship", "question": "多久发货", "answer": "付款后 48 小时内发货。"}])
>>> Chatbot(kb).reply(Session(customer_id="u1"), "多久发货？").text
'付款后 48 小时内发货。'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csbot.bot import Chatbot
    from csbot.config import BotConfig
    from csbot.encoders.base import Encoder
    from csbot.evaluation.run import evaluate
    from csbot.kb.knowledge_base import KnowledgeBase
    from csbot.models import Faq, Reply, Session

__version__ = "0.1.0"

__all__ = ["BotConfig", "Chatbot", "Encoder", "Faq", "KnowledgeBase", "Reply", "Session", "evaluate"]

_HOMES = {
    "BotConfig": "csbot.config",
    "Chatbot": "csbot.bot",
    "Encoder": "csbot.encoders.base",
    "Faq": "csbot.models",
    "KnowledgeBase": "csbot.kb.knowledge_base",
    "Reply": "csbot.models",
    "Session": "csbot.models",
    "evaluate": "csbot.evaluation.run",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that ``import csbot`` costs nothing."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'csbot' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
