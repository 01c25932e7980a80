"""Reviews: what suggestions would do to the labelled cases and to other FAQs' questions, before anything is accepted."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from csbot.analytics.suggestions import Suggestion
from csbot.bot import Chatbot
from csbot.config import BotConfig
from csbot.evaluation.cases import Case, read_cases
from csbot.evaluation.compare import Comparison, compare
from csbot.evaluation.metrics import Outcome
from csbot.evaluation.report import EvalReport
from csbot.evaluation.run import evaluate
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.models import Faq
from csbot.text import query_form

ROUNDS = 3
"""Times that the recommended suggestions are tried again without those that still do harm; what is left then is reported."""
NEIGHBOURS = 5
"""Questions of other FAQs nearest to a new one that are asked again, each left out in turn."""


@dataclass(frozen=True)
class Review:
    """Suggestions, each with what it repairs and harms, and three evaluations of the cases, None without cases.

    :ivar before: as it is now. :ivar recommended: with the suggestions that have no warning. :ivar everything: with all.
    :ivar gain: ``recommended`` against ``before``.
    """

    suggestions: list[Suggestion]
    before: EvalReport | None = None
    recommended: EvalReport | None = None
    everything: EvalReport | None = None
    gain: Comparison | None = None

    @property
    def fine(self) -> list[Suggestion]:
        """Those without a warning."""
        return [one for one in self.suggestions if not one.warnings]


def review(
    kb: KnowledgeBase,
    suggestions: Sequence[Suggestion],
    cases: str | os.PathLike[str] | Sequence[Case] | None = None,
    config: BotConfig | None = None,
) -> Review:
    """Try suggestions out. Drafts are tried as if they were published.

    :param kb: from `csbot.analytics.remembered.remembering`, so that each text is encoded once.
    :param cases: a ``.jsonl`` file or `Case` objects; None: only other FAQs' own questions are looked at.
    :raises InputError: the cases are wrong, or expect an FAQ that is not there.
    """
    harms: defaultdict[str, list[str]] = defaultdict(list)
    for name, text in _stolen(kb.contents, apply(kb, suggestions, published=True).contents, suggestions):
        harms[name].append(text)
    if cases is None:
        return Review([_marked(one, harms) for one in suggestions])
    labelled = list(cases) if not isinstance(cases, (str, os.PathLike)) else read_cases(cases, kb.contents.positions)
    before = evaluate(Chatbot(kb, config=config), labelled)
    everything, repairs = before, Counter[str]()
    recommended = before
    for trial in range(1 + ROUNDS):
        tried = [one for one in suggestions if trial == 0 or not harms[one.id]]
        changed = apply(kb, tried, published=True)
        recommended = evaluate(Chatbot(changed, config=config), labelled)
        blamed = _blamed(before, recommended, tried)
        if trial == 0:
            everything, repairs = recommended, _repaired(before, recommended, tried, changed)
        for one, texts in blamed.items():
            harms[one] += texts
        if trial and not blamed:
            break
    return Review(
        [_marked(one, harms, repairs[one.id]) for one in suggestions], before, recommended, everything,
        compare(before, recommended),
    )  # fmt: skip


def apply(kb: KnowledgeBase, accepted: Iterable[Suggestion], *, published: bool = False) -> KnowledgeBase:
    """A new knowledge base with the changes. :param published: drafts as active FAQs, to try them."""
    changed: dict[str, Faq] = {}
    for one in accepted:
        if one.kind == "draft":
            changed[one.faq_id] = Faq(
                id=one.faq_id, question=one.question, similar=one.similar, answer=one.answer, tags=("csbot suggest",),
                status="active" if published else "draft",
            )  # fmt: skip
        elif (faq := changed.get(one.faq_id) or kb.contents.get(one.faq_id)) is not None:
            new = tuple(text for text in one.similar if text not in faq.questions)
            changed[faq.id] = faq.model_copy(update={"similar": (*faq.similar, *new)})
    return kb.update(upsert=changed.values())


def _marked(one: Suggestion, harms: Mapping[str, list[str]], repairs: int = 0) -> Suggestion:
    wrong = tuple(dict.fromkeys(harms[one.id])) if one.id in harms else ()
    warnings = (f"会弄错 {len(wrong)} 句现在没错的：「{wrong[0]}」… | makes {len(wrong)} wrong",) if wrong else ()
    return one.model_copy(update={"warnings": (*one.warnings, *warnings), "repairs": repairs, "harms": wrong})


def _by_question(tried: Iterable[Suggestion]) -> dict[tuple[str, str], Suggestion]:
    """The suggestion that added a question to an FAQ."""
    return {(one.faq_id, text): one for one in tried for text in one.added}


def _blamed(before: EvalReport, after: EvalReport, tried: Sequence[Suggestion]) -> dict[str, list[str]]:
    """Cases that were right, or at least not answered wrongly, and now are not: by the suggestion whose question came closest.

    Where none did (a new question also moves words' weights), the suggestions of the FAQ that now comes first are named.
    """
    own, found = _by_question(tried), defaultdict[str, list[str]](list)
    for was, now in zip(before.outcomes, after.outcomes, strict=True):
        if not (was.right and not now.right) and not (now.wrong_answer and not was.wrong_answer):
            continue
        ahead = [c for c in (now.trace.candidates[:2] if now.trace else ()) if c.faq_id != now.case.expect.faq_id]
        close = [own[c.faq_id, c.matched].id for c in ahead if (c.faq_id, c.matched) in own]
        for name in close or [one.id for one in tried if ahead and one.faq_id == ahead[0].faq_id]:
            found[name].append(now.case.text)
    return found


def _repaired(before: EvalReport, after: EvalReport, tried: Sequence[Suggestion], kb: KnowledgeBase) -> Counter[str]:
    """How many cases each suggestion makes right: those that come closest to the question that it adds."""
    own, found = _by_question(tried), Counter[str]()
    gained: list[Outcome] = [
        now for was, now in zip(before.outcomes, after.outcomes, strict=True) if now.right and not was.right and now.faq_id
    ]
    for ranked in kb.search_batch([o.case.text for o in gained], 1):
        if ranked and (one := own.get((ranked[0].faq_id, ranked[0].matched))):
            found[one.id] += 1
    return found


def _stolen(old: Contents, new: Contents, tried: Sequence[Suggestion]) -> list[tuple[str, str]]:
    """Questions of other FAQs that a suggestion takes: asked again without itself, its own FAQ came first, and no more does.

    :returns: the suggestion's id and the question.
    """
    own, found = _by_question(tried), []
    rows = len(old.questions)
    for (faq_id, text), one in own.items():
        vector = _row(new, faq_id, text)
        if not rows or vector is None:
            continue
        _, near = old.dense.search(vector[None], NEIGHBOURS)
        for row in (int(row) for row in near[0] if row >= 0 and old.faqs[int(old.owners[row])].id != faq_id):
            owner, question = old.faqs[int(old.owners[row])], old.questions[row]
            if len(owner.questions) < 2:
                continue  # left out, it has nothing to be found by
            asked, form = np.asarray(old.vectors[row]), query_form(question)
            was = old.rank(form, asked, without_row=row, most=1)
            there = int(new.offsets[new.positions[owner.id]]) + owner.questions.index(question)
            now = new.rank(form, asked, without_row=there, most=1)
            if was and now and was[0].faq_id == owner.id and (now[0].faq_id, now[0].matched) == (faq_id, text):
                found.append((one.id, question))
    return found


def _row(contents: Contents, faq_id: str, text: str) -> np.ndarray | None:
    """The vector of a question of an FAQ."""
    faq: Faq | None = contents.get(faq_id)
    if faq is None or text not in faq.questions:
        return None
    return np.asarray(contents.vectors[int(contents.offsets[contents.positions[faq_id]]) + faq.questions.index(text)])
