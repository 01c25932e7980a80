"""One message, one turn: a session is read, answered and saved, again if another worker was faster."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from csbot.errors import InputError, SessionConflict
from csbot.models import Reply, Session, utc_now
from csbot.models.base import storable
from csbot.storage.base import Store

if TYPE_CHECKING:
    from csbot.models.events import Event

TRIES = 24
"""Times a message is answered anew because another worker saved first."""

LOSSES = 3
"""After so many a worker claims the session, so that the next try is the last; before, the others are not held up."""

CLAIM_S = 5.0
"""How long a claim lasts at most: longer than an answer takes, not much longer than a customer waits for one that crashed."""

LONGEST_PAUSE_S = 0.3


EventsOf = Callable[[Session, Reply], "Sequence[Event]"]


def answer_and_save(
    store: Store, session: Session, message_id: str | None, answer: Callable[[], Reply], events_of: EventsOf = lambda *_: ()
) -> Reply:
    """The reply of ``answer``, saved with its turn; the same reply where the message was answered before.

    ``session`` is brought up to the store's state first and ends up as the stored one. Who the customer is, on which channel,
    and what the host has proven of them is taken from it, not from the store. A session without a customer may become one's
    (a log-in); whatever it had proven before then counts no more.

    :param answer: replies from ``session`` as it then is and appends one turn to it; called again after a conflict.
    :param events_of: what is logged of the session's last turn and its reply, in the same transaction.
    :raises SessionConflict: every try met another worker's save.
    :raises InputError: the session is another customer's, or ``message_id`` or a text of the session can't be stored.
    :raises StoreError: the store fails; the message is then not answered, and ``session`` has no turn of it.
    """
    if message_id is not None and not (isinstance(message_id, str) and storable(message_id) == message_id):
        raise InputError(
            f"message_id 应是完整的字符串，得到 {message_id!r:.60} | message_id must be a string of whole characters"
        )
    worker = uuid.uuid4().hex
    for number in range(TRIES):
        given = store.replied(session, message_id) if message_id else None
        if given:
            session.id = given[0]
            _refresh(session, store.load(session.id))
            return given[1]
        claimed = number >= LOSSES and store.claim(session.id, worker, utc_now() + timedelta(seconds=CLAIM_S))
        try:
            return _answer_once(store, session, message_id, answer, events_of, worker)
        except SessionConflict:
            time.sleep(random.uniform(0, min(0.005 * 2**number, LONGEST_PAUSE_S)))
        finally:
            if claimed:
                store.claim(session.id, worker, utc_now())
    raise SessionConflict(
        f"会话 {session.id} 连续 {TRIES} 次被其他进程抢先更新，请稍后重试 | too many workers at once, try again"
    )


def _answer_once(
    store: Store, session: Session, message_id: str | None, answer: Callable[[], Reply], events_of: EventsOf, worker: str
) -> Reply:
    _refresh(session, store.load(session.id))
    turns = list(session.turns)
    try:
        reply = answer()
        events = events_of(session, reply)
        store.save(session, message_id=message_id, reply=reply, worker=worker, events=events)
    except BaseException:
        session.turns = turns
        raise
    return reply


def _refresh(session: Session, stored: Session | None) -> None:
    """:raises InputError: the stored session is another customer's: ids of sessions prove nothing."""
    if stored is None:
        session.version = 0  # never saved, or purged: it is stored as a new one, with the turns that the caller kept
        return
    if stored.customer_id and stored.customer_id != session.customer_id:
        raise InputError(f"会话 {session.id} 属于另一位客户 | the session belongs to another customer")
    session.turns, session.version, session.earlier = stored.turns, stored.version, stored.earlier
    session.known_since = stored.known_since if stored.customer_id or not session.customer_id else len(stored.turns)
