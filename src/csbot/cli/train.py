"""`csbot train`"""

from __future__ import annotations

import contextlib
import importlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from csbot.cli.output import JsonOption, console, err_console, print_json, print_table

if TYPE_CHECKING:
    from csbot.encoders.train import Hooks, Step
    from csbot.encoders.train_report import Change, TrainReport

STAGES = {
    "measure": "评估留出数据 measuring on what is held back",
    "resume": "从断点继续 resuming from the checkpoint",
    "train": "训练 training",
    "write": "写出模型 writing the model",
}
LINE_EVERY = 10
"""Steps from line to line where the output is no terminal."""


def train_command(
    out: Annotated[Path, typer.Option("--out", help="模型写到哪个目录 | directory of the model")],
    base: Annotated[
        str, typer.Option("--base", help="内置、本地目录或 sentence-transformers 模型名 | bundled, a directory or a model name")
    ] = "bundled",
    kb: Annotated[list[Path] | None, typer.Option("--kb", help="知识库文件，可多个 | FAQ files")] = None,
    cases: Annotated[list[Path] | None, typer.Option("--cases", help="确认过的问答，格式同用例 | confirmed answers")] = None,
    corpus: Annotated[list[Path] | None, typer.Option("--corpus", help="语料，格式见 data/corpus | corpus files")] = None,
    pairs: Annotated[list[Path] | None, typer.Option("--pairs", help='句对 {"a","b","label"} | labelled pairs')] = None,
    unlabelled: Annotated[
        Path | None, typer.Option("--unlabelled", help="每行一句，用来保持通用语义 | plain text that keeps general meaning")
    ] = None,
    validate: Annotated[
        Path | None, typer.Option("--validate", help="只用来验证的用例 | cases to validate on, never trained on")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="训练步数，默认 200 | steps, default 200")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="训练多少分钟（代替步数） | instead of steps")] = None,
    rate: Annotated[float, typer.Option("--lr", help="学习率 | learning rate")] = 4e-5,
    batch: Annotated[int, typer.Option("--batch", min=2, help="每步几条知识 | FAQs per step")] = 32,
    seed: Annotated[int, typer.Option("--seed", help="随机种子 | seed of all chance")] = 0,
    threads: Annotated[int, typer.Option("--threads", min=0, help="CPU 线程，0 为自动 | CPU threads, 0: automatic")] = 0,
    held_back: Annotated[
        int | None, typer.Option("--held-back", min=0, help="语料里留出几个行业 | trades of the corpus to hold back")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """用自己的知识库、语料或确认过的问答微调编码器；没有变好就不写出 | fine-tune an encoder, and keep it only if it got better.

    例 Examples:

      csbot train --out var/encoder --kb data/faq.csv --steps 100

      csbot train --out var/encoder --kb faq.xlsx --cases confirmed.jsonl --validate held.jsonl --minutes 30

      csbot train --out var/encoder --corpus data/corpus/part1.jsonl --corpus data/corpus/part2.jsonl

      csbot train --out var/encoder --base BAAI/bge-small-zh-v1.5 --kb faq.xlsx

    之后 then: csbot index faq.xlsx --out var/kb --encoder var/encoder

    Ctrl-C 或 SIGTERM 会先存断点；再次运行同一条命令就从断点继续 | stopping saves a checkpoint, the same command resumes.

    退出码 exit codes: 0 变好并已写出 better, written; 1 没有变好 not better, nothing written; 130、143 中断 interrupted.
    """
    from csbot.encoders.train import Settings, train
    from csbot.errors import InputError
    from csbot.evaluation.training_files import Files, assemble

    if steps and minutes:
        raise InputError("--steps 和 --minutes 只能给一个 | give steps or minutes, not both")
    settings = Settings(steps=steps or 200, minutes=minutes, rate=rate, batch=batch, seed=seed, threads=threads)
    files = Files(
        *(tuple(kb or ()), tuple(cases or ()), tuple(corpus or ()), tuple(pairs or ())),
        unlabelled=unlabelled,
        validate=validate,
        held_back=held_back,
    )
    data, validation, notices = assemble(files, seed)
    for notice in notices:
        err_console().print(f"[yellow]![/] {notice}", soft_wrap=True)
    _quiet()
    with _stop_signals() as stopped, _progress(lambda: bool(stopped)) as hooks:
        report = train(data, validation, out, base=base, settings=settings, hooks=hooks)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        _show(report)
    if report.outcome == "interrupted":
        err_console().print(
            f"[yellow]已中断于第 {report.steps} 步[/]，断点在 {out}：再次运行同一条命令即可继续"
            f" | interrupted at step {report.steps}: run the same command again to resume",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(128 + stopped[0])
    if report.outcome == "no_help":
        raise typer.Exit(1)


@contextlib.contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Numbers of the signals that came. The first waits for the step to end; a second Ctrl-C doesn't."""
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if came and number == signal.SIGINT:
            raise KeyboardInterrupt
        came.append(number)

    old = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _progress(stop: Callable[[], bool]) -> Iterator[Hooks]:
    """Stages and steps on standard error: a bar on a terminal, else a line every few steps."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from csbot.encoders.train import Hooks

    screen = err_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def stage(name: str) -> None:
            screen.print(STAGES[name], highlight=False)

        def step(done: Step) -> None:
            terms = " ".join(f"{name} {value:.3f}" for name, value in done.terms.items())
            bar.update(task, completed=done.step, total=done.steps, description=f"loss {done.loss:.3f} lr {done.rate:.1e}")
            if not screen.is_terminal and done.step % LINE_EVERY == 0:
                pace = f"{done.step_s:.2f} s/step 剩余 {done.left_s / 60:.1f} 分钟 min left"
                line = f"{done.step}/{done.steps} loss {done.loss:.3f} ({terms}) lr {done.rate:.1e} {pace}"
                screen.print(line, highlight=False, soft_wrap=True)

        yield Hooks(stop=stop, on_step=step, on_stage=stage)


def _quiet() -> None:
    """Keep transformers' own bars and advice off the screen."""
    with contextlib.suppress(ImportError):  # `train` says what is missing
        logging: Any = importlib.import_module("transformers.utils.logging")
        logging.disable_progress_bar()
        logging.set_verbosity_error()


def _show(report: TrainReport) -> None:
    def cells(change: Change) -> tuple[str, str, str]:
        return f"{change.before:.3f}", f"{change.after:.3f}", "–" if change.int8 is None else f"{change.int8:.3f}"

    rows = [(measure.name, measure.queries, *cells(measure.top1), *cells(measure.mrr)[:2]) for measure in report.measures]
    columns = ("留出 held back", "n", "top-1 前", "后", "int8", "MRR 前", "后")
    if rows:
        print_table(f"{report.steps} 步 steps：前 before，后 after", columns, rows, numeric=columns[1:])
    if report.pairs:
        pairs = [(part.name, part.pairs, *cells(part.spearman)) for part in report.pairs]
        titles = ("句对 pairs", "n", "Spearman 前", "后", "int8")
        print_table("相似度与标注 likeness against labels", titles, pairs, numeric=titles[1:])
    for notice in report.notices:
        console().print(f"[yellow]![/] {notice}", soft_wrap=True)
    if report.outcome == "helped":
        cosine = f"，int8 余弦 cosine {report.onnx_cosine:.3f}" if report.onnx_cosine else ""
        console().print(
            f"[green]✓[/] 留出数据上变好了（p = {report.p_value}）→ {report.out}{cosine} | better on held-back data, written",
            highlight=False,
            soft_wrap=True,
        )
    if report.outcome == "no_help":
        console().print(
            f"[yellow]没有变好[/]（p = {report.p_value}）：数据太少或太像已有的，基座保持不变，没有写出任何文件。"
            " | not better on held-back data: they are too small to help; the base stays as it was, nothing is written.",
            highlight=False,
            soft_wrap=True,
        )
