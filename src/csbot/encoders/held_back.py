"""What is held back from a training, to measure on: whole trades, one question per FAQ, a tenth of the pairs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from csbot.encoders.train_data import PairFile, Problem, Topic
from csbot.text import query_form

HELD_PAIRS = 500
"""Pairs of a file that are held back at most; a tenth of a smaller file."""


def problem_of(name: str, topics: Sequence[Topic], queries: Iterable[tuple[str, str]], *, decides: bool = True) -> Problem:
    """The problem of finding, for each (text, key) of ``queries``, its topic among the ``questions`` of ``topics``."""
    places = {topic.key: i for i, topic in enumerate(topics)}
    asked = [(text, places[key]) for text, key in queries]
    return Problem(
        name=name,
        questions=tuple(q for topic in topics for q in topic.questions),
        owners=tuple(i for i, topic in enumerate(topics) for _ in topic.questions),
        queries=tuple(text for text, _ in asked),
        right=tuple(i for _, i in asked),
        decides=decides,
    )


def problems_of_trades(topics: Iterable[Topic], *, decides: bool = True) -> list[Problem]:
    """One problem per trade: customers' words against the standard and formal questions."""
    trades: dict[str, list[Topic]] = {}
    for topic in topics:
        trades.setdefault(topic.kb, []).append(topic)
    return [
        problem_of(name, group, [(text, topic.key) for topic in group for text in topic.asked], decides=decides)
        for name, group in sorted(trades.items())
    ]


def hold_out_questions(topics: Sequence[Topic], seed: int) -> tuple[list[Topic], list[Problem]]:
    """Topics without one text each (never the standard question, never of fewer than three), and those texts as problems."""
    rng = random.Random(seed)
    kept: list[Topic] = []
    held: list[tuple[str, str, str]] = []
    for topic in topics:
        others = topic.texts[1:]
        if len(others) < 2:
            kept.append(topic)
            continue
        text = rng.choice(others)
        held.append((topic.kb, text, topic.key))
        questions, asked = (tuple(t for t in part if t != text) for part in (topic.questions, topic.asked))
        kept.append(replace(topic, questions=questions, asked=asked))
    names = dict.fromkeys(kb for kb, _, _ in held)
    return kept, [
        problem_of(name, [t for t in kept if t.kb == name], [(text, key) for kb, text, key in held if kb == name])
        for name in names
    ]


def hold_out_pairs(file: PairFile, seed: int) -> tuple[PairFile, PairFile]:
    """The file without a tenth of its pairs (at most `HELD_PAIRS`), and that tenth."""
    rows = random.Random(seed).sample(file.rows, len(file.rows))
    size = min(HELD_PAIRS, len(rows) // 10)
    return replace(file, rows=tuple(rows[size:])), replace(file, rows=tuple(rows[:size]))


def without_texts(topics: Iterable[Topic], texts: Iterable[str]) -> tuple[list[Topic], int]:
    """Topics whose customers' words equal none of ``texts``, and how many words were taken out."""
    barred = {query_form(text) for text in texts}
    rows = list(topics)
    kept = [replace(t, asked=tuple(a for a in t.asked if query_form(a) not in barred)) for t in rows]
    return kept, sum(len(t.asked) for t in rows) - sum(len(t.asked) for t in kept)
