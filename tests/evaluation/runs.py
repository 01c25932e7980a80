"""Runs to compare: a small knowledge base, cases that it resolves, and changes planted in it."""

from __future__ import annotations

import random

from csbot import Faq, KnowledgeBase, evaluate
from csbot.bot import Chatbot
from csbot.config import BotConfig
from csbot.evaluation.cases import Case
from csbot.evaluation.report import EvalReport

OUTSIDE = (
    "今天天气怎么样",
    "帮我写首诗",
    "苹果手机多少钱",
    "附近有什么好吃的",
    "明天股票涨吗",
    "你们老板是谁",
    "怎么做红烧肉",
    "几点下班",
)


def cases_of(kb: KnowledgeBase) -> list[Case]:
    """Every question of every valid FAQ, and eight that no FAQ answers."""
    inside = [{"text": q, "expect": {"faq_id": faq.id}} for faq in kb.faqs if faq.id != "gone" for q in faq.questions]
    outside = [{"text": text, "expect": {"out_of_scope": True}, "tags": ["oos"]} for text in OUTSIDE]
    return [Case.model_validate(row) for row in inside + outside]


def move_similar(kb: KnowledgeBase, count: int) -> tuple[KnowledgeBase, dict[str, tuple[str, str]]]:
    """``count`` similar questions moved to the next FAQ; and by moved question: whose it was, and who has it now."""
    faqs = [faq for faq in kb.faqs if faq.id != "gone"]
    places = [(i, question) for i, faq in enumerate(faqs) for question in faq.similar]
    moved, taken = {}, {faq.id: list(faq.similar) for faq in faqs}
    for i, question in random.Random(0).sample(places, count):
        owner, other = faqs[i].id, faqs[(i + 1) % len(faqs)].id
        taken[owner].remove(question)
        taken[other].append(question)
        moved[question] = (owner, other)
    changed = [Faq(**(faq.model_dump() | {"similar": tuple(taken[faq.id])})) for faq in faqs]
    return kb.update(upsert=changed), moved


def run(kb: KnowledgeBase, cases: list[Case], *, seed: int = 0, known: EvalReport | None = None, **bands: float) -> EvalReport:
    bot = Chatbot(kb, config=BotConfig(bands=bands))
    return evaluate(bot, cases, seed=seed, known_faqs=known.expected_faqs if known else ())
