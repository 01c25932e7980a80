"""`csbot tune`: what it stores, what brings the old back, and what another index keeps or drops."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from csbot import KnowledgeBase
from csbot.cli.main import app
from csbot.errors import InputError
from csbot.kb import snapshot
from csbot.kb.calibration import Calibration
from labelled_messages import labelled

Call = Callable[..., str]
CallJson = Callable[..., Any]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("cases") / "cases.jsonl"
    file.write_text("".join(one.model_dump_json(exclude_defaults=True) + "\n" for one in labelled()), encoding="utf-8")
    return file


def in_force(directory: Path) -> Calibration:
    return snapshot.read(directory)[0].calibration


def current(directory: Path) -> str:
    return (directory / "CURRENT").read_text(encoding="utf-8")


def test_nothing_is_stored_unless_it_is_asked_for(call: Call, kb_dir: Path, cases: Path, tmp_path: Path) -> None:
    before = current(kb_dir)
    printed = call("tune", "--kb", kb_dir, "--cases", cases, "--target-precision", "0.9", "--out", tmp_path / "r.json")
    assert "--apply" in printed
    assert "准确率 precision" in printed
    assert current(kb_dir) == before
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["target_precision"] == 0.9


def test_apply_stores_a_version_that_rollback_takes_back(call_json: CallJson, kb_dir: Path, cases: Path) -> None:
    first, old = json.loads(json.dumps(call_json("kb", "history", kb_dir)))[0]["version"], in_force(kb_dir)
    report = call_json("tune", "--kb", kb_dir, "--cases", cases, "--target-precision", "0.9", "--apply")
    assert report["reached"]
    assert in_force(kb_dir).answer == report["after"]["answer"] != old.answer
    assert in_force(kb_dir).before_tuning() == old
    assert call_json("kb", "history", kb_dir)[0]["version"] == report["version"] != first
    call_json("kb", "rollback", kb_dir)
    assert in_force(kb_dir) == old


def test_a_target_that_can_not_be_met_ends_with_1_and_stores_nothing(kb_dir: Path, cases: Path) -> None:
    before = current(kb_dir)
    arguments = ["tune", "--kb", str(kb_dir), "--cases", str(cases), "--target-precision", "0.999", "--apply"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 1
    assert "目标 0.999 达不到" in result.output
    assert current(kb_dir) == before
    assert not in_force(kb_dir).tuned


@pytest.mark.parametrize("target", ["0", "1", "2", "a lot"])
def test_a_target_that_is_no_share_is_wrong_use(kb_dir: Path, cases: Path, target: str) -> None:
    result = CliRunner().invoke(app, ["tune", "--kb", str(kb_dir), "--cases", str(cases), "--target-precision", target])
    assert result.exit_code == 2 or isinstance(result.exception, InputError)  # `main` turns the error into exit code 2


def test_indexing_again_keeps_what_was_tuned(
    call: Call, call_json: CallJson, kb_dir: Path, cases: Path, small_source: Path
) -> None:
    call("tune", "--kb", kb_dir, "--cases", cases, "--target-precision", "0.9", "--apply")
    tuned = in_force(kb_dir)
    longer = kb_dir.parent / "longer.jsonl"
    added = {"id": "recycle", "question": "旧家具能回收吗", "answer": "可以，请联系客服预约。"}
    longer.write_text(small_source.read_text(encoding="utf-8") + json.dumps(added, ensure_ascii=False) + "\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["index", str(longer), "--out", str(kb_dir), "--json"])
    assert json.loads(result.stdout)["faqs"] == 13
    assert "调校" not in result.stderr
    assert in_force(kb_dir) == tuned


def test_another_encoder_drops_it_and_says_so(hash_kb: KnowledgeBase, small_source: Path, tmp_path: Path) -> None:
    now = hash_kb.contents.calibration
    hash_kb.recalibrated(now.tuned_to(now.confidence, 0.9, 0.5, "by hand")).save(tmp_path / "kb")
    assert in_force(tmp_path / "kb").tuned
    result = CliRunner().invoke(app, ["index", str(small_source), "--out", str(tmp_path / "kb"), "--json"])
    assert result.exit_code == 0
    assert "重新 csbot tune" in result.stderr
    assert not in_force(tmp_path / "kb").tuned


def test_without_cases_it_says_that_customers_are_harder(kb_dir: Path) -> None:
    result = CliRunner().invoke(app, ["tune", "--kb", str(kb_dir), "--target-precision", "0.6"], env={"COLUMNS": "200"})
    assert "没有用例" in result.output
    assert "句知识库自己的问法" in result.output
