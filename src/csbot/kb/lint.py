"""The linter for knowledge bases: what will go wrong before a customer finds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from csbot.encoders.base import Encoder, Progress
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.kb.progress import progress_bar
from csbot.models import Faq, utc_now
from csbot.text import query_form

NEAR = 0.93
"""Cosine at which two questions say the same to the bundled encoder: half of the labelled paraphrases of LCQMC lie above."""
NEIGHBOURS = 6
QUESTION_CHARS, ANSWER_CHARS = 60, 1000
"""Longer standard questions don't fit a phone's list of options; longer answers are not read in a chat."""

Rule = Literal[
    "duplicate_question", "repeated_question", "contradicting_answers", "near_duplicate", "stolen_question",
    "overlong_question", "overlong_answer", "blank_similar", "no_similar", "expired", "not_yet_valid", "unknown_related",
]  # fmt: skip


class Finding(BaseModel):
    """One thing found. ``other`` is the FAQ it collides with, where there is one."""

    model_config = ConfigDict(frozen=True)

    level: Literal["error", "warning"]
    rule: Rule
    faq_id: str
    what: str
    other: str | None = None


def lint_faqs(
    faqs: Sequence[Faq], *, encoder: Encoder | None = None, now: datetime | None = None, progress: bool | Progress = False
) -> list[Finding]:
    """Everything wrong or doubtful in ``faqs``: errors first, in their order.

    Errors: the same question in two FAQs with different answers, unknown ids in ``related``. All else is a warning.
    """
    moment = now or utc_now()
    live = [faq for faq in faqs if faq.status == "active" and not (faq.valid_until and faq.valid_until <= moment)]
    findings = [*_fields(faqs, moment), *_related(faqs), *_duplicates(live)]
    if not live:
        return findings
    kb = KnowledgeBase.build(live, encoder=encoder, progress=progress)
    findings += _near_duplicates(kb.contents)
    with progress_bar(progress) as report:
        findings += _stolen(kb.contents, report)
    return sorted(findings, key=lambda finding: finding.level != "error")


def _fields(faqs: Sequence[Faq], now: datetime) -> Iterator[Finding]:
    for faq in faqs:
        if len(faq.question) > QUESTION_CHARS:
            yield _warn("overlong_question", faq, f"标准问 {len(faq.question)} 字，建议 ≤ {QUESTION_CHARS} | too long")
        if len(faq.answer) > ANSWER_CHARS:
            yield _warn("overlong_answer", faq, f"答案 {len(faq.answer)} 字，建议 ≤ {ANSWER_CHARS} | too long for a chat")
        if any(not query_form(question) for question in faq.questions):
            yield _warn("blank_similar", faq, "有空白或无文字的问法 | a question without any text")
        if not faq.similar:
            yield _warn("no_similar", faq, "没有相似问，换个说法就难命中 | no similar questions")
        if faq.valid_until and faq.valid_until <= now:
            yield _warn("expired", faq, f"已于 {faq.valid_until:%F %R} 失效 | expired")
        if faq.valid_from and faq.valid_from > now:
            yield _warn("not_yet_valid", faq, f"{faq.valid_from:%F %R} 才生效 | not valid yet")


def _related(faqs: Sequence[Faq]) -> Iterator[Finding]:
    known = {faq.id for faq in faqs}
    for faq in faqs:
        for other in faq.related:
            if other not in known:
                what = f"related 指向不存在的 {other} | points to nothing"
                yield Finding(level="error", rule="unknown_related", faq_id=faq.id, what=what, other=other)


def _duplicates(faqs: Sequence[Faq]) -> Iterator[Finding]:
    """The same question, after normalisation, twice."""
    seen: dict[str, Faq] = {}
    for faq in faqs:
        own: set[str] = set()
        for question in faq.questions:
            form = query_form(question)
            first = seen.setdefault(form, faq) if form else faq
            if form and form in own:
                yield _warn("repeated_question", faq, f"「{question}」在本条里重复 | twice in this FAQ")
            elif first is not faq and first.answer.strip() != faq.answer.strip():
                what = f"「{question}」在两条知识里，答案不同 | two different answers"
                yield Finding(level="error", rule="contradicting_answers", faq_id=faq.id, what=what, other=first.id)
            elif first is not faq:
                yield _warn("duplicate_question", faq, f"「{question}」在两条知识里 | in two FAQs", first.id)
            own.add(form)


def _near_duplicates(contents: Contents) -> Iterator[Finding]:
    """Questions of different FAQs that the encoder holds for the same, the nearest pair of each two FAQs."""
    rows = len(contents.questions)
    scores, neighbours = contents.dense.search(np.asarray(contents.vectors[:rows]), NEIGHBOURS)
    reported: set[tuple[int, int]] = set()
    for row in range(rows):
        for score, other in zip(scores[row], neighbours[row], strict=True):
            a, b = int(contents.owners[row]), int(contents.owners[other])
            same_form = query_form(contents.questions[row]) == query_form(contents.questions[int(other)])
            if score < NEAR or a == b or same_form or (min(a, b), max(a, b)) in reported:
                continue
            reported.add((min(a, b), max(a, b)))
            what = f"「{contents.questions[row]}」≈「{contents.questions[int(other)]}」（{score:.2f}） | nearly the same"
            yield _warn("near_duplicate", contents.faqs[a], what, contents.faqs[b].id)


def _stolen(contents: Contents, report: Progress | None) -> Iterator[Finding]:
    """Leave each question out and ask it: where another FAQ comes first with confidence, that one steals it."""
    rows = len(contents.questions)
    for row, question in enumerate(contents.questions):
        owner = contents.faqs[int(contents.owners[row])]
        ranked = contents.rank(query_form(question), np.asarray(contents.vectors[row]), without_row=row)
        if report:
            report(row + 1, rows)
        if len(owner.questions) < 2 or not ranked or ranked[0].faq_id == owner.id:
            continue
        thief = ranked[0]
        if thief.confidence >= contents.calibration.answer:
            what = f"「{question}」会被「{thief.question}」抢走（{thief.confidence:.2f}） | is taken by another FAQ"
            yield _warn("stolen_question", owner, what, thief.faq_id)


def _warn(rule: Rule, faq: Faq, what: str, other: str | None = None) -> Finding:
    return Finding(level="warning", rule=rule, faq_id=faq.id, what=what, other=other)
