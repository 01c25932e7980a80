"""Hours of the day as customers say them: 下午三点半, 15:30, 晚上8点. The words are data, in ``data/dates.yaml``."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from csbot.intents.folding import number
from csbot.resources import load_yaml

_WORDS = "零一二两三四五六七八九十廿卅"
NUMBER = rf"(?:(?<!\d)\d{{1,2}}(?!\d)|[{_WORDS}]{{1,3}})"
"""A number below 100, in digits or in words."""
_QUARTERS = {None: 0, "整": 0, "半": 30, "一刻": 15, "1刻": 15, "三刻": 45, "3刻": 45}


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.intents.data", "dates.yaml")


@cache
def spoken_hour() -> re.Pattern[str]:
    """A part of the day, an hour, or both; empty where there is neither. Groups: ``part``, ``hour``, ``minute``, ``past``."""
    part = "|".join(_data()["parts"].values())
    past = rf"(?P<past>半|[一三13]刻|整|\d{{1,2}}(?!\d)|[{_WORDS}]{{1,3}})?分?"
    hour = rf"(?P<hour>{NUMBER})\s?(?::(?P<minute>\d\d)(?!\d)(?::\d\d)?|[点时]钟?{past})"
    return re.compile(
        rf"\s?(?:[的,T]|{_data()['before_hour']})?\s?(?:(?P<part>{part})\s?的?\s?)?(?:(?!{_data()['not_an_hour']}){hour})?"
    )


def moment_of(day: date, said: re.Match[str]) -> datetime | None:
    """The moment that a match of `spoken_hour` means on a day; None without an hour, or where there is no such hour.

    Without a part of the day, 1 to 6 are in the afternoon; 晚上12点 is the midnight that ends the day.
    """
    past = said["minute"] or said["past"]
    hour = number(said["hour"]) if said["hour"] else None
    minute = _QUARTERS[past] if past in _QUARTERS else number(past)
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    with suppress(OverflowError):
        return datetime.combine(day, time()) + timedelta(hours=_on_the_clock(hour, said["part"]), minutes=minute)
    return None


def _on_the_clock(hour: int, word: str | None) -> int:
    """0 to 24, from the hour said and the part of the day."""
    part = next((name for name, words in _data()["parts"].items() if word and re.fullmatch(words, word)), None)
    if part == "before_noon":
        return hour % 12
    if part == "night" and hour == 12:
        return 24
    after_noon = {
        "after_noon": hour < 12,
        "night": 4 < hour < 12,
        "noon": hour < 4,
        None: 0 < hour <= _data()["afternoon_until"],
    }[part]
    return hour + 12 if after_noon else hour
