"""How the values of a merchant's system become orders, and how little is read of those that are not the customer's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from csbot.dialogue.order_progress import owned
from csbot.errors import OrderBackendError
from csbot.models import Order, OrderQuery
from csbot.models.order import MAX_TEXT_CHARS
from csbot.orders.mapping import OrderSource, zone_of

MAX_ITEMS = 100
MAX_EVENTS = 200
"""Events read of one look-up; the latest ones count."""

Raw = Mapping[str, Any]
"""The values of one order by the names of `Order`'s fields, as the merchant's system holds them."""


RawT = TypeVar("RawT", bound=Raw)


def mine(rows: Iterable[RawT], query: OrderQuery) -> list[RawT]:
    """The rows that have every field of the query: nothing but proof is read of the others.

    :raises OrderBackendError: a row has no order id.
    """
    fields = ("order_id", "phone", "name")
    return [row for row in rows if owned([_order({f: text_of(row.get(f), f) for f in fields})], query)]


def to_order(row: Raw, events: Iterable[tuple[Any, Any]], source: OrderSource) -> Order:
    """An `Order` of raw values; events without a time or a text are left out, the rest stand oldest first.

    :raises OrderBackendError: a value is no text, date or time; the message has the field, never the value.
    """
    zone = zone_of(source.timezone)
    told = [(_moment(time, zone, "events.time"), text_of(text, "events.text")) for time, text in events if time is not None]
    return _order({
        **{field: text_of(row.get(field), field) for field in ("order_id", "phone", "name")},
        "status": _status(text_of(row.get("status"), "status"), source.status_words),
        "items": _items(row.get("items"), source.items_separator),
        "eta": _day(row.get("eta"), zone),
        "events": [{"time": time, "text": text} for time, text in sorted(told) if text][-MAX_EVENTS:],
    })  # fmt: skip


def _order(values: dict[str, Any]) -> Order:
    try:
        return Order.model_validate(values)
    except ValidationError as error:
        fields = "、".join(sorted({".".join(map(str, e["loc"])) for e in error.errors()}))
        raise OrderBackendError(f"订单数据的 {fields} 不对，请检查映射 | wrong order data, check the mapping") from None


def text_of(value: Any, field: str) -> str:
    """A scalar as one line of text, "" for None.

    >>> text_of(13800000001, "phone"), text_of("  已 发货\\n", "status"), text_of(None, "name")
    ('13800000001', '已 发货', '')

    :raises OrderBackendError: it is no scalar, or longer than `MAX_TEXT_CHARS`.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal, UUID, type(None))):
        raise OrderBackendError(f"订单数据的 {field} 应是文本，得到 {type(value).__name__} | {field} is no text")
    text = "" if value is None else " ".join(str(value).split())
    if len(text) > MAX_TEXT_CHARS:
        raise OrderBackendError(f"订单数据的 {field} 超过 {MAX_TEXT_CHARS} 字 | {field} is too long")
    return text


def _status(code: str, words: Mapping[str, str]) -> str:
    return words.get(code, code if not words or re.search(r"[\u4e00-\u9fff]", code) else "")


def _items(value: Any, separator: str) -> list[str]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise OrderBackendError("订单数据的 items 不是有效的 JSON 列表 | items is no JSON list") from None
    parts = value if isinstance(value, (list, tuple)) else text_of(value, "items").split(separator)
    return [text for part in parts[:MAX_ITEMS] if (text := text_of(part, "items"))]


_MOMENT = TypeAdapter(datetime)
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(\d{1,2})(?=:))?")


def _moment(value: Any, zone: tzinfo, field: str) -> datetime:
    """A time in the merchant's zone; ``2026/1/5 9:20`` and seconds since 1970 are read too."""
    try:
        moment = _MOMENT.validate_python(_DATE.sub(_iso, value.strip(), count=1) if isinstance(value, str) else value)
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValidationError, OverflowError):
        raise OrderBackendError(f"订单数据的 {field} 不是时间 | {field} is no time") from None


def _iso(found: re.Match[str]) -> str:
    year, month, day, hour = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f"T{hour:0>2}" if hour else "")


def _day(value: Any, zone: tzinfo) -> str | None:
    """An expected date as ISO text; words like 下周三前 stay as they are."""
    if isinstance(value, str) and not _DATE.match(value.strip()):
        return text_of(value, "eta") or None
    return None if value is None else _moment(value, zone, "eta").date().isoformat()
