"""One immutable version of a knowledge base in memory: its FAQs, their vectors and indexes, and how they are ranked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from csbot.encoders.base import Vectors
from csbot.kb.calibration import Calibration, Heads, Matrix
from csbot.kb.dense import DenseIndex
from csbot.kb.lexical import LexicalIndex, Scores
from csbot.kb.networks import sigmoid
from csbot.kb.pairs import PairIndex
from csbot.kb.ranking import DENSE_ROWS, LEXICAL_FAQS, Evidence, judge, segments
from csbot.kb.spelling import Spelling
from csbot.kb.task_intents import HUMAN_HANDOFF
from csbot.models import Candidate, Faq, utc_now
from csbot.resources import load_lines
from csbot.text import Lexicon, Tokeniser, has_hanzi, query_form

TOPIC_CHARS, TOPIC_FAQS = 4, 3
"""A message of at most four characters that three or more standard questions contain says a topic, not yet a question."""


@dataclass(frozen=True)
class Contents:
    """Everything that a reply needs, never changed once made.

    :ivar vectors: (questions + FAQs, d): every question of every FAQ in order, then one answer view per FAQ.
    :ivar dense: over the question rows. :ivar words: over the question rows. :ivar answers: over the FAQs' answers.
    :ivar version: hash of all of it; "" before it is saved.
    """

    faqs: tuple[Faq, ...]
    lexicon: Lexicon
    encoder_fingerprint: str
    vectors: Vectors
    dense: DenseIndex
    words: LexicalIndex
    answers: LexicalIndex
    calibration: Calibration
    lexical_calibration: Calibration
    version: str = ""
    tokeniser: Tokeniser = field(compare=False, kw_only=True)

    @cached_property
    def offsets(self) -> npt.NDArray[np.int64]:
        """(FAQs + 1,): FAQ i has the question rows ``offsets[i]:offsets[i + 1]``."""
        return np.concatenate([[0], np.cumsum([len(faq.questions) for faq in self.faqs])]).astype(np.int64)

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """The text of every question row."""
        return tuple(question for faq in self.faqs for question in faq.questions)

    @cached_property
    def owners(self) -> npt.NDArray[np.int64]:
        """(questions,): the FAQ of each question row."""
        return np.repeat(np.arange(len(self.faqs)), np.diff(self.offsets))

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """The query form of every question row."""
        return tuple(map(query_form, self.questions))

    @cached_property
    def exact(self) -> dict[str, tuple[int, ...]]:
        """Question rows by query form."""
        rows: dict[str, tuple[int, ...]] = {}
        for row, form in enumerate(self.forms):
            if form:
                rows[form] = (*rows.get(form, ()), row)
        return rows

    @cached_property
    def positions(self) -> dict[str, int]:
        """Place of each FAQ by its id."""
        return {faq.id: i for i, faq in enumerate(self.faqs)}

    @cached_property
    def _plain_vectors(self) -> Vectors:
        """The same memory without the memmap's class, whose parts are slow to handle."""
        return np.asarray(self.vectors)

    @cached_property
    def _pairs(self) -> PairIndex:
        return PairIndex(self.forms)

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(Counter(self.words.counts()) + Counter(self.answers.counts()), self.tokeniser)

    @cached_property
    def _limited(self) -> frozenset[int]:
        """Places of the FAQs that are not always valid: most knowledge bases have few."""
        return frozenset(i for i, faq in enumerate(self.faqs) if faq.status != "active" or faq.valid_from or faq.valid_until)

    @cached_property
    def _intent_heads(self) -> Heads:
        return Heads(self.calibration.intents)

    def spelled(self, text: str) -> str:
        """A message (query form) as this knowledge base spells it: what is to be encoded and ranked.

        >>> KnowledgeBase.build([...]).contents.spelled("绞练松了")  # doctest: +SKIP
        '铰链松了'
        """
        return text if text in self.exact else self._spelling.mended(text)

    def get(self, faq_id: str) -> Faq | None:
        position = self.positions.get(faq_id)
        return None if position is None else self.faqs[position]

    def rank(
        self,
        text: str,
        vector: Vectors | None,
        *,
        now: datetime | None = None,
        without_row: int | None = None,
        most: int | None = None,
    ) -> list[Candidate]:
        """FAQs that may be meant, best first, each with its calibrated confidence.

        :param text: the message in query form (`csbot.text.query_form`); an empty one has no candidates.
        :param vector: its vector (d,), or None where the encoder can't run: lexical evidence alone is used then.
        :param now: the moment for validity, default the present.
        :param without_row: pretend that this question row is not there (leave-one-out).
        :param most: no more than this many; None: all.
        """
        moment = now or utc_now()
        hits = [row for row in self.exact.get(text, ()) if row != without_row]
        evidence = self.evidence(text, vector, moment, without_row=without_row, must=hits)
        if evidence is None or (not hits and not evidence.known and not has_hanzi(text)):
            return []  # keyboard noise, or a language that the knowledge base doesn't speak: an encoder places it anywhere
        order, confidence = judge(evidence, self.calibration if evidence.dense else self.lexical_calibration)
        exact = {int(self.owners[row]) for row in hits}
        order = sorted(order, key=lambda i: int(evidence.faqs[i]) not in exact)[:most]
        return [self._candidate(evidence, i, float(confidence[i]), int(evidence.faqs[i]) in exact) for i in order]

    def topic(self, text: str) -> tuple[str, ...]:
        """Ids of the FAQs about a bare topic (a category, or a word of `TOPIC_FAQS` standard questions), else ()."""
        if not 2 <= len(text) <= TOPIC_CHARS or text in self.exact or text in _no_topics():
            return ()
        named = [faq.id for faq in self.faqs if text in faq.question or text == faq.category]
        return tuple(named) if len(named) >= TOPIC_FAQS else ()

    def knows(self, word: str) -> bool:
        """Whether any question or answer has this word."""
        return self.words.has(word) or self.answers.has(word)

    def intents(self, vector: Vectors | None) -> dict[str, float]:
        """Probability of each task intent for a message with this vector; {} where the encoder can't run."""
        return {} if vector is None else self._intent_heads(vector)

    def signals(self, vector: Vectors | None) -> dict[str, float]:
        """Probability of each signal by its example utterances; {} where the encoder can't run or was not fitted for them."""
        network = self.calibration.signals
        if vector is None or network is None:
            return {}
        told = dict(zip(network.names, network(vector).tolist(), strict=True))
        if (wish := self.intents(vector).get(HUMAN_HANDOFF)) is not None:  # two looks at one wish err less than either
            told["human_wanted"] = (told["human_wanted"] + wish) / 2
        return told

    def same_question(self, cosine: float) -> float:
        """Probability that two messages of this cosine ask the same; 0.0 where the encoder was not fitted for it."""
        head = self.calibration.same_question
        return 0.0 if head is None else float(sigmoid(head(np.array([cosine]))))

    def _candidate(self, evidence: Evidence, i: int, confidence: float, exact: bool) -> Candidate:
        faq = self.faqs[int(evidence.faqs[i])]
        return Candidate.model_construct(  # our own numbers: validating them a hundred times a message costs a millisecond
            faq_id=faq.id,
            question=faq.question,
            score=round(float(evidence.raw[i]), 6),
            confidence=1.0 if exact else round(confidence, 6),
            matched=self.questions[int(evidence.rows[i])],
            action=faq.action,
            exact=exact,
        )

    def evidence(
        self,
        text: str,
        vector: Vectors | None,
        moment: datetime | None = None,
        *,
        without_row: int | None = None,
        must: Sequence[int] = (),
    ) -> Evidence | None:
        """Collect the evidence for every candidate; None where there is no candidate at all.

        :param moment: only FAQs that are valid then; None: all.
        """
        if not text or not self.faqs:
            return None
        words = self.tokeniser.words(text)
        by_row, whole, known = self.words.scores(words)
        if without_row is not None:
            by_row[without_row] = 0.0
        by_faq = np.maximum.reduceat(by_row, self.offsets[:-1])
        chosen = self._nearest(vector, by_faq).union(int(self.owners[row]) for row in must)
        if without_row is not None and len(self.faqs[int(self.owners[without_row])].questions) == 1:
            chosen.discard(int(self.owners[without_row]))
        if moment is not None:
            chosen -= {i for i in chosen & self._limited if not self.faqs[i].is_valid(moment)}
        faqs = np.array(sorted(chosen), np.int64)
        if not len(faqs):
            return None
        rows, starts = segments(self.offsets, faqs, without=without_row)
        columns, best_rows, raw = self._dense_columns(vector, faqs, rows, starts)
        if vector is None:
            by_question, most = by_row[rows].astype(np.float64), by_faq[faqs].astype(np.float64)
            best_rows, raw = _argmax(by_question, most, starts, rows), most / (whole or 1.0)
        columns |= _word_columns("bm25", "words", by_faq[faqs], whole)
        by_answer, whole, _ = self.answers.scores(words)
        columns |= _word_columns("answer_bm25", "answer_words", by_answer[faqs], whole)
        columns["bigrams"] = np.maximum.reduceat(self._pairs.overlap(text, rows), starts)
        return Evidence(
            faqs, best_rows, raw, columns, known, math.log(len(text)), math.log(len(self.faqs) + 1), vector is not None
        )

    def _nearest(self, vector: Vectors | None, by_faq: Scores) -> set[int]:
        """FAQs whose questions are nearest to the vector or share most words with the message."""
        count = min(LEXICAL_FAQS, len(by_faq))
        top = np.argpartition(-by_faq, count - 1)[:count]
        found = set(top[by_faq[top] > 0].tolist())
        if vector is not None:
            _, rows = self.dense.search(vector[None, :], DENSE_ROWS)
            found.update(self.owners[rows[0][rows[0] >= 0]].tolist())
        return found

    def _dense_columns(
        self,
        vector: Vectors | None,
        faqs: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
        starts: npt.NDArray[np.int64],
    ) -> tuple[dict[str, Matrix], npt.NDArray[np.int64], Matrix]:
        if vector is None:
            return {}, np.zeros(0, np.int64), np.zeros(0)
        cosine = (self._plain_vectors[rows] @ vector).astype(np.float64)
        counts = np.diff(np.append(starts, len(rows)))
        best = np.maximum.reduceat(cosine, starts)
        columns = {
            "best": best,
            "mean": np.add.reduceat(cosine, starts) / counts,
            "answer": (self._plain_vectors[len(self.questions) + faqs] @ vector).astype(np.float64),
        }
        return columns, _argmax(cosine, best, starts, rows), best


def _word_columns(sums: str, shares: str, scores: Scores, whole: float) -> dict[str, Matrix]:
    """BM25, and what share of the message's words it is."""
    values = scores.astype(np.float64)
    return {sums: values, shares: values / (whole or 1.0)}


@cache
def _no_topics() -> frozenset[str]:
    return frozenset(word for line in load_lines("csbot.kb", "no_topics.txt") for word in line.split())


def _argmax(values: Matrix, best: Matrix, starts: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Row of the first value in each segment that is its ``best``."""
    places = np.flatnonzero(values == np.repeat(best, np.diff(np.append(starts, len(values)))))
    return np.asarray(rows[places[np.searchsorted(places, starts)]])
