"""How a customer sounds, recognised by example utterances as task intents are (`csbot.kb.task_intents`).

A message may show several signals, so no signal's utterances speak against another. The weights belong to one encoder and
travel in its calibration; without them words alone show a signal.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from csbot.encoders.base import Encoder
from csbot.kb.calibration import Linear, fit_confidence
from csbot.kb.networks import Network, fit_network
from csbot.kb.task_intents import HUMAN_HANDOFF, LOOKALIKE_WEIGHT, ORDER_PROGRESS, QUESTION_WEIGHT, counter_questions, examples
from csbot.text import query_form

EXAMPLES_OF = {"human_wanted": HUMAN_HANDOFF} | {
    name: name for name in ("anger", "complaint_threat", "urgency", "repeat_contact")
}
"""The file of utterances of each signal."""
EXAMPLES_WEIGHT = 1200.0
"""What all utterances of a signal weigh together, however many they are."""
SHORT = 20
"""Characters of a question that is taken for `fit_same_question`: nobody says a long story twice."""
NEAREST = 5
"""Of the questions of its trade, the nearest ones that ask another thing stand against it: customers keep to one topic."""
OTHERWISE = 2.0
"""Messages on an earlier one's topic that ask another thing, for one that asks the same: a guess, on the side of silence."""


def fit_signals(encoder: Encoder, rows: Sequence[Mapping[str, Any]], foreign: Sequence[str]) -> Network:
    """A network with one output per signal: its utterances against its look-alikes and what shows no signal.

    :param rows: rows of the corpus. :param foreign: messages out of scope.
    """
    names = tuple(EXAMPLES_OF)
    parts: list[tuple[Sequence[str], dict[int, float], float]] = []
    """Texts, the weight of each for these signals, and whether they show it."""
    everywhere = dict.fromkeys(range(len(names)), 1.0)
    for i, name in enumerate(names):
        own, unlike = examples(EXAMPLES_OF[name]), examples(f"not_{EXAMPLES_OF[name]}")
        parts.append((own, {i: EXAMPLES_WEIGHT / len(own)}, 1.0))
        parts.append((unlike, (everywhere if name == "human_wanted" else {}) | {i: LOOKALIKE_WEIGHT}, 0.0))
    rarely = dict.fromkeys(everywhere, QUESTION_WEIGHT)
    parts.append(([form for form in map(query_form, foreign) if form], everywhere, 0.0))
    parts += [(counter_questions(rows), rarely, 0.0), (examples(ORDER_PROGRESS), rarely, 0.0)]
    vectors = np.concatenate([encoder.encode(texts) for texts, _, _ in parts])
    targets, weights = (np.zeros((len(vectors), len(names)), np.float32) for _ in range(2))
    end = 0
    for texts, counts, shown in parts:
        start, end = end, end + len(texts)
        for i, count in counts.items():
            targets[start:end, i], weights[start:end, i] = shown, count
    return fit_network(names, vectors, targets, weights)


def fit_same_question(encoder: Encoder, rows: Sequence[Mapping[str, Any]]) -> Linear:
    """Over the cosine of two messages, the probability that they ask the same.

    Two short wordings of one intent, against a wording and one of its `NEAREST` in the same trade that ask another thing.
    """
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
