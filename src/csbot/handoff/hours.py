"""Opening hours of the people at the desk: days of the week, holidays and make-up workdays (调休), and time counted in them.

Holidays of China come from the package ``holidays``, which is imported late. The State Council announces each year's make-up
workdays in the November before. For a year whose arrangement the installed package does not know yet, the statutory holidays
hold and no weekend is worked; this is logged once per year, and `extra_workdays` and `extra_holidays` say what it can't.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from csbot.errors import MissingDependency

DAYS = {"周一": 0, "周二": 1, "周三": 2, "周四": 3, "周五": 4, "周六": 5, "周日": 6}
WORKDAYS = range(5)
SEARCHED_DAYS = 400
"""Days looked ahead for the next opening: more than the longest leave."""
_SPAN = re.compile(r"^\s*(\d{1,2}:\d{2})\s*[-–—~至]\s*(\d{1,2}:\d{2})\s*$")

log = logging.getLogger(__name__)


def _span(value: Any) -> Any:
    """``9:00-18:00`` as minutes of the day, [from, to)."""
    if not isinstance(value, str):
        return value
    match = _SPAN.match(value)
    if not match:
        raise ValueError(f"{value!r} 不是时段，应如 9:00-18:00 | not a span of time")
    start, end = (60 * int(clock.split(":")[0]) + int(clock.split(":")[1]) for clock in match.groups())
    if not 0 <= start < end <= 24 * 60:
        raise ValueError(f"{value!r} 的起止时间有误；跨午夜请分成两段 | from must be before to; split at midnight")
    return (start, end)


Span = Annotated[tuple[int, int], BeforeValidator(_span)]


def _apart(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans of one day; time that stands in two of them would count twice."""
    if any(end > start for (_, end), (start, _) in pairwise(sorted(spans))):
        raise ValueError("同一天的时段不能重叠，请合并 | the spans of a day must not overlap")
    return spans


class OpeningHours(BaseModel):
    """When people are at the desk. Spans of a day are in its local time; a day not listed is closed.

    >>> OpeningHours(week={"周一": ["9:00-12:00", "13:30-18:00"]}).week["周一"]
    ((540, 720), (810, 1080))
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: str = Field(default="Asia/Shanghai", description="IANA time zone")
    week: dict[str, tuple[Span, ...]] = Field(description="周一 … 周日 → spans like 9:00-18:00; a day left out is closed")
    holidays: bool = Field(
        default=True, description="China's public holidays and make-up workdays; False: only the week counts"
    )
    on_holidays: tuple[Span, ...] = Field(default=(), description="spans of a public holiday; none: closed")
    extra_holidays: tuple[date, ...] = Field(default=(), description="closed days that no calendar knows")
    extra_workdays: tuple[date, ...] = Field(default=(), description="days worked like a 周一, whatever the calendar says")

    @field_validator("week")
    @classmethod
    def _known_days(cls, week: dict[str, tuple[Span, ...]]) -> dict[str, tuple[Span, ...]]:
        if unknown := set(week) - set(DAYS):
            raise ValueError(f"没有 {'、'.join(sorted(unknown))}，只有 {'、'.join(DAYS)} | no such day of the week")
        if not any(week.values()):
            raise ValueError("一周至少要有一段工作时间；全天服务请去掉 hours | no opening hours at all")
        return {day: _apart(spans) for day, spans in week.items()}

    @field_validator("on_holidays")
    @classmethod
    def _apart_on_holidays(cls, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return _apart(spans)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"没有时区 {zone}：{error} | no such time zone") from None
        return zone

    def spans(self, day: date) -> tuple[Span, ...]:
        """Spans of a day, in minutes from its midnight.

        :raises MissingDependency: holidays are wanted and the package is absent.
        """
        workday = next((spans for name, spans in self.week.items() if DAYS[name] in WORKDAYS and spans), ())
        if day in self.extra_workdays:
            return self.week.get("周一", workday)
        if day in self.extra_holidays:
            return self.on_holidays
        if self.holidays:
            known = _china(day.year)
            if day in known.weekend_workdays:
                return workday
            if day in known:
                return self.on_holidays
        return next((spans for name, spans in self.week.items() if DAYS[name] == day.weekday()), ())

    def is_open(self, at: datetime) -> bool:
        """Whether people are there at an aware moment."""
        local = at.astimezone(ZoneInfo(self.zone))
        minute = 60 * local.hour + local.minute
        return any(start <= minute < end for start, end in self.spans(local.date()))

    def next_opening(self, at: datetime) -> datetime | None:
        """The moment from which people are there again: ``at`` itself while it is open; None: not within `SEARCHED_DAYS`."""
        return next((max(start, at) for start, end in self._open_from(at) if end > at), None)

    def add(self, at: datetime, worked: timedelta) -> datetime:
        """The moment when ``worked`` has passed since ``at``, counted in opening hours only.

        Where that is not within `SEARCHED_DAYS`, plain time counts.
        """
        left = worked
        for start, end in self._open_from(at):
            begun = max(start, at)
            if end > begun:
                if end - begun >= left:
                    return begun + left
                left -= end - begun
        return at + worked

    def _open_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans from the day of ``at`` on, as aware moments."""
        zone = ZoneInfo(self.zone)
        first = at.astimezone(zone).date()
        for day in (first + timedelta(days=n) for n in range(SEARCHED_DAYS)):
            midnight = datetime.combine(day, time(), zone)
            for start, end in sorted(self.spans(day)):
                yield midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)


@cache
def _china(year: int) -> Any:
    """Holidays of one year, with ``weekend_workdays``."""
    try:
        import holidays
    except ImportError:
        raise MissingDependency("holidays", "按中国节假日计算工作时间", "'csbot-zh[desk]'") from None
    found = holidays.country_holidays("CN", years=year)
    if not any(day.year == year for day in found.weekend_workdays):
        log.warning(
            "holidays %s 还没有 %s 年的调休安排，只按法定假日计算；请升级它，或在 hours 里写 extra_workdays、extra_holidays"
            " | the make-up workdays of %s are not known: statutory holidays only",
            version("holidays"), year, year,
        )  # fmt: skip
    return found
