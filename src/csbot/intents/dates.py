"""Days and times as customers say them: 明天上午, 下周三, 11月25号下午三点. The words are data, in ``data/dates.yaml``."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any, NamedTuple

from csbot.intents.findings import after, before
from csbot.intents.folding import number
from csbot.intents.hours import NUMBER, moment_of, spoken_hour
from csbot.resources import load_yaml

_HINT = re.compile(r"[天日号月周年晚早晨夜儿]|星期|礼拜|\d\s?[./-]\s?\d")
_WEEKDAYS = {day: place for place, days in enumerate(("一1", "二2", "三3", "四4", "五5", "六6末", "日天7")) for day in days}


class FoundDate(NamedTuple):
    """``value`` is an ISO date, or date and time to the minute; [``start``, ``end``) is where it stands in the folded text."""

    value: str
    start: int
    end: int


def find_dates(text: str, now: datetime, *, asked: bool = False) -> Iterator[FoundDate]:
    """Dates in a folded message; none overlaps another. They are days and hours of the zone that ``now`` is in.

    A day without a year is the one nearest to ``now``; without a month the next one, or the last one where the words after it
    speak of the past. A part of the day without an hour (明天上午) gives the date alone. Holidays and spans (国庆, 月底, 下周)
    are no dates.

    :param asked: a date was asked for: then 11/28, 20261128, 28 and 下午3点 are dates too.
    """
    if not (asked or _HINT.search(text)):
        return
    taken = bytearray(len(text))
    rules = (*_rules(), *_rules_when_asked()) if asked else _rules()
    for rule in rules:
        if rule.marks.isdisjoint(text):
            continue
        for match in rule.pattern.finditer(text):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            try:
                day = rule.read(match, now.date())
            except (ValueError, OverflowError):  # 2月30号: no day, nor is its 30号 one
                taken[start:end] = b"1" * (end - start)
                continue
            if day is not None:
                value, end = _with_time(text, day, end)
                taken[start:end] = b"1" * (end - start)
                yield FoundDate(value, start, end)
    if asked and not any(taken):
        yield from _time_alone(text, now)


def _with_time(text: str, day: date, end: int) -> tuple[str, int]:
    """The value, and the end of the expression, with a part of the day and an hour that may follow the day."""
    said = spoken_hour().match(text, end)
    if said is None or not (said["part"] or said["hour"]):
        return day.isoformat(), end
    moment = moment_of(day, said)
    if moment is None:
        return day.isoformat(), said.end("part") if said["part"] else end
    return moment.isoformat(timespec="minutes"), said.end()


def _time_alone(text: str, now: datetime) -> Iterator[FoundDate]:
    """An hour without a day: the next one to come."""
    for said in spoken_hour().finditer(text):
        moment = moment_of(now.date(), said)
        if moment:
            moment += timedelta(days=moment < now.replace(tzinfo=None))
            start = said.start("part") if said["part"] else said.start("hour")
            yield FoundDate(moment.isoformat(timespec="minutes"), start, said.end())
            return


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.intents.data", "dates.yaml")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("".join(_data()[name].split()))


class _Rule(NamedTuple):
    """A way to say a day. ``marks``: one of these characters is in every such day; without them nothing is searched."""

    pattern: re.Pattern[str]
    marks: frozenset[str]
    read: Callable[[re.Match[str], date], date | None]


def _rule(words: str, marks: str, read: Callable[[re.Match[str], date], date | None]) -> _Rule:
    return _Rule(re.compile(words), frozenset(marks), read)


@cache
def _rules() -> tuple[_Rule, ...]:
    """Ways to say a day, the surest first."""
    data = _data()
    weeks, months, years = ("|".join(sorted(data[name], key=len, reverse=True)) for name in ("weeks", "months", "years"))
    no_count = r"(?!\s?(?:[\d元块%个件台套点折:]|[./]\d))"
    full = rf"(?<![\d.A-Za-z-])(20\d\d|\d\d(?=年))\s?[年/.-]\s?({NUMBER})\s?[月/.-]\s?({NUMBER})(?!\s?[/.-]\d)\s?[日号]?"
    return (
        _rule(full, "年/.-", _full),
        _rule(rf"({years})?的?({NUMBER})月份?({NUMBER})(?:[日号]|{no_count})", "月", _month_day),
        _rule(rf"({months})个?月的?({NUMBER})[日号]", "月", _day_of_month),
        *(_rule(words, "天日儿早晚晨夜", partial(_relative, int(days))) for days, words in data["relative"].items()),
        _rule(rf"({weeks})?个?(?:{data['week']})([{''.join(_WEEKDAYS)}])(?!(?<=\d)\d)", "周星礼", _weekday),
        _rule(rf"({NUMBER}|半)个?(天|周|星期|礼拜|月)(?:以后|之后|过后|后|(以前|之前|前))", "后前", _span),
        _rule(rf"({NUMBER})([号日])", "号日", _day),
        _rule(r"(?<![\d./-])(\d{1,2})[./](\d{1,2})(?![\d]|[./-]\d)", "./", _short),
    )


@cache
def _rules_when_asked() -> tuple[_Rule, ...]:
    return (
        _rule(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)", "0", _full),
        _rule(r"(?<![\d./-])(\d{1,2})[./-](\d{1,2})(?![\d]|[./-]\d)", "./-", _near),
        _rule(r"^\s*(\d{1,2})()(?=[吧呗啊号日,.!。]{0,2}\s*$)", "0123456789", _day),
    )


def _ints(*parts: str) -> list[int]:
    """:raises ValueError: a part is no number."""
    found = [number(part) for part in parts]
    if None in found:
        raise ValueError(parts)
    return [part for part in found if part is not None]


def _full(match: re.Match[str], today: date) -> date:
    year, month, day = _ints(*match.groups())
    return date(year + 2000 if year < 100 else year, month, day)


def _month_day(match: re.Match[str], today: date) -> date:
    if match[1]:
        return date(today.year + _data()["years"][match[1]], *_ints(match[2], match[3]))
    return _nearest(today, _ints(match[2], match[3]), past=_is_past(after(match.string, match.end())))


def _near(match: re.Match[str], today: date) -> date:
    return _nearest(today, _ints(match[1], match[2]))


def _short(match: re.Match[str], today: date) -> date | None:
    """11.28 or 11/28, which may be a price, a size or a version: only before words that make it a day."""
    is_day = _pattern("month_day_after").search(after(match.string, match.end()))
    return _near(match, today) if is_day else None


def _nearest(today: date, month_and_day: list[int], past: bool = False) -> date:
    """Of this year's day, last year's and next year's, the nearest; where the past is spoken of, the nearest gone by."""
    found = []
    for year in (today.year, today.year + 1, today.year - 1):
        with suppress(ValueError):  # 29 February in most years
            found.append(date(year, *month_and_day))
    if past:
        found = [moment for moment in found if moment <= today]
    return min(found, key=lambda moment: abs(moment - today))


def _day_of_month(match: re.Match[str], today: date) -> date:
    first = _months_on(today.replace(day=1), _data()["months"][match[1]])
    return first.replace(day=_ints(match[2])[0])


def _months_on(day: date, months: int) -> date:
    """The same day so many months on, or the last one of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _relative(days: int, match: re.Match[str], today: date) -> date:
    return today + timedelta(days=days)


def _weekday(match: re.Match[str], today: date) -> date | None:
    ahead, behind = before(match.string, match.start()), after(match.string, match.end())
    if _pattern("weekly_before").search(ahead) or _pattern("weekly_after").search(behind):
        return None
    monday = today - timedelta(days=today.weekday())
    day = monday + timedelta(days=_WEEKDAYS[match[2]], weeks=_data()["weeks"][match[1]] if match[1] else 0)
    if match[2] == "末" and day < today < monday + timedelta(days=7) and match[1] not in ("上", "上上"):
        return today  # Sunday is still the weekend
    if match[1] is None and day < today and not _is_past(behind):
        return day + timedelta(weeks=1)
    return day - timedelta(weeks=1) if match[1] is None and day > today and _is_past(behind) else day


def _span(match: re.Match[str], today: date) -> date | None:
    if _pattern("counted_from").search(before(match.string, match.start())):
        return None
    sign = -1 if match[3] else 1
    if match[1] == "半":
        return today + timedelta(days=15 * sign) if match[2] == "月" else None
    (count,) = _ints(match[1])
    if match[2] == "月":
        return _months_on(today, count * sign)
    return today + timedelta(days=count * sign * (1 if match[2] == "天" else 7))


def _day(match: re.Match[str], today: date) -> date | None:
    """The 25th: the next one, or the last one where the words after it speak of the past."""
    ahead, behind = before(match.string, match.start()), after(match.string, match.end())
    if _pattern("not_a_day_before").search(ahead) or (match[2] and _pattern("not_a_day_after").search(behind)):
        return None
    (wanted,) = _ints(match[1])
    past = _is_past(behind)
    for months in range(0, -4 if past else 4, -1 if past else 1):
        with suppress(ValueError):  # no 31st in this month
            day = _months_on(today.replace(day=1), months).replace(day=wanted)
            if day <= today if past else day >= today:
                return day
    return None


def _is_past(behind: str) -> bool:
    return bool(_pattern("past").search(behind))


def looks_like_date(text: str) -> bool:
    """Whether a short message tries to say a day, be there such a day or not: 2月30号."""
    return bool(re.search(rf"{NUMBER}\s?[号日月./-]|^\s*\d+\s*$", text))
