"""What one step of training looks at, drawn from the data."""

from __future__ import annotations

import random
from dataclasses import dataclass

from csbot.encoders.augment import Noise
from csbot.encoders.train_data import Pair, PairFile, Topic, TrainingData, own_texts
from csbot.text import normalise

GROUP_TOPICS = 20
"""Topics of one group in a step: neighbours are the hard negatives, and three groups of this size did best."""
NEGATIVES = 6
"""Out-of-scope questions of one knowledge base or trade in a step."""
FROM_ANSWER, FROM_ASKED = 0.15, 0.35
"""Bounds of one draw in [0, 1): the positive is the answer, another customer's words, else a question of the knowledge base."""
WITH_QUESTION = 0.6
ANSWER_CHARS = (30, 70)
AS_TYPED = 0.15
"""Share of texts left as typed; the rest is in normal form, as the matcher sees it."""
POSITIVE_NOISE = 0.1
LEAST_UNLABELLED = 16
"""Unlabelled texts of a step are two for three topics, as the bundled encoder had (40 and 60), but no fewer than these."""


@dataclass(frozen=True)
class Batch:
    """One step's texts. ``anchors``, ``positives`` and ``meanings`` go together row by row.

    :ivar pairs: labelled pairs by file. :ivar graded: of each file, whether its labels are grades instead of 1 and 0.
    :ivar unlabelled: texts for distillation.
    """

    anchors: list[str]
    positives: list[str]
    meanings: list[str]
    negatives: list[str]
    pairs: list[list[Pair]]
    graded: list[bool]
    unlabelled: list[str]


class Sampler:
    """Draws batches; all chance comes from ``rng``.

    :param size: topics of a step, as far as there are so many.
    :ivar bag: places of topics still to come, neighbours together, before all come again.
    """

    def __init__(self, data: TrainingData, size: int, noise: Noise, rng: random.Random) -> None:
        self.rng, self.size, self.noise = rng, size, noise
        self.unlabelled = data.unlabelled or own_texts(data)
        self.negatives = data.negatives or {}
        self.topics = [topic for topic in data.topics if len(topic.texts) > 1 or topic.answer]
        self.shares = [_shares(file) for file in data.pairs]
        self.graded = [file.graded for file in data.pairs]
        self.bag: list[list[int]] = []

    def next(self) -> Batch:
        rng, rows = self.rng, self._topics()
        drawn = [self._positive(topic) for topic in rows]
        negatives = []
        for kb in dict.fromkeys(topic.kb for topic in rows):
            texts = self.negatives.get(kb, ())
            negatives += [self._form(text) for text in rng.sample(texts, min(NEGATIVES, len(texts)))]
        return Batch(
            anchors=[anchor for anchor, _ in drawn],
            positives=[positive for _, positive in drawn],
            meanings=[topic.meaning for topic in rows],
            negatives=negatives,
            pairs=[[pair for part, n in share for pair in rng.sample(part, min(n, len(part)))] for share in self.shares],
            graded=self.graded,
            unlabelled=rng.sample(self.unlabelled, min(max(LEAST_UNLABELLED, 2 * self.size // 3), len(self.unlabelled))),
        )

    def _topics(self) -> list[Topic]:
        """Topics of the next groups."""
        wanted = min(self.size, len(self.topics))
        rows: list[int] = []
        while len(rows) < wanted:
            self.bag = self.bag or self._full_bag()
            room, group = wanted - len(rows), self.bag.pop()
            rows += group[:room]
            if group[room:]:
                self.bag.append(group[room:])
        return [self.topics[i] for i in rows]

    def _full_bag(self) -> list[list[int]]:
        groups: dict[str, list[int]] = {}
        for i, topic in enumerate(self.topics):
            groups.setdefault(topic.group, []).append(i)
        bag = []
        for group in groups.values():
            self.rng.shuffle(group)
            bag += [group[start : start + GROUP_TOPICS] for start in range(0, len(group), GROUP_TOPICS)]
        self.rng.shuffle(bag)
        return bag

    def _positive(self, topic: Topic) -> tuple[str, str]:
        """An anchor, a customer's words where there are any, and another text of its topic."""
        rng = self.rng
        i = rng.randrange(len(topic.asked) + 1)
        anchor = topic.asked[i] if i < len(topic.asked) else rng.choice(topic.questions)
        asked = [text for text in topic.asked if text != anchor]
        questions = [text for text in topic.questions if text != anchor]
        kind = rng.random()
        if topic.answer and (kind < FROM_ANSWER or not (asked or questions)):
            head = topic.questions[0] + "。" if rng.random() < WITH_QUESTION and anchor != topic.questions[0] else ""
            positive = head + topic.answer[: rng.randint(*ANSWER_CHARS)]
        elif asked and (kind < FROM_ASKED or not questions):
            positive = rng.choice(asked)
        else:
            positive = rng.choice(questions)
            positive = self.noise(positive, rng) if rng.random() < POSITIVE_NOISE else positive
        return self._form(self.noise(anchor, rng)), self._form(positive)

    def _form(self, text: str) -> str:
        return text if self.rng.random() < AS_TYPED else normalise(text) or text


def _shares(file: PairFile) -> list[tuple[list[Pair], int]]:
    """Parts of a file's pairs and how many of each make its share of a step."""
    if file.graded:
        return [(list(file.rows), 2 * file.per_step)]
    return [([row for row in file.rows if row[2] == label], file.per_step) for label in (1, 0)]
