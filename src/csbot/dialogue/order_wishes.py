"""What a customer wanted done with an order before it was looked up, 「帮我取消」: it is answered with the order.

The words are data, in ``data/order_wishes.yaml``. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from csbot.dialogue.telling import Told, event_in_words, expected, kind_of, latest_with, opening
from csbot.intents.progress import asks_progress, names_order
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Order, Turn
from csbot.resources import load_yaml
from csbot.text import normalise

KEPT = 3
"""Turns beside the look-up's own for which a wish is remembered."""
LONGEST = 24
"""Characters of a clause beyond which it says more than a wish."""
_CLAUSE = re.compile(r"[,，。;；!！~\s]+")


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", "order_wishes.yaml")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    data = _data()
    return re.compile(data["wishes"][name]["pattern"] if name in data["wishes"] else data[name])


def wish_in(form: str) -> str:
    """What a message in normal form wants done with an order, by its name in the data; "": nothing that is known here.

    >>> [wish_in(form) for form in ("帮我取消订单", "我要开张发票", "地址写错了,帮我改", "怎么退货", "我的订单到哪了")]
    ['cancel', 'invoice', 'address', '', '']
    """
    if not _pattern("wants").search(form):
        return ""
    clauses = [clause for clause in _CLAUSE.split(form) if 0 < len(clause) <= LONGEST]
    if any(_pattern("asks").search(clause) for clause in clauses):
        return ""
    return next((name for name in _data()["wishes"] for clause in clauses if _pattern(name).search(clause)), "")


def wish_before(asked: str, turns: Sequence[Turn]) -> str:
    """The wish for which an order is looked up: of the message that proves it, or of those before; "": none, or another since.

    :param asked: the message in normal form. :param turns: the session's turns before it.
    """
    if wish := wish_in(asked):
        return wish
    beside, form, said = 0, asked, asked
    for turn in reversed(turns):
        if turn.order_id or turn.done or turn.kind == "handoff" or (asks_progress(said, form) and names_order(form)):
            return ""
        beside += turn.task != ORDER_PROGRESS
        if beside > KEPT:
            return ""
        said, form = turn.user, normalise(turn.user)
        if wish := wish_in(form):
            return wish
    return ""


def tell_wish(order: Order, wish: str, now: datetime) -> Told:
    """The order with what its state allows of the wish; a colleague is offered, where anything can be done.

    :param wish: a name of the data.
    """
    question: dict[str, Any] = _data()["wishes"][wish]
    lines: dict[str, str] = question["line"]
    line = lines.get(kind_of(order.status), lines["other"])
    if not line:
        event = latest_with(order, question.get("quotes", "."))
        return Told(opening(order) + event_in_words(_data()["recorded"], event, now), None)
    date = expected(order, now) if question.get("dated") else ""
    return Told(opening(order) + date + line + _data()["offer"], "asked")
