"""How often a customer, and how often one order, may be guessed at: sliding windows over all sessions, in the store."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from csbot.config import OrderConfig
from csbot.dialogue.order_progress import plain
from csbot.models import Action, Session, utc_now
from csbot.storage.base import Store


class Attempt(NamedTuple):
    """One look-up that is being made.

    :ivar keys: what it counts under: the customer, and each order id and phone that the customer gave.
    :ivar before: look-ups of this customer in the window before this one. :ivar refused: a limit is exceeded.
    """

    id: str
    keys: tuple[str, ...]
    before: int
    refused: bool


def begin(store: Store, session: Session, action: Action, attempt_id: str, config: OrderConfig) -> Attempt:
    """Count the attempt before anything is looked up, so that guesses made at the same moment can't slip through together.

    A refused one is taken back: the window moves on however long somebody keeps trying, and for the owner too.

    :param attempt_id: the same for every repetition of one message. :raises StoreError: the store fails.
    """
    customer = f"customer:{session.customer_id}" if session.customer_id else f"session:{session.id}"
    asked = [f"{name}:{plain(name, action.slots[name])}" for name in ("order_id", "phone") if name in action.slots]
    keys = (customer, *asked)
    now = utc_now()
    counts = store.attempt(keys, attempt_id, at=now, since=now - timedelta(seconds=config.lookup_window_s))
    refused = counts[customer] > config.lookup_limit or any(counts[key] > config.order_lookup_limit for key in asked)
    if refused:
        store.withdraw(keys, attempt_id)
    return Attempt(attempt_id, keys, counts[customer] - 1, refused)
