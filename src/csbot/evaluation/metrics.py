"""Indicators over labelled cases and dialogues, defined once. Each is a ratio that keeps its numerator and denominator.

With I the in-scope cases (an FAQ is expected), O the out-of-scope ones, H those that expect a human, T those that expect the
order task, and D the dialogues; "answered" means that the reply's kind is ``answer``:

================  =============================================================================================
match_rate        匹配率 = answered cases of I ÷ |I|
resolution_rate   解决率 = cases of I answered with the expected FAQ ÷ |I|
precision         right answers ÷ all answers, over all cases (an answer to a case of O, H or T is wrong)
clarify_hit_rate  澄清命中率 = cases of I clarified with the expected FAQ among the options ÷ clarified cases of I
oos_rejection     拒识率 = cases of O not answered (clarified, missed, handed over) ÷ |O|
handoff_recall    cases of H recognised as a wish for a human ÷ |H|
handoff_precision cases of H among all cases recognised as a wish for a human
task_recall       cases of T for which the order task was entered ÷ |T|
top1              cases of I whose expected FAQ ranks first, whatever its confidence ÷ |I|
mrr               mean of 1/rank of the expected FAQ over I (0 where it is not among the ten of the trace)
ece               expected calibration error of the best candidate's confidence, 10 equal bins (Naeini et al. 2015):
                  Σ over bins of |Σ (confidence − right)| ÷ cases of I and O that have a candidate
dialogue_success  dialogues all of whose turns are as expected ÷ |D|
turn_accuracy     turns as expected ÷ all turns
================  =============================================================================================

Intervals are Wilson's for rates and bootstrapped for mrr and ece (`csbot.evaluation.intervals`). Wilson's takes cases for
independent of each other: turns of one dialogue are not, so turn_accuracy is less sure than its interval says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from csbot.config import too_close
from csbot.evaluation.cases import Case, Dialogue, ExpectTurn
from csbot.evaluation.intervals import Ratio, Terms, bootstrap
from csbot.kb.task_intents import HUMAN_HANDOFF, ORDER_PROGRESS
from csbot.models import Reply, Trace

BINS = 10

_BY_CONFIDENCE = ("exact", "confident", "tentative", "unsure", "miss", "miss_limit")
"""Rules of the dialogue policy that the best candidate's confidence alone decided between."""


class Outcome(BaseModel):
    """What became of one case.

    :ivar options: FAQs offered in a clarification. :ivar first: the FAQ ranked first, whatever its confidence.
    :ivar rank: 1-based rank of the expected FAQ among the ten candidates of the trace. :ivar confidence: of ``first``.
    :ivar by_confidence: whether the answer threshold alone decides if ``first`` is answered.
    :ivar trace: why, for a case that went wrong; not saved with the outcome.
    """

    model_config = ConfigDict(frozen=True)

    case: Case
    kind: str
    intent: str | None
    faq_id: str | None = None
    options: tuple[str, ...] = ()
    first: str | None = None
    rank: int | None = None
    confidence: float = 0.0
    by_confidence: bool = False
    trace: Trace | None = Field(default=None, exclude=True)

    @classmethod
    def of(cls, case: Case, reply: Reply, margin: float = 0.0) -> Outcome:
        """:param margin: ``bands.ambiguity_margin`` of the bot."""
        trace = reply.trace
        ranking = [c for c in trace.candidates if c.action is None] or [c for c in [reply.match] if c]
        ids = [c.faq_id for c in ranking]
        expected = case.expect.faq_id
        top = trace.candidates[0] if trace.candidates else None
        close = any(too_close(trace.candidates[0].confidence - other.confidence, margin) for other in trace.candidates[1:2])
        outcome = cls(
            case=case,
            kind=reply.kind,
            intent=trace.intent,
            faq_id=reply.faq_id,
            options=tuple(c.faq_id for c in reply.candidates) if reply.kind == "clarify" else (),
            first=ids[0] if ids else None,
            rank=ids.index(expected) + 1 if expected in ids else None,
            confidence=ranking[0].confidence if ranking else 0.0,
            by_confidence=trace.rule in _BY_CONFIDENCE and top is not None and top.action is None and (top.exact or not close),
        )
        return outcome if outcome.right else outcome.model_copy(update={"trace": trace})

    @property
    def answered(self) -> bool:
        return self.kind == "answer"

    @property
    def right(self) -> bool:
        """Whether what was expected happened."""
        expect = self.case.expect
        if expect.faq_id is not None:
            return self.answered and self.faq_id == expect.faq_id
        return self.intent == expect.intent if expect.intent else not self.answered

    @property
    def wrong_answer(self) -> bool:
        """Whether a wrong answer was given with confidence: what a customer minds most."""
        return self.answered and not (self.right and self.in_scope)

    @property
    def in_scope(self) -> bool:
        return self.case.expect.faq_id is not None

    @property
    def first_is_right(self) -> bool:
        return self.rank == 1


@dataclass(frozen=True)
class Indicator:
    """A mean over cases.

    :ivar over: whether a case counts in the denominator. :ivar value: what it adds to the numerator, in [0, 1].
    :ivar fixed: the denominator depends on the cases alone, not on the replies, so that two runs can be paired case by case.
    :ivar rate: every value is 0 or 1.
    """

    over: Callable[[Outcome], bool]
    value: Callable[[Outcome], float]
    fixed: bool = True
    rate: bool = True


def _expects(intent: str) -> Callable[[Outcome], bool]:
    return lambda o: o.case.expect.intent == intent


def _taken_for(intent: str) -> Callable[[Outcome], bool]:
    return lambda o: o.intent == intent


_in_scope: Callable[[Outcome], bool] = lambda o: o.in_scope  # noqa: E731
_is_answered: Callable[[Outcome], bool] = lambda o: o.answered  # noqa: E731

INDICATORS: Mapping[str, Indicator] = {
    "match_rate": Indicator(_in_scope, _is_answered),
    "resolution_rate": Indicator(_in_scope, lambda o: o.right),
    "precision": Indicator(_is_answered, lambda o: o.in_scope and o.right, fixed=False),
    "clarify_hit_rate": Indicator(
        lambda o: o.in_scope and o.kind == "clarify", lambda o: o.case.expect.faq_id in o.options, fixed=False
    ),
    "oos_rejection": Indicator(lambda o: o.case.expect.out_of_scope, lambda o: not o.answered),
    "handoff_recall": Indicator(_expects(HUMAN_HANDOFF), _taken_for(HUMAN_HANDOFF)),
    "handoff_precision": Indicator(_taken_for(HUMAN_HANDOFF), _expects(HUMAN_HANDOFF), fixed=False),
    "task_recall": Indicator(_expects(ORDER_PROGRESS), _taken_for(ORDER_PROGRESS)),
    "top1": Indicator(_in_scope, lambda o: o.first_is_right),
    "mrr": Indicator(_in_scope, lambda o: 1 / o.rank if o.rank else 0.0, rate=False),
}
"""Those that are means; ECE is none."""


def terms(name: str, outcomes: Sequence[Outcome]) -> Terms:
    """What each case adds to the indicator ``name``: a key of `INDICATORS`, or ``ece``."""
    if name == "ece":
        return _calibration_terms(outcomes)
    indicator = INDICATORS[name]
    over = np.array([indicator.over(o) for o in outcomes], np.float64)
    parts = np.array([indicator.value(o) if counts else 0.0 for o, counts in zip(outcomes, over, strict=True)], np.float64)
    return Terms(parts[:, None], over)


def _calibration_terms(outcomes: Sequence[Outcome]) -> Terms:
    """A case adds confidence − right to the column of its bin."""
    parts = np.zeros((len(outcomes), BINS))
    over = np.array([o.first is not None and o.case.expect.intent is None for o in outcomes], np.float64)
    for row, outcome in enumerate(outcomes):
        if over[row]:
            parts[row, min(int(outcome.confidence * BINS), BINS - 1)] = outcome.confidence - outcome.first_is_right
    return Terms(parts, over)


def case_indicators(outcomes: Sequence[Outcome], *, seed: int = 0) -> dict[str, Ratio]:
    """The indicators that these cases allow; one with nothing to divide by is left out."""
    found: dict[str, Ratio] = {}
    for name in (*INDICATORS, "ece"):
        added = terms(name, outcomes)
        numerator, denominator = added.ratio()
        if not denominator:
            continue
        rate = name in INDICATORS and INDICATORS[name].rate
        found[name] = Ratio.rate(numerator, denominator) if rate else bootstrap(added, seed)
    return found


class TurnOutcome(BaseModel):
    """What became of one turn of a dialogue. :ivar trace: why, for a turn that went wrong; not saved with the outcome."""

    model_config = ConfigDict(frozen=True)

    dialogue: str
    turn: int
    user: str
    expect: ExpectTurn
    kind: str
    faq_id: str | None = None
    slot: str | None = None
    order_id: str | None = None
    trace: Trace | None = Field(default=None, exclude=True)

    @classmethod
    def of(cls, dialogue: Dialogue, turn: int, reply: Reply) -> TurnOutcome:
        row = dialogue.turns[turn]
        order_id = reply.order.order_id if reply.order else None
        outcome = cls(
            dialogue=dialogue.id, turn=turn + 1, user=row.user, expect=row.expect,
            kind=reply.kind, faq_id=reply.faq_id, slot=reply.slot, order_id=order_id,
        )  # fmt: skip
        return outcome if outcome.right else outcome.model_copy(update={"trace": reply.trace})

    @property
    def right(self) -> bool:
        wanted = self.expect.model_dump(exclude_none=True)
        return all(getattr(self, name) in ([value] if isinstance(value, str) else value) for name, value in wanted.items())


def successes(turns: Sequence[TurnOutcome]) -> dict[str, bool]:
    """Whether all turns of each dialogue are as expected."""
    found: dict[str, bool] = {}
    for turn in turns:
        found[turn.dialogue] = found.get(turn.dialogue, True) and turn.right
    return found


def dialogue_indicators(turns: Sequence[TurnOutcome]) -> dict[str, Ratio]:
    """dialogue_success and turn_accuracy; {} where there are no turns."""
    if not turns:
        return {}
    dialogues = successes(turns)
    return {
        "dialogue_success": Ratio.rate(sum(dialogues.values()), len(dialogues)),
        "turn_accuracy": Ratio.rate(sum(turn.right for turn in turns), len(turns)),
    }
