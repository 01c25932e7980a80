"""Suggestions: what customers picked, what agents answered and what was asked in vain, as changes to the knowledge base.

A suggestion adds one similar question 相似问 to an FAQ, or drafts a new FAQ from what agents answered. Nothing here changes a
knowledge base; `csbot.analytics.review` tries suggestions out, and makes a new one of those that a person accepts.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from csbot.analytics.clusters import Cluster
from csbot.analytics.exchanges import likeness
from csbot.analytics.voice import Heard, clean
from csbot.encoders.base import Vectors
from csbot.evaluation.cases import read_rows
from csbot.kb.indexing import ANSWER_CHARS
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.privacy import mask
from csbot.text import normalise, query_form

Source = Literal["picked", "agent", "cluster"]

LEAST_CLUSTER = 3
"""Messages that a cluster needs to be spoken of. Peers suggest from five; a small shop's log seldom has them."""
MOST_PER_FAQ = 8
"""Similar questions suggested for one FAQ at a time: a person is to read them."""
SHARE_OF_ONE = 0.6
"""Share of a message's picks, or of a cluster's messages, that must point at one FAQ."""
TOO_LIKE = 0.95
"""Cosine from which a text adds nothing to one that its FAQ has or is to get."""
SAME_ANSWER = 0.5
"""Dice coefficient from which what an agent wrote is an FAQ's answer, with a word added or left out."""
NEAREST = 3
"""Answers, by their vectors, that what an agent wrote is held against."""
LEAST_CHARS, MOST_CHARS, MOST_SIMILAR = 4, 60, 5
"""Length of a text in query form that is suggested; similar questions of a draft."""


class Suggestion(BaseModel):
    """One change to the knowledge base.

    :ivar id: the same for the same change. :ivar faq_id: the FAQ changed, or the draft's own id. :ivar question: its standard
        question. :ivar similar: added to it. :ivar answer: of a draft. :ivar sources: where it comes from.
    :ivar messages: how many say so. :ivar confidence: of the FAQ for the text, now. :ivar warnings: why it is not recommended.
    :ivar repairs: cases that it makes right. :ivar harms: cases and questions that it makes wrong.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    kind: Literal["similar", "draft"]
    faq_id: str
    question: str
    similar: tuple[str, ...] = ()
    answer: str = ""
    sources: tuple[Source, ...] = ()
    messages: int = 0
    confidence: float = 0.0
    warnings: tuple[str, ...] = ()
    repairs: int = 0
    harms: tuple[str, ...] = Field(default=())

    @property
    def added(self) -> tuple[str, ...]:
        """The questions that it adds."""
        return self.similar if self.kind == "similar" else (self.question, *self.similar)

    @model_validator(mode="after")
    def _can_be_applied(self, info: ValidationInfo) -> Suggestion:
        known = (info.context or {}).get("faq_ids")
        if self.kind == "similar" and known is not None and self.faq_id not in known:
            raise ValueError(f"知识库里没有 {self.faq_id} | no such FAQ in the knowledge base")
        if not all(text.strip() for text in self.added) or (self.kind == "draft" and not self.answer.strip()):
            raise ValueError("问法和草稿的答案不能是空的 | questions and a draft's answer must not be empty")
        return self


def read_patch(path: str | os.PathLike[str], kb: KnowledgeBase) -> list[Suggestion]:
    """A patch as ``csbot suggest --out`` wrote it and a person edited it: whoever left a line in has read its old warnings.

    :raises InputError: absent, empty or no text. :raises SourceError: lines have faults, or no FAQ to go to; all are listed.
    """
    read = read_rows(path, Suggestion, kb.contents.positions)
    return [one.model_copy(update={"warnings": (), "repairs": 0, "harms": ()}) for one in read]


@dataclass
class _Evidence:
    """What speaks for a text as a question of an FAQ."""

    text: str
    sources: set[Source] = field(default_factory=set)
    messages: int = 0


def suggest(kb: KnowledgeBase, heard: Heard, clusters: Sequence[Cluster], texts: Sequence[str]) -> list[Suggestion]:
    """All suggestions, those that most messages speak for first.

    :param kb: from `csbot.analytics.remembered.remembering`. :param clusters: of the open questions ``texts``, in query form.
    """
    contents = kb.contents
    evidence, settled = _from_people(kb, heard)
    said = _said(heard)
    agents = _answered_with(kb, [answer for form in said for answer in said[form]])
    drafts: list[Suggestion] = []
    for cluster in clusters:
        forms = [texts[row] for row in cluster.rows]
        answers = [answer for form in forms for answer in said.get(form, ())]
        new = [answer for answer in answers if answer not in agents]
        if new and 2 * len(new) >= len(answers):  # agents know what the knowledge base doesn't
            drafts += _draft(kb, cluster, forms, new)
        elif (near := _near(kb, forms)) is not None:
            for form in forms[:MOST_SIMILAR]:
                if form not in settled:
                    _add(evidence, near, form, form, "cluster", cluster.messages)
    similar = [one for faq_id in contents.positions for one in _similar(kb, faq_id, evidence.get(faq_id, {}))]
    return sorted([*similar, *drafts], key=lambda one: (-one.messages, one.id))


def _from_people(kb: KnowledgeBase, heard: Heard) -> tuple[dict[str, dict[str, _Evidence]], set[str]]:
    """What customers picked and agents answered: evidence by FAQ and query form, and the query forms that it settles."""
    votes: defaultdict[str, Counter[tuple[str, Source]]] = defaultdict(Counter)
    texts: dict[str, str] = {}
    for pick in heard.picks:
        if form := query_form(pick.text):
            votes[form][pick.faq_id, "picked"] += 1
            texts.setdefault(form, pick.text)
    answered = [one for one in heard.questions if one.said]
    agents = _answered_with(kb, [text for one in answered for text in one.said])
    for one in answered:
        found = {agents[text] for text in one.said if text in agents}
        if len(found) == 1 and (form := query_form(one.text)):
            votes[form][found.pop(), "agent"] += 1
            texts.setdefault(form, one.text)
    evidence: dict[str, dict[str, _Evidence]] = {}
    for form, counted in votes.items():
        by_faq: Counter[str] = Counter()
        for (faq_id, _), count in counted.items():
            by_faq[faq_id] += count
        best, most = by_faq.most_common(1)[0]
        if most < SHARE_OF_ONE * by_faq.total():
            continue  # people don't agree
        for (faq_id, source), count in counted.items():
            if faq_id == best:
                _add(evidence, best, form, texts[form], source, count)
    return evidence, set(votes)


def _add(evidence: dict[str, dict[str, _Evidence]], faq_id: str, form: str, text: str, source: Source, count: int) -> None:
    one = evidence.setdefault(faq_id, {}).setdefault(form, _Evidence(text))
    one.sources.add(source)
    one.messages += count


def _said(heard: Heard) -> dict[str, list[str]]:
    """What agents wrote about each open question, by query form."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in heard.questions:
        found[query_form(one.text)] += one.said
    return dict(found)


def _answered_with(kb: KnowledgeBase, said: Sequence[str]) -> dict[str, str]:
    """The FAQ whose answer it is, by what an agent wrote; only what is one."""
    contents, distinct = kb.contents, list(dict.fromkeys(said))
    if not distinct or not contents.faqs:
        return {}
    views = np.asarray(contents.vectors[len(contents.questions) :])
    vectors = _encode(kb, [normalise(text[:ANSWER_CHARS]) for text in distinct])
    found = {}
    for text, scores in zip(distinct, vectors @ views.T, strict=True):
        nearest = [contents.faqs[place] for place in np.argsort(-scores)[:NEAREST].tolist()]
        alike = {faq.id: max(likeness(text, mask(a)) for a in (faq.answer, *faq.channel_answers.values())) for faq in nearest}
        best = max(alike, key=lambda faq_id: alike[faq_id])
        if alike[best] >= SAME_ANSWER:
            found[text] = best
    return found


def _encode(kb: KnowledgeBase, forms: Sequence[str]) -> Vectors:
    vectors = kb.encode(forms)
    assert vectors is not None, "remembering() may not degrade"
    return vectors


def _near(kb: KnowledgeBase, forms: Sequence[str]) -> str | None:
    """The FAQ that a cluster is near: it ranks first for most of its messages, with half the confidence of a clarification."""
    contents, vectors = kb.contents, _encode(kb, forms)
    firsts = [ranked[0] for form, v in zip(forms, vectors, strict=True) if (ranked := contents.rank(form, v, most=1))]
    if not firsts:
        return None
    faq_id, count = Counter(one.faq_id for one in firsts).most_common(1)[0]
    confidence = [one.confidence for one in firsts if one.faq_id == faq_id]
    sure = sum(confidence) / len(confidence) >= contents.calibration.clarify / 2
    return faq_id if sure and count >= SHARE_OF_ONE * len(forms) else None


def _similar(kb: KnowledgeBase, faq_id: str, evidence: Mapping[str, _Evidence]) -> list[Suggestion]:
    """Similar questions for one FAQ: what has most evidence first, without what it knows or what says the same again."""
    contents = kb.contents
    faq = contents.faqs[contents.positions[faq_id]]
    start, end = contents.offsets[contents.positions[faq_id] :][:2]
    own = np.array(contents.vectors[start:end])
    found: list[Suggestion] = []
    for _, one in sorted(evidence.items(), key=lambda item: (-item[1].messages, item[0])):
        text = clean(one.text)
        if len(found) == MOST_PER_FAQ or not _usable(text) or query_form(text) in contents.exact:
            continue
        vector = _encode(kb, [query_form(text)])[0]
        ranked = contents.rank(query_form(text), vector)
        answers = bool(ranked) and ranked[0].faq_id == faq_id and ranked[0].confidence >= contents.calibration.answer
        if answers or float((own @ vector).max()) >= TOO_LIKE:
            continue
        own = np.vstack([own, vector])
        confidence = next((c.confidence for c in ranked if c.faq_id == faq_id), 0.0)
        found.append(
            Suggestion(
                id=_id("s", faq_id, text), kind="similar", faq_id=faq_id, question=faq.question, similar=(text,),
                sources=tuple(sorted(one.sources)), messages=one.messages, confidence=confidence,
            )
        )  # fmt: skip
    return found


def _draft(kb: KnowledgeBase, cluster: Cluster, forms: Sequence[str], said: Sequence[str]) -> list[Suggestion]:
    """A new FAQ from a cluster and what agents wrote about it, the answer most like the others; none without an answer."""
    answers = [answer for text in said if (answer := clean(text)) and len(answer) >= 2 * LEAST_CHARS]
    usable = [text for form in forms if _usable(text := clean(form)) and query_form(text) not in kb.contents.exact]
    if not answers or not usable:
        return []
    vectors = _encode(kb, [normalise(answer[:ANSWER_CHARS]) for answer in answers])
    answer = answers[int(np.argmax(vectors @ vectors.sum(axis=0)))]
    question = clean(cluster.label) if cluster.label in usable else usable[0]
    similar = tuple(text for text in usable if text != question)[:MOST_SIMILAR]
    name = _id("draft", question)
    return [
        Suggestion(
            id=name, kind="draft", faq_id=name, question=question, similar=similar, answer=answer, sources=("agent", "cluster"),
            messages=cluster.messages,
        )
    ]  # fmt: skip


def _usable(text: str) -> bool:
    return len(query_form(text)) >= LEAST_CHARS and len(text) <= MOST_CHARS


def _id(*parts: str) -> str:
    return f"{parts[0]}-{hashlib.sha256(chr(0).join(parts[1:]).encode()).hexdigest()[:8]}"
