"""Task intents: what a customer wants done rather than told. Recognised by example utterances, which are data.

One logistic regression per intent over the encoder's vector: its utterances against look-alikes, other intents, messages out of
scope and the questions of the calibration set. The weights belong to one encoder and travel in its calibration.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from csbot.encoders.base import Encoder
from csbot.kb.calibration import Linear, fit_confidence
from csbot.models import Candidate
from csbot.resources import load_lines
from csbot.text import query_form

ORDER_PROGRESS = "order_progress"
HUMAN_HANDOFF = "human_handoff"
INTENTS = (ORDER_PROGRESS, HUMAN_HANDOFF)
PREFIX = "task:"
"""Ids of intents offered in a clarification begin with this, so that they never collide with a merchant's FAQ."""

TITLES = {ORDER_PROGRESS: "查询我的订单进度", HUMAN_HANDOFF: "转人工客服"}
"""How an intent is offered in a clarification."""


RIDGE = 80.0
"""Penalty on standardised weights: 384 of them on a few hundred utterances; 30 to 100 did best in cross-validation."""
QUESTION_WEIGHT = 0.5
"""Weight of one of the merchants' questions, of which there are thousands."""
MOST_QUESTIONS = 6000
LOOKALIKE_WEIGHT = 2.0
_ABOUT_PROGRESS = re.compile(
    r"progress|track|status|late|delay|stall|stuck|ship|arriv|pending|eta|deliver|no_show|received|wait|logistic"
)
"""Corpus intents that a customer may well ask of their own order: neither examples nor counter-examples."""


def task_candidate(name: str, title: str, confidence: float = 1.0) -> Candidate:
    """A task as a candidate, to be offered among FAQs."""
    return Candidate(faq_id=PREFIX + name, question=title, score=confidence, confidence=confidence, matched=title, action=name)


def examples(name: str) -> list[str]:
    """Utterances of ``kb/examples/NAME.txt`` in query form."""
    forms = map(query_form, load_lines("csbot.kb", f"examples/{name}.txt"))
    return list(dict.fromkeys(form for form in forms if form))


def counter_questions(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Questions of the corpus that ask for no task, in query form, at most `MOST_QUESTIONS` drawn with a fixed seed."""
    found: list[str] = []
    for row in rows:
        if "near_oos" in row:
            found += row["near_oos"]
        elif not _ABOUT_PROGRESS.search(row["intent"]):
            found += [row["question"], *row["formal"], *row["colloquial"]]
    forms = [form for form in map(query_form, found) if form]
    return random.Random(0).sample(forms, min(MOST_QUESTIONS, len(forms)))


def fit_task_intents(encoder: Encoder, rows: Sequence[Mapping[str, Any]], foreign: Sequence[str]) -> dict[str, Linear]:
    """One `Linear` over the d dimensions per intent; its sigmoid is the probability of the intent.

    :param rows: rows of the corpus. :param foreign: messages out of scope.
    """
    sets = {name: examples(name) for name in INTENTS}
    sets |= {f"not_{name}": examples(f"not_{name}") for name in INTENTS}
    sets["foreign"] = [form for form in map(query_form, foreign) if form]
    sets["questions"] = counter_questions(rows)
    weights = dict.fromkeys(sets, LOOKALIKE_WEIGHT) | {"foreign": 1.0, "questions": QUESTION_WEIGHT}
    vectors = {name: encoder.encode(texts) for name, texts in sets.items()}
    values = np.concatenate(list(vectors.values())).astype(np.float64)
    counts = np.concatenate([np.full(len(v), weights[name]) for name, v in vectors.items()])
    dimensions = tuple(map(str, range(values.shape[1])))
    found = {}
    for intent in INTENTS:
        right = np.concatenate([np.full(len(v), name == intent) for name, v in vectors.items()])
        fitted = fit_confidence(values, right, dimensions, counts, ridge=RIDGE)
        found[intent] = fitted.model_copy(update={"features": (), "weights": tuple(round(w, 5) for w in fitted.weights)})
    return found
