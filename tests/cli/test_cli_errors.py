"""Wrong use and bad input: exit code 2, one clear message on standard error, never a traceback; and help for everybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from csbot import __version__
from csbot.cli.main import app

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command by its words, groups included."""
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


COMMANDS = sorted(commands(typer.main.get_command(app)))


def test_all_commands_of_the_main_job_are_there() -> None:
    wanted = {("index",), ("ask",), ("chat",), ("search",), ("lint",), ("eval",), ("demo",)}
    wanted |= {("kb", name) for name in ("diff", "history", "rollback", "export")}
    assert wanted <= set(COMMANDS)


GROUPS = {words[:-1] for words in COMMANDS}


@pytest.mark.parametrize("words", [words for words in COMMANDS if words not in GROUPS], ids=" ".join)
def test_the_help_of_each_command_has_an_example_of_it(call: Callable[..., str], words: tuple[str, ...]) -> None:
    printed = call(*words, "--help")
    assert "例" in printed
    assert f"csbot {' '.join(words)} " in printed


def test_the_help_of_the_whole_names_every_command_and_the_exit_codes(call: Callable[..., str]) -> None:
    printed = call("--help")
    assert all(words[0] in printed for words in COMMANDS)
    assert "exit codes" in printed


def test_the_version_is_told(call: Callable[..., str]) -> None:
    assert call("--version") == f"csbot {__version__}\n"


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The message of a command that was refused as it should be."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert done.stderr.strip()
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "--kb", "{missing}", "你好"], ["missing", "csbot index"]),
        (["ask", "--kb", "{kb}", "你好", "--config", "{bad.yaml}"], ["bands.answer"]),
        (["ask", "--kb", "{kb}", "你好", "--config", "{bad-kb.yaml}"], ["kb.treads"]),
        (["ask", "--kb", "{kb}", "你好", "--orders", "{missing}"], ["missing"]),
        (["ask", "--kb", "{kb}"], ["Missing argument"]),
        (["ask", "--kb", "{text.txt}", "你好"], ["text.txt"]),
        (["search", "--kb", "{kb}"], ["--batch"]),
        (["search", "--kb", "{kb}", "你好", "--batch", "{text.txt}"], ["--batch"]),
        (["search", "--kb", "{kb}", "--batch", "{missing}"], ["missing"]),
        (["search", "--kb", "{kb}", "--batch", "{binary.csv}"], ["binary.csv"]),
        (["search", "--kb", "{kb}", "你好", "--top-k", "0"], ["top-k"]),
        (["index", "{missing}", "--out", "{out}"], ["missing"]),
        (["index", "{faulty.jsonl}", "--out", "{out}"], ["第 1 行", "第 2 行", "answer"]),
        (["index", "{binary.csv}", "--out", "{out}"], ["binary.csv"]),
        (["index", "{empty.csv}", "--out", "{out}"], ["empty.csv"]),
        (["index", "{text.txt}", "--out", "{out}"], [".jsonl"]),
        (["index", "{good.jsonl}", "--out", "{text.txt}"], ["text.txt"]),
        (["index", "{good.jsonl}", "--out", "{out}", "--synonyms", "{missing}"], ["missing"]),
        (["index", "{good.jsonl}"], ["--out"]),
        (["lint", "{faulty.jsonl}"], ["第 1 行"]),
        (["eval", "--kb", "{kb}"], ["cases"]),
        (["eval", "--kb", "{kb}", "--cases", "{good.jsonl}"], ["第 1 行", "expect"]),
        (["eval", "--kb", "{kb}", "--cases", "{strange.jsonl}"], ["第 1 行", "no-such-faq"]),
        (["eval", "--kb", "{kb}", "--dialogues", "{talk.jsonl}"], ["第 1 行", "turns.0.expect.faq_id", "no-such-faq"]),
        (["kb", "history", "{missing}"], ["missing"]),
        (["kb", "diff", "{kb}", "zzz"], ["zzz"]),
        (["kb", "rollback", "{kb}"], ["没有更早的版本"]),
        (["kb", "rollback", "{kb}", "zzz"], ["zzz"]),
        (["kb", "export", "{kb}", "{faq.pdf}"], ["faq.pdf", ".xlsx"]),
        (["kb", "export", "{kb}", "{missing/faq.csv}"], ["missing"]),
        (["frobnicate"], ["frobnicate"]),
        (["ask", "--frobnicate"], ["frobnicate"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_gets_one_message_that_says_what_and_where(
    run_csbot: Run, small_saved: Path, tmp_path: Path, arguments: list[str], said: list[str]
) -> None:
    faq = json.dumps({"id": "a", "question": "多久发货", "answer": "48 小时内"}, ensure_ascii=False)
    (tmp_path / "good.jsonl").write_text(faq + "\n", encoding="utf-8")
    (tmp_path / "faulty.jsonl").write_text('{"question": "多久发货"}\n{broken\n' + faq, encoding="utf-8")
    (tmp_path / "strange.jsonl").write_text('{"text": "x", "expect": {"faq_id": "no-such-faq"}}\n', encoding="utf-8")
    talk = {"id": "d", "turns": [{"user": "x", "expect": {"kind": "answer", "faq_id": "no-such-faq"}}]}
    (tmp_path / "talk.jsonl").write_text(json.dumps(talk) + "\n", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("bands: {answer: 7}\n", encoding="utf-8")
    (tmp_path / "bad-kb.yaml").write_text("kb: {treads: 7}\n", encoding="utf-8")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "text.txt").write_text("你好\n", encoding="utf-8")
    filled = [str(small_saved) if a == "{kb}" else str(tmp_path / a[1:-1]) if a.startswith("{") else a for a in arguments]
    before = sorted(path for path in small_saved.rglob("*") if path.is_file())
    message = refused(run_csbot(*filled, cwd=tmp_path))
    assert [part for part in said if part not in message] == []
    assert sorted(path for path in small_saved.rglob("*") if path.is_file()) == before


def test_a_damaged_knowledge_base_is_refused_with_a_way_out(run_csbot: Run, kb_dir: Path) -> None:
    version = (kb_dir / "CURRENT").read_text(encoding="ascii").strip()
    file = kb_dir / "versions" / version / "vectors.npy"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 0x80]))
    message = refused(run_csbot("ask", "--kb", kb_dir, "包邮吗"))
    assert "vectors.npy" in message
    assert "csbot kb rollback" in message


def test_an_index_that_is_refused_leaves_what_was_there(run_csbot: Run, kb_dir: Path, tmp_path: Path) -> None:
    version = (kb_dir / "CURRENT").read_text(encoding="ascii")
    (tmp_path / "bad.jsonl").write_text("{broken\n", encoding="utf-8")
    refused(run_csbot("index", tmp_path / "bad.jsonl", "--out", kb_dir))
    assert (kb_dir / "CURRENT").read_text(encoding="ascii") == version
    assert run_csbot("ask", "--kb", kb_dir, "包邮吗").stdout.startswith("满 99 元包邮。")


def test_json_stands_alone_on_standard_output(run_csbot: Run, small_saved: Path) -> None:
    done = run_csbot("ask", "--kb", small_saved, "包邮吗", "--json")
    assert (done.returncode, json.loads(done.stdout)["faq_id"], done.stderr) == (0, "ship-fee", "")


def test_a_failed_check_ends_with_1(run_csbot: Run, tmp_path: Path) -> None:
    row = {"id": "a", "question": "多久发货", "similar": ["几天寄出"], "answer": "48 小时内", "related": ["nowhere"]}
    (tmp_path / "faq.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    done = run_csbot("lint", tmp_path / "faq.jsonl", "--json")
    assert (done.returncode, json.loads(done.stdout)[0]["rule"]) == (1, "unknown_related")
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(small_saved: Path, tmp_path: Path) -> None:
    """As with ``csbot search … | head``: the pipe is closed while there is more to print than it holds."""
    (tmp_path / "batch.txt").write_text("包邮吗\n" * 400, encoding="utf-8")
    command = [sys.executable, "-c", "from csbot.cli.main import main; main()"]
    process = subprocess.Popen(
        [*command, "search", "--kb", str(small_saved), "--batch", str(tmp_path / "batch.txt"), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    assert (process.wait(timeout=120), errors) == (0, "")


@pytest.mark.parametrize("options", [["--json"], []], ids=["json", "table"])
@pytest.mark.parametrize("command", [["kb", "history", "{kb}"], ["ask", "--kb", "{kb}", "包邮吗"]], ids=" ".join)
def test_a_reader_that_was_never_there_is_no_error(small_saved: Path, command: list[str], options: list[str]) -> None:
    words = [str(small_saved) if word == "{kb}" else word for word in command]
    reading, writing = os.pipe()
    os.close(reading)
    csbot = [sys.executable, "-c", "from csbot.cli.main import main; main()", *words, *options]
    done = subprocess.run(csbot, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
@pytest.mark.parametrize("options", [["--json"], []], ids=["json", "table"])
@pytest.mark.parametrize("command", [["kb", "history", "{kb}"], ["ask", "--kb", "{kb}", "包邮吗"]], ids=" ".join)
def test_output_that_can_not_be_written_is_one_message_and_exit_2(
    small_saved: Path, command: list[str], options: list[str]
) -> None:
    words = [str(small_saved) if word == "{kb}" else word for word in command]
    csbot = [sys.executable, "-c", "from csbot.cli.main import main; main()", *words, *options]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(csbot, stdout=full, stderr=subprocess.PIPE, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr
    assert done.stderr.count("错误 error:") == 1
