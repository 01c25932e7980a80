"""Labelled messages as `tune` sees them: what the best candidate's confidence is made of, and whether it was right.

Ranking them takes most of the time and does not depend on what is tuned, so it is done once; every calibration and threshold is
then tried on arrays.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from csbot.bot import Chatbot
from csbot.encoders.base import Progress, Vectors
from csbot.errors import InputError
from csbot.evaluation.cases import Case
from csbot.evaluation.run import matters
from csbot.kb.calibrate import foreign_utterances
from csbot.kb.calibration import Linear, Matrix
from csbot.kb.contents import Contents
from csbot.kb.networks import sigmoid
from csbot.kb.progress import progress_bar
from csbot.kb.ranking import confidence_features
from csbot.models import Session, utc_now
from csbot.text import query_form

Flags = npt.NDArray[np.bool_]

PORTION = 256
LEAST_ANSWER = 1e-6
"""An answer threshold that lets everything through, but is not the 0.0 that answers bare topics, too."""
MOST_QUESTIONS = 2000
"""Similar questions left out one by one: more of a large knowledge base are drawn from, since they say no more."""


@dataclass(frozen=True)
class Trials:
    """n labelled messages against one version of a knowledge base.

    :ivar first: (n, features) confidence features of the best candidate, in the order of `csbot.kb.ranking`; 0 where there is
        none. :ivar second: of the runner-up.
    :ivar has_second: whether there is a runner-up.
    :ivar offered: the expected FAQ is among those that a clarification would offer.
    :ivar right: the best candidate is the expected FAQ. :ivar exact: it holds the message word for word.
    :ivar open: nothing but confidence stands between the best candidate and an answer (no wish for a human, no task …).
    :ivar in_scope: an FAQ is expected. :ivar groups: messages of one FAQ share a number; no fold may part them.
    """

    first: Matrix
    second: Matrix
    has_second: Flags
    offered: Flags
    right: Flags
    exact: Flags
    open: Flags
    in_scope: Flags
    groups: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.right)

    def take(self, rows: npt.NDArray[np.int64] | Flags) -> Trials:
        return Trials(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def confidence(self, model: Linear) -> Matrix:
        """(n,) of the best candidate; 1 where it is exact."""
        return np.asarray(np.where(self.exact, 1.0, sigmoid(model(self.first))))

    def answerable(self, model: Linear, margin: float) -> Flags:
        """(n,) whether the best candidate is answered once its confidence reaches the answer threshold."""
        if margin <= 0:
            return self.open
        clear = ~self.has_second | (sigmoid(model(self.first)) - sigmoid(model(self.second)) >= margin)
        return np.asarray(self.open & (self.exact | clear))


def trials_of_cases(bot: Chatbot, cases: Sequence[Case], progress: bool | Progress = False) -> Trials:
    """Trials of labelled messages; one that expects an intent is, for FAQs, out of scope.

    :raises InputError: no encoder runs: there is nothing to tune in matching by words alone.
    """
    contents, bands = bot.kb.contents, bot.config.bands
    willing = bot.alone()  # answers whatever it may, so that only confidence is left to say no
    anything = {"answer": LEAST_ANSWER, "clarify": 0.0, "ambiguity_margin": 0.0}
    willing.config = bot.config.model_copy(update={"bands": bands.model_copy(update=anything)})
    forms = matters(bot, cases)
    rows: list[_Row] = []
    with progress_bar(progress if cases else False, "排序 ranking") as report:
        for case, form, vector in zip(cases, forms, _encoded(bot, forms), strict=True):
            reply = willing.reply_encoded(Session(customer_id=f"tune-{len(rows)}"), case.text, vector)
            expected = case.expect.faq_id
            rows.append(_row(contents, form, vector, expected, bands.clarify_limit, is_open=reply.kind == "answer"))
            if report:
                report(len(rows), len(cases))
    return _table(rows, contents)


def trials_of_questions(bot: Chatbot, *, seed: int = 0, progress: bool | Progress = False) -> Trials:
    """Trials without a single labelled case: each question of the knowledge base asked as if it were not there (leave-one-out).

    One that is its FAQ's only question asks for an FAQ that isn't there: it is out of scope, as are the shipped utterances of
    other trades and of no trade at all.
    """
    contents, limit = bot.kb.contents, bot.config.bands.clarify_limit
    questions = list(range(len(contents.questions)))
    if len(questions) > MOST_QUESTIONS:
        questions = sorted(random.Random(seed).sample(questions, MOST_QUESTIONS))
    foreign = [form for form in map(query_form, foreign_utterances()) if form]
    total = len(questions) + len(foreign)
    rows: list[_Row] = []
    with progress_bar(progress, "排序 ranking") as report:
        for place in questions:
            faq = contents.faqs[int(contents.owners[place])]
            form, vector = query_form(contents.questions[place]), np.asarray(contents.vectors[place])
            if form and faq.action is None and faq.is_valid(utc_now()):
                rows.append(_row(contents, form, vector, faq.id, limit, is_open=True, without_row=place))
            if report:
                report(len(rows), total)
        for form, vector in zip(foreign, _encoded(bot, foreign), strict=True):
            rows.append(_row(contents, form, vector, None, limit, is_open=True))
            if report:
                report(min(len(rows), total), total)
    return _table(rows, contents)


@dataclass(frozen=True)
class _Row:
    """One trial before it becomes a row of the arrays."""

    first: Matrix | None
    second: Matrix | None
    offered: bool
    right: bool
    exact: bool
    open: bool
    expected: str | None


def _row(
    contents: Contents,
    form: str,
    vector: Vectors,
    expected: str | None,
    limit: int,
    *,
    is_open: bool,
    without_row: int | None = None,
) -> _Row:
    moment = utc_now()
    hits = [row for row in contents.exact.get(form, ()) if row != without_row]
    evidence = contents.evidence(form, vector, moment, without_row=without_row, must=hits)
    single = without_row is not None and len(contents.faqs[int(contents.owners[without_row])].questions) == 1
    wanted = None if single else expected
    if evidence is None:
        return _Row(None, None, offered=False, right=False, exact=False, open=False, expected=wanted)
    scores = contents.calibration.ranker(evidence.ranker_matrix())
    features = evidence.confidence_matrix(scores)
    exact = {int(contents.owners[row]) for row in hits}
    order = sorted(np.argsort(-scores, kind="stable").tolist(), key=lambda i: int(evidence.faqs[i]) not in exact)
    best = [contents.faqs[int(evidence.faqs[i])] for i in order[:limit]]
    return _Row(
        first=features[order[0]],
        second=features[order[1]] if len(order) > 1 else None,
        offered=wanted is not None and wanted in {faq.id for faq in best},
        right=wanted is not None and best[0].id == wanted,
        exact=int(evidence.faqs[order[0]]) in exact,
        open=is_open and best[0].action is None,
        expected=wanted,
    )


def _table(rows: Sequence[_Row], contents: Contents) -> Trials:
    none = np.zeros(len(confidence_features(dense=True)))
    shape = (len(rows), len(none))

    def flags(name: str) -> Flags:
        return np.array([getattr(row, name) for row in rows], bool)

    places = contents.positions
    groups = [-1 - i if row.expected is None else places[row.expected] for i, row in enumerate(rows)]
    return Trials(
        first=np.array([none if row.first is None else row.first for row in rows]).reshape(shape),
        second=np.array([none if row.second is None else row.second for row in rows]).reshape(shape),
        has_second=np.array([row.second is not None for row in rows], bool),
        offered=flags("offered"),
        right=flags("right"),
        exact=flags("exact"),
        open=flags("open"),
        in_scope=np.array([row.expected is not None for row in rows], bool),
        groups=np.array(groups, np.int64),
    )


def _encoded(bot: Chatbot, forms: Sequence[str]) -> list[Vectors]:
    """:raises InputError: no encoder runs."""
    order = sorted(range(len(forms)), key=lambda i: (len(forms[i]), forms[i]))
    found: dict[int, Vectors] = {}
    for start in range(0, len(order), PORTION):
        rows = order[start : start + PORTION]
        vectors = bot.kb.encode([forms[i] for i in rows])
        if vectors is None:
            raise InputError("编码器不可用，无法调校 | the encoder can't run: nothing can be tuned")
        found.update(zip(rows, vectors, strict=True))
    return [found[i] for i in range(len(forms))]
