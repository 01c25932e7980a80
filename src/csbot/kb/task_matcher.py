"""Recognising merchants' tasks: the mechanism of `csbot.kb.task_intents`, fitted when a bot is made, on a few dozen utterances.

Each task gets a logistic regression over the encoder's vector: its example utterances against what sounds alike, the other
tasks, messages out of scope and the questions of the merchant's own knowledge base, whose vectors are there already.
"""

from __future__ import annotations

import math
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from csbot.encoders.base import Vectors
from csbot.kb.calibrate import foreign_utterances
from csbot.kb.calibration import Linear, Matrix, fit_confidence
from csbot.kb.contents import Contents
from csbot.kb.networks import sigmoid
from csbot.kb.pairs import bigrams
from csbot.kb.task_intents import HUMAN_HANDOFF, LOOKALIKE_WEIGHT, ORDER_PROGRESS, QUESTION_WEIGHT, examples
from csbot.text import query_form

Encode = Callable[[Sequence[str]], Vectors | None]

RIDGE = 30.0
"""Penalty on standardised weights. With 30 utterances 10 to 80 found the same share of other wordings within 4 points,
with 8 within 10; 30 took the fewest questions of the sample knowledge base for the task."""
EXAMPLES_WEIGHT = 180.0
"""What all utterances of a task weigh together, however many they are: about half as much as all that speaks against them."""
MOST_QUESTIONS = 1000
"""Questions of the knowledge base that are taken, drawn with a fixed seed: the fit then takes a fraction of a second."""
SAME = 0.92
"""A question of the knowledge base this near (cosine) to an utterance says the same, and does not speak against it."""
DRAWN = {"foreign": 40, ORDER_PROGRESS: 40, HUMAN_HANDOFF: 20}
"""Counter-examples drawn from csbot's own sets: each costs an encoding when a bot is made."""
DOUBT = 6.0
"""Log-odds that words alone must outweigh: at 6, 26 of 30 wordings by another hand are found, and none of 36 look-alikes."""
SMOOTHING = 0.3
MOST_CLAUSES = 3
_CLAUSE = re.compile(r"[,，。.;；:：!！?？~\s]+")


class TaskMatcher:
    """How probable it is that a message asks for each of a merchant's tasks. Safe to use from many threads.

    :param utterances: example utterances by task. :param unlike: by task, utterances that sound like it and mean another thing.
    """

    def __init__(self, utterances: Mapping[str, Sequence[str]], unlike: Mapping[str, Sequence[str]] | None = None) -> None:
        self._examples = {name: _forms(texts) for name, texts in utterances.items()}
        self._texts: dict[str, list[str]] = {} if not utterances else self._counter_examples(unlike or {}) | self._examples
        self._lock = threading.Lock()
        self._vectors: dict[str, Vectors] = {}
        self._heads: tuple[Contents, dict[str, Linear]] | None = None
        self._words: tuple[Contents, dict[str, dict[str, float]]] | None = None

    @staticmethod
    def _counter_examples(unlike: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """What speaks against a task, by its kind, in query form."""
        rng = random.Random(0)
        drawn = {"foreign": _forms(foreign_utterances())} | {name: examples(name) for name in (ORDER_PROGRESS, HUMAN_HANDOFF)}
        texts = {f"drawn {name}": rng.sample(forms, min(DRAWN[name], len(forms))) for name, forms in drawn.items()}
        return texts | {f"unlike {name}": forms for name, said in unlike.items() if (forms := _forms(said))}

    def probabilities(self, form: str, vector: Vectors | None, contents: Contents, encode: Encode) -> dict[str, float]:
        """Probability of each task for a message in query form: that of its likeliest clause, or of the whole.

        「我要报修，指纹锁没反应」 asks in four characters; what else is told must not drown them.

        :param vector: its vector (d,); None, where the encoder can't run: its pairs of characters are weighed instead.
        :param encode: encodes texts in query form: clauses, and when ``contents`` are met first the utterances.
        """
        if not self._examples:
            return {}
        clauses = [clause for clause in _CLAUSE.split(form) if len(clause) > 1][:MOST_CLAUSES]
        texts = [form, *clauses] if len(clauses) > 1 else [form]
        heads = None if vector is None else self.fit(contents, encode)
        others = encode(texts[1:]) if heads and len(texts) > 1 else None
        if vector is None or heads is None:
            words = self._fit_words(contents)
            found = {name: max(_by_words(text, odds) for text in texts) for name, odds in words.items()}
        else:
            points = vector[None, :] if others is None else np.concatenate([vector[None, :], others])
            found = {name: float(sigmoid(head(points.astype(np.float64))).max()) for name, head in heads.items()}
        return {name: 1.0 if set(texts) & set(self._examples[name]) else p for name, p in found.items()}

    def fit(self, contents: Contents, encode: Encode) -> dict[str, Linear] | None:
        """A head per task for this version of a knowledge base, fitted once; None where the encoder can't run."""
        if not self._examples:
            return {}
        with self._lock:
            if self._heads is None or self._heads[0] is not contents:
                if not self._vectors:
                    made = encode([text for texts in self._texts.values() for text in texts])
                    if made is None:
                        return None
                    ends = np.cumsum([len(texts) for texts in self._texts.values()])
                    self._vectors = dict(zip(self._texts, np.split(made, ends[:-1]), strict=True))
                self._heads = contents, {name: _fit(name, self._vectors, contents) for name in self._examples}
            return self._heads[1]

    def _fit_words(self, contents: Contents) -> dict[str, dict[str, float]]:
        """Per task, log-odds of each pair of characters: in its utterances against everything else."""
        with self._lock:
            if self._words is None or self._words[0] is not contents:
                asked = [query_form(contents.questions[row]) for row in _sample(contents)]
                self._words = contents, {name: _odds(name, self._texts, asked) for name in self._examples}
            return self._words[1]


def _weights(name: str, sets: Mapping[str, object]) -> dict[str, float]:
    """How much each set speaks against a task. What is unlike another task says nothing about this one."""
    weights = {other: LOOKALIKE_WEIGHT for other in sets if not other.startswith(("drawn ", "unlike ")) and other != name}
    weights |= {"drawn foreign": 1.0, f"drawn {HUMAN_HANDOFF}": 1.0, f"drawn {ORDER_PROGRESS}": LOOKALIKE_WEIGHT}
    return weights | ({f"unlike {name}": LOOKALIKE_WEIGHT} if f"unlike {name}" in sets else {})


def _fit(name: str, sets: Mapping[str, Vectors], contents: Contents) -> Linear:
    own = sets[name].astype(np.float64)
    questions = np.asarray(contents.vectors[_sample(contents)], np.float64)
    questions = questions[(questions @ own.T).max(axis=1) < SAME]
    parts: list[tuple[Matrix, float]] = [(own, EXAMPLES_WEIGHT / len(own)), (questions, QUESTION_WEIGHT)]
    parts += [(sets[other].astype(np.float64), weight) for other, weight in _weights(name, sets).items()]
    values = np.concatenate([vectors for vectors, _ in parts])
    counts = np.concatenate([np.full(len(vectors), weight) for vectors, weight in parts])
    right = np.arange(len(values)) < len(own)
    fitted = fit_confidence(values, right, tuple(map(str, range(values.shape[1]))), counts, ridge=RIDGE)
    return fitted.model_copy(update={"features": ()})


def _odds(name: str, sets: Mapping[str, Sequence[str]], questions: Sequence[str]) -> dict[str, float]:
    """Naive Bayes over pairs of characters, which must be in the utterances to count for the task."""
    others = [text for other in _weights(name, sets) for text in sets[other]] + list(questions)
    own = Counter(pair for text in sets[name] for pair in bigrams(text))
    against = Counter(pair for text in others for pair in bigrams(text))
    share = SMOOTHING / 10
    return {
        pair: math.log((own[pair] + share) / (len(sets[name]) + 2 * share))
        - math.log((against[pair] + SMOOTHING) / (len(others) + 2 * SMOOTHING))
        for pair in own | against
    }


def _by_words(form: str, odds: Mapping[str, float]) -> float:
    return float(sigmoid(sum(odds.get(pair, 0.0) for pair in bigrams(form)) - DOUBT))


def _sample(contents: Contents) -> list[int]:
    """Rows of the knowledge base's questions that are taken."""
    count = len(contents.questions)
    return sorted(random.Random(0).sample(range(count), min(MOST_QUESTIONS, count)))


def _forms(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(form for form in map(query_form, texts) if form))
