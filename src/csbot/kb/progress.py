"""A progress bar with a rate, on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from csbot.encoders.base import Progress


@contextmanager
def progress_bar(wanted: bool | Progress, label: str = "编码 encoding") -> Iterator[Progress | None]:
    """True: a bar on standard error, named ``label``; a function: itself; False: None."""
    if not isinstance(wanted, bool):
        yield wanted
        return
    if not wanted:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=None, rate="")

        def report(done: int, total: int) -> None:
            elapsed = bar.tasks[task].elapsed or 0
            bar.update(task, completed=done, total=total, rate=f"{done / elapsed:.0f}/s" if elapsed else "")

        yield report
