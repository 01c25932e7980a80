"""What is remembered of orders beside the one in hand: the list to pick from, numbers said in passing, a call for a human.

Folded from the session's turns, as the rest of the state is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from csbot.dialogue.telling import goods_told
from csbot.models import Turn

KEPT = 3
"""Turns for which a list stays on offer and a number said in passing is remembered."""
SEVERAL = "orders_told"
"""Rule of the turn in which several orders of the list were told in short. The list stays."""
_PASSING = ("answer", "clarify", "fallback", "smalltalk")
"""Kinds of turns that begin nothing."""


@dataclass(frozen=True)
class OrderMemory:
    """:ivar listed: the slots that proved the orders listed last. :ivar since_listed: turns since these were talked of.
    :ivar mentioned: order id, phone and name that the customer gave beside another matter. :ivar since_mentioned: turns since.
    :ivar goods: goods of the order that was told last.
    :ivar called: a human has been called and has not come yet, as far as the turns tell.
    """

    listed: dict[str, str] = field(default_factory=dict)
    since_listed: int = 0
    mentioned: dict[str, str] = field(default_factory=dict)
    since_mentioned: int = 0
    goods: str = ""
    called: bool = False


def remembered(memory: OrderMemory, turn: Turn, *, about_list: bool) -> OrderMemory:
    """The memory after one more turn.

    :param about_list: orders were listed, or told from the list.
    """
    lists = turn.kind == "clarify" and turn.task is not None
    mentioned, since = memory.mentioned, memory.since_mentioned + 1
    if turn.task is None and turn.kind in _PASSING and turn.slots:
        mentioned, since = {**mentioned, **turn.slots}, 0
    elif turn.task is not None or turn.order_id is not None or since > KEPT:
        mentioned = {}
    return OrderMemory(
        listed=dict(turn.slots) if lists else memory.listed,
        since_listed=0 if lists or about_list else memory.since_listed + 1,
        mentioned=mentioned,
        since_mentioned=since,
        goods=goods_told(turn.reply) or memory.goods if turn.order_id else memory.goods,
        called=turn.kind == "handoff" or (memory.called and (turn.ticket_id is not None or turn.kind in _PASSING[1:])),
    )


def keeps_list(memory: OrderMemory, turn: Turn) -> bool:
    """Whether a list of orders outlasts this turn: a miss and a question in between do not end it at once."""
    return turn.kind in ("answer", "fallback") and memory.since_listed < KEPT
