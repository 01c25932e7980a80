"""Signals that show only over several messages: the same question in other words, and rising frustration."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from csbot.encoders.base import Vectors
from csbot.intents.signals import PRESENT, find_signals
from csbot.kb.contents import Contents
from csbot.models import Candidate, Signal, Turn
from csbot.resources import load_yaml
from csbot.text import query_form

LOOK_BACK = 4
"""Earlier questions that a question is compared with: who is not helped asks again soon."""
QUESTIONS = ("answer", "clarify", "fallback")
"""Kinds of reply to messages that ask something of the knowledge base."""
KEPT = 2000
"""Vectors kept in memory: 3 MB at 384 dimensions."""

Encode = Callable[[Sequence[str]], Vectors | None]


class RecentVectors:
    """Vectors of recent messages by their query form, so that each is encoded once. Safe to use from many threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._vectors: OrderedDict[tuple[str, str], Vectors] = OrderedDict()

    def keep(self, fingerprint: str, form: str, vector: Vectors) -> None:
        """Remember a vector (d,) made by the encoder of this fingerprint."""
        with self._lock:
            self._vectors[fingerprint, form] = vector
            self._vectors.move_to_end((fingerprint, form))
            while len(self._vectors) > self._kept:
                self._vectors.popitem(last=False)

    def get(self, fingerprint: str, forms: Sequence[str], encode: Encode) -> list[Vectors]:
        """Vectors (d,) of ``forms``, those not remembered made now; [] where the encoder can't run."""
        with self._lock:
            known = {form: self._vectors.get((fingerprint, form)) for form in forms}
        new = [form for form, vector in known.items() if vector is None]
        made = encode(new) if new else None
        if new and made is None:
            return []
        for form, vector in zip(new, () if made is None else made, strict=True):
            known[form] = vector
            self.keep(fingerprint, form, vector)
        return [vector for form in forms if (vector := known[form]) is not None]


def find_repeat(
    form: str,
    vector: Vectors | None,
    best: Candidate | None,
    earlier: Sequence[Turn],
    contents: Contents,
    encode: Encode,
    recent: RecentVectors,
) -> Signal | None:
    """``asked_again``, where a message asks what one of the customer's last questions asked.

    Its score is 1.0 for the same words; else the probability by the cosine of the two, averaged with the confidence of the FAQ
    where that FAQ was the answer before.

    :param form: query form of the message. :param vector: its vector (d,). :param best: the FAQ that comes closest now.
    :param earlier: the session's turns before it, oldest first. :param encode: encodes what is not remembered.
    """
    asked = [turn for turn in earlier if turn.kind in QUESTIONS][-LOOK_BACK:]
    forms = [query_form(turn.user) for turn in asked]
    vectors: list[Vectors] = []
    if vector is not None:
        recent.keep(contents.encoder_fingerprint, form, vector)
        vectors = recent.get(contents.encoder_fingerprint, forms, encode) if forms else []
    found: tuple[float, Turn] | None = None
    for i, turn in enumerate(asked):
        score = contents.same_question(float(vectors[i] @ vector)) if vectors and vector is not None else 0.0
        if best and turn.faq_id == best.faq_id and score > 0.0:
            score = max(score, (score + best.confidence) / 2)
        if forms[i] == form:
            score = 1.0
        if score >= PRESENT and (found is None or score >= found[0]):
            found = score, turn
    if found is None:
        return None
    score, turn = found
    return Signal(
        name="asked_again", score=round(score, 4), text=turn.user, reason="换个说法又问了一遍 | asked in other words before"
    )


def find_frustration(signals: Sequence[Signal], earlier: Sequence[Turn]) -> Signal | None:
    """``frustration``, where displeasure does not cool down over the last messages. The weights are data.

    :param signals: those of this message. :param earlier: the session's turns before it, oldest first.
    """
    settings = load_yaml("csbot.intents.data", "frustration.yaml")
    weights: dict[str, float] = settings["weights"]

    def heat(found: Sequence[Signal]) -> float:
        return max((weights.get(signal.name, 0.0) * signal.score for signal in found), default=0.0)

    now = heat(signals)
    if now == 0.0:
        return None
    before = [heat(find_signals(turn.user)) for turn in reversed(earlier[-settings["turns"] + 1 :])]
    if not before or max(before) == 0.0 or now < settings["falling"] * max(before):
        return None
    calm = 1 - now
    for steps, earlier_heat in enumerate(before, start=1):
        calm *= 1 - earlier_heat * settings["fades"] ** steps
    if 1 - calm < settings["least"]:
        return None
    hot = 1 + sum(1 for earlier_heat in before if earlier_heat > 0)
    reason = f"最近 {len(before) + 1} 句里 {hot} 句不满且没有缓和 | displeased and not cooling down"
    return Signal(name="frustration", score=round(1 - calm, 4), text="", reason=reason)
