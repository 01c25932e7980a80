"""Exchanges: what a customer said, beside what the bot did about it. Put together from events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from csbot.models.events import DecisionEvent, Event, MessageEvent
from csbot.text import normalise


@dataclass(frozen=True)
class Exchange:
    """One message of a customer's with its decision.

    :ivar text: what was said, masked; "" where the log has only the decision. :ivar reply: what the bot said, masked.
    """

    decision: DecisionEvent
    text: str = ""
    reply: str = ""

    @property
    def at(self) -> datetime:
        return self.decision.at

    @property
    def customer(self) -> str:
        """Who spoke: the customer, or the session where the customer is not known."""
        return f"c:{self.decision.customer_id}" if self.decision.customer_id else f"s:{self.decision.session_id}"

    @property
    def courteous(self) -> bool:
        """A greeting, thanks, a goodbye: no matter of its own."""
        return self.decision.kind == "smalltalk"


def exchanges_of(events: Iterable[Event]) -> list[Exchange]:
    """The exchanges in a log, which is in order (`csbot.analytics.log.in_order`); messages without a decision are left out."""
    log = list(events)
    heard: dict[tuple[str, int, datetime], MessageEvent] = {}
    said: dict[tuple[str, int, datetime], MessageEvent] = {}
    for event in log:
        if isinstance(event, MessageEvent) and event.who != "agent":
            (heard if event.who == "customer" else said).setdefault(_turn(event), event)
    found = []
    for event in log:
        if isinstance(event, DecisionEvent):
            turn = _turn(event)
            text = heard[turn].text if turn in heard else ""
            reply = said[turn].text if turn in said else ""
            found.append(Exchange(event, text, reply))
    return found


def _turn(event: Event) -> tuple[str, int, datetime]:
    return event.session_id, event.number, event.at


def likeness(one: str, other: str) -> float:
    """How alike two messages are by their characters: the Dice coefficient of the sets of pairs, in [0, 1] (Dice 1945).

    >>> likeness("运費怎么算？", "运费怎么算"), likeness("运费怎么算", "怎么算运费"), likeness("运费怎么算", "包邮吗")
    (1.0, 0.75, 0.0)
    """
    pairs, others = _pairs(one), _pairs(other)
    return 2 * len(pairs & others) / (len(pairs) + len(others)) if pairs and others else 0.0


@lru_cache(4096)
def _pairs(text: str) -> frozenset[str]:
    form = normalise(text)
    return frozenset(form[i : i + 2] for i in range(len(form) - 1)) or frozenset([form] if form else [])
