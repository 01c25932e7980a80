"""Printing: tables for people, JSON for programs."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

KbOption = Annotated[Path, typer.Option("--kb", help="知识库目录（csbot index 生成） | directory made by `csbot index`")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON | print JSON")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="设置文件 YAML/JSON：BotConfig，加 kb 一节 | BotConfig, and under kb how it is opened"),
]
OrdersOption = Annotated[
    Path | None, typer.Option("--orders", help="订单 .json，或 SQL/HTTP 映射 .yaml | orders as JSON, or a SQL or HTTP mapping")
]
TasksOption = Annotated[
    Path | None,
    typer.Option("--tasks", help="任务声明 .yaml 或其目录（执行只回执） | declared tasks; doing one only gives a receipt"),
]


def console() -> Console:
    """Standard output. :raises BrokenPipeError: its reader has gone away."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:  # rich would end the process, with 1
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    return Output()


def err_console() -> Console:
    from rich.console import Console

    return Console(stderr=True)


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], numeric: Sequence[str] = ()) -> None:
    """A table on standard output; cells are plain text, never markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right" if column in numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console().print(table)


def write_file(path: Path | None, text: str) -> None:
    """Write ``text``, directories included; nothing where ``path`` is None.

    :raises InputError: it can't be written.
    """
    from csbot.errors import InputError

    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"无法写入 {path}：{error} | can't write it", path=path) from None
