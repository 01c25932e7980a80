"""`EvalReport`: what an evaluation found, with everything needed to compare it with another one later."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from csbot.errors import InputError
from csbot.evaluation.intervals import Ratio
from csbot.evaluation.metrics import Outcome, TurnOutcome, case_indicators

NAMES = {
    "match_rate": "匹配率", "resolution_rate": "解决率", "precision": "准确率", "clarify_hit_rate": "澄清命中率",
    "oos_rejection": "拒识率", "handoff_recall": "转人工召回", "handoff_precision": "转人工准确", "task_recall": "任务召回",
    "top1": "首位命中", "mrr": "MRR", "ece": "校准误差", "dialogue_success": "对话成功率", "turn_accuracy": "轮次准确率",
}  # fmt: skip
"""The indicators and what the trade calls them."""

SMALLER_IS_BETTER = frozenset({"ece"})

OUT_OF_SCOPE = "out_of_scope"
NO_CATEGORY = "未分类"


class FaqFigures(BaseModel):
    """What became of the cases of one FAQ, and of the answers given with it.

    :ivar cases: cases that expect it. :ivar answered: of those, answered with any FAQ. :ivar resolved: with this one.
    :ivar first: of those, where it ranked first. :ivar answers: cases of any kind answered with it, ``resolved`` rightly.
    """

    model_config = ConfigDict(frozen=True)

    question: str = ""
    category: str = ""
    cases: int = 0
    answered: int = 0
    resolved: int = 0
    first: int = 0
    answers: int = 0

    @property
    def resolution_rate(self) -> float | None:
        return self.resolved / self.cases if self.cases else None

    @property
    def precision(self) -> float | None:
        return self.resolved / self.answers if self.answers else None


class Confusion(BaseModel):
    """Who took whose question.

    :ivar expected: FAQ id, or ``out_of_scope``, ``order_progress``, ``human_handoff``.
    :ivar got: the FAQ that ranked first instead. :ivar count: in how many cases. :ivar answered: in how many it was the answer.
    """

    model_config = ConfigDict(frozen=True)

    expected: str
    got: str
    count: int
    answered: int


class Versions(BaseModel):
    """What the figures belong to.

    :ivar kb: name of the saved version, "" where it was not saved. :ivar knowledge: hash of FAQs, words and calibration.
    :ivar config: hash of the bot's settings. :ivar cases: hash of cases and dialogues, whatever their order.
    :ivar answer: the answer threshold in force. :ivar clarify: the clarify threshold. :ivar seed: of the bootstrap.
    """

    model_config = ConfigDict(frozen=True)

    csbot: str
    kb: str
    knowledge: str
    encoder: str
    config: str
    cases: str
    answer: float
    clarify: float
    seed: int


class EvalReport(BaseModel):
    """The result of an evaluation. Each indicator is an attribute too: ``report.match_rate`` is its value, None if absent.

    :ivar by_tag: indicators of the cases with a tag. :ivar by_category: of the in-scope cases whose FAQ is in a category.
    :ivar by_faq: per FAQ that is expected or answered. :ivar confusions: most frequent first.
    :ivar errors: what went wrong, each with the trace that says why. :ivar outcomes: what became of every case, in their order.
    :ivar missing_faqs: FAQs that cases expect and the knowledge base no longer has; their cases count as wrong.
    """

    model_config = ConfigDict(frozen=True)

    indicators: dict[str, Ratio]
    by_tag: dict[str, dict[str, Ratio]]
    by_category: dict[str, dict[str, Ratio]]
    by_faq: dict[str, FaqFigures]
    confusions: list[Confusion]
    errors: list[dict[str, Any]]
    outcomes: list[Outcome]
    turns: list[TurnOutcome]
    versions: Versions
    missing_faqs: list[str] = Field(default_factory=list)
    degraded: bool
    seconds: float

    def __getattr__(self, name: str) -> Any:
        if name in NAMES:
            ratio = self.indicators.get(name)
            return ratio.value if ratio else None
        return super().__getattr__(name)  # type: ignore[misc]

    @property
    def expected_faqs(self) -> set[str]:
        """FAQs that the cases and the dialogues expect."""
        wanted = [turn.expect.faq_id for turn in self.turns]
        ids = [one for faq_id in wanted for one in ([faq_id] if isinstance(faq_id, str) else faq_id or ())]
        return {*ids, *(o.case.expect.faq_id for o in self.outcomes if o.case.expect.faq_id is not None)}

    def to_json(self, indent: int | None = 2) -> str:
        return self.model_dump_json(indent=indent)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> EvalReport:
        """A report saved by ``to_json``, ``csbot eval --out`` or ``csbot eval --json``.

        :raises InputError: the file is absent or no report.
        """
        try:
            return cls.model_validate_json(Path(path).read_bytes())
        except (OSError, ValidationError) as error:
            why = error if isinstance(error, OSError) else f"{error.error_count()} 处不符 {error.errors()[0]['loc']}"
            raise InputError(
                f"{path} 不是评测结果（由 csbot eval --out 生成）：{why} | not a result of `csbot eval --out`", path=Path(path)
            ) from None


def by_tag(outcomes: Sequence[Outcome], seed: int) -> dict[str, dict[str, Ratio]]:
    return _grouped(outcomes, lambda o: o.case.tags, seed)


def by_category(outcomes: Sequence[Outcome], categories: dict[str, str], seed: int) -> dict[str, dict[str, Ratio]]:
    """:param categories: category by FAQ id."""
    inside = [o for o in outcomes if o.in_scope]
    return _grouped(inside, lambda o: (categories.get(o.case.expect.faq_id or "") or NO_CATEGORY,), seed)


def _grouped(
    outcomes: Sequence[Outcome], groups_of: Callable[[Outcome], Sequence[str]], seed: int
) -> dict[str, dict[str, Ratio]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        for group in groups_of(outcome):
            groups.setdefault(group, []).append(outcome)
    return {group: case_indicators(groups[group], seed=seed) for group in sorted(groups)}


def by_faq(outcomes: Sequence[Outcome], titles: dict[str, tuple[str, str]]) -> dict[str, FaqFigures]:
    """:param titles: standard question and category by FAQ id."""
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        if outcome.answered and outcome.faq_id is not None:
            counts.setdefault(outcome.faq_id, Counter())["answers"] += 1
        if outcome.case.expect.faq_id is not None:
            counted = counts.setdefault(outcome.case.expect.faq_id, Counter())
            counted.update(cases=1, answered=outcome.answered, resolved=outcome.right, first=outcome.first_is_right)
    found = {}
    for faq_id in sorted(counts):
        question, category = titles.get(faq_id, ("", ""))
        found[faq_id] = FaqFigures(question=question, category=category, **counts[faq_id])
    return found


def confusions(outcomes: Sequence[Outcome]) -> list[Confusion]:
    """Pairs of what was expected and the FAQ that took it: ranked first for an FAQ's case, answered for another case."""
    pairs: Counter[tuple[str, str]] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        got = outcome.faq_id or outcome.first if outcome.in_scope else outcome.faq_id
        if got is None or got == outcome.case.expect.faq_id:
            continue
        expect = outcome.case.expect
        pair = (expect.faq_id or expect.intent or OUT_OF_SCOPE, got)
        pairs[pair] += 1
        answered[pair] += outcome.answered
    ordered = sorted(pairs, key=lambda pair: (-pairs[pair], -answered[pair], pair))
    return [Confusion(expected=e, got=g, count=pairs[e, g], answered=answered[e, g]) for e, g in ordered]
