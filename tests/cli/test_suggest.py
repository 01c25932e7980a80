"""`csbot suggest`: a log and a knowledge base in, a patch out, and a new version only where it was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from csbot import KnowledgeBase
from csbot.analytics.log import write_log
from csbot.analytics.suggestions import Suggestion
from csbot.errors import CsbotError, InputError, SourceError
from csbot.evaluation.report import NAMES
from csbot.models.base import aware
from csbot.models.events import DecisionEvent, Event, MessageEvent

PICKED = "小白鸽出笼了没"
"""A word that this shop's customers coined: no encoder can know it."""


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    """Two customers pick 发货; three are missed with the same matter."""
    found: list[Event] = []
    start = aware(datetime(2026, 11, 2, 10))
    assert start is not None

    def say(name: str, number: int, text: str, **decision: Any) -> None:
        at = start + timedelta(minutes=number)
        where: dict[str, Any] = {"at": at, "session_id": name, "customer_id": name, "channel": "web", "number": number}
        found.append(MessageEvent(id=f"{name}{number}q", **where, who="customer", text=text))
        found.append(DecisionEvent(id=f"{name}{number}d", **where, **decision))

    for name in ("a", "b"):
        say(name, 0, PICKED, kind="clarify", rule="unsure", offered=("ship-time", "install"))
        say(name, 1, "1", kind="answer", rule="option_picked", faq_id="ship-time", category="物流")
    for name, text in (("c", "柜门合页松了怎么办"), ("d", "柜门的合页松了咋办"), ("e", "橱柜门合页松掉了怎么办")):
        say(name, 0, text, kind="fallback", rule="miss")
    write_log(found, tmp_path / "events.jsonl")
    return tmp_path / "events.jsonl"


@pytest.fixture
def cases_file(tmp_path: Path) -> Path:
    rows = [
        {"text": "小白鸽出笼了没啊", "expect": {"faq_id": "ship-time"}},
        {"text": "你们老板是谁", "expect": {"out_of_scope": True}},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_json_has_what_was_heard_the_patch_and_the_indicators_before_and_after(
    call_json: Callable[..., Any], log_file: Path, cases_file: Path, kb_dir: Path, tmp_path: Path
) -> None:
    patch = tmp_path / "out" / "patch.jsonl"
    found = call_json("suggest", "--events", log_file, "--kb", kb_dir, "--cases", cases_file, "--out", patch)
    assert [theme["messages"] for theme in found["themes"]] == [3]
    assert found["questions"] == 3
    [one] = [one for one in found["suggestions"] if one["similar"] == [PICKED]]
    assert (one["faq_id"], one["kind"], one["messages"], one["repairs"]) == ("ship-time", "similar", 2, 1)
    rates = {name: indicators["resolution_rate"]["value"] for name, indicators in found["indicators"].items()}
    assert (rates["before"], rates["recommended"]) == (0.0, 1.0)
    assert set(found["indicators"]["all"]) <= set(NAMES)
    assert found["version"] is None
    lines = patch.read_text(encoding="utf-8").splitlines()
    assert [Suggestion.model_validate_json(line).id for line in lines] == [one["id"] for one in found["suggestions"]]


def test_nothing_is_applied_without_apply_and_only_what_is_accepted_with_it(
    call_json: Callable[..., Any], log_file: Path, kb_dir: Path
) -> None:
    saved = KnowledgeBase.load(kb_dir)
    before, questions = saved.version, len(saved.contents.questions)
    found = call_json("suggest", "--events", log_file, "--kb", kb_dir, "--all")
    assert KnowledgeBase.load(kb_dir).version == before
    [name] = [one["id"] for one in found["suggestions"] if one["similar"] == [PICKED]]
    done = call_json("suggest", "--events", log_file, "--kb", kb_dir, "--accept", name, "--apply")
    after = KnowledgeBase.load(kb_dir)
    assert done["version"] == after.version != before
    faq = after.contents.get("ship-time")
    assert faq is not None
    assert faq.similar[-1] == PICKED
    assert len(after.contents.questions) == questions + 1
    again = call_json("suggest", "--events", log_file, "--kb", kb_dir)
    assert name not in [one["id"] for one in again["suggestions"]]


def test_an_edited_patch_is_tried_and_applied_as_it_was_edited(
    call_json: Callable[..., Any], log_file: Path, cases_file: Path, kb_dir: Path, tmp_path: Path
) -> None:
    patch = tmp_path / "patch.jsonl"
    found = call_json("suggest", "--events", log_file, "--kb", kb_dir, "--out", patch)
    [one] = [one for one in found["suggestions"] if one["similar"] == [PICKED]]
    edited = one | {"similar": ["小白鸽什么时候出笼"], "warnings": ["读过了"]}
    patch.write_text(json.dumps(edited, ensure_ascii=False) + "\n", encoding="utf-8")
    done = call_json("suggest", "--kb", kb_dir, "--patch", patch, "--cases", cases_file, "--apply")
    assert done["accepted"] == [one["id"]]
    assert done["indicators"]["recommended"]["match_rate"]["value"] is not None
    faq = KnowledgeBase.load(kb_dir).contents.get("ship-time")
    assert faq is not None
    assert faq.similar[-1] == "小白鸽什么时候出笼"


@pytest.mark.parametrize("change", [{"faq_id": "none"}, {"similar": [" "]}, {"kind": "draft", "answer": ""}, {"colour": 1}])
def test_a_patch_that_cannot_be_applied_is_refused_with_its_line(
    change: dict[str, Any], call: Callable[..., str], kb_dir: Path, tmp_path: Path
) -> None:
    patch = tmp_path / "patch.jsonl"
    row = {"id": "s-1", "kind": "similar", "faq_id": "ship-time", "question": "发货", "similar": ["何时发"]}
    patch.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in (row, row | change)), encoding="utf-8")
    with pytest.raises(SourceError) as error:
        call("suggest", "--kb", kb_dir, "--patch", patch)
    assert [fault.line for fault in error.value.faults] == [2]


def test_tables_for_people(call: Callable[..., str], log_file: Path, cases_file: Path, kb_dir: Path) -> None:
    text = call("suggest", "--events", log_file, "--kb", kb_dir, "--cases", cases_file)
    for part in ("没答上的", "合页", "3/0/0", PICKED, "解决率", "未改动知识库"):
        assert part in text, part


@pytest.mark.parametrize(
    "options", [["--accept", "s-none"], ["--accept", "s-1", "--all"], ["--patch", "p.jsonl"], ["--config", "none.yaml"]]
)
def test_wrong_use_is_an_error_of_csbots(options: list[str], call: Callable[..., str], log_file: Path, kb_dir: Path) -> None:
    with pytest.raises(CsbotError):
        call("suggest", "--events", log_file, "--kb", kb_dir, *options)


def test_a_log_is_needed(call: Callable[..., str], kb_dir: Path) -> None:
    with pytest.raises(InputError):
        call("suggest", "--kb", kb_dir)
