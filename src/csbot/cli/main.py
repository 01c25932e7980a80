"""`csbot`: the commands put together, and how errors become exit codes."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TextIO

import typer

from csbot import __version__
from csbot.cli import ask, chat, db, demo, desk, encoder, evaluate, index, kb, lint, search, stats, suggest, train, tune
from csbot.cli.output import err_console
from csbot.errors import CsbotError

app = typer.Typer(
    name="csbot",
    help="""中文智能客服库：FAQ 匹配、订单进度、转人工 | Chinese customer-service bot.

    例 Examples:

      csbot index data/faq.csv --out var/kb

      csbot ask --kb var/kb "快递还没到"

      csbot eval --kb var/kb --cases data/cases.jsonl

    退出码 exit codes: 0 正常 fine; 1 检查未通过 a lint or gate failed; 2 用法或输入有误 wrong use or bad input.
    """,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("index")(index.index)
app.command("ask")(ask.ask)
app.command("chat")(chat.chat)
app.command("search")(search.search)
app.command("lint")(lint.lint)
app.command("eval")(evaluate.evaluate_command)
app.command("demo")(demo.demo)
app.command("train")(train.train_command)
app.command("tune")(tune.tune_command)
app.command("stats")(stats.stats_command)
app.command("suggest")(suggest.suggest_command)
app.add_typer(desk.app, name="desk")
app.add_typer(db.app, name="db")
app.add_typer(kb.app, name="kb")
app.add_typer(encoder.app, name="encoder")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"csbot {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="版本 | the version"),
) -> None:
    pass


def main() -> None:
    """Entry point: an error of csbot's or the system's is one message and exit 2; Ctrl-C is quiet; a closed pipe is fine."""
    warnings.showwarning = lambda message, *_args, **_kw: err_console().print(f"[yellow]![/] {message}", soft_wrap=True)
    output = sys.stdout
    try:
        app()
        code = 0
    except SystemExit as wanted:
        closed = sys.stdout is not output  # typer has put a quiet one in its place, because the pipe is closed
        code = 0 if closed else wanted.code if isinstance(wanted.code, int) else int(wanted.code is not None)
    except CsbotError as error:
        code = _refuse(str(error))
    except KeyboardInterrupt:
        code = 130
    except OSError as error:
        code = _refuse(f"系统报错：{error} | the system refused")
    _leave(code, output)


def _refuse(message: str) -> int:
    """Say what is wrong; the exit code for it."""
    err_console().print("[red bold]错误 error:[/]", end=" ")
    err_console().print(message, markup=False, highlight=False, soft_wrap=True)
    return 2


def _leave(code: int, output: TextIO) -> None:
    """End the process at once: taking dictionaries and sessions apart would cost a short command a third of its time.

    Nothing is lost: whatever csbot saves is on disk before a command returns, and what it printed is written here.
    """
    try:
        output.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        code = code if code == 2 else _refuse(f"无法输出：{error} | can't write the output")
    sys.stderr.flush()
    os._exit(code)
