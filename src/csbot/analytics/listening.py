"""From a log to what customers say in it: clusters of open questions, surges, FAQs not accepted, and suggestions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

import numpy as np
from pydantic import BaseModel, ConfigDict

from csbot.analytics.clusters import Cluster, cluster, describe
from csbot.analytics.rules import OutcomeRules
from csbot.analytics.suggestions import LEAST_CLUSTER, Suggestion, suggest
from csbot.analytics.surges import Counts, Surge, SurgeRules, surges
from csbot.analytics.voice import Heard, Unaccepted, Why, hear
from csbot.errors import EncoderError
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.models.events import Event
from csbot.text import query_form


class Theme(BaseModel):
    """A cluster of open questions.

    :ivar label: the most central one. :ivar words: that tell it from other clusters. :ivar messages: how many, by ``why`` too.
    :ivar texts: the distinct ones, most central first.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    label: str
    words: tuple[str, ...]
    messages: int
    why: dict[Why, int]
    texts: tuple[str, ...]


class Voice(BaseModel):
    """What customers say in a log.

    :ivar questions: open questions, all of them. :ivar themes: their clusters, the largest first. :ivar surges: the latest
        first; their keys are ``faq:<id>`` and ``theme:<id>``. :ivar titles: what a key stands for.
    :ivar shown: FAQs not accepted.
    """

    model_config = ConfigDict(frozen=True)

    questions: int
    themes: list[Theme]
    surges: list[Surge]
    titles: dict[str, str]
    shown: list[Unaccepted]
    suggestions: list[Suggestion]


def listen(
    kb: KnowledgeBase,
    events: Iterable[Event],
    *,
    rules: OutcomeRules | None = None,
    surge_rules: SurgeRules | None = None,
    least: int = LEAST_CLUSTER,
) -> Voice:
    """Hear what a log says, beside a knowledge base.

    :param kb: from `csbot.analytics.remembered.remembering`, so that each text is encoded once.
    :param least: messages that a cluster needs to be spoken of.
    :raises EncoderError: the encoder can't run.
    """
    heard = hear(events, rules)
    asked: defaultdict[str, list[int]] = defaultdict(list)
    for i, one in enumerate(heard.questions):
        if form := query_form(one.text):
            asked[form].append(i)
    texts = list(asked)
    vectors = kb.encode(texts)
    if vectors is None:
        raise EncoderError("编码器不可用，无法聚类 | the encoder can't run: nothing can be clustered")
    counts = [len(asked[text]) for text in texts]
    words = kb.contents.tokeniser.words
    found = describe(cluster(np.asarray(vectors)), texts, counts, vectors, words, least) if texts else []
    days = [(day, f"faq:{faq_id}") for day, faq_id in heard.asks]
    days += [(heard.questions[i].day, f"theme:{one.id}") for one in found for row in one.rows for i in asked[texts[row]]]
    rising = surges(_counts(days, kb), surge_rules)
    return Voice(
        questions=len(heard.questions),
        themes=[_theme(one, texts, asked, heard) for one in found],
        surges=rising,
        titles={f"faq:{faq.id}": faq.question for faq in kb.contents.faqs} | {f"theme:{one.id}": one.label for one in found},
        shown=heard.shown,
        suggestions=suggest(kb, heard, found, texts),
    )


def _counts(days: list[tuple[date, str]], kb: KnowledgeBase) -> Counts:
    """Every FAQ may be asked, also one that never was: it counts among the tests of a day."""
    return Counts.of(days, [f"faq:{faq.id}" for faq in kb.contents.faqs])


def _theme(one: Cluster, texts: list[str], asked: dict[str, list[int]], heard: Heard) -> Theme:
    why = Counter[Why](heard.questions[i].why for row in one.rows for i in asked[texts[row]])
    return Theme(
        id=one.id, label=one.label, words=one.words, messages=one.messages, why=dict(why.most_common()),
        texts=tuple(texts[row] for row in one.rows),
    )  # fmt: skip
