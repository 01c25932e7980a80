"""A log of simulated customers, and what its suggestions are worth; part of `benchmarks/voice.py`.

A customer asks one question. Offered options, they pick the right one where it is there (one in twenty picks a wrong one).
Not understood, or answered wrongly (seven in ten of them notice), they ask for a human. The agent answers with the FAQ's
answer, one in five in words of their own; to what no FAQ answers they say that the shop doesn't do it.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from csbot import Chatbot, Faq, KnowledgeBase, Session, evaluate
from csbot.analytics.listening import listen
from csbot.analytics.remembered import remembering
from csbot.analytics.review import apply, review
from csbot.analytics.suggestions import Suggestion
from csbot.evaluation.cases import Case, Expect, read_cases
from csbot.evaluation.report import EvalReport
from csbot.events import turn_events
from csbot.kb.sources import read_faqs
from csbot.models import utc_now
from csbot.models.events import Event, MessageEvent
from csbot.text import query_form

ROOT = Path(__file__).resolve().parents[1]
KEPT, GONE = 1, 12
"""Similar questions that an FAQ keeps; FAQs that are taken away altogether, for agents to answer."""
SHOWN = ("resolution_rate", "match_rate", "precision", "oos_rejection", "top1", "ece")
OUTSIDE = 120
"""Questions that no FAQ answers."""


class Ask(NamedTuple):
    text: str
    faq_id: str | None
    answer: str


def world(seed: int) -> tuple[list[Faq], list[Ask], list[Case]]:
    """The knowledge base with most similar questions gone; what is asked; and the questions taken away that nobody asked."""
    chance = Random(seed)
    faqs = [faq for faq in read_faqs(ROOT / "data/faq.csv") if faq.status == "active" and not faq.action]
    gone = {faq.id for faq in chance.sample(faqs, GONE)}
    kept, asks, unseen = [], [], []
    for faq in faqs:
        if faq.id not in gone:
            kept.append(faq.model_copy(update={"similar": faq.similar[:KEPT]}))
        for i, text in enumerate(faq.similar if faq.id in gone else faq.similar[KEPT:]):
            if faq.id in gone or i % 2 == 0:
                asks += [Ask(text, faq.id, faq.answer)] * chance.randint(1, 3)
            else:
                unseen.append(Case(text=text, expect=Expect(faq_id=faq.id)))
    asks += [ask for ask in outside() for _ in range(chance.randint(1, 2))]
    chance.shuffle(asks)
    return kept, asks, unseen


def outside() -> list[Ask]:
    """What the shop can't answer: questions that other trades have no answer to either."""
    found: list[Ask] = []
    for path in sorted((ROOT / "data/corpus").glob("part*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found += [Ask(text, None, "抱歉，这个我们不做，请咨询相关单位。") for text in row.get("near_oos", ())]
    return found[:OUTSIDE]


def log_of(kb: KnowledgeBase, asks: list[Ask], seed: int) -> list[Event]:
    bot, chance, found = Chatbot(kb), Random(seed), list[Event]()
    for number, ask in enumerate(asks):
        session = Session(customer_id=f"u{number}")
        reply = bot.reply(session, ask.text)
        found += turn_events(session, reply)
        content = reply.kind == "answer" and (reply.faq_id == ask.faq_id or chance.random() < 0.3)
        if content or (ask.faq_id is None and chance.random() < 0.5):
            continue
        options = [option.faq_id for option in reply.candidates] if reply.kind == "clarify" else []
        if ask.faq_id in options or (options and chance.random() < 0.05):
            right = ask.faq_id in options and chance.random() >= 0.05
            wanted = ask.faq_id if right and ask.faq_id else chance.choice(options)
            found += turn_events(session, bot.reply(session, str(options.index(wanted) + 1)))
            continue
        reply = bot.reply(session, "转人工")
        found += turn_events(session, reply)
        if reply.ticket:
            said = ask.answer if chance.random() < 0.8 else f"亲，您说的这个要看具体情况，我帮您登记一下（{number}）"
            where: dict[str, Any] = {"session_id": session.id, "customer_id": session.customer_id, "channel": session.channel}
            found.append(MessageEvent(**where, at=utc_now(), who="agent", text=said, ticket_id=reply.ticket.id))
    return found


def figures(report: EvalReport) -> dict[str, Any]:
    return {
        name: [round(one.value, 4) if one.value is not None else None, one.numerator, one.denominator]
        for name, one in report.indicators.items()
        if name in SHOWN
    }


def measure(kb: KnowledgeBase, accepted: list[Suggestion], cases: list[Case], published: bool) -> dict[str, Any]:
    return figures(evaluate(Chatbot(apply(kb, accepted, published=published)), cases))


def replayed(seed: int = 0) -> dict[str, Any]:
    faqs, asks, unseen = world(seed)
    kb = remembering(KnowledgeBase.build(faqs))
    known = {faq.id for faq in faqs}
    every = [case for case in read_cases(ROOT / "data/cases.jsonl") if case.expect.faq_id in known or case.expect.out_of_scope]
    Random(seed).shuffle(every)
    reviewing, measured = every[::2], every[1::2] + [case for case in unseen if case.expect.faq_id in known]
    again = [
        Case(text=text, expect=Expect(faq_id=faq_id) if faq_id else Expect(out_of_scope=True))
        for text, faq_id in dict.fromkeys((ask.text, ask.faq_id) for ask in asks)
        if faq_id is None or faq_id in known
    ]
    voice = listen(kb, log_of(kb, asks, seed))
    reviewed = review(kb, voice.suggestions, reviewing)
    without_review = review(kb, voice.suggestions).fine
    chosen: dict[str, list[Suggestion]] = {
        "before": [],
        "recommended": reviewed.fine,
        "without_cases": without_review,
        "all": voice.suggestions,
    }
    right = sum(one.faq_id == origin(one.similar[0], asks) for one in voice.suggestions if one.kind == "similar")
    drafts = [one for one in voice.suggestions if one.kind == "draft"]
    return {
        "faqs": len(faqs), "asked": len(asks), "open_questions": voice.questions, "themes": len(voice.themes),
        "suggestions": {
            "similar": len(voice.suggestions) - len(drafts), "of_the_right_faq": right, "drafts": len(drafts),
            "drafts_with_the_lost_answer": sum(one.answer in {a.answer for a in asks if a.faq_id} for one in drafts),
            "faqs_lost": GONE, "warned": len(voice.suggestions) - len(reviewed.fine),
        },
        "reviewed_with": len(reviewing),
        "measured_on": {"asked_again": len(again), "never_asked": len(measured)},
        "indicators": {
            name: {
                "asked_again": measure(kb, some, again, published=name == "all"),
                "never_asked": measure(kb, some, measured, published=name == "all"),
            }
            for name, some in chosen.items()
        },
    }  # fmt: skip


def origin(text: str, asks: list[Ask]) -> str | None:
    """The FAQ that a suggested text was asked about."""
    return next((ask.faq_id for ask in asks if query_form(ask.text) == query_form(text)), None)
