"""What an encoder is trained and measured on: topics, questions out of scope, labelled pairs, plain text. All in memory."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from csbot.errors import InputError
from csbot.models import Faq
from csbot.text import normalise, query_form

FEWEST = 10
"""Topics with two questions that a training needs, and questions that a validation needs: with fewer, even a lucky run can't be
told from a helpful one (ten questions can reach p = 0.001 in the paired test, four can't reach 0.05)."""
SMALLEST_GROUP = 4
"""A category with fewer FAQs is no group of neighbours: its FAQs join those of the whole knowledge base."""
SHOWN = 10

Pair = tuple[str, str, float]
"""Two texts and their label: 1 the same, 0 not; or any grade, larger being nearer."""


@dataclass(frozen=True)
class Topic:
    """One FAQ of a knowledge base or one intent of a trade: texts that should lie close together.

    :ivar kb: the knowledge base or trade. :ivar group: the neighbours that it is told apart from: its category, else ``kb``.
    :ivar key: unique in ``kb``. :ivar meaning: topics of one meaning, in whatever trade, are never each other's negatives.
    :ivar questions: what a knowledge base holds, the standard question first. :ivar asked: customers' own words.
    """

    kb: str
    group: str
    key: str
    meaning: str
    questions: tuple[str, ...]
    asked: tuple[str, ...] = ()
    answer: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        return (*self.questions, *self.asked)


@dataclass(frozen=True)
class PairFile:
    """Labelled pairs of one source, whose labels can be compared; ``per_step`` positives and as many others go into a step."""

    name: str
    rows: tuple[Pair, ...]
    per_step: int = 3

    @property
    def graded(self) -> bool:
        """Whether labels are grades instead of same (1) or not (0)."""
        return any(label not in (0.0, 1.0) for _, _, label in self.rows)


@dataclass(frozen=True)
class TrainingData:
    """Everything trained on.

    :ivar negatives: questions by ``kb`` that no topic of it answers.
    :ivar unlabelled: any text of the field; empty: `own_texts`.
    """

    topics: tuple[Topic, ...] = ()
    negatives: Mapping[str, tuple[str, ...]] | None = None
    pairs: tuple[PairFile, ...] = ()
    unlabelled: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A knowledge base and questions to it, none of which was trained on.

    :ivar owners: topic of each text of ``questions``. :ivar right: topic of each text of ``queries``.
    :ivar decides: whether it counts when before and after are compared; else it is only reported.
    """

    name: str
    questions: tuple[str, ...]
    owners: tuple[int, ...]
    queries: tuple[str, ...]
    right: tuple[int, ...]
    decides: bool = True


@dataclass(frozen=True)
class Validation:
    """What is measured before and after: problems, and labelled pairs whose order should stay or improve."""

    problems: tuple[Problem, ...] = ()
    pairs: tuple[PairFile, ...] = ()


def topics_of_faqs(kb: str, faqs: Iterable[Faq], asked: Mapping[str, Sequence[str]] | None = None) -> list[Topic]:
    """One topic per FAQ that has a word to match; ``asked``: confirmed questions of customers by FAQ id."""
    rows = [faq for faq in faqs if any(map(query_form, faq.questions))]
    sizes = Counter(faq.category for faq in rows)
    return [
        Topic(
            kb=kb,
            group=f"{kb}/{faq.category}" if faq.category and sizes[faq.category] >= SMALLEST_GROUP else kb,
            key=faq.id,
            meaning=query_form(faq.question) or faq.id,
            questions=_distinct(faq.questions),
            asked=_distinct((asked or {}).get(faq.id, ()), besides=faq.questions),
            answer=faq.answer,
        )
        for faq in rows
    ]


def topics_of_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Topic], dict[str, tuple[str, ...]]]:
    """Topics and near-out-of-scope questions by trade, of rows of a corpus (see data/corpus/README.md)."""
    topics: list[Topic] = []
    negatives: dict[str, tuple[str, ...]] = {}
    for row in rows:
        trade = row["trade"]
        if "near_oos" in row:
            negatives[trade] = (*negatives.get(trade, ()), *row["near_oos"])
            continue
        questions = _distinct((row["question"], *row["formal"]))
        asked = _distinct(row["colloquial"], besides=questions)
        topics.append(Topic(trade, trade, row["intent"], row["intent"], questions, asked, row["answer"]))
    return topics, negatives


def _distinct(texts: Iterable[str], besides: Iterable[str] = ()) -> tuple[str, ...]:
    """Texts that say something, each once, in their order."""
    seen = {query_form(text) for text in besides}
    found = []
    for text in texts:
        form = query_form(text)
        if form and form not in seen:
            seen.add(form)
            found.append(text)
    return tuple(found)


def check(data: TrainingData, validation: Validation) -> None:
    """:raises InputError: nothing to train on, the same question in two topics of a knowledge base, or too little of it."""
    if not data.topics and not data.pairs:
        raise InputError("没有训练数据：请给知识库、语料或句对 | nothing to train on: give a knowledge base, a corpus or pairs")
    if contradictions := _contradictions(data):
        lines = [f"  {line}" for line in contradictions[:SHOWN]]
        if len(contradictions) > SHOWN:
            lines.append(f"  …共 {len(contradictions)} 处 | {len(contradictions)} in all")
        head = "训练数据自相矛盾，请先改正 | the training data contradict themselves, mend them first:"
        raise InputError("\n".join([head, *lines]))
    usable = sum(len(topic.texts) > 1 for topic in data.topics)
    if data.topics and usable < FEWEST:
        raise InputError(
            f"数据太少：只有 {usable} 条知识有两个以上问法，至少要 {FEWEST} 条；请补充相似问或确认过的问句"
            f" | too little data: {usable} FAQs with two questions left to train on, at least {FEWEST} are needed"
        )
    queries = sum(len(problem.queries) for problem in validation.problems if problem.decides)
    if queries < FEWEST:
        raise InputError(
            f"数据太少：只有 {queries} 句可留作验证，至少要 {FEWEST} 句；请补充问法（每条知识三句以上）或给 --validate"
            f" | too little data: {queries} questions to validate on, at least {FEWEST} are needed"
        )


def _contradictions(data: TrainingData) -> list[str]:
    """Texts that belong to two topics of one knowledge base, or to one and to none."""
    found = []
    owner: dict[tuple[str, str], str] = {}
    for topic in data.topics:
        for text in topic.texts:
            first = owner.setdefault((topic.kb, query_form(text)), topic.key)
            if first != topic.key:
                found.append(f"「{text}」同属 {first} 和 {topic.key} | belongs to both")
    for kb, texts in (data.negatives or {}).items():
        for text in texts:
            if key := owner.get((kb, query_form(text))):
                found.append(f"「{text}」属于 {key}，又标为域外 | belongs to an FAQ and is out of scope")
    return found


def own_texts(data: TrainingData) -> tuple[str, ...]:
    """Every text of the data in normal form, each once: questions, customers' words, answers, negatives, pairs, unlabelled."""
    texts = [text for topic in data.topics for text in (*topic.texts, topic.answer)]
    texts += [text for group in (data.negatives or {}).values() for text in group]
    texts += [text for file in data.pairs for a, b, _ in file.rows for text in (a, b)]
    return tuple(dict.fromkeys(form for form in map(normalise, (*texts, *data.unlabelled)) if form))


def digest(data: TrainingData, validation: Validation) -> str:
    """Names the data: a training is only resumed with the same."""
    rows = [asdict(data), asdict(validation)]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]
