"""HTTP headers: those that are sent, and how long a server asks to be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime

from csbot.errors import ConfigError
from csbot.models import utc_now

LONGEST_S = 31_622_400.0
"""A year: whoever asks to be left alone for longer means no time at all."""


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers. :raises ConfigError: a value can't be sent; it is not shown."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise ConfigError(f"请求头 {name} 的值含有不能发送的字符 | the value of header {name} can't be sent")
    return dict(headers)


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Seconds that ``Retry-After`` asks for, in [0, `LONGEST_S`], as a number or a date (RFC 9110, 10.2.3).

    0.0 where it is absent, wrong or past.

    >>> retry_after_s({"Retry-After": "120"}), retry_after_s({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})
    (120.0, 0.0)
    """
    given = headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given), LONGEST_S)
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return 0.0
    wait_s = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp() - utc_now().timestamp()
    return min(max(0.0, wait_s), LONGEST_S)
