"""Signatures of webhooks: HMAC-SHA256 over ``<seconds>.<body>``, as Chatwoot signs too."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

SIGNATURE, TIMESTAMP = "X-Csbot-Signature", "X-Csbot-Timestamp"
TOLERANCE_S = 300.0
"""How old a request may be: five minutes, as most webhooks have it; clocks differ, and what was recorded is worthless later."""


def sign(body: bytes, secret: str, timestamp: str) -> str:
    """The value of the signature header.

    :param timestamp: seconds since 1970 as the timestamp header has them.

    >>> sign(b'{}', "secret", "1700000000")
    'sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163'
    """
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    at: datetime,
    *,
    signature: str = SIGNATURE,
    timestamp: str = TIMESTAMP,
    tolerance_s: float = TOLERANCE_S,
) -> bool:
    """Whether the request comes from who knows the secret, unaltered and just now. The comparison takes constant time.

    :param headers: of the request; their case does not matter. :param body: as it came, before it is parsed.
    :param signature: name of the header with the signature. :param timestamp: name of the one with its time.
    """
    given = {name.lower(): value for name, value in headers.items()}
    signed, seconds = given.get(signature.lower(), ""), given.get(timestamp.lower(), "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        return False
    fresh = abs(at.timestamp() - int(seconds)) <= tolerance_s
    return hmac.compare_digest(signed.encode(), sign(body, secret, seconds).encode()) and fresh
