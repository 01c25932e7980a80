"""What decides beside the message and the state: settings, thresholds in force, and what the bot is able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from csbot.config import BotConfig
from csbot.dialogue.tasks import Task, order_task
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Band, Candidate, Understanding


def _order_task_alone() -> Mapping[str, Task]:
    return {ORDER_PROGRESS: order_task()}


@dataclass(frozen=True)
class Policy:
    """What `csbot.dialogue.policy.decide` goes by.

    :ivar answer: confidence >= this answers. :ivar clarify: confidence >= this offers to pick.
    :ivar has_orders: an order backend is there. :ivar tasks: what is declared, by name; order progress always is.
    """

    config: BotConfig
    answer: float
    clarify: float
    has_orders: bool
    tasks: Mapping[str, Task] = field(default_factory=_order_task_alone)

    def band(self, candidate: Candidate | None) -> Band:
        if candidate is None:
            return "miss"
        if candidate.confidence >= self.answer:
            return "answer"
        return "clarify" if candidate.confidence >= self.clarify else "miss"

    def sure_faq(self, message: Understanding) -> Candidate | None:
        """The FAQ that would be answered, if nothing came before it."""
        top = message.candidates[0] if message.candidates else None
        return top if top and top.action is None and self.band(top) == "answer" else None

    def likeliest_task(self, message: Understanding) -> tuple[float, str]:
        """The most probable of the tasks that the bot can do, and its probability."""
        able = [name for name in self.tasks if name != ORDER_PROGRESS or self.has_orders]
        return max(((message.intents.get(name, 0.0), name) for name in able), default=(0.0, ""))
