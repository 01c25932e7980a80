"""The routing table: which row decides which column, limits of authority, deadlines, and tables that can't be meant."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from csbot.errors import ConfigError
from csbot.handoff.routing import Facts, deadlines, find_amounts, route
from csbot.handoff.routing_table import SIGNALS, RoutingTable, default_table

NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)  # Friday noon in China
TABLE: dict[str, Any] = {
    "tiers": [{"title": "一线", "limits": {"refund": 200}}, {"title": "二线", "limits": {"refund": 2000}}, {"title": "三线"}],
    "skills": ["综合", "投诉"],
    "sla": {
        "urgent": {"first_contact": "30分钟", "on_site": "2小时", "counted": "always"},
        "high": {"first_contact": "30分钟"},
        "normal": {"first_contact": "2小时", "resolve": "1天"},
        "low": {"first_contact": "1天"},
    },
    "amounts": {"refund": r"退[^，]{0,6}?(\d+)(万|千)?元"},
    "rows": [
        {"name": "急", "when": {"signals": {"urgency": 0.9}}, "priority": "urgent"},
        {"name": "投诉", "when": {"signals": {"complaint_threat": 0.5}}, "priority": "high", "skill": "投诉"},
        {"name": "兜底", "priority": "normal", "tier": "一线", "skill": "综合"},
    ],
}


def table(**changes: Any) -> RoutingTable:
    return RoutingTable.model_validate(TABLE | changes)


def with_row(when: dict[str, Any]) -> RoutingTable:
    *rows, last = TABLE["rows"]
    return table(rows=[*rows, {"name": "试", "when": when, "priority": "low"}, last])


def test_each_column_has_the_first_row_that_holds_and_fills_it() -> None:
    found = route(Facts(signals={"urgency": 1.0, "complaint_threat": 0.6}), table(), NOON)
    assert (found.priority, found.tier_title, found.skill) == ("urgent", "一线", "投诉")
    assert found.why == {"priority": "急", "tier": "兜底", "skill": "投诉"}


def test_a_signal_counts_from_its_score_on() -> None:
    assert route(Facts(signals={"urgency": 0.9}), table(), NOON).priority == "urgent"
    assert route(Facts(signals={"urgency": 0.89}), table(), NOON).priority == "normal"


@pytest.mark.parametrize(
    ("when", "yes", "no"),
    [
        ({"reasons": ["a", "b"]}, Facts(reason="b"), Facts(reason="c")),
        ({"tasks": ["repair"]}, Facts(task="repair"), Facts()),
        ({"misses": 2}, Facts(misses=2), Facts(misses=1)),
        ({"categories": ["物流"]}, Facts(categories=("售后", "物流")), Facts(categories=("售后",))),
        ({"faqs": ["f1"]}, Facts(faqs=("f1",)), Facts()),
        ({"channels": ["wechat"]}, Facts(channel="wechat"), Facts(channel="web")),
        ({"amounts": {"refund": 100}}, Facts(amounts={"refund": 100}), Facts(amounts={"refund": 99})),
        ({"earlier_sessions": 1}, Facts(earlier_sessions=1), Facts()),
        ({"earlier_tickets": 2}, Facts(earlier_tickets=3), Facts(earlier_tickets=1)),
        ({"signals": {"anger": 0.5, "frustration": 0.5}}, Facts(signals={"frustration": 0.5}), Facts(signals={"anger": 0.4})),
        ({"reasons": ["a"], "misses": 2}, Facts(reason="a", misses=2), Facts(reason="a")),
    ],
)
def test_each_condition_holds_where_it_should(when: dict[str, Any], yes: Facts, no: Facts) -> None:
    assert route(yes, with_row(when), NOON).priority == "low"
    assert route(no, with_row(when), NOON).priority == "normal"


@pytest.mark.parametrize(("amount", "tier"), [(200, "一线"), (200.01, "二线"), (2000, "二线"), (2001, "三线"), (9e9, "三线")])
def test_an_amount_goes_to_the_first_tier_that_may_decide_it(amount: float, tier: str) -> None:
    found = route(Facts(amounts={"refund": amount}), table(), NOON)
    assert found.tier_title == tier
    assert ("权限" in found.why["tier"]) is (tier != "一线")


def test_a_tier_is_never_lowered_by_a_small_amount() -> None:
    *rows, last = TABLE["rows"]
    found = route(Facts(amounts={"refund": 1}), table(rows=[*rows, last | {"tier": "三线"}]), NOON)
    assert found.tier_title == "三线"


def test_deadlines_run_in_opening_hours_unless_they_always_run() -> None:
    hours = {"week": {day: ["9:00-18:00"] for day in ("周一", "周二", "周三", "周四", "周五")}, "holidays": False}
    evening = NOON + timedelta(hours=7)  # Friday, 19:00
    urgent, normal = (deadlines(table(hours=hours), priority, evening) for priority in ("urgent", "normal"))
    assert (urgent.first_contact, urgent.on_site) == (evening + timedelta(minutes=30), evening + timedelta(hours=2))
    assert normal.first_contact == datetime(2026, 11, 23, 3, tzinfo=timezone.utc)
    assert normal.on_site is None
    assert deadlines(table(), "normal", evening).first_contact == evening + timedelta(hours=2)


def test_the_shipped_table_keeps_its_promises() -> None:
    """First contact within 30 minutes for what is urgent, on site within 2 hours; 一线 refunds up to an amount."""
    shipped = default_table()
    found = route(Facts(signals={"urgency": 1.0}), shipped, NOON)
    assert (found.priority, found.skill) == ("urgent", "应急")
    assert (found.due.first_contact, found.due.on_site) == (NOON + timedelta(minutes=30), NOON + timedelta(hours=2))
    assert shipped.tiers[0].limits["refund"] < shipped.tiers[1].limits["refund"]
    assert route(Facts(), shipped, NOON).priority == "normal"


def test_the_hours_that_the_shipped_table_shows_as_an_example_are_valid() -> None:
    lines = (Path(__file__).parents[2] / "src/csbot/handoff/data/routing.yaml").read_text("utf-8").splitlines()
    start = lines.index("# hours:")
    example = [line[2:] for line in lines[start:] if line.startswith("#")][: lines[start:].index("")]
    hours = yaml.safe_load("\n".join(example))["hours"]
    assert RoutingTable.model_validate(TABLE | {"hours": hours}).hours is not None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("退我500元", 500), ("退款５００元", 500), ("你们要退我五百块", 500), ("赔偿2万元", 20000), ("补偿200", 200),
        ("必须退我三千块，再赔500元", 3000), ("退款3天没到", None), ("退一赔三", None), ("退2件", None), ("500元的柜子", None),
    ],
)  # fmt: skip
def test_amounts_are_read_from_the_customers_words(text: str, amount: float | None) -> None:
    assert find_amounts(text, default_table()).get("refund") == amount


@given(st.text())
def test_any_text_has_amounts_or_none(text: str) -> None:
    assert all(amount >= 0 for amount in find_amounts(text, default_table()).values())


@given(
    st.builds(
        Facts,
        signals=st.dictionaries(st.sampled_from(SIGNALS), st.floats(0, 1)),
        misses=st.integers(0, 5),
        amounts=st.dictionaries(st.just("refund"), st.floats(0, 1e9)),
        earlier_tickets=st.integers(0, 5),
    )
)
def test_any_facts_have_a_route_and_each_column_its_row(facts: Facts) -> None:
    found = route(facts, default_table(), NOON)
    assert set(found.why) == {"priority", "tier", "skill"}
    assert found.due.first_contact is not None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rows": TABLE["rows"][:2]}, "最后一行"),
        ({"rows": [{"name": "空", "priority": "low"}, *TABLE["rows"]]}, "没有条件"),
        ({"rows": [{"name": "x", "when": {"misses": 1}}, *TABLE["rows"]]}, "没有写"),
        ({"rows": [{"name": "x", "when": {"misses": 1}, "skill": "财务"}, *TABLE["rows"]]}, "财务"),
        ({"rows": [{"name": "x", "when": {"misses": 1}, "tier": "四线"}, *TABLE["rows"]]}, "四线"),
        ({"rows": [{"name": "x", "when": {"signals": {"angry": 0.5}}, "priority": "low"}, *TABLE["rows"]]}, "angry"),
        ({"rows": [{"name": "x", "when": {"amounts": {"gift": 5}}, "priority": "low"}, *TABLE["rows"]]}, "gift"),
        ({"rows": [{"name": "急", "when": {"misses": 1}, "priority": "low"}, *TABLE["rows"]]}, "重复"),
        ({"rows": [{"name": "x", "when": {"mood": 1}, "priority": "low"}, *TABLE["rows"]]}, "mood"),
        ({"sla": {"urgent": {"first_contact": "30分钟"}}}, "缺少"),
        ({"sla": TABLE["sla"] | {"low": {"first_contact": "很快"}}}, "不是时长"),
        ({"tiers": [{"title": "一线", "limits": {"refund": 1}}]}, "无人能办"),
        ({"amounts": {"refund": "退("}}, "正则"),
        ({"amounts": {"refund": "退款"}}, "括号"),
    ],
)
def test_a_table_that_can_not_be_meant_is_refused_with_the_place(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    file = tmp_path / "routing.yaml"
    file.write_text(yaml.safe_dump(TABLE | changes, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match=why):
        RoutingTable.read(file)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[", b"- 1"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "routing.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"routing\.yaml"):
        RoutingTable.read(file)
    with pytest.raises(ConfigError, match=r"absent\.yaml"):
        RoutingTable.read(tmp_path / "absent.yaml")
