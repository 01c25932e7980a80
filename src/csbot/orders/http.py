"""`HttpOrders`: orders from the merchant's HTTP service, by a declared mapping of its JSON."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Sequence

import httpx

from csbot.environment import from_environment
from csbot.errors import OrderBackendError
from csbot.headers import checked, retry_after_s
from csbot.models import Order, OrderQuery
from csbot.orders.answers import (
    CircuitConfig,
    EventPaths,
    HttpOrderMapping,
    OrderPaths,
    QueryNames,
    RetryConfig,
    Success,
    read_answer,
)
from csbot.orders.base import awaited
from csbot.orders.circuit import CircuitBreaker
from csbot.orders.mapping import read_mapping

__all__ = [
    "CircuitConfig", "EventPaths", "HttpOrderMapping", "HttpOrders", "OrderPaths", "QueryNames", "RetryConfig", "Success",
]  # fmt: skip

BUSY = frozenset({429, 502, 503, 504})
"""Statuses that ask to come again: too many requests (RFC 6585), a gateway or service that is away for a moment (RFC 9110)."""
MOST_REDIRECTS = 3
CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=30)
"""As many as `csbot.orders.lookup.MOST_LOOKUPS` lets wait; idle ones are closed before most gateways (60 s and more) do it."""
_BEFORE_AN_ANSWER = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""Refused, or reset before a status line came."""


class _Again(Exception):
    """An attempt failed in a way that may pass. :ivar wait_s: seconds that the service asks to wait."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class HttpOrders:
    """An `OrderBackend` over an HTTP service.

    A look-up is one request, repeated only after errors that are safe to repeat and only while time is left; when look-ups keep
    failing, a circuit breaker spares customers and service further ones for a while. Whatever fails is an `OrderBackendError`
    without personal data. Safe to use from many threads, whose look-ups share connections.

    :param mapping: how the service is asked and read. :param transport: connections of your own (a proxy, a private CA).
    :param clock: seconds that only grow, for the circuit breaker.
    :raises ConfigError: an environment variable is not set, or a header's value can't be sent.

    >>> orders = HttpOrders(HttpOrderMapping(
    ...     url="http://127.0.0.1:9/orders", params={"order_id": "no", "phone": "mobile"},
    ...     fields={"order_id": "no", "phone": "mobile"}, retry={"attempts": 1},
    ... ))
    >>> try:
    ...     orders.find(OrderQuery(order_id="QH202611030012", phone="13800000001"), timeout_s=3.0)
    ... except OrderBackendError as error:
    ...     print(error)
    订单服务连接失败（ConnectError） | the order service can't be reached
    >>> orders.close()
    """

    def __init__(
        self,
        mapping: HttpOrderMapping,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.mapping = mapping
        self.circuit = CircuitBreaker(mapping.circuit.failures, mapping.circuit.pause_s, clock)
        self._constants = {name: from_environment(value, name) for name, value in mapping.constants.items()}
        self._headers = _headers(mapping)
        self._given = transport
        self._own: tuple[asyncio.AbstractEventLoop, httpx.AsyncBaseTransport] | None = None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> HttpOrders:
        """Orders by the mapping in a YAML file.

        :raises InputError: the file can't be read. :raises ConfigError: the mapping is wrong, or a variable is not set.
        """
        return cls(HttpOrderMapping(**read_mapping(path)))

    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        """See `OrderBackend.find`; ``timeout_s`` holds for all attempts together."""
        asked = self._asked(query)
        with self.circuit.call():
            status, body = awaited(self._fetch(asked, time.monotonic() + timeout_s), timeout_s)
            if status == 200:
                return read_answer(body, query, self.mapping)
            if status == 204:
                return []
        # it answered, so that the circuit stays closed: odd order ids must not cut off other customers
        raise OrderBackendError(
            f"订单服务拒绝查询（HTTP {status}），请检查映射与凭证 | the order service refused: HTTP {status}"
        )

    def close(self) -> None:
        """Close the connections; new ones are opened when it is asked again."""
        own, self._own = self._own, None
        if own:
            awaited(own[1].aclose(), timeout_s=5.0)

    def _asked(self, query: OrderQuery) -> dict[str, str]:
        names, values = self.mapping.params.model_dump(exclude_none=True), query.model_dump(exclude_none=True)
        asked = {name: values[field] for field, name in names.items() if field in values}
        if not asked.keys() & {names.get("order_id"), names.get("phone")}:
            raise OrderBackendError("订单服务不能按这些字段查询，请检查 params | the service can't be asked by these fields")
        return self._constants | asked

    async def _fetch(self, asked: dict[str, str], deadline: float) -> tuple[int, bytes]:
        """Status and body of the answer, after as many attempts as it takes and may take."""
        retry, attempt = self.mapping.retry, 0
        while True:
            attempt += 1
            try:
                return await self._attempt(asked, deadline)
            except _Again as again:
                wait_s = max(again.wait_s, random.uniform(0.5, 1) * retry.wait_s * 2 ** (attempt - 1))
                late = time.monotonic() + wait_s >= deadline
                if late or attempt >= retry.attempts or not self.mapping.may_repeat:
                    raise OrderBackendError(str(again)) from None
            await asyncio.sleep(wait_s)

    async def _attempt(self, asked: dict[str, str], deadline: float) -> tuple[int, bytes]:
        """:raises _Again: it may be tried again. :raises OrderBackendError: it may not."""
        try:
            response = await self._send(self._request(asked, deadline))
        except _BEFORE_AN_ANSWER as error:
            raise _Again(f"订单服务连接失败（{type(error).__name__}） | the order service can't be reached") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OrderBackendError(f"订单服务查询失败（{type(error).__name__}） | the order service failed") from None
        try:
            status = response.status_code
            failed = f"订单服务出错（HTTP {status}） | the order service failed: HTTP {status}"
            if status in BUSY:
                raise _Again(failed, retry_after_s(response.headers))
            if status >= 500:
                raise OrderBackendError(failed)
            return status, await self._body(response) if status == 200 else b""
        except httpx.HTTPError as error:
            raise OrderBackendError(f"订单服务的答复中断（{type(error).__name__}） | the answer broke off") from None
        finally:
            await response.aclose()

    def _request(self, asked: dict[str, str], deadline: float) -> httpx.Request:
        left_s = max(deadline - time.monotonic(), 0.001)
        send = self.mapping.send or ("query" if self.mapping.method == "GET" else "json")
        url = httpx.URL(self.mapping.url)
        return httpx.Request(
            self.mapping.method,
            url.copy_merge_params(asked) if send == "query" else url,
            json=asked if send == "json" else None,
            data=asked if send == "form" else None,
            headers=self._headers,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), left_s)},
        )

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """One attempt, by the transport itself: a client of httpx would log every URL, and phones with it.

        A redirection is followed on the same host only, so that nothing about a customer goes elsewhere.
        """
        for _ in range(1 + MOST_REDIRECTS):
            response = await self._transport().handle_async_request(request)
            if not response.has_redirect_location:
                return response
            await response.aclose()
            target = request.url.join(response.headers["Location"])
            if request.method != "GET" or _origin(target) != _origin(request.url):
                raise OrderBackendError("订单服务要转到别处，已拒绝 | the order service redirects elsewhere: refused")
            request = httpx.Request("GET", target, headers=self._headers, extensions=request.extensions)
        raise OrderBackendError("订单服务不停地重定向 | the order service redirects without end")

    async def _body(self, response: httpx.Response) -> bytes:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise OrderBackendError("订单服务的答复被压缩了，而请求没有允许 | the answer is compressed, unasked")
        parts, size = [], 0
        async for part in response.aiter_raw():
            size += len(part)
            if size > self.mapping.max_bytes:
                raise OrderBackendError(f"订单服务的答复超过 {self.mapping.max_bytes} 字节 | the answer is too large")
            parts.append(part)
        return b"".join(parts)

    def _transport(self) -> httpx.AsyncBaseTransport:
        """The connections of the event loop that is running: a forked worker has another one."""
        if self._given:
            return self._given
        loop = asyncio.get_running_loop()
        if self._own is None or self._own[0] is not loop:
            self._own = loop, httpx.AsyncHTTPTransport(limits=CONNECTIONS, trust_env=False)
        return self._own[1]


def _headers(mapping: HttpOrderMapping) -> dict[str, str]:
    own = {name: from_environment(value, name) for name, value in mapping.headers.items()}
    return {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "csbot"} | checked(own)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
