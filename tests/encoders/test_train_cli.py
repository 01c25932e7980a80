"""`csbot train` and `csbot encoder export` as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny import MATTERS, UNSEEN, topics, write_tiny

from csbot import Faq
from csbot.encoders import load_encoder
from csbot.encoders.checkpoint import read_position
from csbot.kb.export import write_faqs

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "HF_HUB_OFFLINE": "1"}


def csbot(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csbot", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, env=ENVIRONMENT)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base, confirmed cases and unseen ones, as files, and a tiny base."""
    place = tmp_path_factory.mktemp("files")
    faqs = [Faq(id=t.key, question=t.questions[0], similar=t.questions[1:], answer=t.answer) for t in topics()]
    write_faqs(faqs, place / "faq.csv")
    write_cases(place / "cases.jsonl", [(text, t.key) for t in topics() for text in t.asked])
    unseen = [(form.format(common), f"faq-{i}") for i, (_, common) in enumerate(MATTERS) for form in UNSEEN]
    write_cases(place / "unseen.jsonl", unseen)
    write_tiny(place / "tiny")
    return place


def write_cases(path: Path, cases: list[tuple[str, str]]) -> None:
    rows: list[dict[str, Any]] = [{"text": text, "expect": {"faq_id": key}} for text, key in cases]
    rows.append({"text": "今天天气怎么样", "expect": {"out_of_scope": True}})
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def arguments(files: Path, out: Path, *more: str) -> list[str | Path]:
    known = ["train", "--base", files / "tiny" / "model", "--kb", files / "faq.csv", "--cases", files / "cases.jsonl"]
    return [*known, "--validate", files / "unseen.jsonl", "--out", out, "--threads", "1", "--lr", "3e-3", *more]


@pytest.mark.slow
def test_sigterm_saves_and_the_same_command_resumes_to_the_end(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [str(a) for a in arguments(files, out, "--steps", "60", "--batch", "8", "--json")]
    process = subprocess.Popen(
        [sys.executable, "-m", "csbot", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    assert process.stderr is not None
    heard = []
    for line in process.stderr:
        heard.append(line)
        if line.startswith("10/60 "):
            process.send_signal(signal.SIGTERM)
            break
    shown, rest = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM, "".join(heard) + rest
    assert json.loads(shown)["outcome"] == "interrupted"
    assert "再次运行同一条命令即可继续" in rest
    position = read_position(out)
    assert position is not None and 10 <= position["step"] < 60
    done = csbot(*command)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["outcome"], report["steps"]) == ("helped", 60)
    assert "从断点继续" in done.stderr
    assert not any(line.startswith("10/60 ") for line in done.stderr.splitlines())
    assert {"model_int8.onnx", "model.safetensors", "tokenizer.json", "training.json"} <= {p.name for p in out.iterdir()}
    assert load_encoder(str(out), threads=1).encode(["我要寄出"]).shape == (1, 64)


def test_what_does_not_help_says_so_exits_with_1_and_writes_nothing(files: Path, tmp_path: Path) -> None:
    done = csbot(*arguments(files, tmp_path / "out", "--steps", "1", "--lr", "1e-9"))
    assert done.returncode == 1, done.stderr
    assert "没有写出任何文件" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("question,answer\n", "没有任何知识条目"),
        ("question,similar,answer\n怎么退,咋退|退一下,好\n怎么换,请问咋退,好\n", "自相矛盾"),
        ("question,similar,answer\n怎么退,咋退|退一下,好\n怎么换,咋换|换一下,好\n", "数据太少"),
    ],
)
def test_empty_contradictory_and_tiny_data_are_refused_with_2_and_write_nothing(tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "faq.csv").write_text(rows, encoding="utf-8")
    done = csbot("train", "--kb", tmp_path / "faq.csv", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "没有训练数据"),
        (("--steps", "5", "--minutes", "1"), "只能给一个"),
        (("--cases", "cases.jsonl"), "需要 --kb"),
        (("--minutes", "-1"), "minutes"),
    ],
)
def test_wrong_use_is_refused_with_2(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    done = csbot("train", "--out", tmp_path / "out", *more)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_help_shows_examples_and_exit_codes() -> None:
    shown = csbot("train", "--help").stdout
    assert "csbot train --out var/encoder --kb data/faq.csv" in shown
    assert "143" in shown


def test_export_writes_the_bundled_encoder_once(tmp_path: Path) -> None:
    out = tmp_path / "encoder"
    done = csbot("encoder", "export", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bytes"] == sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    assert {"model.safetensors", "modules.json", "tokenizer.json"} <= {path.name for path in out.iterdir()}
    again = csbot("encoder", "export", out)
    assert again.returncode == 2 and "不是空目录" in again.stderr
