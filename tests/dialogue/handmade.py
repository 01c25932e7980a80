"""Parts made by hand for the tests of the dialogue: states, candidates, understood messages and policies."""

from __future__ import annotations

from typing import Any

from csbot.config import BotConfig
from csbot.dialogue.policy import Policy
from csbot.dialogue.state import State
from csbot.intents.slots import find_slots
from csbot.models import Action, Candidate, Signal, Understanding
from csbot.text import normalise

START = State()
ASKED_PHONE = State(turns=1, task="order_progress", asked="phone", asks={"phone": 1})
ASKED_NAME = State(turns=2, task="order_progress", asked="name", slots={"phone": "13800000001"}, asks={"phone": 1, "name": 1})


def told(action: Action) -> tuple[str, str]:
    return action.kind, action.rule


def candidate(faq_id: str, confidence: float, *, exact: bool = False, action: str | None = None) -> Candidate:
    return Candidate(
        faq_id=faq_id, question=f"标准问 {faq_id}", score=confidence, confidence=confidence, exact=exact, action=action
    )


def message(text: str, *candidates: Candidate, wish: float = 0.0, order: float | None = None, **fields: Any) -> Understanding:
    """``text`` understood by hand: slots are found in it; everything else is as given.

    :param wish: score of the signal human_wanted. :param order: probability of the order intent.
    """
    signals = (Signal(name="human_wanted", score=wish, text=text, reason="test"),) if wish else ()
    slots = find_slots(text, asked=fields.pop("asked", None))
    intents = {} if order is None else {"order_progress": order}
    return Understanding(
        text=text, normalised=normalise(text), candidates=candidates, signals=signals, slots=slots, intents=intents, **fields
    )


def policy(answer: float = 0.8, clarify: float = 0.4, *, has_orders: bool = True, **settings: Any) -> Policy:
    return Policy(BotConfig(**settings), answer=answer, clarify=clarify, has_orders=has_orders)
