"""One JSON POST, and whether it may be sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from csbot.errors import ConfigError
from csbot.headers import checked, retry_after_s

AGAIN = frozenset({408, 425, 429})
"""Refusals that pass: too slow, too early, too many (RFC 9110, RFC 8470, RFC 6585); so does every 5xx."""


@dataclass(frozen=True)
class Outcome:
    """What became of a POST.

    :ivar status: of the answer; None: there was none. :ivar why: in a word, without anything personal or secret.
    :ivar wait_s: seconds that the receiver asks to wait.
    """

    status: int | None
    why: str = ""
    wait_s: float = 0.0

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def again(self) -> bool:
        """Whether it is worth sending again: no answer, or one that may be another next time. Redirections are not followed."""
        return self.status is None or self.status in AGAIN or self.status >= 500


class Poster:
    """Sends JSON to one host, over connections that are kept. Safe to use from many threads.

    :param url: where paths begin, ``https://…``. :param headers: of every request; secrets among them are never logged.
    :param timeout_s: for connecting, and for each wait for bytes.
    :raises ConfigError: the URL is none, or a header can't be sent.
    """

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, *, timeout_s: float = 5.0) -> None:
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL:
            raise ConfigError("不是有效的网址，须以 https:// 开头 | not a URL") from None
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ConfigError("不是有效的网址，须以 https:// 开头 | not a URL")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "csbot"}
        self._headers |= checked(headers or {})
        self._timeout_s = timeout_s
        self._transport = httpx.HTTPTransport(trust_env=False)

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Outcome:
        """One attempt, by the transport itself: a client of httpx would log the URL, in which some receivers have a key."""
        url = self._url.copy_with(raw_path=self._url.raw_path.rstrip(b"/") + path.encode()) if path else self._url
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        request = httpx.Request(
            "POST", url, content=body, headers=self._headers | checked(headers or {}), extensions={"timeout": timeouts}
        )
        try:
            response = self._transport.handle_request(request)
        except httpx.HTTPError as error:
            return Outcome(None, type(error).__name__)
        response.close()
        return Outcome(response.status_code, f"HTTP {response.status_code}", retry_after_s(response.headers))

    def close(self) -> None:
        """Let connections go."""
        self._transport.close()
