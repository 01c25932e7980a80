"""Dates as customers say them, counted from a Wednesday morning."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.intents.folding import number
from csbot.intents.matters import matter_of
from csbot.intents.slots import find_slots, is_attempt
from csbot.models import CHINA

WEDNESDAY = datetime(2026, 11, 18, 10, tzinfo=CHINA)


def dates(text: str, now: datetime = WEDNESDAY, asked: str | None = None) -> list[str]:
    return [slot.value for slot in find_slots(text, now=now, asked=asked) if slot.name == "date"]


@pytest.mark.parametrize(
    ("now", "text", "value"),
    [
        (datetime(2026, 12, 31, 23), "明天", "2027-01-01"),
        (datetime(2028, 2, 28, 9), "明天", "2028-02-29"),
        (datetime(2026, 11, 22, 9), "周末", "2026-11-22"),
        (datetime(2026, 11, 22, 9), "这周末", "2026-11-22"),
        (datetime(2026, 11, 22, 9), "下周一", "2026-11-23"),
        (datetime(2026, 11, 23, 9), "下周一", "2026-11-30"),
        (datetime(2026, 11, 18, 9), "周三", "2026-11-18"),
        (datetime(2026, 11, 18, 9), "周二", "2026-11-24"),
        (datetime(2026, 11, 18, 9), "周二买的", "2026-11-17"),
        (datetime(2026, 11, 18, 9), "周五买的", "2026-11-13"),
        (datetime(2026, 11, 18, 9), "31号", "2026-12-31"),
        (datetime(2026, 11, 18, 9), "2月29号", "2028-02-29"),
        (datetime(2027, 3, 1, 9), "2月29号", "2028-02-29"),
        (datetime(2027, 1, 31, 9), "一个月后", "2027-02-28"),
        (datetime(2026, 1, 5, 9), "上个月31号", "2025-12-31"),
        (datetime(2026, 1, 5, 9), "12月30号", "2025-12-30"),
    ],
)
def test_the_calendar_is_kept(now: datetime, text: str, value: str) -> None:
    if (now.year, text) == (2026, "2月29号"):
        assert dates(text, now) == []  # neither 2025, 2026 nor 2027 has that day
    else:
        assert dates(text, now) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "2月30号", "13月5号", "二月三十号", "2026-13-45", "25号楼", "第3号", "5号电池", "之前天猫买的", "然后天天催",
        "今日头条",
        "如今天气冷了", "周一到周五上班吗", "每周三", "付款后3天", "签收7天后", "11月25块", "换大一号", "24小时", "月底",
        "下周",
    ],
)  # fmt: skip
def test_what_is_no_day_is_no_date(text: str) -> None:
    assert dates(text) == []


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("明天3点", "15:00"), ("明天7点", "07:00"), ("明天上午11点", "11:00"), ("明天下午12点半", "12:30"),
        ("明天中午1点", "13:00"),
        ("明天凌晨2点", "02:00"), ("明天晚上9点一刻", "21:15"), ("明天15:30", "15:30"), ("明天十点零五分", "10:05"),
        ("明天的下午两点", "14:00"), ("明早8点", "08:00"), ("明晚8点三刻", "20:45"),
    ],
)  # fmt: skip
def test_an_hour_belongs_to_its_part_of_the_day(text: str, hour: str) -> None:
    assert dates(text) == [f"2026-11-19T{hour}"]


def test_midnight_ends_the_day() -> None:
    assert dates("明天晚上12点") == ["2026-11-20T00:00"]


@pytest.mark.parametrize("text", ["明天一点消息都没有", "明天早点来", "明天晚点也行", "明天25点", "明天9点70"])
def test_what_is_no_hour_leaves_the_day(text: str) -> None:
    assert dates(text)[0].startswith("2026-11-19")
    assert "T01" not in dates(text)[0]
    assert "T13" not in dates(text)[0]


@pytest.mark.parametrize("text", ["11/28", "28", "28号", "20261128"])
def test_a_bare_number_is_a_date_only_where_one_was_asked_for(text: str) -> None:
    assert dates(text, asked="date") == ["2026-11-28"]
    assert dates(text) == (["2026-11-28"] if text == "28号" else [])


def test_an_hour_alone_is_the_next_one_to_come() -> None:
    assert (dates("9点", asked="date"), dates("上午11点", asked="date"), dates("上午11点")) == (
        ["2026-11-19T09:00"], ["2026-11-18T11:00"], [],
    )  # fmt: skip


def test_days_are_those_of_the_zone_that_now_is_in() -> None:
    late = datetime(2026, 11, 18, 17, tzinfo=timezone.utc)
    assert (dates("今天", late), dates("今天", late.astimezone(CHINA))) == (["2026-11-18"], ["2026-11-19"])


def test_without_now_days_are_counted_from_the_present_in_china() -> None:
    today = datetime.now(CHINA).date()
    (slot,) = find_slots("今天")
    assert date.fromisoformat(slot.value) - today in (timedelta(0), timedelta(days=1))  # midnight may pass in between


def test_days_belong_to_the_matter_of_a_message() -> None:
    text = "明天能到吗，13800000001"
    assert matter_of(text, find_slots(text)) == "明天能到吗"


@pytest.mark.parametrize(("text", "attempt"), [("2月30号", True), ("13/45", True), ("随便", False), ("多少钱", False)])
def test_an_impossible_day_is_an_attempt_at_a_date(text: str, attempt: bool) -> None:
    assert is_attempt(text, "date") is attempt


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.datetimes(datetime(2021, 1, 1), datetime(2034, 12, 31)))
def test_any_day_is_found_again_in_every_way_of_writing_it_out(day: date, now: datetime) -> None:
    written = [f"{day}", f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}", f"{day:%Y.%m.%d}"]
    assert [dates(f"请在{text}送来", now) for text in written] == [[day.isoformat()]] * 4


@given(st.datetimes(datetime(2021, 1, 1), datetime(2034, 12, 31)), st.integers(0, 6), st.integers(-1, 2))
def test_a_day_of_a_named_week_lies_in_that_week(now: datetime, weekday: int, weeks: int) -> None:
    word = {-1: "上周", 0: "这周", 1: "下周", 2: "下下周"}[weeks] + "一二三四五六日"[weekday]
    monday = now.date() - timedelta(days=now.weekday())
    assert dates(word, now) == [(monday + timedelta(weeks=weeks, days=weekday)).isoformat()]


@given(st.integers(1, 99))
def test_numbers_in_words_are_read(value: int) -> None:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(value, 10)
    word = ("" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十") + (digits[ones] if ones else "")
    assert number(word) == number(str(value)) == value
