"""Heads for signals: how a customer sounds, recognised by example utterances as task intents are (`csbot.kb.task_intents`).

A message may show several signals, so no signal's utterances speak against another. The weights belong to one encoder and
travel in its calibration; without them words alone show a signal.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from csbot.encoders.base import Encoder
from csbot.kb.calibration import SAME_QUESTION, Linear, fit_confidence
from csbot.kb.task_intents import (
    HUMAN_HANDOFF,
    LOOKALIKE_WEIGHT,
    ORDER_PROGRESS,
    QUESTION_WEIGHT,
    RIDGE,
    counter_questions,
    examples,
)
from csbot.text import query_form

SIGNALS = ("anger", "complaint_threat", "urgency", "repeat_contact")
EXAMPLES_WEIGHT = 400.0
"""What all utterances of a signal weigh together, however many they are: as much as those of the task intents."""
SHORT = 20
"""Characters of a question that is taken for `SAME_QUESTION`: nobody says a long story twice."""
NEAREST = 5
"""Of the questions of its trade, the nearest ones that ask another thing stand against it: customers keep to one topic."""
OTHERWISE = 2.0
"""Messages on an earlier one's topic that ask another thing, for one that asks the same: a guess, on the side of silence."""


def fit_signals(encoder: Encoder, rows: Sequence[Mapping[str, Any]], foreign: Sequence[str]) -> dict[str, Linear]:
    """One `Linear` over the d dimensions per signal, and `SAME_QUESTION` over a cosine; their sigmoids are probabilities.

    :param rows: rows of the corpus. :param foreign: messages out of scope.
    """
    against = {
        "foreign": [form for form in map(query_form, foreign) if form],
        "questions": counter_questions(rows),
        "orders": examples(ORDER_PROGRESS),
        "no handoff": examples(f"not_{HUMAN_HANDOFF}"),
    }
    common = np.concatenate([encoder.encode(texts) for texts in against.values()])
    weights = {"foreign": 1.0, "questions": QUESTION_WEIGHT, "orders": QUESTION_WEIGHT, "no handoff": 1.0}
    common_weights = np.concatenate([np.full(len(texts), weights[name]) for name, texts in against.items()])
    found = {}
    for name in SIGNALS:
        own, unlike = encoder.encode(examples(name)), encoder.encode(examples(f"not_{name}"))
        values = np.concatenate([own, unlike, common]).astype(np.float64)
        own_weights = np.full(len(own), EXAMPLES_WEIGHT / len(own))
        counts = np.concatenate([own_weights, np.full(len(unlike), LOOKALIKE_WEIGHT), common_weights])
        right = np.arange(len(values)) < len(own)
        fitted = fit_confidence(values, right, tuple(map(str, range(values.shape[1]))), counts, ridge=RIDGE)
        found[name] = fitted.model_copy(update={"features": (), "weights": tuple(round(w, 5) for w in fitted.weights)})
    return found | {SAME_QUESTION: _fit_same_question(encoder, rows)}


def _fit_same_question(encoder: Encoder, rows: Sequence[Mapping[str, Any]]) -> Linear:
    """Two short wordings of one intent, against a wording and one of its `NEAREST` in the same trade that ask another thing."""
    rng = random.Random(0)
    trades: dict[str, list[list[str]]] = {}
    for row in rows:
        if "near_oos" not in row:
            texts = [query_form(text) for text in (row["question"], *row["formal"], *row["colloquial"]) if len(text) <= SHORT]
            trades.setdefault(row["trade"], []).append(rng.sample(texts, min(3, len(texts))))
    likeness: list[float] = []
    same: list[bool] = []
    for groups in trades.values():
        owners = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        vectors = encoder.encode([text for group in groups for text in group])
        cosines = vectors @ vectors.T
        for place, owner in enumerate(owners):
            alike = [other for other in np.flatnonzero(owners == owner) if other != place]
            unlike = np.flatnonzero(owners != owner)
            if not alike or not len(unlike):
                continue
            near = unlike[np.argsort(-cosines[place, unlike])[:NEAREST]]
            likeness += [float(cosines[place, rng.choice(alike)]), float(cosines[place, rng.choice(near)])]
            same += [True, False]
    counts = np.where(same, 1.0, OTHERWISE)
    return fit_confidence(np.array(likeness)[:, None], np.array(same), ("cosine",), counts)
