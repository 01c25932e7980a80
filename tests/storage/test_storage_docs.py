"""docs/storage.md: its Python runs and prints what it says; its defaults are the defaults; its tables are the tables."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from csbot.config import OrderConfig
from csbot.storage.tables import METADATA, STORE

TEXT = (Path(__file__).parents[2] / "docs" / "storage.md").read_text(encoding="utf-8")


def test_the_python_runs(tmp_path: Path) -> None:
    script = "\n".join(re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["True 1", "True", "1 2"]


def test_the_defaults_are_those_of_the_settings() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", TEXT, re.MULTILINE))
    assert told.keys() == {"lookup_limit", "order_lookup_limit", "lookup_window_s", "not_found_floor_s"}
    assert {name: float(value) for name, value in told.items()} == {name: getattr(OrderConfig(), name) for name in told}


def test_every_table_is_told_of() -> None:
    assert set(re.findall(r"`(csbot_\w+)`", TEXT)) == {*METADATA.tables, STORE.version.name}
