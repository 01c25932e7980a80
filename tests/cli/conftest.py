"""The command line inside this process, for what works; `run_csbot` starts a process of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from csbot.cli.main import app


@pytest.fixture
def call() -> Callable[..., str]:
    """``call("ask", …)``: the standard output of a command, which must end well; ``code=1`` where a check fails."""

    def run(*arguments: str | Path, stdin: str | None = None, code: int = 0) -> str:
        result = CliRunner().invoke(app, [str(a) for a in arguments], input=stdin, env={"COLUMNS": "200"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    return run


@pytest.fixture
def call_json(call: Callable[..., str]) -> Callable[..., Any]:
    """`call` with ``--json``: what the standard output says, all of which must be one JSON value."""

    def run(*arguments: str | Path, **settings: Any) -> Any:
        return json.loads(call(*arguments, "--json", **settings))

    return run


@pytest.fixture
def kb_dir(small_saved: Path, tmp_path: Path) -> Path:
    """A copy of the saved knowledge base that a test may change."""
    return Path(shutil.copytree(small_saved, tmp_path / "kb"))
