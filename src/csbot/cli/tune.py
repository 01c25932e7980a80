"""`csbot tune`"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csbot.cli.output import (
    ConfigOption,
    JsonOption,
    KbOption,
    OrdersOption,
    TasksOption,
    console,
    err_console,
    print_json,
    print_table,
    write_file,
)  # fmt: skip

if TYPE_CHECKING:
    from csbot.evaluation.tune import Expected, Figures, TuneReport


def tune_command(
    kb: KbOption,
    cases: Annotated[
        Path | None, typer.Option("--cases", help="用例 .jsonl，默认用知识库自己的问法 | default: its own questions")
    ] = None,
    target: Annotated[
        float,
        typer.Option("--target-precision", min=0.0, max=1.0, help="回答里至少多大比例要对 | least share of right answers"),
    ] = 0.95,
    orders: OrdersOption = None,
    tasks: TasksOption = None,
    config: ConfigOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="存为知识库的新版本 | store as a new version of it")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="结果存为 JSON | save the result as JSON")] = None,
    seed: Annotated[int, typer.Option(min=0, help="分折的随机种子 | seed of the folds")] = 0,
    as_json: JsonOption = False,
) -> None:
    """调校：让回答的准确率不低于目标，并尽量多解决 | fit confidence and thresholds to a target precision, then most resolution.

    例 Example: csbot tune --kb var/kb --cases mine.jsonl --target-precision 0.95 --apply

    达不到目标时不存，退出码 1。撤销：csbot kb rollback | not stored, exit 1, where the target can't be met; undo: kb rollback
    """
    from csbot.cli.bots import open_bot
    from csbot.evaluation.tune import tune

    bot = open_bot(kb, config, orders, tasks)
    report = tune(bot, cases, target_precision=target, seed=seed, progress=not as_json)
    version = bot.kb.recalibrated(report.calibration).save(kb) if apply and report.reached else None
    write_file(out, report.model_dump_json(indent=1))
    if as_json:
        left_out = {"calibration": {"ranker", "intents", "signals"}}  # as they were; hundreds of numbers
        print_json(report.model_dump(mode="json", exclude=left_out) | {"version": version})
    else:
        _print(report, version)
    if not report.reached:
        err_console().print(
            f"[red bold]目标 {target:g} 达不到[/]：有八成把握的准确率只有 {report.bound:.3f}"
            f"，未保存；补充用例，或把目标降到 {math.floor(report.bound * 100) / 100:.2f} | the target can't be met:"
            " nothing was stored; add cases or lower it",
            highlight=False,
        )
        raise typer.Exit(1)


def _print(report: TuneReport, version: str | None) -> None:
    def interval(rate: Expected) -> str:
        return f"{rate.value:.1%}（{rate.low:.1%} – {rate.high:.1%}）"

    shown: dict[str, Callable[[Figures], str]] = {
        "回答阈值 answer": lambda f: f"{f.answer:g}",
        "澄清阈值 clarify": lambda f: f"{f.clarify:g}",
        "准确率 precision": lambda f: interval(f.precision),
        "解决率 resolution": lambda f: interval(f.resolution),
        "校准误差 ece": lambda f: f"{f.ece:.3f}",
        "对数损失 log-loss": lambda f: f"{f.log_loss:.4f}",
    }
    rows = [(name, of(report.before), of(report.after)) for name, of in shown.items()]
    what = "条用例 cases" if report.source == "cases" else "句知识库自己的问法 of its own questions"
    title = (
        f"调校 tune：{report.cases} {what}，其中域内 in scope {report.in_scope}，目标准确率 target {report.target_precision:g}"
    )
    print_table(title, ("", "现在 now", "调校后 tuned"), rows, numeric=("现在 now", "调校后 tuned"))
    note = (
        "置信度已重新拟合 confidence refitted" if report.refitted else "置信度不变，只动阈值 confidence kept, thresholds moved"
    )
    out = console()
    out.print(
        f"{note}；括号里是同样多新消息的 95 % 预测区间 | 95 % prediction intervals for as many new messages", highlight=False
    )
    for warning in report.warnings:
        out.print("[yellow]![/]", end=" ")
        out.print(warning, markup=False, highlight=False)
    if version:
        out.print(f"[green]✓[/] 已存为版本 stored as version {version}", highlight=False)
    elif report.reached:
        out.print("未保存；加 --apply 存为新版本 | not stored: add --apply", highlight=False)
