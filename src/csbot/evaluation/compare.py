"""Two evaluations side by side: what moved, whether by more than chance, and which cases changed sides.

Only what both measured is compared: a case is the same case if its text and its expectation are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from csbot.evaluation.intervals import mcnemar, paired_bootstrap
from csbot.evaluation.metrics import INDICATORS, Outcome, TurnOutcome, successes, terms
from csbot.evaluation.report import NAMES, OUT_OF_SCOPE, SMALLER_IS_BETTER, EvalReport

Row = TypeVar("Row")


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)


class Change(_Result):
    """An indicator over the shared cases, before and now.

    :ivar gain: by how much it is better, in its own unit; negative where it is worse (for ece: where it has risen).
    :ivar p: two-sided, of ``test``: ``mcnemar`` (exact) where the same cases are in the denominator of both runs, ``bootstrap``
        (paired, over cases) where the replies decide which are, and for mrr and ece.
    :ivar better: cases that were wrong and are right, with McNemar's test. :ivar worse: the other way round.
    :ivar low: lower end of the 95 % interval of new − old, with ``high``; None with McNemar's test.
    """

    name: str
    old: float | None
    new: float | None
    gain: float | None
    p: float | None = None
    test: Literal["mcnemar", "bootstrap"] | None = None
    better: int | None = None
    worse: int | None = None
    low: float | None = None
    high: float | None = None


class FaqChange(_Result):
    """The shared cases of one FAQ. :ivar taken_by: FAQs that now answer cases which it resolved before, with their counts."""

    faq_id: str
    question: str
    cases: int
    resolved_before: int
    resolved_now: int
    taken_by: dict[str, int]
    deleted: bool


class Moved(_Result):
    """A case that changed sides, or that is now answered wrongly. ``before`` and ``now``: kind, or ``answer <faq id>``."""

    text: str
    expected: str
    before: str
    now: str
    confidence: float


class Comparison(_Result):
    """The new run against the old one, over what both have.

    :ivar lost: right before, wrong now. :ivar gained: the other way round.
    :ivar newly_wrong: answered wrongly now, with confidence, and not so before.
    :ivar deleted_faqs: FAQs that cases expect and that are gone.
    :ivar shared: cases in both. :ivar added: cases only in the new run. :ivar removed: only in the old one.
    :ivar versions: what the two runs do not share, as (old, new).
    """

    indicators: list[Change]
    faqs: list[FaqChange]
    lost: list[Moved]
    gained: list[Moved]
    newly_wrong: list[Moved]
    lost_turns: list[str]
    gained_turns: list[str]
    deleted_faqs: list[str]
    shared: int
    added: int
    removed: int
    versions: dict[str, tuple[str, str]]

    def change(self, name: str) -> Change | None:
        return next((change for change in self.indicators if change.name == name), None)


def compare(old: EvalReport, new: EvalReport, *, seed: int = 0) -> Comparison:
    """:param seed: of the paired bootstrap."""
    pairs = _paired([(_case_key(o), o) for o in old.outcomes], [(_case_key(o), o) for o in new.outcomes])
    turns = _paired([(_turn_key(t), t) for t in old.turns], [(_turn_key(t), t) for t in new.turns])
    before, now = [b for b, _ in pairs], [n for _, n in pairs]
    found = [_case_change(name, before, now, seed) for name in (*INDICATORS, "ece")]
    found += _dialogue_changes([b for b, _ in turns], [n for _, n in turns])
    return Comparison(
        indicators=[change for change in found if change.old is not None or change.new is not None],
        faqs=_faq_changes(pairs, new),
        lost=[_moved(b, n) for b, n in pairs if b.right and not n.right],
        gained=[_moved(b, n) for b, n in pairs if n.right and not b.right],
        newly_wrong=[_moved(b, n) for b, n in pairs if n.wrong_answer and not b.wrong_answer],
        lost_turns=[f"{n.dialogue}#{n.turn}" for b, n in turns if b.right and not n.right],
        gained_turns=[f"{n.dialogue}#{n.turn}" for b, n in turns if n.right and not b.right],
        deleted_faqs=new.missing_faqs,
        shared=len(pairs),
        added=len(new.outcomes) - len(pairs),
        removed=len(old.outcomes) - len(pairs),
        versions={
            name: (str(value), str(other))
            for name, value in old.versions
            if name != "seed" and value != (other := getattr(new.versions, name))
        },
    )


def _case_key(outcome: Outcome) -> Hashable:
    return outcome.case.text, outcome.case.expect.model_dump_json()


def _turn_key(turn: TurnOutcome) -> Hashable:
    return turn.dialogue, turn.turn, turn.user, turn.expect.model_dump_json()


def _paired(old: Iterable[tuple[Hashable, Row]], new: Iterable[tuple[Hashable, Row]]) -> list[tuple[Row, Row]]:
    """Rows of the same key, in the new order; where a key occurs several times, the first with the first and so on."""
    waiting: dict[Hashable, list[Row]] = {}
    for key, row in old:
        waiting.setdefault(key, []).append(row)
    return [(waiting[key].pop(0), row) for key, row in new if waiting.get(key)]


def _case_change(name: str, before: Sequence[Outcome], now: Sequence[Outcome], seed: int) -> Change:
    old, new = terms(name, before), terms(name, now)
    values = [top / bottom if bottom else None for top, bottom in (old.ratio(), new.ratio())]
    indicator = INDICATORS.get(name)
    if indicator is not None and indicator.fixed and indicator.rate:
        pairs = [(bool(a), bool(b)) for a, b, over in zip(old.parts[:, 0], new.parts[:, 0], old.over, strict=True) if over]
        return _mcnemar_change(name, values, pairs)
    low, high, p = paired_bootstrap(old, new, seed) if None not in values else (None, None, None)
    return Change(
        name=name, old=values[0], new=values[1], gain=_gain(name, *values), p=p, low=low, high=high,
        test=None if p is None else "bootstrap",
    )  # fmt: skip


def _dialogue_changes(before: Sequence[TurnOutcome], now: Sequence[TurnOutcome]) -> list[Change]:
    if not now:
        return []
    old, new = successes(before), successes(now)
    whole = [(old[name], new[name]) for name in new]
    single = [(b.right, n.right) for b, n in zip(before, now, strict=True)]
    return [
        _mcnemar_change(name, [sum(b for b, _ in pairs) / len(pairs), sum(n for _, n in pairs) / len(pairs)], pairs)
        for name, pairs in (("dialogue_success", whole), ("turn_accuracy", single))
    ]


def _mcnemar_change(name: str, values: Sequence[float | None], pairs: Sequence[tuple[bool, bool]]) -> Change:
    better, worse = sum(n and not b for b, n in pairs), sum(b and not n for b, n in pairs)
    return Change(
        name=name, old=values[0], new=values[1], gain=_gain(name, *values), p=mcnemar(better, worse) if pairs else None,
        test="mcnemar" if pairs else None, better=better, worse=worse,
    )  # fmt: skip


def _gain(name: str, old: float | None, new: float | None) -> float | None:
    assert name in NAMES
    if old is None or new is None:
        return None
    return old - new if name in SMALLER_IS_BETTER else new - old


def _faq_changes(pairs: Sequence[tuple[Outcome, Outcome]], new: EvalReport) -> list[FaqChange]:
    """FAQs any of whose shared cases changed sides, those that lost most first."""
    by_faq: dict[str, list[tuple[Outcome, Outcome]]] = {}
    for b, n in pairs:
        if n.case.expect.faq_id is not None:
            by_faq.setdefault(n.case.expect.faq_id, []).append((b, n))
    found = []
    for faq_id, mine in by_faq.items():
        if all(b.right == n.right for b, n in mine):
            continue
        taken = Counter(n.faq_id for b, n in mine if b.right and not n.right and n.answered and n.faq_id is not None)
        figures = new.by_faq.get(faq_id)
        found.append(
            FaqChange(
                faq_id=faq_id,
                question=figures.question if figures else "",
                cases=len(mine),
                resolved_before=sum(b.right for b, _ in mine),
                resolved_now=sum(n.right for _, n in mine),
                taken_by=dict(taken.most_common()),
                deleted=faq_id in new.missing_faqs,
            )
        )
    return sorted(found, key=lambda change: (change.resolved_now - change.resolved_before, change.faq_id))


def _moved(before: Outcome, now: Outcome) -> Moved:
    expect = now.case.expect
    return Moved(
        text=now.case.text,
        expected=expect.faq_id or expect.intent or OUT_OF_SCOPE,
        before=_said(before),
        now=_said(now),
        confidence=now.confidence,
    )


def _said(outcome: Outcome) -> str:
    if outcome.answered:
        return f"answer {outcome.faq_id}"
    return f"{outcome.kind} {outcome.intent}" if outcome.intent else outcome.kind
