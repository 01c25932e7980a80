"""docs/orders.md: its Python runs, its mappings are mappings."""

from __future__ import annotations

import json
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


def test_the_figures_are_those_of_the_benchmark() -> None:
    result = json.loads((ROOT / "benchmarks" / "results" / "orders.json").read_text(encoding="utf-8"))
    measured = [
        [
            kind[name]
            for name in ("find_p50_ms", "find_p99_ms", "raw_p50_ms", "raw_p99_ms", "find_client_cpu_ms", "raw_client_cpu_ms")
        ]
        for database in ("postgresql", "sqlite")
        for kind in result[database]["with_index"].values()
    ]
    rows = re.findall(r"^\| (?:PostgreSQL|SQLite) \|[^|]*\|(.*)\|$", TEXT, re.MULTILINE)
    assert [[float(figure) for figure in re.findall(r"[\d.]+", row)] for row in rows] == measured
    assert f"{result['postgresql']['find_p50_without_index_ms']} 毫秒" in TEXT
