"""Where a conversation stands. The state is never stored: it is folded from the session's turns, so replaying them gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from csbot.models import OrderQuery, Session, Turn


@dataclass(frozen=True)
class State:
    """:ivar turns: how many turns there were. :ivar misses: misses in a row.
    :ivar options: ids offered in the last reply (FAQ ids or order ids). :ivar option_texts: their texts.
    :ivar task: task under way. :ivar asked: slot that the last reply asked for.
    :ivar slots: what the task knows. :ivar asks: how often each slot was asked for in this task.
    :ivar order_id: order that was shown last. :ivar identified: what the host has proven of the customer.
    """

    turns: int = 0
    misses: int = 0
    options: tuple[str, ...] = ()
    option_texts: tuple[str, ...] = ()
    task: str | None = None
    asked: str | None = None
    slots: dict[str, str] = field(default_factory=dict)
    asks: dict[str, int] = field(default_factory=dict)
    order_id: str | None = None
    shown: dict[str, str] = field(default_factory=dict)
    identified: OrderQuery | None = None


def advance(state: State, turn: Turn) -> State:
    """The state after one more turn."""
    misses = {"fallback": state.misses + 1, "smalltalk": state.misses}.get(turn.kind, 0)
    asks = dict(state.asks) if turn.task else {}
    if turn.kind == "ask_slot" and turn.slot:
        asks[turn.slot] = asks.get(turn.slot, 0) + 1
    return replace(
        state,
        turns=state.turns + 1,
        misses=misses,
        options=tuple(turn.options) if turn.kind == "clarify" else (),
        option_texts=tuple(turn.option_texts) if turn.kind == "clarify" else (),
        task=turn.task,
        asked=turn.slot if turn.task else None,
        slots=dict(turn.slots) if turn.task else {},
        asks=asks,
        order_id=turn.order_id or state.order_id,
        shown=dict(turn.slots) if turn.order_id else state.shown,
    )


def replay(turns: Iterable[Turn], identified: OrderQuery | None = None) -> State:
    """Fold turns from the beginning."""
    state = State(identified=identified)
    for turn in turns:
        state = advance(state, turn)
    return state


def state_of(session: Session) -> State:
    """Where the session stands."""
    return replay(session.turns, session.identified)
