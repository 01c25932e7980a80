"""Calibrating an encoder: the questions of whole trades that it was not trained on, asked against FAQs of those trades.

A bot must be calibrated before its merchant has labelled anything. So csbot carries a set of intents with the words that
customers use for them, builds small knowledge bases of several sizes and fillings out of it, and fits on those.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np

from csbot.encoders.base import Encoder, Vectors
from csbot.kb.calibration import LEXICAL_ONLY, Calibration, Linear
from csbot.kb.fitting import Labelled, fit, label
from csbot.kb.indexing import assemble
from csbot.kb.signal_heads import fit_same_question, fit_signals
from csbot.kb.task_intents import fit_task_intents
from csbot.models import Faq
from csbot.resources import load_lines
from csbot.text import Lexicon, query_form

Row = Mapping[str, Any]
"""A row of the corpus: trade, intent, question, answer, formal, colloquial; or trade, near_oos."""

TINY = 4
"""FAQs of the smallest knowledge bases calibrated for."""
ANSWER, CLARIFY = 0.275, 0.2
"""Thresholds of an encoder that csbot calibrates by itself: those of the bundled one, since confidence is a probability."""

UNFITTED = Calibration(
    encoder="",
    ranker=Linear(features=(), weights=()),
    confidence=Linear(features=(), weights=()),
    answer=1.0,
    clarify=1.0,
)


def calibrate(encoder: Encoder | None, rows: Iterable[Row] | None = None, *, fitted_on: str = "") -> Calibration:
    """Calibration for ``encoder``; None: for matching by words alone.

    :param rows: rows of the corpus of trades that the encoder has not seen; default: the set inside the package.
    """
    chosen = list(rows) if rows is not None else shipped_rows()
    cache = Cache(encoder)
    labelled = [item for group in trade_problems(cache, chosen).values() for item in group]
    calibration = fit(
        labelled,
        encoder=encoder.fingerprint if encoder else LEXICAL_ONLY,
        answer=ANSWER,
        clarify=CLARIFY,
        fitted_on=fitted_on or f"{len({row['trade'] for row in chosen})} trades of csbot's corpus",
    )
    if encoder is None:
        return calibration
    intents = fit_task_intents(cache, chosen, foreign_utterances())
    signals, same = fit_signals(cache, chosen, foreign_utterances()), fit_same_question(cache, chosen)
    return calibration.model_copy(update={"intents": intents, "signals": signals, "same_question": same})


def shipped_rows() -> list[dict[str, Any]]:
    """The calibration set inside the package."""
    text = (resources.files("csbot.kb") / "calibrations" / "questions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def foreign_utterances() -> list[str]:
    """Messages that no merchant's FAQ answers (small talk, other trades, gibberish)."""
    return load_lines("csbot.kb", "calibrations/out_of_scope.txt")


def trade_problems(cache: Cache, rows: Sequence[Row], *, seed: int = 0, alone: bool = False) -> dict[str, list[Labelled]]:
    """Labelled questions by trade, over knowledge bases of four FAQs, one, three and seven trades.

    Fillings differ: formal questions only, formal and half of the colloquial ones (the rest is asked), standard question only.

    :param alone: no mixes: each trade's standard and formal questions, and all that its customers ask.
    """
    intents: dict[str, list[Row]] = {}
    near: dict[str, list[str]] = {}
    for row in rows:
        if "near_oos" in row:
            near[row["trade"]] = row["near_oos"]
        else:
            intents.setdefault(row["trade"], []).append(row)
    trades = sorted(intents)
    far = foreign_utterances()
    mixes = [([trade], "formal") for trade in trades]
    if not alone:
        mixes += [([trade], filling) for filling in ("rich", "tiny") for trade in trades]
        mixes += [(trades[i : i + 3], filling) for i in range(0, len(trades), 3) for filling in ("formal", "rich", "plain")]
        mixes += [(trades[i : i + 7], "formal") for i in range(0, len(trades), 7)]
    problems: dict[str, list[Labelled]] = {}
    for names, filling in mixes:
        rng = random.Random(f"{seed}{names}{filling}")
        found = _problems(cache, {name: intents[name] for name in names}, near, filling, rng, far)
        for name in names:
            problems.setdefault(name, []).extend(found[name])
    return problems


class Cache:
    """An encoder's vectors, each made once; zero vectors for matching by words alone. For one thread.

    :param encoder: None: words alone. :param known: vectors that there are already, by text.
    """

    def __init__(self, encoder: Encoder | None, known: Mapping[str, Vectors] | None = None) -> None:
        self.encoder = encoder
        self.fingerprint = encoder.fingerprint if encoder else LEXICAL_ONLY
        self.dimension = encoder.dimension if encoder else 1
        self._known: dict[str, Vectors] = dict(known or {})

    def encode(self, texts: Sequence[str], *, progress: Any = None) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            made = self.encoder.encode(new, progress=progress) if self.encoder else np.zeros((len(new), 1), np.float32)
            self._known.update(zip(new, made, strict=True))
        return np.array([self._known[text] for text in texts], np.float32).reshape(len(texts), self.dimension)


def _problems(
    vectors: Cache,
    intents: Mapping[str, Sequence[Row]],
    near: Mapping[str, Sequence[str]],
    filling: str,
    rng: random.Random,
    far: Sequence[str],
) -> dict[str, list[Labelled]]:
    faqs: list[Faq] = []
    asked: list[tuple[str, str, str | None]] = []
    for trade, rows in intents.items():
        chosen = rng.sample(list(rows), TINY) if filling == "tiny" else rows
        if filling == "tiny":  # what the other intents' customers ask is out of its scope
            others = [question for row in rows if row not in chosen for question in row["colloquial"]]
            asked += [(trade, question, None) for question in rng.sample(others, 20)]
        for row in chosen:
            colloquial = rng.sample(row["colloquial"], len(row["colloquial"]))
            half = len(colloquial) // 2
            fillings = {"rich": [*row["formal"], *colloquial[:half]], "plain": []}
            similar = fillings.get(filling, list(row["formal"]))
            faq_id = f"{trade}/{row['intent']}"
            faqs.append(Faq(id=faq_id, question=row["question"], similar=tuple(similar), answer=row["answer"]))
            asked += [(trade, question, faq_id) for question in (colloquial[half:] if filling == "rich" else colloquial)]
        asked += [(trade, question, None) for question in near.get(trade, ())]
        asked += [(trade, question, None) for question in rng.sample(far, min(12, len(far)))]
    contents = assemble(faqs, vectors, lexicon=Lexicon(), calibration=UNFITTED, lexical_calibration=UNFITTED)
    found: dict[str, list[Labelled]] = {trade: [] for trade in intents}
    for trade in intents:
        mine = [(contents.spelled(query_form(question)), faq_id) for t, question, faq_id in asked if t == trade]
        mine = [(form, faq_id) for form, faq_id in mine if form]
        made = vectors.encode([form for form, _ in mine])
        found[trade] = label(
            contents, [f for f, _ in mine], made if vectors.encoder else [None] * len(mine), [i for _, i in mine],
            weight=1 / len(intents),
        )  # fmt: skip
    return found
