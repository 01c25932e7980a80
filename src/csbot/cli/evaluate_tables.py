"""The tables that `csbot eval` prints."""

from __future__ import annotations

from collections.abc import Sequence

from csbot.cli.output import console, print_table
from csbot.evaluation.compare import Comparison, Moved
from csbot.evaluation.gates import GateResult
from csbot.evaluation.intervals import Ratio
from csbot.evaluation.report import NAMES, EvalReport
from csbot.evaluation.summaries import difference, percent

MAIN = ("resolution_rate", "top1", "oos_rejection", "handoff_recall", "task_recall")
SHOWN = 10
"""Rows of a list of changes; the rest is in --out, --markdown and --html."""


def print_report(report: EvalReport) -> None:
    """The indicators with their intervals, then the main ones by tag and by category."""
    rows = [
        (
            NAMES[name], name, percent(name, ratio.value), f"{percent(name, ratio.low)} – {percent(name, ratio.high)}",
            f"{ratio.numerator:g} / {ratio.denominator:g}",
        )
        for name, ratio in report.indicators.items()
    ]  # fmt: skip
    columns = ("指标", "indicator", "值 value", "95 %", "分子 / 分母")
    print_table("评测结果 evaluation", columns, rows, numeric=columns[2:])
    _print_groups("按标签 by tag", "tag", report.by_tag)
    _print_groups("按分类 by category", "category", report.by_category)
    if report.missing_faqs:
        console().print(f"[red]![/] 知识已删除，其用例算错 | FAQs gone: {'、'.join(report.missing_faqs)}", highlight=False)
    if report.degraded:
        console().print("[yellow]![/] 编码器不可用，以上结果只用词面匹配 | measured without the encoder, from words alone")


def _print_groups(title: str, column: str, groups: dict[str, dict[str, Ratio]]) -> None:
    shown = [name for name in MAIN if any(name in found for found in groups.values())]
    rows = [(group, *(_cell(name, found.get(name)) for name in shown)) for group, found in groups.items()]
    if rows:
        print_table(title, (column, *(NAMES[name] for name in shown)), rows, numeric=[NAMES[name] for name in shown])


def _cell(name: str, ratio: Ratio | None) -> str:
    return f"{percent(name, ratio.value)} ({ratio.numerator:g}/{ratio.denominator:g})" if ratio else ""


def print_comparison(comparison: Comparison) -> None:
    """Against the baseline: indicators, FAQs and cases that changed sides."""
    rows = [
        (
            NAMES[one.name], one.name, percent(one.name, one.old), percent(one.name, one.new), difference(one),
            "" if one.p is None else f"{one.p:.3g} {one.test}", "" if one.better is None else f"{one.better} / {one.worse}",
        )
        for one in comparison.indicators
    ]  # fmt: skip
    columns = ("指标", "indicator", "基线 old", "现在 new", "变化", "p", "变好 / 变坏")
    title = f"与基线比较 against the baseline: {comparison.shared} 条共同用例 shared, +{comparison.added} −{comparison.removed}"
    print_table(title, columns, rows, numeric=columns[2:])
    if changed := [f"{name} {old} → {new}" for name, (old, new) in comparison.versions.items()]:
        console().print("不同之处 what differs: " + "；".join(changed), highlight=False, markup=False)
    faqs = [
        (
            one.faq_id + ("（已删除 deleted）" if one.deleted else ""), one.question,
            f"{one.resolved_before} → {one.resolved_now} / {one.cases}",
            "、".join(f"{name} × {count}" for name, count in one.taken_by.items()),
        )
        for one in comparison.faqs
    ]  # fmt: skip
    if faqs:
        heads = ("faq_id", "标准问 question", "解决 resolved", "被谁抢走 taken by")
        print_table(f"有变化的知识 FAQs that changed: {len(faqs)}", heads, faqs[:SHOWN])
    _print_moved("新增的自信答错 newly answered wrongly", comparison.newly_wrong)
    _print_moved("由对变错 right before, wrong now", comparison.lost)
    _print_moved("由错变对 wrong before, right now", comparison.gained)


def _print_moved(title: str, moved: Sequence[Moved]) -> None:
    if moved:
        rows = [(one.text[:60], one.expected, one.before, one.now, f"{one.confidence:.2f}") for one in moved[:SHOWN]]
        print_table(f"{title}: {len(moved)}", ("消息 message", "期望 expected", "基线 old", "现在 new", "置信度"), rows)


def print_gate(result: GateResult) -> None:
    """Every rule: ✓ passed, ✗ failed, – skipped for want of a baseline."""
    marks = {"passed": "✓", "failed": "✗", "skipped": "–"}
    rows = [(marks[one.status], one.group, one.rule, one.detail) for one in result.checks]
    print_table("门禁 gate", ("", "组 group", "规则 rule", "实际 found"), rows)


def print_errors(report: EvalReport, count: int) -> None:
    rows = [(e["text"][:60], e["expect"], e["kind"], e.get("faq_id") or "") for e in report.errors[:count]]
    print_table("错例 wrong", ("消息 message", "期望 expected", "得到 kind", "faq_id"), rows)
