"""docs/training.md says what the code does: options, numbers, names."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest
from typer.main import get_command

from csbot.cli.main import app
from csbot.encoders import batches, held_back, losses, student, train_data, train_output, train_run
from csbot.encoders.train_report import TrainReport
from csbot.encoders.train_settings import Settings

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/training.md").read_text("utf-8")


def options(command: str) -> set[str]:
    return {name for option in get_command(app).commands[command].params for name in option.opts}  # type: ignore[attr-defined]


def test_every_option_on_the_page_is_one_of_the_command() -> None:
    shown = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    assert shown - options("train") - options("index") == set()
    assert {"--kb", "--cases", "--corpus", "--pairs", "--unlabelled", "--validate", "--held-back", "--base"} <= shown


@pytest.mark.parametrize(
    "sentence",
    [
        f"少于 {train_data.SMALLEST_GROUP} 条的分类并入整库",
        f"有两个以上问法的知识不到 {train_data.FEWEST} 条；或能用来验证的不到 {train_data.FEWEST} 句",
        f"最多 {held_back.HELD_PAIRS} 对",
        f"平均余弦不到 {train_output.LEAST_COSINE} 就不写",
        f"一组至多 {batches.GROUP_TOPICS} 条",
        f"答案 {batches.FROM_ANSWER:.0%}".replace("%", " %"),
        f"温度 {losses.TEMPERATURE}",
        f"每 {train_run.SAVE_EVERY_S / 60:.0f} 分钟",
        f"先升后线性降到 {train_run.LEAST_RATE:.0%}".replace("%", " %"),
        f"dropout 至多 {student.DROPOUT}",
        f"学习率 {Settings().rate:.0e}".replace("e-0", "e-"),
    ],
)
def test_the_numbers_on_the_page_are_those_of_the_code(sentence: str) -> None:
    assert sentence in PAGE


@pytest.mark.parametrize(("name", "weight"), losses.WEIGHTS.items())
def test_the_table_has_each_term_with_its_weight(name: str, weight: float) -> None:
    assert f"| {name} | {weight} |" in PAGE


def test_the_python_example_names_what_there_is() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            assert all(hasattr(module, alias.name) for alias in node.names)
    assert set(re.findall(r"report\.(\w+)", code)) <= set(TrainReport.model_fields)
