"""Gates: what an evaluation must hold for a change to pass, read from a TOML file.

::

    [minimum]                 # least values
    resolution_rate = 0.80
    [maximum]                 # largest values
    ece = 0.10
    [max_drop]                # by how much an indicator may get worse than the baseline, over the cases that both have
    resolution_rate = 0.01
    [protected]               # FAQs none of whose cases may be lost against the baseline
    faqs = ["return", "refund"]
    minimum = 1.0             # share of their cases that must be resolved, with a baseline or without
    [regressions]             # against the baseline
    newly_wrong = 0           # cases answered wrongly with confidence that were not so before
    lost = 5                  # cases that were right and are wrong
    deleted_faqs = 0          # FAQs that cases expect and that are gone
    significant = 0.01        # no indicator may fall with a p below this
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from csbot.errors import ConfigError
from csbot.evaluation.compare import Comparison
from csbot.evaluation.report import NAMES, SMALLER_IS_BETTER, EvalReport

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHOWN = 5
"""Names listed in a message before it says how many more there are."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Protected(_Section):
    faqs: tuple[str, ...] = ()
    minimum: float | None = Field(default=None, ge=0, le=1)


class Regressions(_Section):
    newly_wrong: int | None = Field(default=None, ge=0)
    lost: int | None = Field(default=None, ge=0)
    deleted_faqs: int | None = Field(default=None, ge=0)
    significant: float | None = Field(default=None, gt=0, lt=1)


class Gates(_Section):
    """The rules; see the module."""

    minimum: dict[str, float] = {}
    maximum: dict[str, float] = {}
    max_drop: dict[str, float] = {}
    protected: Protected = Protected()
    regressions: Regressions = Regressions()

    @field_validator("minimum", "maximum", "max_drop")
    @classmethod
    def _known(cls, limits: dict[str, float]) -> dict[str, float]:
        for name, limit in limits.items():
            if name not in NAMES:
                raise ValueError(f"没有指标 {name!r}，可用：{'、'.join(NAMES)} | no such indicator")
            if not 0 <= limit <= 1:
                raise ValueError(f"{name} 须在 0 与 1 之间，得到 {limit} | must lie between 0 and 1")
        return limits

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Gates:
        """:raises ConfigError: the file is absent, no TOML, or has a rule that there isn't."""
        try:
            return cls.model_validate(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except ValidationError as error:
            lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
            raise ConfigError(f"{path} 有误 | wrong gates: {'; '.join(lines)}") from None
        except (OSError, ValueError) as error:
            raise ConfigError(f"无法读取 {path}：{error} | can't read the gates") from None


class Check(_Section):
    """One rule and what came of it. ``skipped``: it needs a baseline and there is none."""

    group: str
    rule: str
    status: Literal["passed", "failed", "skipped"]
    detail: str = ""


class GateResult(_Section):
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return all(check.status != "failed" for check in self.checks)

    def of(self, status: str) -> list[Check]:
        return [check for check in self.checks if check.status == status]


def check(gates: Gates, report: EvalReport, comparison: Comparison | None = None) -> GateResult:
    """Hold ``report`` against the rules.

    :param comparison: with the baseline; None: the rules that need one are skipped.
    """
    checks = [*_limits(gates, report), *_protected(gates.protected, report, comparison)]
    if comparison is None:
        return GateResult(checks=(*checks, *_skipped(gates)))
    return GateResult(checks=(*checks, *_drops(gates, comparison), *_regressions(gates.regressions, comparison)))


def _check(group: str, rule: str, holds: bool, detail: str) -> Check:
    return Check(group=group, rule=rule, status="passed" if holds else "failed", detail=detail)


def _limits(gates: Gates, report: EvalReport) -> Iterator[Check]:
    for group, sign, limits in (("minimum", ">=", gates.minimum), ("maximum", "<=", gates.maximum)):
        for name, limit in limits.items():
            ratio, rule = report.indicators.get(name), f"{name} {sign} {limit:g}"
            if ratio is None or ratio.value is None:
                yield _check(group, rule, False, "没有可用的用例，无法证明 | no case measures it")
                continue
            holds = ratio.value >= limit if sign == ">=" else ratio.value <= limit
            yield _check(group, rule, holds, f"{ratio.value:.4f} ({ratio.numerator:g} / {ratio.denominator:g})")


def _protected(rules: Protected, report: EvalReport, comparison: Comparison | None) -> Iterator[Check]:
    changes = {change.faq_id: change for change in comparison.faqs} if comparison else {}
    for faq_id in rules.faqs:
        figures = report.by_faq.get(faq_id)
        if figures is None or not figures.cases:
            yield _check("protected", faq_id, False, "没有用例期望它，无法保护 | no case expects it")
            continue
        change = changes.get(faq_id)
        lost = [one for one in comparison.lost if one.expected == faq_id] if comparison else []
        short = rules.minimum is not None and figures.resolved / figures.cases < rules.minimum
        detail = f"{figures.resolved} / {figures.cases}"
        if change and lost:
            detail += f"；{change.resolved_before} → {change.resolved_now}：{_listed([f'{m.text} → {m.now}' for m in lost])}"
        yield _check("protected", faq_id, not lost and not short and faq_id not in report.missing_faqs, detail)


def _skipped(gates: Gates) -> Iterator[Check]:
    rules = [("max_drop", f"{name} {limit:g}") for name, limit in gates.max_drop.items()]
    rules += [("regressions", f"{name} {limit:g}") for name, limit in gates.regressions if limit is not None]
    if gates.protected.faqs:
        rules.append(("protected", "lost cases"))
    for group, rule in rules:
        yield Check(group=group, rule=rule, status="skipped", detail="没有 --baseline，未检查 | not checked without --baseline")


def _drops(gates: Gates, comparison: Comparison) -> Iterator[Check]:
    for name, limit in gates.max_drop.items():
        change = comparison.change(name)
        verb = "rise" if name in SMALLER_IS_BETTER else "drop"
        rule = f"{name} {verb} <= {limit:g}"
        if change is None or change.gain is None:
            yield _check("max_drop", rule, False, "两次评测没有共同的用例 | not measured in both runs")
            continue
        detail = f"{change.old:.4f} → {change.new:.4f}, p = {change.p:.3g}"
        yield _check("max_drop", rule, change.gain >= -limit - 1e-9, detail)


def _regressions(rules: Regressions, comparison: Comparison) -> Iterator[Check]:
    moved = {"newly_wrong": comparison.newly_wrong, "lost": comparison.lost}
    for name, rows in moved.items():
        limit = getattr(rules, name)
        if limit is not None:
            shown = _listed([f"「{m.text}」{m.expected}：{m.before} → {m.now}" for m in rows])
            yield _check("regressions", f"{name} <= {limit}", len(rows) <= limit, f"{len(rows)}：{shown}" if rows else "0")
    if rules.deleted_faqs is not None:
        gone = comparison.deleted_faqs
        detail = f"{len(gone)}：{_listed(gone)}" if gone else "0"
        yield _check("regressions", f"deleted_faqs <= {rules.deleted_faqs}", len(gone) <= rules.deleted_faqs, detail)
    if rules.significant is not None:
        fallen = [c for c in comparison.indicators if c.gain is not None and c.p is not None and c.gain < 0]
        fallen = [c for c in fallen if c.p is not None and c.p < rules.significant]
        detail = _listed([f"{c.name} {c.old:.4f} → {c.new:.4f} (p = {c.p:.3g})" for c in fallen]) or "0"
        yield _check("regressions", f"no significant fall (p < {rules.significant:g})", not fallen, detail)


def _listed(rows: list[Any]) -> str:
    more = f" …（共 {len(rows)}）" if len(rows) > SHOWN else ""
    return "；".join(map(str, rows[:SHOWN])) + more
