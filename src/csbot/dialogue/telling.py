"""An order as one tells it to its owner: status, the latest event, dates in words, what comes next (``data/orders.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from csbot.models import CHINA, Offer, Order, OrderEvent
from csbot.resources import load_yaml


def _data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", "orders.yaml")


class Told(NamedTuple):
    """:ivar text: what the customer is told. :ivar offer: whether a human is offered with it, and how."""

    text: str
    offer: Offer | None


def tell(order: Order, now: datetime) -> Told:
    """Tell an order.

    One that its status calls delayed or gone wrong is told with an apology and the question whether a human should follow it
    up. Where only the expected date has passed, the merchant may just not have updated it: a human is mentioned.
    """
    data, words = _data(), words_for(order)
    overdue = bool(words.get("awaited")) and has_passed(order.eta, now)
    offer: Offer | None = words.get("offer") or ("mentioned" if overdue else None)
    closing = data["offers"][offer] if offer else words["next"]
    return Told(opening(order) + event_in_words(data["latest"], latest(order), now) + expected(order, now) + closing, offer)


def opening(order: Order) -> str:
    """What every account of an order begins with: its number, goods and status."""
    return f"订单 {_named(order)}：{status_of(order)}{words_for(order).get('means', '')}。"


def goods_told(reply: str) -> str:
    """The goods of the order that a reply tells from its beginning, as `opening` words them; "" where it does not.

    >>> goods_told("订单 QH1（智能门锁 F5、铃铛 1 个）：已发货，正在送往您那里。")
    '智能门锁 F5、铃铛 1 个'
    """
    told = re.search(r"订单 \S+?（(.+?)）：", reply.partition("\n")[0])
    return told[1] if told else ""


def expected(order: Order, now: datetime) -> str:
    """The date that is expected, with an apology where it has passed; "" where nothing is awaited."""
    if not order.eta or not words_for(order).get("awaited"):
        return ""
    return str(_data()["overdue" if has_passed(order.eta, now) else "expected"].format(date=date_in_words(order.eta, now)))


def latest(order: Order) -> OrderEvent | None:
    """The newest event."""
    return max(order.events, key=lambda event: event.time, default=None)


def latest_with(order: Order, pattern: str) -> OrderEvent | None:
    """The newest event that has such words."""
    return max((one for one in order.events if re.search(pattern, one.text)), key=lambda event: event.time, default=None)


def event_in_words(words: str, event: OrderEvent | None, now: datetime) -> str:
    """An event as `words` have it, {time} and {event} filled in; "" for none."""
    return words.format(time=time_in_words(event.time, now), event=event.text.rstrip("。.")) if event else ""


def tell_briefly(orders: Sequence[Order], now: datetime) -> str:
    """Several orders, one line each: status, the latest event, the date that is expected."""
    lines = (
        f"{number}. {_named(order)}：{status_of(order)}。"
        + event_in_words(_data()["brief"], latest(order), now)
        + expected(order, now)
        for number, order in enumerate(orders, start=1)
    )
    return "\n".join(lines)


def _named(order: Order) -> str:
    return order.order_id + (f"（{'、'.join(order.items)}）" if order.items else "")


def status_of(order: Order) -> str:
    """The merchant's word for how the order stands, or one for an order without."""
    return order.status or str(_data()["no_status"])


def words_for(order: Order) -> dict[str, Any]:
    """What ``data/orders.yaml`` says of the order's kind of status."""
    words: dict[str, Any] = _data()["statuses"].get(kind_of(order.status), _data()["other"])
    return words


def kind_of(status: str) -> str:
    """The kind of status that ``data/orders.yaml`` counts a merchant's word among, "other" for a word it doesn't know.

    >>> kind_of("派送中"), kind_of("卡在海关")
    ('moving', 'other')
    """
    return next((name for name, kind in _data()["statuses"].items() if status in kind["words"]), "other")


def status_words() -> list[str]:
    """Every word of a status that ``data/orders.yaml`` knows."""
    return [word for kind in _data()["statuses"].values() for word in kind["words"]]


def has_passed(eta: str | None, now: datetime) -> bool:
    """Whether an ISO date lies before today in China; False for any other text."""
    day = _date_of(eta)
    return day is not None and day.date() < now.astimezone(CHINA).date()


def _date_of(value: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is None else moment.astimezone(CHINA)


def time_in_words(moment: datetime, now: datetime) -> str:
    """A moment as one says it, in the time zone that the moment carries.

    >>> from datetime import timezone
    >>> noon = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    >>> time_in_words(datetime(2026, 11, 22, 15, 5, tzinfo=timezone.utc), noon)
    '今天下午3点05分'
    """
    here = now.astimezone(moment.tzinfo or CHINA)
    parts = ((5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
    part = next(name for hour, name in parts if moment.hour < hour)
    hour = moment.hour - 12 if moment.hour > 12 else moment.hour
    minute = f"{moment.minute:02d}分" if moment.minute else ""
    return f"{_day(moment, here)}{part}{hour}点{minute}"


def date_in_words(value: str, now: datetime) -> str:
    """An ISO date, with a time or without, as one says it; any other text as it is.

    >>> date_in_words("2026-11-23T15:00", datetime(2026, 11, 22, tzinfo=CHINA))
    '明天下午3点'
    """
    moment = _date_of(value)
    if moment is None:
        return value
    here = now.astimezone(CHINA)
    return time_in_words(moment.replace(tzinfo=CHINA), here) if "T" in value or ":" in value else _day(moment, here)


def _day(moment: datetime, now: datetime) -> str:
    days = (moment.date() - now.date()) // timedelta(days=1)
    near = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
    if days in near:
        return near[days]
    year = "" if moment.year == now.year else f"{moment.year}年"
    return f"{year}{moment.month}月{moment.day}日"
