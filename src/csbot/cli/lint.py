"""`csbot lint`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csbot.cli.output import JsonOption, console, print_json, print_table


def lint(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="知识库文件 | the FAQ file")],
    strict: Annotated[bool, typer.Option("--strict", help="警告也算不通过 | warnings fail too")] = False,
    as_json: JsonOption = False,
) -> None:
    """检查知识库：重复、矛盾、过期、被别的知识抢走的问法 | duplicates, contradictions, expiry, stolen questions.

    有错误时退出码为 1 | exits with 1 when there are errors.

    例 Example: csbot lint data/faq.csv
    """
    from csbot.kb.lint import lint_faqs
    from csbot.kb.sources import read_faqs

    findings = lint_faqs(read_faqs(source), progress=not as_json)
    if as_json:
        print_json([finding.model_dump() for finding in findings])
    elif findings:
        columns = ("级别 level", "规则 rule", "faq_id", "说明 what", "相关 other")
        print_table(str(source), columns, [(f.level, f.rule, f.faq_id, f.what, f.other or "") for f in findings])
    else:
        console().print("[green]✓[/] 没有发现问题 | nothing found")
    if any(finding.level == "error" or strict for finding in findings):
        raise typer.Exit(1)
