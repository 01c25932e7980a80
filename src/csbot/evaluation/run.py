"""`evaluate`: run cases and dialogues through a bot as customers would, and measure."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from csbot.bot import Chatbot
from csbot.encoders.base import Progress
from csbot.errors import InputError
from csbot.evaluation.cases import Case, Dialogue, read_cases, read_dialogues
from csbot.evaluation.metrics import Outcome, Ratio, TurnOutcome, case_indicators, dialogue_indicators
from csbot.intents.slots import find_slots
from csbot.intents.understand import matter_of
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.kb.progress import progress_bar
from csbot.models import Session

NAMES = {
    "match_rate": "匹配率", "resolution_rate": "解决率", "precision": "准确率", "clarify_hit_rate": "澄清命中率",
    "oos_rejection": "拒识率", "handoff_recall": "转人工召回", "handoff_precision": "转人工准确", "task_recall": "任务召回",
    "top1": "首位命中", "mrr": "MRR", "ece": "校准误差", "dialogue_success": "对话成功率", "turn_accuracy": "轮次准确率",
}  # fmt: skip
"""The indicators and what the trade calls them."""


class EvalReport(BaseModel):
    """The result of an evaluation. Each indicator is an attribute too: ``report.match_rate`` is its value, None if absent."""

    model_config = ConfigDict(frozen=True)

    indicators: dict[str, Ratio]
    by_tag: dict[str, dict[str, Ratio]]
    errors: list[dict[str, Any]]
    kb_version: str
    encoder: str
    degraded: bool
    seconds: float

    def __getattr__(self, name: str) -> Any:
        if name in NAMES:
            ratio = self.indicators.get(name)
            return ratio.value if ratio else None
        return super().__getattr__(name)  # type: ignore[misc]

    def to_json(self, indent: int | None = 2) -> str:
        return self.model_dump_json(indent=indent)


def evaluate(
    bot: Chatbot | KnowledgeBase,
    cases: str | os.PathLike[str] | Sequence[Case] | None = None,
    dialogues: str | os.PathLike[str] | Sequence[Dialogue] | None = None,
    *,
    progress: bool | Progress = False,
) -> EvalReport:
    """Measure a bot on labelled cases and dialogues.

    Each case is the first message of a new customer; each dialogue is one session.

    :param bot: a bot, or a knowledge base (then with default settings and without orders).
    :param cases: a ``.jsonl`` file or `Case` objects. :param dialogues: the same with `Dialogue`.
    :raises InputError: neither is given, a file is wrong, or a case expects an FAQ that the knowledge base hasn't.
    """
    if cases is None and dialogues is None:
        raise InputError("请提供 cases 或 dialogues | give cases or dialogues")
    started = time.perf_counter()
    chatbot = bot if isinstance(bot, Chatbot) else Chatbot(bot)
    labelled = _load(cases, read_cases)
    spoken = _load(dialogues, read_dialogues)
    _check_ids(chatbot, labelled)
    outcomes = run_cases(chatbot, labelled, progress)
    turns = [turn for dialogue in spoken for turn in run_dialogue(chatbot, dialogue)]
    tags = sorted({tag for case in labelled for tag in case.tags})
    return EvalReport(
        indicators=case_indicators(outcomes) | dialogue_indicators(turns),
        by_tag={tag: case_indicators([o for o in outcomes if tag in o.case.tags]) for tag in tags},
        errors=[_case_error(o) for o in outcomes if not o.right] + [_turn_error(t) for t in turns if not t.right],
        kb_version=chatbot.kb.version,
        encoder=chatbot.kb.contents.encoder_fingerprint,
        degraded=chatbot.kb.degraded,
        seconds=round(time.perf_counter() - started, 3),
    )


def run_cases(bot: Chatbot, cases: Sequence[Case], progress: bool | Progress = False) -> list[Outcome]:
    """One reply per case, each in a session of its own; the texts are encoded together."""
    patterns = bot.config.orders.order_id_patterns
    with progress_bar(progress if cases else False) as report:
        vectors = bot.kb.encode([matter_of(case.text, find_slots(case.text, order_id=patterns)) for case in cases])
        outcomes = []
        for i, case in enumerate(cases):
            reply = bot.reply_encoded(Session(customer_id=f"case-{i}"), case.text, None if vectors is None else vectors[i])
            ranking = [c.faq_id for c in reply.trace.candidates if c.action is None] or [c for c in [reply.faq_id] if c]
            outcomes.append(Outcome.of(case, reply, ranking))
            if report:
                report(i + 1, len(cases))
    return outcomes


def run_dialogue(bot: Chatbot, dialogue: Dialogue) -> list[TurnOutcome]:
    session = Session(customer_id=f"dialogue-{dialogue.id}")
    return [TurnOutcome.of(dialogue, i, bot.reply(session, turn.user)) for i, turn in enumerate(dialogue.turns)]


def _load(source: Any, read: Any) -> list[Any]:
    if source is None:
        return []
    return read(source) if isinstance(source, (str, os.PathLike)) else list(source)


def _check_ids(bot: Chatbot, cases: Sequence[Case]) -> None:
    known = {faq.id for faq in bot.kb.contents.faqs}
    missing = sorted({c.expect.faq_id for c in cases if c.expect.faq_id is not None} - known)
    if missing:
        shown = "、".join(missing[:5]) + ("…" if len(missing) > 5 else "")
        raise InputError(
            f"用例期望的 {len(missing)} 个 faq_id 不在知识库中：{shown} | expected FAQs are not in the knowledge base"
        )


def _case_error(outcome: Outcome) -> dict[str, Any]:
    return {
        "text": outcome.case.text,
        "expect": outcome.case.expect.model_dump(exclude_defaults=True),
        "tags": list(outcome.case.tags),
        "kind": outcome.kind,
        "faq_id": outcome.faq_id,
        "rank": outcome.rank,
        "confidence": outcome.confidence,
        "candidates": list(outcome.ranking[:3]),
    }


def _turn_error(turn: TurnOutcome) -> dict[str, Any]:
    return {
        "dialogue": turn.dialogue,
        "turn": turn.turn,
        "text": turn.user,
        "expect": turn.expect.model_dump(exclude_none=True),
        "kind": turn.kind,
        "faq_id": turn.faq_id,
        "slot": turn.slot,
        "order_id": turn.order_id,
    }
