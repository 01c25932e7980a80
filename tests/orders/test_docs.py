"""docs/orders.md: its Python runs, its mappings are mappings."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from csbot.orders.http import HttpOrderMapping
from csbot.orders.sql import OrderMapping

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "orders.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_python_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("corpus"))
    script = "\n".join(blocks("python"))
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("待安装 专车送达并签收")
    assert "CREATE INDEX" in done.stdout


def test_the_mappings_are_accepted() -> None:
    sql, http = (yaml.safe_load(block) for block in blocks("yaml"))
    assert OrderMapping(**sql).columns.order_id == "order_no"
    assert HttpOrderMapping(**http).may_repeat
