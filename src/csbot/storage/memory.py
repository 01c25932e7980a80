"""A store in memory: for tests, and for a single process whose sessions may be lost with it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from csbot.errors import InputError, SessionConflict
from csbot.models import Reply, Session, utc_now
from csbot.models.base import aware
from csbot.storage.base import EARLIER, HALF

if TYPE_CHECKING:
    from csbot.models.events import Event

MessageKey = tuple[str, str, str]


class _Kept(NamedTuple):
    """A session as it was saved, and when it was spoken in last."""

    json: str
    customer_id: str
    version: int
    spoken: datetime


class _Answered(NamedTuple):
    session_id: str
    json: str
    at: datetime


class MemoryStore:
    """A `Store` in this process's memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, _Kept] = {}
        self._of_customer: defaultdict[str, set[str]] = defaultdict(set)
        self._replies: dict[MessageKey, _Answered] = {}
        self._attempts: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self._claims: dict[str, tuple[str, datetime]] = {}
        self._links: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self._events: dict[str, Event] = {}

    def load(self, session_id: str) -> Session | None:
        """See `Store.load`."""
        kept = self._sessions.get(session_id)
        return None if kept is None else Session.model_validate_json(kept.json)

    def open(self, fresh: Session, since: datetime) -> Session:
        """See `Store.open`."""
        with self._lock:
            newest = next(iter(self._newest_first({fresh.customer_id})), None) if fresh.customer_id else None
            if newest is not None and self._sessions[newest].spoken >= since:
                going_on = Session.model_validate_json(self._sessions[newest].json)
                going_on.channel, going_on.identified = fresh.channel, fresh.identified
                return going_on
            fresh.earlier = self._earlier(fresh)
            self._keep(fresh)
            return fresh

    def save(
        self,
        session: Session,
        *,
        message_id: str | None = None,
        reply: Reply | None = None,
        worker: str = "",
        events: Sequence[Event] = (),
    ) -> None:
        """See `Store.save`."""
        with self._lock:
            key = message_key(session, message_id or "")
            kept = self._sessions.get(session.id)
            overtaken = (kept.version if kept else 0) != session.version or self._claimed(session.id, worker)
            if overtaken or (message_id and key in self._replies):
                raise SessionConflict(f"会话 {session.id} 已被其他进程更新 | session was saved by another worker")
            replied = None if reply is None else _json(reply)
            self._keep(session)
            if message_id and replied is not None:
                self._replies[key] = _Answered(session.id, replied, utc_now())
            self._claims.pop(session.id, None)
            self._log(events)

    def claim(self, session_id: str, worker: str, until: datetime) -> bool:
        """See `Store.claim`."""
        with self._lock:
            if session_id not in self._sessions or self._claimed(session_id, worker):
                return False
            self._claims[session_id] = (worker, until)
            return True

    def replied(self, session: Session, message_id: str) -> tuple[str, Reply] | None:
        """See `Store.replied`."""
        answered = self._replies.get(message_key(session, message_id))
        return None if answered is None else (answered.session_id, Reply.model_validate_json(answered.json))

    def attempt(self, keys: Sequence[str], attempt_id: str, *, at: datetime, since: datetime) -> dict[str, int]:
        """See `Store.attempt`."""
        with self._lock:
            for key in keys:
                self._attempts[key].setdefault(attempt_id, at)
            return {key: sum(moment >= since for moment in self._attempts[key].values()) for key in keys}

    def withdraw(self, keys: Sequence[str], attempt_id: str) -> None:
        """See `Store.withdraw`."""
        with self._lock:
            for key in keys:
                self._attempts[key].pop(attempt_id, None)
                if not self._attempts[key]:
                    del self._attempts[key]

    def link(self, proof: str, customer_id: str) -> None:
        """See `Store.link`."""
        with self._lock:
            self._links[proof][customer_id] = utc_now()

    def earlier(self, session: Session) -> list[str]:
        """See `Store.earlier`."""
        with self._lock:
            return self._earlier(session)

    def log(self, events: Iterable[Event]) -> int:
        """See `Store.log`."""
        with self._lock:
            return self._log(events)

    def events(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Event]:
        """See `Store.events`."""
        with self._lock:
            found = [e for e in self._events.values() if (not since or e.at >= since) and (not until or e.at < until)]
        return sorted(found, key=lambda event: (event.at, event.id))

    def purge(
        self,
        *,
        sessions: datetime | None = None,
        replies: datetime | None = None,
        attempts: datetime | None = None,
        events: datetime | None = None,
    ) -> int:
        """See `Store.purge`."""
        sessions, replies, attempts, events = map(aware, (sessions, replies, attempts, events))
        with self._lock:
            old = {i for i, kept in self._sessions.items() if sessions and kept.spoken < sessions}
            stale = [k for k, a in self._replies.items() if a.session_id in old or (replies and a.at < replies)]
            for session_id in old:
                self._of_customer[self._sessions.pop(session_id).customer_id].discard(session_id)
                self._claims.pop(session_id, None)
            for key in stale:
                del self._replies[key]
            past = [i for i, event in self._events.items() if events and event.at < events]
            for event_id in past:
                del self._events[event_id]
            _drop_old(self._links, sessions)
            return len(old) + len(stale) + len(past) + _drop_old(self._attempts, attempts)

    def close(self) -> None:
        """See `Store.close`."""

    def _log(self, events: Iterable[Event]) -> int:
        before = len(self._events)
        for event in events:
            self._events.setdefault(event.id, event)
        return len(self._events) - before

    def _claimed(self, session_id: str, worker: str) -> bool:
        """Whether another than ``worker`` has the session to itself."""
        holder, until = self._claims.get(session_id, (worker, None))
        return holder != worker and until is not None and until > utc_now()

    def _keep(self, session: Session) -> None:
        kept = _json(session.model_copy(update={"version": session.version + 1}))
        session.version += 1
        if session.id in self._sessions:  # the host may have learnt who the customer is
            self._of_customer[self._sessions[session.id].customer_id].discard(session.id)
        spoken = session.turns[-1].at if session.turns else utc_now()
        self._of_customer[session.customer_id].add(session.id)
        self._sessions[session.id] = _Kept(kept, session.customer_id, session.version, spoken)

    def _newest_first(self, customers: set[str]) -> list[str]:
        theirs = [i for customer in customers for i in self._of_customer.get(customer, ())]
        return sorted(theirs, key=lambda i: self._sessions[i].spoken, reverse=True)

    def _earlier(self, session: Session) -> list[str]:
        if not session.customer_id:
            return []
        same = {session.customer_id}.union(*(c for c in self._links.values() if session.customer_id in c))
        return [i for i in self._newest_first(same) if i != session.id][:EARLIER]


def _json(data: BaseModel) -> str:
    try:
        return data.model_dump_json()
    except PydanticSerializationError:
        raise InputError(HALF) from None


def message_key(session: Session, message_id: str) -> MessageKey:
    """A message is told by its id within one customer (one session, where the host gives no customer id) and channel."""
    return session.customer_id or session.id, session.channel, message_id


def _drop_old(table: dict[str, dict[str, datetime]], before: datetime | None) -> int:
    """Delete entries older than ``before``, and keys that have none left; how many entries that were."""
    old = [(key, entry) for key, entries in table.items() for entry, at in entries.items() if before and at < before]
    for key, entry in old:
        del table[key][entry]
        if not table[key]:
            del table[key]
    return len(old)
