"""Opening hours: days of the week, China's holidays and make-up workdays, and time counted in them."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from csbot.handoff.hours import OpeningHours, _china

CHINA = ZoneInfo("Asia/Shanghai")
OFFICE = OpeningHours(week={day: ["9:00-12:00", "13:00-18:00"] for day in ("周一", "周二", "周三", "周四", "周五")})
PLAIN = OFFICE.model_copy(update={"holidays": False})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-11-20 08:59", False), ("2026-11-20 09:00", True), ("2026-11-20 12:00", False), ("2026-11-20 17:59", True),
        ("2026-11-20 18:00", False), ("2026-11-21 10:00", False),
        ("2026-10-01 10:00", False), ("2026-10-07 10:00", False),  # 国庆，10 月 7 日是调休
        ("2026-10-10 10:00", True), ("2026-09-20 10:00", True), ("2026-02-14 10:00", True),  # 周末调休上班
        ("2026-02-17 10:00", False), ("2027-02-08 10:00", False), ("2027-05-03 10:00", False),
    ],
)  # fmt: skip
def test_days_of_the_week_holidays_and_make_up_workdays(moment: str, opened: bool) -> None:
    assert OFFICE.is_open(at(moment)) is opened


def test_a_moment_in_another_zone_is_read_in_the_desks() -> None:
    assert OFFICE.is_open(datetime(2026, 11, 20, 1, 30, tzinfo=timezone.utc))
    assert not OFFICE.is_open(datetime(2026, 11, 20, 10, 30, tzinfo=timezone.utc))


def test_own_holidays_and_workdays_go_before_the_calendar() -> None:
    own = OFFICE.model_copy(update={"extra_holidays": (date(2026, 11, 20),), "extra_workdays": (date(2026, 10, 1),)})
    assert not own.is_open(at("2026-11-20 10:00"))
    assert own.is_open(at("2026-10-01 10:00"))


def test_a_holiday_may_have_hours_of_its_own() -> None:
    duty = OpeningHours.model_validate({"week": {"周一": ["9:00-18:00"]}, "on_holidays": ["10:00-12:00"]})
    assert duty.is_open(at("2026-10-01 11:00"))
    assert not duty.is_open(at("2026-10-01 13:00"))


def test_the_next_opening_passes_over_a_whole_leave() -> None:
    assert OFFICE.next_opening(at("2026-09-30 19:00")) == at("2026-10-08 09:00")
    assert OFFICE.next_opening(at("2026-11-20 10:00")) == at("2026-11-20 10:00")
    assert OFFICE.next_opening(at("2026-11-20 12:30")) == at("2026-11-20 13:00")


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-20 10:00", 1, "2026-11-20 11:00"), ("2026-11-20 11:00", 2, "2026-11-20 14:00"),
        ("2026-11-20 17:30", 1, "2026-11-23 09:30"), ("2026-11-21 12:00", 8, "2026-11-23 18:00"),
        ("2026-09-30 17:00", 2, "2026-10-08 10:00"),
    ],
)  # fmt: skip
def test_time_is_counted_in_opening_hours(start: str, hours: int, end: str) -> None:
    assert OFFICE.add(at(start), timedelta(hours=hours)) == at(end)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)), st.integers(1, 3000))
def test_a_deadline_is_never_outside_opening_hours_nor_sooner_than_plain_time(moment: datetime, minutes: int) -> None:
    start, span = moment.replace(tzinfo=CHINA), timedelta(minutes=minutes)
    due = PLAIN.add(start, span)
    assert due >= start + span
    assert PLAIN.is_open(due - timedelta(seconds=1))


def test_a_year_whose_arrangement_is_unknown_has_statutory_holidays_only_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _china.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert not OFFICE.is_open(at("2035-10-02 10:00"))
        assert not OFFICE.is_open(at("2035-10-03 10:00"))
    assert ["2035 年的调休" in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"week": {"周八": ["9:00-18:00"]}}, "周八"),
        ({"week": {}}, "至少"),
        ({"week": {"周一": []}}, "至少"),
        ({"week": {"周一": ["早九晚五"]}}, "不是时段"),
        ({"week": {"周一": ["22:00-6:00"]}}, "跨午夜"),
        ({"week": {"周一": ["11:00-18:00", "9:00-12:00"]}}, "重叠"),
        ({"week": {"周一": ["9:00-18:00"]}, "on_holidays": ["9:00-12:00", "9:00-12:00"]}, "重叠"),
        ({"week": {"周一": ["9:00-18:00"]}, "zone": "Mars/Base"}, "时区"),
        ({"week": {"周一": ["9:00-18:00"]}, "lunch": "12:00"}, "lunch"),
    ],
)
def test_hours_that_can_not_be_meant_are_refused(data: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        OpeningHours.model_validate(data)


def test_the_calendar_is_imported_when_a_day_is_looked_up_and_not_before() -> None:
    code = (
        "import sys; from csbot.handoff.hours import OpeningHours as H; from datetime import date\n"
        "h = H(week={'周一': ['9:00-18:00']}, holidays=False); h.spans(date(2026, 1, 1)); print('holidays' in sys.modules)\n"
        "h = H(week={'周一': ['9:00-18:00']}); print('holidays' in sys.modules); h.spans(date(2026, 1, 1))\n"
        "print('holidays' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False", "True"]


def test_without_the_package_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from csbot.errors import MissingDependency

    _china.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(MissingDependency, match="pip install 'csbot-zh\\[desk\\]'"):
        OFFICE.is_open(at("2026-11-20 10:00"))
    _china.cache_clear()
