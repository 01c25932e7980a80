"""Event logs written down as short scripts, for tests of what is counted in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from csbot.models import Actor
from csbot.models.events import DecisionEvent, Event, FeedbackEvent, MessageEvent, TicketEvent

NOON = datetime(2026, 11, 2, 4, tzinfo=timezone.utc)
"""Noon in China."""
CATEGORIES = {"ship-fee": "物流", "ship-time": "物流", "return": "售后", "refund": "售后", "pay": "支付"}


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


class Script:
    """One customer's session; each method adds the events of one message, ``minute`` after noon."""

    def __init__(self, customer: str = "u", session: str = "", channel: str = "web") -> None:
        self.where = {"session_id": session or f"s-{customer}", "customer_id": customer, "channel": channel}
        self.events: list[Event] = []
        self.number = 0

    def say(self, minute: float, text: str, kind: str, **decision: Any) -> Script:
        """A message that the bot answers with ``kind``."""
        where = {**self.where, "at": at(minute), "number": self.number}
        name = f"{self.where['session_id']}-{self.number}"
        decision = {"rule": "r", "latency_ms": 20.0, **decision}
        self.events += [
            MessageEvent(id=f"{name}-q", **where, who="customer", text=text),  # type: ignore[arg-type]
            DecisionEvent(id=f"{name}-d", **where, kind=kind, **decision),  # type: ignore[arg-type]
            MessageEvent(id=f"{name}-a", **where, who="bot", text="好的"),  # type: ignore[arg-type]
        ]
        self.number += 1
        return self

    def answer(self, minute: float, faq: str, text: str = "", **decision: Any) -> Script:
        decision = {"category": CATEGORIES.get(faq, ""), "confidence": 0.9, **decision}
        return self.say(minute, text or f"{faq} {self.number * 7919}", "answer", faq_id=faq, intent=f"faq:{faq}", **decision)

    def miss(self, minute: float, text: str = "那个啥") -> Script:
        return self.say(minute, text, "fallback", rule="miss")

    def clarify(self, minute: float, *offered: str, text: str = "说不清") -> Script:
        return self.say(minute, text, "clarify", offered=offered, rule="unsure")

    def slot(self, minute: float, task: str = "order_progress", text: str = "查订单") -> Script:
        return self.say(minute, text, "ask_slot", task=task, slot="phone")

    def order(self, minute: float, text: str = "138****0001") -> Script:
        return self.say(minute, text, "order_status", task="order_progress")

    def courtesy(self, minute: float, which: str = "greeting", text: str = "你好") -> Script:
        return self.say(minute, text, "smalltalk", rule=f"smalltalk_{which}")

    def human(self, minute: float, ticket: str = "", reason: str = "customer_wish", text: str = "转人工") -> Script:
        return self.say(minute, text, "handoff", reason=reason, ticket_id=ticket, rule="human_wanted")

    def with_human(self, minute: float, ticket: str, text: str = "在吗") -> Script:
        return self.say(minute, text, "handoff", reason="not_understood", ticket_id=ticket, rule="human_has_session")

    def step(self, minute: float, ticket: str, state: str) -> Script:
        """The ticket comes into a state."""
        name = f"{ticket}-{state}-{minute}"
        moved = TicketEvent(
            id=name, **self.where, at=at(minute), ticket_id=ticket, state=state, by=Actor(kind="system"),  # type: ignore[arg-type]
        )  # fmt: skip
        self.events.append(moved)
        return self

    def agent(self, minute: float, ticket: str, text: str = "您好") -> Script:
        """An agent writes."""
        name = f"{ticket}-m-{minute}"
        said = MessageEvent(id=name, **self.where, at=at(minute), who="agent", text=text, ticket_id=ticket)  # type: ignore[arg-type]
        self.events.append(said)
        return self

    def rate(self, minute: float, score: int | None = None, solved: bool | None = None, ticket: str = "") -> Script:
        name = f"{self.where['session_id']}-f-{minute}"
        said = FeedbackEvent(id=name, **self.where, at=at(minute), score=score, solved=solved, ticket_id=ticket)  # type: ignore[arg-type]
        self.events.append(said)
        return self


def together(*scripts: Script) -> list[Event]:
    return [event for script in scripts for event in script.events]


def ids(events: Iterable[Event]) -> list[str]:
    return [event.id for event in events]
