"""An account right after a question: 「我要退货」, then 「已经装了」. It is a detail of that question, and nothing on its own.

The patterns are data, in ``data/progress.yaml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from csbot.intents.answers import says
from csbot.intents.follow_up import SOON
from csbot.intents.progress import names_order, tells
from csbot.models import Turn
from csbot.text import normalise

MOST = 2
"""Messages before it that an account may be a detail of: the question, and another detail or 「怎么办」."""
_OPEN = ("answer", "clarify", "fallback")
"""Kinds of reply after which a matter is still open: an answer may not have fitted."""


def open_question(form: str, earlier: Sequence[Turn], now: datetime) -> tuple[str, ...]:
    """The customer's last messages that this one (normal form) is a detail of, the latest last; empty where it is none.

    What says that all is well now closes the question. How long it takes is a detail only where something else than goods is
    awaited: 「都十天了还没到」 after a question for a refund.
    """
    recent = [normalise(turn.user) for turn in takewhile(lambda turn: _is_open(turn, now), reversed(earlier[-MOST:]))]
    said = tuple(text for text in reversed(recent) if not says("at_a_loss", text))
    if not said or tells("settled", form) or (tells("arrived", form) and names_order(said[-1])):
        return ()
    waits = tells("lasts", form) and any(tells("awaited", text) for text in said)
    return said if waits or any(tells(kind, form) for kind in ("done", "undone", "detail")) else ()


def _is_open(turn: Turn, now: datetime) -> bool:
    return turn.kind in _OPEN and turn.task is None and now - turn.at <= SOON
