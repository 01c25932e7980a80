"""From FAQs to `csbot.kb.contents.Contents`: encoding and indexing, of what is new only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from csbot.encoders.base import Encoder, Progress, Vectors
from csbot.kb.calibration import Calibration
from csbot.kb.contents import Contents
from csbot.kb.dense import DenseIndex, IndexKind
from csbot.kb.lexical import LexicalIndex
from csbot.models import Faq
from csbot.text import Lexicon, Tokeniser, normalise, query_form

ANSWER_CHARS = 80
"""Characters of an answer that are encoded, as side evidence for the matter it treats: the answer alone serves better than the
answer behind its question, whose part the questions' own vectors play (see benchmarks/encoder/README.md)."""


def answer_view(faq: Faq) -> str:
    """The text whose vector stands for what the answer says."""
    return normalise(faq.answer[:ANSWER_CHARS]) or normalise(faq.question)


def assemble(
    faqs: Sequence[Faq],
    encoder: Encoder,
    *,
    lexicon: Lexicon,
    calibration: Calibration,
    lexical_calibration: Calibration,
    kind: IndexKind = "auto",
    known: Mapping[str, Vectors] | None = None,
    progress: Progress | None = None,
) -> Contents:
    """Encode and index. Texts whose vector is in ``known`` are not encoded again; equal texts are encoded once."""
    texts = [query_form(q) for faq in faqs for q in faq.questions] + [answer_view(faq) for faq in faqs]
    vectors = encode_new(texts, encoder, known or {}, progress)
    n_questions = sum(len(faq.questions) for faq in faqs)
    tokeniser = Tokeniser(lexicon)
    words = [tokeniser.words(text) for text in texts[:n_questions]]
    return Contents(
        faqs=tuple(faqs),
        lexicon=lexicon,
        encoder_fingerprint=encoder.fingerprint,
        vectors=vectors,
        dense=DenseIndex.build(vectors[:n_questions], kind),
        words=LexicalIndex.build(words),
        answers=LexicalIndex.build([tokeniser.words(normalise(faq.answer)) for faq in faqs]),
        calibration=calibration,
        lexical_calibration=lexical_calibration,
        tokeniser=tokeniser,
    )


def encode_new(texts: Sequence[str], encoder: Encoder, known: Mapping[str, Vectors], progress: Progress | None) -> Vectors:
    """Vectors of ``texts`` (n, d): from ``known`` where there, else encoded, each distinct text once."""
    new = [text for text in dict.fromkeys(texts) if text not in known]
    fresh = encoder.encode(new, progress=progress)
    place = {text: i for i, text in enumerate(new)}
    vectors = np.empty((len(texts), encoder.dimension), np.float32)
    for row, text in enumerate(texts):
        vectors[row] = fresh[place[text]] if text in place else known[text]
    return vectors


def known_vectors(contents: Contents) -> dict[str, Vectors]:
    """Vectors already made, for an update: of questions by query form, of answers by answer view."""
    known = {query_form(q): contents.vectors[row] for row, q in enumerate(contents.questions)}
    start = len(contents.questions)
    return known | {answer_view(faq): contents.vectors[start + i] for i, faq in enumerate(contents.faqs)}
