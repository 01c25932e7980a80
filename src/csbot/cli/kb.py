"""`csbot kb diff|history|rollback|export`"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csbot.cli.output import JsonOption, console, print_json, print_table

if TYPE_CHECKING:
    from csbot.kb.versions import Version

app = typer.Typer(help="知识库的版本：比较、历史、回退、导出 | versions of a saved knowledge base", no_args_is_help=True)
KbArgument = Annotated[Path, typer.Argument(metavar="DIR", help="知识库目录 | directory of the knowledge base")]


@app.command()
def history(directory: KbArgument, as_json: JsonOption = False) -> None:
    """列出各版本，最新在前，损坏的也列出 | the versions, newest first, damaged ones too. 例: csbot kb history var/kb"""
    from csbot.kb import versions

    found = versions.history(directory)
    if as_json:
        print_json([version.model_dump(mode="json") for version in found])
    else:
        columns = ("", "版本 version", "时间 created", "知识 FAQs", "问法 questions", "状态 state")
        print_table(str(directory), columns, [_row(version) for version in found])
    if not any(version.current for version in found):
        warnings.warn(
            f"当前版本的指针 {directory / 'CURRENT'} 损坏：请用 csbot kb rollback {directory} 版本 指定一个完好的版本"
            " | CURRENT is damaged: name a whole version with `csbot kb rollback DIR VERSION`",
            RuntimeWarning,
            stacklevel=1,
        )


def _row(version: Version) -> tuple[object, ...]:
    created = version.created.astimezone().strftime("%F %T") if version.created else "?"
    state = f"损坏 damaged: {version.damage}" if version.damage else "完好 whole"
    return "→" if version.current else "", version.version, created, version.faqs, version.questions, state


@app.command()
def diff(
    directory: KbArgument,
    old: Annotated[str, typer.Argument(help="旧版本 | the older version")],
    new: Annotated[str | None, typer.Argument(help="新版本，默认当前 | the newer one, default: current")] = None,
    as_json: JsonOption = False,
) -> None:
    """两个版本之间增、删、改了哪些知识 | what was added, deleted and changed. 例: csbot kb diff var/kb 1a2b3c"""
    from csbot.kb.versions import compare

    changes = compare(directory, old, new)
    if as_json:
        print_json([change.model_dump() for change in changes])
    elif changes:
        columns = ("", "faq_id", "字段 field", "旧 old", "新 new")
        print_table(f"{old} → {new or 'current'}", columns, [(c.what, c.faq_id, c.field, c.old, c.new) for c in changes])
    else:
        console().print("没有差别 | no difference")


@app.command()
def rollback(
    directory: KbArgument,
    version: Annotated[str | None, typer.Argument(help="回到哪个版本，默认上一个 | default: the one before")] = None,
    as_json: JsonOption = False,
) -> None:
    """让旧版本重新生效 | make an older version the current one. 例: csbot kb rollback var/kb"""
    from csbot.kb.versions import roll_back

    name = roll_back(directory, version)
    if as_json:
        print_json({"version": name})
    else:
        console().print(f"[green]✓[/] 当前版本 current version: {name}", highlight=False)


@app.command()
def export(
    directory: KbArgument,
    out: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl .csv .xlsx .yaml")],
    version: Annotated[str | None, typer.Option(help="默认当前版本 | default: current")] = None,
    as_json: JsonOption = False,
) -> None:
    """把知识库导出成文件，可再编辑、再 index | write the FAQs to a file. 例: csbot kb export var/kb faq.xlsx"""
    from csbot.kb import snapshot
    from csbot.kb.export import write_faqs
    from csbot.kb.versions import find

    faqs = snapshot.read_faqs(directory, find(directory, version) if version else None)
    write_faqs(faqs, out)
    if as_json:
        print_json({"faqs": len(faqs), "file": str(out)})
    else:
        console().print(f"[green]✓[/] {len(faqs)} 条知识 FAQs → {out}", highlight=False)
