"""The mapping of a merchant's HTTP order service, and how its JSON answers are read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from csbot.errors import OrderBackendError
from csbot.models import Order, OrderQuery
from csbot.orders.mapping import OrderSource, Part
from csbot.orders.values import mine, to_order

_SECRET = re.compile(r"auth|token|key|secret|cookie|sign|password", re.IGNORECASE)

Dotted = str
"""A path into JSON: names of fields, and places in lists from 0, between dots. A name asked of a list is asked of each of its
elements, so that ``goods.title`` lists the titles; the empty path is the whole."""


class QueryNames(Part):
    """What the service calls the fields of a query; what is None can't be asked by, and is only compared."""

    order_id: str | None = None
    phone: str | None = None
    name: str | None = None

    @model_validator(mode="after")
    def _asks(self) -> QueryNames:
        if not (self.order_id or self.phone):
            raise ValueError("params 至少要有 order_id 或 phone | order_id or phone is needed")
        return self


class OrderPaths(Part):
    """Where the values of one order are, from the order on. Phones must come unmasked: ownership is proven by them."""

    order_id: Dotted = Field(min_length=1)
    phone: Dotted = Field(min_length=1)
    name: Dotted | None = None
    status: Dotted | None = None
    items: Dotted | None = None
    eta: Dotted | None = None


class EventPaths(Part):
    """Where the events of one order are: ``path`` from the order on, the rest from the event on."""

    path: Dotted = Field(min_length=1)
    time: Dotted = Field(min_length=1)
    text: Dotted = Field(min_length=1)


class Success(Part):
    """How an answer says that it is one, where the status 200 does not: ``{"code": 0, …}``."""

    path: Dotted = Field(min_length=1)
    values: tuple[str, ...] = Field(default=("0",), min_length=1, description="compared as text: 0, 200, true, OK")

    @field_validator("values", mode="before")
    @classmethod
    def _as_text(cls, values: Any) -> Any:
        return tuple(_plain(value) for value in values) if isinstance(values, (list, tuple)) else values


class RetryConfig(Part):
    attempts: int = Field(default=3, ge=1, le=10, description="requests in all; 3 as in botocore's standard mode")
    wait_s: float = Field(
        default=0.1,
        ge=0,
        le=10,
        description="before the second, at most, then twice as long each time; drawn from half of it up",
    )


class CircuitConfig(Part):
    failures: int = Field(default=5, ge=1, le=1000, description="failed look-ups in a row that open it; pybreaker's default")
    pause_s: float = Field(
        default=30.0, ge=0, le=3600, description="open that long; half of pybreaker's 60 s, for customers wait meanwhile"
    )


class HttpOrderMapping(OrderSource):
    """How orders are asked for by HTTP, and where they stand in the JSON that comes back.

    >>> mapping = HttpOrderMapping(
    ...     url="https://erp.example.com/api/orders", headers={"Authorization": "env:ORDER_TOKEN"},
    ...     params={"order_id": "orderNo", "phone": "mobile"}, orders="data.list",
    ...     fields={"order_id": "orderNo", "phone": "receiver.mobile", "status": "state", "items": "goods.title"},
    ...     events={"path": "tracks", "time": "at", "text": "note"}, status_words={20: "已发货"},
    ... )
    >>> answer = '{"data": {"list": [{"orderNo": "QH1", "receiver": {"mobile": 13800000001}, "state": 20}]}}'
    >>> [order.status for order in read_answer(answer.encode(), OrderQuery(phone="13800000001"), mapping)]
    ['已发货']

    :raises ConfigError: a setting is missing, unknown or wrong.
    """

    kind: Literal["http"] = "http"
    url: str = Field(pattern=r"^https?://[^\s/@]+(?:/[^\s]*)?$", description="http or https, without a password")
    method: Literal["GET", "POST"] = "GET"
    send: Literal["query", "json", "form"] | None = Field(default=None, description="None: query for GET, json for POST")
    idempotent: bool | None = Field(
        default=None, description="asking twice does no harm, so that errors are retried; None: GET does none (RFC 9110, 9.2.2)"
    )
    headers: dict[str, str] = Field(default_factory=dict, description="``env:NAME`` takes the value from the environment")
    params: QueryNames
    constants: dict[str, str] = Field(default_factory=dict, description="sent with every query; ``env:NAME`` as in headers")
    success: Success | None = None
    orders: Dotted = Field(default="", description="where the list of orders is, or a single order; null: there is none")
    fields: OrderPaths
    events: EventPaths | None = None
    retry: RetryConfig = RetryConfig()
    circuit: CircuitConfig = CircuitConfig()
    max_bytes: int = Field(
        default=1_000_000, ge=1000, le=100_000_000, description="of an answer; 100 orders need a tenth of it"
    )

    @field_validator("headers", "constants")
    @classmethod
    def _no_secrets(cls, values: dict[str, str]) -> dict[str, str]:
        for name, value in values.items():
            if _SECRET.search(name) and not value.startswith("env:"):
                raise ValueError(f"{name} 请写成 env:变量名，不要把密钥写进文件 | write env:NAME, keep secrets out of files")
        return values

    @model_validator(mode="after")
    def _sendable(self) -> HttpOrderMapping:
        if self.method == "GET" and self.send not in (None, "query"):
            raise ValueError("GET 只能 send: query | GET sends a query only")
        return self

    @property
    def may_repeat(self) -> bool:
        return self.method == "GET" if self.idempotent is None else self.idempotent


def read_answer(body: bytes, query: OrderQuery, mapping: HttpOrderMapping) -> list[Order]:
    """The orders of an answer that have every field of the query; of others nothing but these fields is read.

    :raises OrderBackendError: it is no JSON, says that it failed, or has other types where the mapping points.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise OrderBackendError("订单服务的答复不是有效的 JSON | the answer is not JSON") from None
    if mapping.success and _plain(dig(answer, mapping.success.path)) not in mapping.success.values:
        raise OrderBackendError(f"订单服务报告失败（{mapping.success.path}） | the order service says that it failed")
    listed = dig(answer, mapping.orders)
    if listed is MISSING:
        raise OrderBackendError(f"订单服务的答复里没有 {mapping.orders} | the answer lacks what `orders` points to")
    rows = listed if isinstance(listed, list) else [] if listed is None else [listed]
    if not all(isinstance(row, dict) for row in rows):
        raise OrderBackendError("订单服务的答复里，订单不是对象 | an order in the answer is no object")
    paths = {field: path for field, path in mapping.fields.model_dump().items() if path}
    raws = [{field: _given(dig(row, path)) for field, path in paths.items()} | {"_row": row} for row in rows]
    return [to_order(raw, _events(raw["_row"], mapping.events), mapping) for raw in mine(raws, query)]


def _events(row: dict[str, Any], paths: EventPaths | None) -> Sequence[tuple[Any, Any]]:
    found = _given(dig(row, paths.path)) if paths else None
    if paths is None or found is None:
        return []
    if not isinstance(found, list):
        raise OrderBackendError(f"订单服务的答复里，{paths.path} 不是列表 | events are no list")
    return [(_given(dig(event, paths.time)), _given(dig(event, paths.text))) for event in found]


MISSING = object()
"""What `dig` finds where a path leads nowhere; JSON's null is None."""


def dig(value: Any, path: Dotted) -> Any:
    """What stands at a dotted path, `MISSING` where nothing does.

    >>> dig({"goods": [{"title": "衣柜"}, {"title": "拉篮"}]}, "goods.title"), dig({"data": [7, 8]}, "data.1")
    (['衣柜', '拉篮'], 8)
    """
    parts = path.split(".") if path else []
    for number, part in enumerate(parts):
        if isinstance(value, list) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else MISSING
        elif isinstance(value, list):
            rest = ".".join(parts[number:])
            return [found for one in value if (found := dig(one, rest)) is not MISSING]
        else:
            value = value.get(part, MISSING) if isinstance(value, dict) else MISSING
    return value


def _given(value: Any) -> Any:
    return None if value is MISSING else value


def _plain(value: Any) -> str:
    """JSON's spelling of a scalar, without quotation marks."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
