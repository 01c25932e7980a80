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
mrr               mean of 1/rank of the expected FAQ over I (0 where it is no candidate)
ece               expected calibration error of the best candidate's confidence, 10 equal bins (Naeini et al. 2015)
dialogue_success  dialogues all of whose turns are as expected ÷ |D|
turn_accuracy     turns as expected ÷ all turns
================  =============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict, computed_field

from csbot.evaluation.cases import Case, Dialogue, ExpectTurn
from csbot.kb.task_intents import HUMAN_HANDOFF, ORDER_PROGRESS
from csbot.models import Reply

BINS = 10


class Ratio(BaseModel):
    """``numerator / denominator``; the value is None where the denominator is 0."""

    model_config = ConfigDict(frozen=True)

    numerator: float
    denominator: float

    @computed_field  # type: ignore[prop-decorator]
    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


class Outcome(BaseModel):
    """What became of one case."""

    model_config = ConfigDict(frozen=True)

    case: Case
    kind: str
    intent: str | None
    faq_id: str | None
    options: tuple[str, ...]
    ranking: tuple[str, ...]
    confidence: float

    @classmethod
    def of(cls, case: Case, reply: Reply, ranking: Sequence[str]) -> Outcome:
        return cls(
            case=case,
            kind=reply.kind,
            intent=reply.trace.intent,
            faq_id=reply.faq_id,
            options=tuple(c.faq_id for c in reply.candidates) if reply.kind == "clarify" else (),
            ranking=tuple(ranking),
            confidence=reply.confidence,
        )

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
    def rank(self) -> int | None:
        """1-based rank of the expected FAQ among the candidates."""
        expected = self.case.expect.faq_id
        return self.ranking.index(expected) + 1 if expected in self.ranking else None


def case_indicators(outcomes: Sequence[Outcome]) -> dict[str, Ratio]:
    """The indicators that these cases allow; one whose cases are absent is left out."""
    inside = [o for o in outcomes if o.case.expect.faq_id is not None]
    outside = [o for o in outcomes if o.case.expect.out_of_scope]
    human = [o for o in outcomes if o.case.expect.intent == HUMAN_HANDOFF]
    task = [o for o in outcomes if o.case.expect.intent == ORDER_PROGRESS]
    clarified = [o for o in inside if o.kind == "clarify"]
    taken_for_human = [o for o in outcomes if o.intent == HUMAN_HANDOFF]
    answers = [o for o in outcomes if o.answered]
    found: dict[str, Ratio] = {}
    if inside:
        found["match_rate"] = _share(inside, lambda o: o.answered)
        found["resolution_rate"] = _share(inside, lambda o: o.right)
    if answers:
        found["precision"] = _share(answers, lambda o: o.case.expect.faq_id is not None and o.right)
    if clarified:
        found["clarify_hit_rate"] = _share(clarified, lambda o: o.case.expect.faq_id in o.options)
    if outside:
        found["oos_rejection"] = _share(outside, lambda o: not o.answered)
    if human:
        found["handoff_recall"] = _share(human, lambda o: o.intent == HUMAN_HANDOFF)
    if human and taken_for_human:
        found["handoff_precision"] = _share(taken_for_human, lambda o: o.case.expect.intent == HUMAN_HANDOFF)
    if task:
        found["task_recall"] = _share(task, lambda o: o.intent == ORDER_PROGRESS)
    if inside:
        found["top1"] = _share(inside, lambda o: o.rank == 1)
        found["mrr"] = Ratio(numerator=sum(1 / o.rank for o in inside if o.rank), denominator=len(inside))
        found["ece"] = calibration_error([o for o in inside + outside if o.ranking])
    return found


def calibration_error(outcomes: Sequence[Outcome]) -> Ratio:
    """Σ over bins of |cases| · |mean confidence − share of right first candidates|, over the cases."""
    total = 0.0
    for low in range(BINS):
        inside = [o for o in outcomes if low == min(int(o.confidence * BINS), BINS - 1)]
        right = sum(o.rank == 1 for o in inside)
        total += abs(sum(o.confidence for o in inside) - right)
    return Ratio(numerator=total, denominator=len(outcomes))


class TurnOutcome(BaseModel):
    """What became of one turn of a dialogue."""

    model_config = ConfigDict(frozen=True)

    dialogue: str
    turn: int
    user: str
    expect: ExpectTurn
    kind: str
    faq_id: str | None
    slot: str | None
    order_id: str | None

    @classmethod
    def of(cls, dialogue: Dialogue, turn: int, reply: Reply) -> TurnOutcome:
        row = dialogue.turns[turn]
        order_id = reply.order.order_id if reply.order else None
        return cls(
            dialogue=dialogue.id, turn=turn + 1, user=row.user, expect=row.expect,
            kind=reply.kind, faq_id=reply.faq_id, slot=reply.slot, order_id=order_id,
        )  # fmt: skip

    @property
    def right(self) -> bool:
        wanted = self.expect.model_dump(exclude_none=True)
        return all(getattr(self, name) in ([value] if isinstance(value, str) else value) for name, value in wanted.items())


def dialogue_indicators(turns: Sequence[TurnOutcome]) -> dict[str, Ratio]:
    """dialogue_success and turn_accuracy; {} where there are no turns."""
    if not turns:
        return {}
    by_dialogue: dict[str, list[bool]] = {}
    for turn in turns:
        by_dialogue.setdefault(turn.dialogue, []).append(turn.right)
    return {
        "dialogue_success": Ratio(numerator=sum(map(all, by_dialogue.values())), denominator=len(by_dialogue)),
        "turn_accuracy": Ratio(numerator=sum(turn.right for turn in turns), denominator=len(turns)),
    }


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> Ratio:
    return Ratio(numerator=sum(map(holds, outcomes)), denominator=len(outcomes))
