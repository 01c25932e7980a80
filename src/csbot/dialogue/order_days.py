"""The day that a question about an order names, and what the order says of that day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from csbot.intents.dates import find_dates
from csbot.models import CHINA, Order, OrderEvent
from csbot.text import normalise


def days_in(text: str, now: datetime) -> Iterator[date]:
    """The days that a text names, in China.

    >>> [str(day) for day in days_in("约定 11 月 24 日上门", datetime(2026, 11, 20, tzinfo=CHINA))]
    ['2026-11-24']
    """
    for found in find_dates(normalise(text), now.astimezone(CHINA)):
        yield datetime.fromisoformat(found.value).date()


def event_of_day(order: Order, asked: str, now: datetime) -> OrderEvent | None:
    """The newest event whose text names a day that a question names, where that isn't the day the order is expected on.

    :param asked: the message in normal form.
    """
    days = set(days_in(asked, now))
    if not days or (order.eta or "")[:10] in map(str, days):
        return None
    named = (event for event in order.events if days & set(days_in(event.text, event.time)))
    return max(named, key=lambda event: event.time, default=None)
