"""`csbot stats`: a store and files in, a table, JSON, a page and a file out."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from csbot.analytics.indicators import INDICATORS
from csbot.analytics.log import read_log, write_log
from csbot.errors import CsbotError
from csbot.models.base import aware
from csbot.models.events import DecisionEvent, Event, FeedbackEvent, MessageEvent
from csbot.storage.sql import SqlStore


def event_log() -> list[Event]:
    """Two customers, two days, one FAQ each, one of them satisfied; 23:30 and 00:30 in China."""
    found: list[Event] = []
    for name, moment, faq in (("u", "2026-11-01T23:30", "fee"), ("v", "2026-11-02T00:30", "</script><b>退货")):
        where = {"at": aware(datetime.fromisoformat(moment)), "session_id": name, "customer_id": name, "channel": "web"}
        found += [
            MessageEvent(id=f"{name}1", **where, who="customer", text="问"),  # type: ignore[arg-type]
            DecisionEvent(id=f"{name}2", **where, kind="answer", rule="exact", faq_id=faq, category="物流"),  # type: ignore[arg-type]
        ]
    found.append(FeedbackEvent(id="v3", **where, score=5, solved=True))  # type: ignore[arg-type]
    return found


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    write_log(event_log(), tmp_path / "events.jsonl")
    return tmp_path / "events.jsonl"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/csbot.db"


def test_json_has_every_indicator_with_its_parts(call_json: Callable[..., Any], log_file: Path) -> None:
    report = call_json("stats", "--events", log_file, "--by", "faq")
    assert list(report["total"]["indicators"]) == list(INDICATORS)
    rate = report["total"]["indicators"]["confirmed_rate"]
    assert (rate["numerator"], rate["denominator"], rate["value"]) == (1, 2, 0.5)
    assert 0 < rate["low"] < 0.5 < rate["high"] < 1
    assert report["total"]["outcomes"]["confirmed_resolved"] == 1
    assert {name: one["episodes"] for name, one in report["by"]["faq"].items()} == {"fee": 1, "</script><b>退货": 1}
    assert list(report["by"]) == ["faq"]


def test_a_table_for_people(call: Callable[..., str], log_file: Path) -> None:
    text = call("stats", "--events", log_file, "--by", "day")
    for part in ("匹配率", "100.0 %", "2 / 2", "2026-11-01", "2026-11-02", "确认解决 1", "推定解决 1"):
        assert part in text


def test_events_go_from_a_file_into_a_store_and_out_again(
    call: Callable[..., str], call_json: Callable[..., Any], log_file: Path, url: str, tmp_path: Path
) -> None:
    from_file = call_json("stats", "--events", log_file, "--as-of", "2027-01-01", "--by", "day")
    out = tmp_path / "out" / "again.jsonl"
    for _ in range(2):
        found = call_json(
            "stats", "--store", url, "--import", log_file, "--export", out, "--as-of", "2027-01-01", "--by", "day"
        )
        assert found == from_file
    assert sorted(event.id for event in read_log(out)) == sorted(event.id for event in event_log())
    store = SqlStore(url)
    assert len(store.events()) == 5
    store.close()
    both = call_json("stats", "--store", url, "--events", out, "--as-of", "2027-01-01", "--by", "day")
    assert both == from_file


def test_days_are_chinas_and_a_period_can_be_chosen(call_json: Callable[..., Any], log_file: Path) -> None:
    def episodes(*options: str) -> int:
        return int(call_json("stats", "--events", log_file, *options)["total"]["episodes"])

    assert episodes("--since", "2026-11-02") == episodes("--until", "2026-11-02") == 1
    assert episodes("--since", "2026-11-01", "--until", "2026-11-03") == 2
    assert episodes("--as-of", "2026-11-02T00:45") == 1  # the other may go on


def test_the_desks_url_may_be_the_stores(call_json: Callable[..., Any], log_file: Path, url: str) -> None:
    found = call_json("stats", "--store", url, "--import", log_file, "--desk", url)
    assert found["total"]["episodes"] == 2


def test_rules_are_read_and_shown(call_json: Callable[..., Any], log_file: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("settling: [order_status]\n", encoding="utf-8")
    found = call_json("stats", "--events", log_file, "--rules", rules)
    assert found["rules"]["settling"] == ["order_status"]
    assert found["total"]["outcomes"]["abandoned"] == 1  # the other one said that it is settled


def test_the_page_opens_offline_and_nothing_in_the_log_becomes_markup(
    call: Callable[..., str], log_file: Path, tmp_path: Path
) -> None:
    page = tmp_path / "stats.html"
    call("stats", "--events", log_file, "--html", page)
    text = page.read_text(encoding="utf-8")
    own = text[: text.index("plotly.js v")] + text[text.index('<script type="application/json"') :]
    assert re.findall(r"""(?:src|href)\s*=\s*["']?(\S+)""", own) == []
    assert "</script><b>" not in text
    data = json.loads(text.split('<script type="application/json" id="data">')[1].split("</script>")[0])
    assert [day["day"] for day in data["days"]] == ["2026-11-01", "2026-11-02"]
    assert set(data["groups"]) == {"day", "channel", "category", "faq"}
    assert data["total"]["indicators"].keys() == INDICATORS.keys()


def test_days_without_anything_leave_a_gap_in_the_page(call: Callable[..., str], tmp_path: Path) -> None:
    later = [event.model_copy(update={"at": aware(datetime(2026, 11, 4)), "id": f"{event.id}b"}) for event in event_log()[:2]]
    write_log([*event_log(), *later], tmp_path / "events.jsonl")
    page = tmp_path / "stats.html"
    call("stats", "--events", tmp_path / "events.jsonl", "--html", page)
    data = json.loads(page.read_text(encoding="utf-8").split('id="data">')[1].split("</script>")[0])
    assert ["indicators" in day for day in data["days"]] == [True, True, False, True]


def test_an_empty_store_has_a_table_and_a_page_as_well(call: Callable[..., str], url: str, tmp_path: Path) -> None:
    SqlStore(url).close()
    text = call("stats", "--store", url, "--html", tmp_path / "stats.html", "--by", "faq")
    assert "0 个事项" in text
    assert (tmp_path / "stats.html").stat().st_size > 1_000_000


@pytest.mark.parametrize(
    "options",
    [
        [], ["--since", "gestern", "--events", "{log}"], ["--events", "none.jsonl"], ["--import", "{log}", "--events", "{log}"],
        ["--store", "mysql://u@h/db"], ["--events", "{log}", "--rules", "none.yaml"],
    ],
)  # fmt: skip
def test_wrong_use_is_an_error_of_csbots(options: list[str], log_file: Path, call: Callable[..., str]) -> None:
    with pytest.raises(CsbotError):
        call("stats", *(option.replace("{log}", str(log_file)) for option in options))


def test_an_error_is_one_message_and_exit_2(run_csbot: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run_csbot("stats", "--events", "none.jsonl")
    assert done.returncode == 2
    assert "无法读取事件日志 none.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--store", "--desk"])
@pytest.mark.parametrize("command", ["stats", "suggest"])
def test_a_mistyped_path_is_refused_and_nothing_is_made(
    run_csbot: Callable[..., subprocess.CompletedProcess[str]], small_saved: Path, tmp_path: Path, command: str, option: str
) -> None:
    kb = ["--kb", small_saved] if command == "suggest" else []
    done = run_csbot(command, *kb, option, f"sqlite:///{tmp_path}/none/none.db", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.db" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
