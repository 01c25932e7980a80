"""What a CI shows of a gate: JUnit XML for its test tab, Markdown for the pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from xml.etree import ElementTree

from csbot.evaluation.compare import Change, Comparison, Moved
from csbot.evaluation.gates import GateResult
from csbot.evaluation.report import NAMES, EvalReport

MOST_ROWS = 20
"""Cases and FAQs listed in the Markdown: GitHub cuts a summary at 1 MB, and nobody reads more in a pull request."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


def junit(result: GateResult) -> str:
    """JUnit XML: one test case per rule."""
    counts = {"failures": len(result.of("failed")), "skipped": len(result.of("skipped")), "tests": len(result.checks)}
    numbers = {name: str(count) for name, count in counts.items()}
    root = ElementTree.Element("testsuites", numbers)
    suite = ElementTree.SubElement(root, "testsuite", {"name": "csbot gate", "errors": "0", **numbers})
    for check in result.checks:
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": f"csbot.gate.{check.group}", "name": _xml(check.rule), "time": "0"}
        )
        if check.status == "failed":
            failure = ElementTree.SubElement(case, "failure", {"message": _xml(check.detail[:200])})
            failure.text = _xml(check.detail)
        elif check.status == "skipped":
            ElementTree.SubElement(case, "skipped", {"message": _xml(check.detail)})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def markdown(report: EvalReport, result: GateResult | None = None, comparison: Comparison | None = None) -> str:
    """A summary for a pull request; text from the cases is escaped."""
    lines = ["## csbot 评测 evaluation"]
    if result is not None:
        failed = result.of("failed")
        lines[0] = f"## {'✅' if result.passed else '❌'} csbot 评测{'通过 passed' if result.passed else '未通过 failed'}"
        if failed:
            lines += ["", "| 未通过的规则 failed rule | |", "|---|---|"]
            lines += [f"| {_cell(check.group)} · {_cell(check.rule)} | {_cell(check.detail)} |" for check in failed]
        if skipped := result.of("skipped"):
            lines += ["", f"跳过 {len(skipped)} 条需要基线的规则 | {len(skipped)} rules need a baseline and were skipped"]
    lines += ["", *(_indicators(report) if comparison is None else _changes(comparison.indicators))]
    if comparison is not None:
        lines += [
            "",
            f"共同用例 {comparison.shared} 条，新增 {comparison.added}，移除 {comparison.removed} | shared, added, removed",
        ]
        if comparison.deleted_faqs:
            lines += ["", "**知识已删除 deleted FAQs**: " + "、".join(map(_cell, comparison.deleted_faqs))]
        lines += _faqs(comparison)
        lines += _moved("新增的自信答错 newly answered wrongly", comparison.newly_wrong)
        lines += _moved("由对变错 right before, wrong now", comparison.lost)
        lines += _moved("由错变对 wrong before, right now", comparison.gained)
    versions = report.versions
    lines += [
        "",
        f"<sub>csbot {versions.csbot} · 知识 {versions.knowledge} · 编码器 {_cell(versions.encoder)} · "
        f"配置 {versions.config} · 阈值 {versions.answer:g} / {versions.clarify:g}</sub>",
        "",
    ]
    return "\n".join(lines)


def _indicators(report: EvalReport) -> list[str]:
    lines = ["| 指标 indicator | 值 | 95 % | 分子 / 分母 |", "|---|--:|--:|--:|"]
    for name, ratio in report.indicators.items():
        low, high = percent(name, ratio.low), percent(name, ratio.high)
        counts = f"{ratio.numerator:g} / {ratio.denominator:g}"
        lines.append(f"| {NAMES[name]} {name} | {percent(name, ratio.value)} | {low} – {high} | {counts} |")
    return lines


def _changes(changes: Sequence[Change]) -> list[str]:
    lines = ["| 指标 indicator | 基线 old | 现在 new | 变化 | p | 变好 / 变坏 |", "|---|--:|--:|--:|--:|--:|"]
    for change in changes:
        moved = "" if change.better is None else f"{change.better} / {change.worse}"
        sure = "" if change.p is None else f"{change.p:.3g} {change.test}"
        lines.append(
            f"| {NAMES[change.name]} {change.name} | {percent(change.name, change.old)} | {percent(change.name, change.new)} | "
            f"{difference(change)} | {sure} | {moved} |"
        )
    return lines


def _faqs(comparison: Comparison) -> list[str]:
    worse = [one for one in comparison.faqs if one.resolved_now < one.resolved_before]
    if not worse:
        return []
    lines = ["", "### 变差的知识 FAQs that lost", "", "| FAQ | 解决 resolved | 被谁抢走 taken by |", "|---|--:|---|"]
    for one in worse[:MOST_ROWS]:
        taken = "、".join(f"{_cell(name)} × {count}" for name, count in one.taken_by.items())
        name = f"{_cell(one.faq_id)} {_cell(one.question)}" + ("（已删除 deleted）" if one.deleted else "")
        lines.append(f"| {name} | {one.resolved_before} → {one.resolved_now} / {one.cases} | {taken} |")
    return lines + _more(worse)


def _moved(title: str, rows: Sequence[Moved]) -> list[str]:
    if not rows:
        return []
    lines = ["", f"### {title}：{len(rows)}", "", "| 消息 | 期望 | 基线 | 现在 | 置信度 |", "|---|---|---|---|--:|"]
    for row in rows[:MOST_ROWS]:
        cells = (row.text, row.expected, row.before, row.now)
        lines.append(f"| {' | '.join(map(_cell, cells))} | {row.confidence:.2f} |")
    return lines + _more(rows)


def _more(rows: Sequence[object]) -> list[str]:
    return ["", f"… 共 {len(rows)} 条 in all"] if len(rows) > MOST_ROWS else []


def percent(name: str, value: float | None) -> str:
    """A rate in per cent, MRR and ECE as they are, "-" for None."""
    if value is None:
        return "-"
    return f"{value:.3f}" if name in ("mrr", "ece") else f"{value:.1%}"


def difference(change: Change) -> str:
    """new − old, with its sign: percentage points for rates."""
    if change.old is None or change.new is None:
        return "-"
    moved = change.new - change.old
    return f"{moved:+.3f}" if change.name in ("mrr", "ece") else f"{100 * moved:+.1f}"


def _cell(text: object) -> str:
    """Text that stays text in a Markdown table: no markup, no mention, no new cell."""
    plain = html.escape(" ".join(_xml(str(text)).split())[:300], quote=False)
    return re.sub(r"([\\`*_{}\[\]()#!|~@])", r"\\\1", plain)
