"""Sending what waits in `csbot.handoff.deliveries`: each request until it has arrived, or the receiver refuses it."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from csbot.handoff.deliveries import Deliveries, Request
from csbot.handoff.posting import Poster

FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 3600.0
"""Before the second attempt; and before each later one twice as long, up to an hour: a receiver that is away for a night gets
what it missed within an hour of coming back."""
MOST_FAILURES = 3
"""After so many failures one after another nobody is there, and the rest waits for the next round."""

log = logging.getLogger(__name__)

HeadersOf = Callable[[Request, datetime], Mapping[str, str]]


@dataclass
class Sent:
    """What a round came to: keys of requests. :ivar failed: to be sent again later."""

    arrived: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def send_due(
    deliveries: Deliveries, channel: str, poster: Poster, headers_of: HeadersOf, clock: Callable[[], datetime],
    *, lane: str | None = None,
) -> Sent:  # fmt: skip
    """Send what is due of a channel, or of one of its lanes, in the order in which it was put there.

    :param headers_of: the request's own headers, at the moment of the attempt.
    :raises StoreError: the deliveries can't be read or written.
    """
    sent, failures = Sent(), 0
    while failures < MOST_FAILURES and (request := deliveries.take(channel, clock(), lane)):
        outcome = poster.post(request.path, request.body.encode(), headers_of(request, clock()))
        if outcome.arrived:
            deliveries.arrived(channel, request.key, clock())
            sent.arrived.append(request.key)
            failures = 0
        elif outcome.again:
            wait_s = max(
                outcome.wait_s, random.uniform(0.5, 1) * min(FIRST_WAIT_S * 2 ** min(request.tries, 20), LONGEST_WAIT_S)
            )
            deliveries.later(request, clock() + timedelta(seconds=min(wait_s, LONGEST_WAIT_S)))
            sent.failed.append(request.key)
            failures += 1
            log.warning("%s 没有送达 %s：%s，稍后重发 | not delivered, again later", request.key, channel, outcome.why)
        else:
            deliveries.refuse(request, outcome.why)
            sent.refused.append(request.key)
            log.error("%s 被 %s 拒收：%s | refused, it is not sent again by itself", request.key, channel, outcome.why)
    return sent
