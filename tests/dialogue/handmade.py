"""Parts made by hand for the tests of the dialogue: states, candidates, understood messages, policies and tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csbot.config import BotConfig
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State
from csbot.dialogue.tasks import Task, declared
from csbot.intents.numbers import ambiguous_number
from csbot.intents.slots import DEFAULT_ORDER_ID, read_slots
from csbot.models import Action, Candidate, Signal, Understanding
from csbot.text import normalise

DATA = Path(__file__).parents[2] / "data"
FAULT = Task.read(DATA / "tasks" / "fault_report.yaml")

START = State()
ASKED_PHONE = State(turns=1, task="order_progress", asked="phone", asks={"phone": 1})
ASKED_NAME = State(turns=2, task="order_progress", asked="name", slots={"phone": "13800000001"}, asks={"phone": 1, "name": 1})


def told(action: Action) -> tuple[str, str]:
    return action.kind, action.rule


def candidate(faq_id: str, confidence: float, *, exact: bool = False, action: str | None = None) -> Candidate:
    return Candidate(
        faq_id=faq_id, question=f"标准问 {faq_id}", score=confidence, confidence=confidence, exact=exact, action=action
    )


def message(
    text: str,
    *candidates: Candidate,
    wish: float = 0.0,
    order: float | None = None,
    fault: float | None = None,
    asked: str | None = None,
    known: tuple[str, ...] = (),
    order_ids: tuple[str, ...] = DEFAULT_ORDER_ID,
    **fields: Any,
) -> Understanding:
    """``text`` understood by hand: slots are read from it; everything else is as given.

    :param wish: score of the signal human_wanted. :param order: probability of the order intent. :param fault: of 报修.
    :param asked: kind of the slot asked for. :param known: kinds of the slots known.
    """
    signals = (Signal(name="human_wanted", score=wish, text=text, reason="test"),) if wish else ()
    reading = read_slots(text, asked=asked, known=known, order_id=order_ids)
    intents = {name: p for name, p in (("order_progress", order), ("fault_report", fault)) if p is not None}
    return Understanding(
        text=text, normalised=normalise(text), candidates=candidates, signals=signals, intents=intents,
        slots=reading.slots, denied=reading.denied, withdrawn=reading.withdrawn,
        ambiguous=ambiguous_number(text, reading.found, order_ids), **fields,
    )  # fmt: skip


def policy(answer: float = 0.8, clarify: float = 0.4, *, has_orders: bool = True, **settings: Any) -> Policy:
    """A policy of a bot that can report faults too."""
    return Policy(BotConfig(**settings), answer=answer, clarify=clarify, has_orders=has_orders, tasks=declared([FAULT]))
