"""FAQs that a text may mean: a message, a part of it, or a detail together with its question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csbot.encoders.base import Vectors
from csbot.intents.answers import says
from csbot.intents.choice import without_that_one
from csbot.intents.follow_up import (
    SURE_ALONE,
    SURE_JOINED,
    SURE_LEANING,
    about_last,
    again_last,
    asked_before,
    leaning,
    names_nothing,
    names_unknown,
)
from csbot.intents.matters import begins_another
from csbot.intents.progress import asks_progress
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.kb.task_intents import ORDER_PROGRESS, task_candidate
from csbot.models import Candidate, Turn
from csbot.text import query_form

MOST_CANDIDATES = 10
"""Candidates made of a message: a trace keeps them and a list offers five. Of a bare topic all are looked at."""


def likeliest(candidates: Sequence[Candidate]) -> float:
    """Confidence of the first; 0.0 where there is none."""
    return candidates[0].confidence if candidates else 0.0


def _of_others(candidates: Sequence[Candidate], told: str) -> float:
    return likeliest([one for one in candidates if one.faq_id != told])


@dataclass(frozen=True)
class Meanings:
    """What texts (query forms) may mean in one version of a knowledge base."""

    kb: KnowledgeBase
    contents: Contents

    def vector(self, form: str) -> Vectors | None:
        """(d,), or None where the encoder can't run."""
        made = self.kb.encode([form])
        return None if made is None else made[0]

    def of(self, form: str) -> tuple[Candidate, ...]:
        return tuple(self.contents.rank(form, self.vector(form), most=MOST_CANDIDATES))

    def with_detail(self, about: Sequence[str], detail: str, earlier: Sequence[Turn]) -> tuple[Candidate, ...]:
        """What comes closest to the open question with its detail, told with one message before it or with all."""
        ranked = [self.of(query_form("，".join((*about[place:], detail)))) for place in range(len(about))]
        last = earlier[-1].faq_id
        return max((tuple(again_last(found, last)) if last else found for found in ranked), key=likeliest)

    def following(self, form: str, vector: Vectors, told: str, earlier: Sequence[Turn]) -> tuple[Candidate, ...]:
        """What a few words right after an answer mean: what they ask of it, or what else they clearly are about.

        :param told: the FAQ that was answered, by its id.
        """
        drawn = self.contents.rank(form, leaning(vector, told, self.contents), most=MOST_CANDIDATES)
        found = tuple(again_last(drawn, told))
        if begins_another(form) or names_unknown(form, told, self.contents):
            return found
        alone, asked = self.contents.rank(form, vector, most=MOST_CANDIDATES), asked_before(told, earlier, self.contents)
        if names_nothing(form) or (drawn and drawn[0].faq_id == told):
            joined = self.of(query_form(asked + form))
            if about_last(form, drawn, alone, joined, told):
                return joined
        if _of_others(found, told) >= SURE_LEANING or _of_others(alone, told) >= SURE_ALONE:
            return found
        joined = self.of(query_form(f"{form}，{asked}"))
        return joined if likeliest(joined) >= max(SURE_JOINED, likeliest(found)) else found

    def after_menu(self, form: str, asked: str, alone: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """What a few words right after a list of questions mean, together with the words that the list was for.

        :param asked: those words (query form). :param alone: what the message means by itself.
        """
        if likeliest(alone) >= SURE_ALONE and says("asks", form):
            return alone
        joined = self.of(query_form(asked + without_that_one(form)))
        return joined if likeliest(joined) >= SURE_JOINED else alone

    def of_parts(self, texts: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[Candidate, ...]]:
        """The parts of a message that mean something, and what comes closest to each: an FAQ, or a look-up of orders."""
        vectors = self.kb.encode(list(texts)) if texts else None
        if texts is None or vectors is None:
            return (), ()
        found: list[tuple[str, Candidate]] = []
        for text, vector in zip(texts, vectors, strict=True):
            near = self.contents.rank(text, vector, most=1)
            order = self.contents.intents(vector).get(ORDER_PROGRESS, 0.0) if asks_progress(text, text) else 0.0
            if order > likeliest(near):
                near = [task_candidate(ORDER_PROGRESS, text, order)]
            found += [(text, one) for one in near]
        return tuple(text for text, _ in found), tuple(one for _, one in found)
