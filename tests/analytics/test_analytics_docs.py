"""docs/analytics.md: its Python runs and prints what it says; its rules, outcomes, events and indicators are the code's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

from csbot.analytics.indicators import INDICATORS
from csbot.analytics.outcomes import OUTCOMES
from csbot.analytics.rules import OutcomeRules
from csbot.models import events

TEXT = (Path(__file__).parents[2] / "docs" / "analytics.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_python_runs(tmp_path: Path) -> None:
    script = "\n".join(re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["1 1", "2.0 2.0 0.342", "2", "True", "0"]


def test_every_rule_is_told_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section("规则"), re.MULTILINE))
    values = {name: getattr(OutcomeRules(), name) for name in OutcomeRules.model_fields}
    said = {
        name: ", ".join(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else value
        for name, value in values.items()
    }
    assert told == {name: str(value).lower() if isinstance(value, bool) else value for name, value in said.items()}


def test_every_outcome_indicator_and_event_is_told() -> None:
    outcomes = re.findall(r"^\| `(\w+)` (\S+) \|", section("事项与结果"), re.MULTILINE)
    assert dict(outcomes) == OUTCOMES
    indicators = re.findall(r"(?:^\| |、)(\S+?) `(\w+)`", section("指标"), re.MULTILINE)
    assert {name: title for title, name in indicators} == {name: one.title for name, one in INDICATORS.items()}
    kinds = re.findall(r"^\| `(\w+)` \|", section("事件").split("|---|---|---|")[1], re.MULTILINE)
    union = get_args(get_args(events.Event)[0])
    assert sorted(kinds) == sorted(kind.model_fields["type"].default for kind in union)


def test_what_is_said_to_come_near_to_fin_is_a_set_of_rules() -> None:
    said = dict(re.findall(r"`(\w+): (\w+)`", section("规则")))
    assert OutcomeRules.model_validate(said) == OutcomeRules(matters="conversation", idle_s=86400, thanks_confirm=True)
