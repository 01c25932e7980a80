"""The workflow that users copy: its own steps, run by bash in a git repository with commits that do good and harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from csbot import Faq
from csbot.kb.export import write_faqs

WORKFLOW = Path(__file__).parents[2] / ".github/workflows/answers.yml"
NOWHERE = "0" * 40
"""What GitHub gives as the commit before, where there was none."""
RULES = """[minimum]
resolution_rate = 0.5
[regressions]
lost = 0
deleted_faqs = 0
"""


class Repository:
    """A git repository with a knowledge base, its cases, a dialogue and orders."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git("init", "-q")

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *who, *arguments], cwd=self.path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, faqs: list[Faq]) -> str:
        write_faqs(faqs, self.path / "faq.jsonl")
        self.git("add", "faq.jsonl", "cases.jsonl", "dialogues.jsonl", "orders.json", "gates.toml")
        self.git("commit", "-q", "-m", "faqs")
        return self.git("rev-parse", "HEAD")

    def step(self, name: str, base: str) -> subprocess.CompletedProcess[str]:
        """One step of the workflow as GitHub runs it."""
        flow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
        (script,) = [step["run"] for step in flow["jobs"]["gate"]["steps"] if step.get("name") == name]
        files = {"KNOWLEDGE": "faq.jsonl", "CASES": "cases.jsonl", "DIALOGUES": "dialogues.jsonl", "ORDERS": "orders.json"}
        ours = files | {"GATES": "gates.toml", "BASE": base, "GITHUB_STEP_SUMMARY": str(self.path / "summary.md")}
        assert set(flow["env"]) <= set(ours)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script], cwd=self.path, env=os.environ | ours | {"PATH": path},
            capture_output=True, text=True, encoding="utf-8", timeout=120,
        )  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path, faqs: list[Faq]) -> Repository:
    cases = [{"text": question, "expect": {"faq_id": faq.id}} for faq in faqs[:4] for question in faq.questions]
    talk = {"id": "d1", "turns": [{"user": "发票怎么开", "expect": {"kind": "answer", "faq_id": "invoice"}}]}
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in cases)
    (tmp_path / "cases.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "dialogues.jsonl").write_text(json.dumps(talk, ensure_ascii=False) + "\n", encoding="utf-8")
    (tmp_path / "orders.json").write_text("[]", encoding="utf-8")
    (tmp_path / "gates.toml").write_text(RULES, encoding="utf-8")
    return Repository(tmp_path)


def test_a_deleted_faq_is_stopped_with_its_name_and_a_harmless_change_passes(repository: Repository, faqs: list[Faq]) -> None:
    base = repository.commit(faqs)
    repository.commit([*faqs, Faq(id="recycle", question="旧家具能回收吗", answer="可以，请联系客服预约。")])
    first = repository.step("baseline", base)
    assert first.returncode == 0, first.stderr
    harmless = repository.step("gate", base)
    assert harmless.returncode == 0, harmless.stdout + harmless.stderr
    repository.commit([faq for faq in faqs if faq.id != "return"])
    harm = repository.step("gate", base)
    assert harm.returncode == 1, harm.stdout + harm.stderr
    assert repository.step("summary", base).returncode == 0
    summary = (repository.path / "summary.md").read_text(encoding="utf-8")
    assert "❌" in summary
    assert "怎么退货" in summary
    assert "plotly" in (repository.path / "var/report.html").read_text(encoding="utf-8").lower()
    assert "deleted_faqs" in (repository.path / "var/gate.xml").read_text(encoding="utf-8")


def test_without_a_commit_before_there_is_no_baseline_and_the_least_values_still_count(
    repository: Repository, faqs: list[Faq]
) -> None:
    repository.commit(faqs)
    assert repository.step("baseline", NOWHERE).returncode == 0
    assert not (repository.path / "var/base.json").exists()
    rules = RULES.replace("resolution_rate", "oos_rejection")  # which no case measures
    (repository.path / "gates.toml").write_text(rules, encoding="utf-8")
    assert repository.step("gate", NOWHERE).returncode == 1
