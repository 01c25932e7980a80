"""Signals: what a customer's words tell beside their matter. The patterns are data, in ``data/signals.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from csbot.models import Signal
from csbot.resources import load_yaml


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    score: float
    reason: str


@cache
def _rules() -> dict[str, tuple[tuple[_Rule, ...], tuple[_Rule, ...]]]:
    """Per signal: its patterns, best first, and those that cancel it."""
    found = {}
    for name, lists in load_yaml("csbot.intents.data", "signals.yaml").items():
        patterns = [_Rule(re.compile(p["pattern"]), p["score"], p["reason"]) for p in lists["patterns"]]
        unless = [_Rule(re.compile(p["pattern"]), 0.0, p["reason"]) for p in lists.get("unless", ())]
        found[name] = (tuple(sorted(patterns, key=lambda rule: -rule.score)), tuple(unless))
    return found


LIKELY = 0.7
"""Without a pattern, the example utterances must speak as clearly as this, and the message must have hanzi."""
CERTAIN = 0.95
"""Patterns at or above this need no second opinion."""


def find_signals(text: str, *, wants_human: float | None = None) -> tuple[Signal, ...]:
    """Signals in a message in normal form, at most one per name, with the words that show each.

    :param wants_human: probability of the intent by its example utterances. Weaker patterns are weighed with it (0.6 to 0.4);
        where no pattern speaks, it speaks alone; where the words stand for another matter, it is halved.

    >>> [s.name for s in find_signals("转人工")]
    ['human_wanted']
    >>> find_signals("安装人工费多少")
    ()
    """
    found = []
    for name, (patterns, unless) in _rules().items():
        cleared = text
        for rule in unless:
            cleared = rule.pattern.sub("，", cleared)
        matches = ((rule, match) for rule in patterns if (match := rule.pattern.search(cleared)))
        shown = (Signal(name=name, score=rule.score, text=m.group(), reason=rule.reason) for rule, m in matches)
        signal = next(shown, None)
        if name == "human_wanted" and wants_human is not None:
            signal = _with_examples(signal, text, wants_human if cleared == text else wants_human / 2)
        if signal:
            found.append(signal)
    return tuple(found)


def _with_examples(signal: Signal | None, text: str, probability: float) -> Signal | None:
    if signal is None:
        if probability < LIKELY or not any("\u4e00" <= char <= "\u9fff" for char in text):
            return None
        return Signal(name="human_wanted", score=round(probability, 4), text="", reason="like the example utterances")
    if signal.score >= CERTAIN:
        return signal
    return signal.model_copy(update={"score": round(0.6 * signal.score + 0.4 * probability, 4)})
