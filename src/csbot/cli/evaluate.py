"""`csbot eval`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from csbot.cli.output import ConfigOption, JsonOption, KbOption, OrdersOption, console, print_table


def evaluate_command(
    kb: KbOption,
    cases: Annotated[Path | None, typer.Option("--cases", help="用例 .jsonl | labelled messages")] = None,
    dialogues: Annotated[Path | None, typer.Option("--dialogues", help="对话 .jsonl | labelled dialogues")] = None,
    orders: OrdersOption = None,
    config: ConfigOption = None,
    errors: Annotated[int, typer.Option(help="列出前几个错例 | how many wrong cases to list")] = 0,
    as_json: JsonOption = False,
) -> None:
    """评测：匹配率、解决率、准确率、拒识率… | match rate, resolution rate, precision, rejection …

    例 Example: csbot eval --kb var/kb --cases data/cases.jsonl --dialogues data/dialogues.jsonl --orders data/orders.json
    """
    from csbot.cli.bots import open_bot
    from csbot.evaluation.run import evaluate

    report = evaluate(open_bot(kb, config, orders), cases, dialogues, progress=not as_json)
    if as_json:
        sys.stdout.write(report.to_json() + "\n")
        return
    print_report(report)
    if errors:
        rows = [(e["text"][:60], e["expect"], e["kind"], e.get("faq_id") or "") for e in report.errors[:errors]]
        print_table("错例 wrong", ("消息 message", "期望 expected", "得到 kind", "faq_id"), rows)


def print_report(report: object) -> None:
    """The indicators as a table, then the main ones by tag."""
    from csbot.evaluation.report import NAMES, EvalReport

    assert isinstance(report, EvalReport)
    rows = [(NAMES[k], k, _percent(k, r.value), f"{r.numerator:g} / {r.denominator:g}") for k, r in report.indicators.items()]
    print_table(
        "评测结果 evaluation", ("指标", "indicator", "值 value", "分子 / 分母"), rows, numeric=("值 value", "分子 / 分母")
    )
    main = ("match_rate", "resolution_rate", "top1", "oos_rejection", "handoff_recall", "task_recall")
    tags = [
        (tag, *(_percent(name, found[name].value) if name in found else "" for name in main))
        for tag, found in report.by_tag.items()
    ]
    if tags:
        print_table("按标签 by tag", ("tag", *(NAMES[name] for name in main)), tags, numeric=[NAMES[name] for name in main])
    if report.degraded:
        console().print("[yellow]![/] 编码器不可用，以上结果只用词面匹配 | measured without the encoder, from words alone")


def _percent(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if name in ("mrr", "ece") else f"{value:.1%}"
