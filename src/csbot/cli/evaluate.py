"""`csbot eval`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csbot.cli.output import ConfigOption, JsonOption, KbOption, OrdersOption, TasksOption, err_console, print_json, write_file

if TYPE_CHECKING:
    from csbot.evaluation.compare import Comparison
    from csbot.evaluation.gates import GateResult
    from csbot.evaluation.report import EvalReport

FileOption = Path | None


def evaluate_command(
    kb: KbOption,
    cases: Annotated[FileOption, typer.Option("--cases", help="用例 .jsonl | labelled messages")] = None,
    dialogues: Annotated[FileOption, typer.Option("--dialogues", help="对话 .jsonl | labelled dialogues")] = None,
    orders: OrdersOption = None,
    tasks: TasksOption = None,
    config: ConfigOption = None,
    baseline: Annotated[FileOption, typer.Option("--baseline", help="与以前的结果比较 | compare with an older --out")] = None,
    gate: Annotated[
        FileOption, typer.Option("--gate", help="门禁规则 .toml，不过则退出 1 | rules, exit 1 if one fails")
    ] = None,
    out: Annotated[FileOption, typer.Option("--out", help="结果存为 JSON，可作基线 | save it, a later baseline")] = None,
    junit: Annotated[FileOption, typer.Option("--junit", help="门禁结果存为 JUnit XML | the gate's rules as JUnit XML")] = None,
    markdown: Annotated[FileOption, typer.Option("--markdown", help="摘要存为 Markdown | a summary for pull requests")] = None,
    html: Annotated[FileOption, typer.Option("--html", help="报告存为单个网页 | a report as one self-contained page")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="线程数，订单系统慢时有用 | threads, for slow orders")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="重抽样区间的随机种子 | seed of the bootstrap")] = 0,
    errors: Annotated[int, typer.Option(help="列出前几个错例 | how many wrong cases to list")] = 0,
    as_json: JsonOption = False,
) -> None:
    """评测：匹配率、解决率、准确率、拒识率…，与基线比较，按规则放行 | measure, compare with a baseline, and gate a change.

    例 Example: csbot eval --kb var/kb --cases data/cases.jsonl --dialogues data/dialogues.jsonl --orders data/orders.json

    csbot eval --kb var/kb --cases data/cases.jsonl --baseline old.json --gate data/gates.toml --html report.html
    """
    from csbot.cli.bots import open_bot
    from csbot.errors import InputError
    from csbot.evaluation import gates, page
    from csbot.evaluation.compare import compare
    from csbot.evaluation.report import EvalReport
    from csbot.evaluation.run import evaluate
    from csbot.evaluation.summaries import junit as junit_of
    from csbot.evaluation.summaries import markdown as markdown_of

    if junit and not gate:
        raise InputError("--junit 需要 --gate | --junit needs --gate")
    rules = gates.Gates.read(gate) if gate else None
    old = EvalReport.read(baseline) if baseline else None
    script = page.plotly_script() if html else ""
    report = evaluate(
        open_bot(kb, config, orders, tasks), cases, dialogues, workers=workers, seed=seed,
        known_faqs=old.expected_faqs if old else (), progress=not as_json,
    )  # fmt: skip
    comparison = compare(old, report, seed=seed) if old else None
    result = gates.check(rules, report, comparison) if rules else None
    write_file(out, report.to_json(indent=1))
    write_file(junit, junit_of(result) if result else "")
    write_file(markdown, markdown_of(report, result, comparison))
    if html:
        write_file(html, page.render(report, script, comparison, result))
    if as_json:
        extra = {"comparison": comparison, "gate": result}
        dumped = {name: value.model_dump(mode="json") for name, value in extra.items() if value is not None}
        print_json(report.model_dump(mode="json") | dumped)
    else:
        _print(report, comparison, result, errors)
    if result and not result.passed:
        err_console().print(f"[red bold]门禁未通过 gate failed:[/] {len(result.of('failed'))} 条规则 rules", highlight=False)
        raise typer.Exit(1)


def _print(report: EvalReport, comparison: Comparison | None, result: GateResult | None, errors: int) -> None:
    from csbot.cli import evaluate_tables as tables

    tables.print_report(report)
    if comparison:
        tables.print_comparison(comparison)
    if result:
        tables.print_gate(result)
    if errors:
        tables.print_errors(report, errors)
