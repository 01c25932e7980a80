"""A store in SQLite or PostgreSQL. One row per session, one per turn; a save is one transaction."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from csbot.errors import SessionConflict
from csbot.models import Reply, Session, Turn, utc_now
from csbot.storage.base import EARLIER
from csbot.storage.database import Database
from csbot.storage.memory import message_key
from csbot.storage.rows import insert_events, insert_new, read_events
from csbot.storage.tables import ATTEMPTS, EVENTS, LINKS, REPLIES, SESSIONS, STORE, TURNS, prepare

if TYPE_CHECKING:
    from csbot.models.events import Event


class SqlStore(Database):
    """A `Store` behind a database URL. The tables are made at first use.

    :param url: ``sqlite:///PATH`` or ``postgresql://…``. :param make: whether SQLite's file is made where there is none.
    :raises ConfigError: no such URL can be used. :raises InputError: there is no such file, and none is to be made.
    :raises MissingDependency: psycopg is absent.
    :raises StoreVersionError: the tables are of another version. :raises StoreError: the database can't be opened.
    """

    called = STORE.called

    def __init__(self, url: str = "sqlite:///var/csbot.db", *, make: bool = True) -> None:
        super().__init__(url, make=make)
        self._salt = self._prepare(prepare)

    def load(self, session_id: str) -> Session | None:
        """See `Store.load`."""
        with self._reading() as connection:
            return _session(connection, sa.select(SESSIONS).where(SESSIONS.c.id == session_id))

    def open(self, fresh: Session, since: datetime) -> Session:
        """See `Store.open`."""
        newest = sa.select(SESSIONS).where(SESSIONS.c.customer_id == fresh.customer_id, SESSIONS.c.spoken >= since)
        with self._writing() as connection:
            if fresh.customer_id:
                if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
                    key = sa.func.hashtextextended(fresh.customer_id, 0)
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
                going_on = _session(connection, newest.order_by(SESSIONS.c.spoken.desc()).limit(1))
                if going_on is not None:
                    going_on.channel, going_on.identified = fresh.channel, fresh.identified
                    return going_on
            begun = fresh.model_copy(update={"earlier": self._earlier(connection, fresh), "version": 1})
            connection.execute(sa.insert(SESSIONS).values(_row(begun)))
        fresh.earlier, fresh.version = begun.earlier, begun.version
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
        with self._writing() as connection:
            row = _row(session) | {"version": session.version + 1, "worker": "", "claimed_until": None}
            if session.version == 0:
                connection.execute(sa.insert(SESSIONS).values(row))
            else:
                same = sa.update(SESSIONS).where(SESSIONS.c.version == session.version, *_free(session.id, worker))
                if connection.execute(same.values(row)).rowcount != 1:
                    raise SessionConflict(f"会话 {session.id} 已被其他进程更新 | session was saved by another worker")
            stored = connection.scalar(sa.select(sa.func.count()).where(TURNS.c.session_id == session.id)) or 0
            added = [
                {"session_id": session.id, "number": number, "body": session.turns[number].model_dump_json()}
                for number in range(stored, len(session.turns))
            ]
            if added:
                connection.execute(sa.insert(TURNS), added)
            if message_id and reply is not None:
                owner, channel, _ = message_key(session, message_id)
                connection.execute(sa.insert(REPLIES).values(
                    owner=owner, channel=channel, message_id=message_id, session_id=session.id, at=utc_now(),
                    body=reply.model_dump_json(),
                ))  # fmt: skip
            insert_events(connection, events)
        session.version += 1

    def claim(self, session_id: str, worker: str, until: datetime) -> bool:
        """See `Store.claim`."""
        claim = sa.update(SESSIONS).where(*_free(session_id, worker)).values(worker=worker, claimed_until=until)
        with self._writing() as connection:
            return connection.execute(claim).rowcount == 1

    def replied(self, session: Session, message_id: str) -> tuple[str, Reply] | None:
        """See `Store.replied`."""
        key = sa.tuple_(REPLIES.c.owner, REPLIES.c.channel, REPLIES.c.message_id) == message_key(session, message_id)
        with self._reading() as connection:
            row = connection.execute(sa.select(REPLIES.c.session_id, REPLIES.c.body).where(key)).one_or_none()
            return None if row is None else (row.session_id, Reply.model_validate_json(row.body))

    def attempt(self, keys: Sequence[str], attempt_id: str, *, at: datetime, since: datetime) -> dict[str, int]:
        """See `Store.attempt`. Written and committed before it is counted: of two at once, one at least sees both."""
        hashes = {self._hash(key): key for key in keys}
        attempt = self._hash(attempt_id)
        rows = [{"key_hash": key_hash, "attempt_hash": attempt, "at": at} for key_hash in sorted(hashes)]
        counted = (
            sa.select(ATTEMPTS.c.key_hash, sa.func.count().label("tries"))
            .where(ATTEMPTS.c.key_hash.in_(hashes), ATTEMPTS.c.at >= since)
            .group_by(ATTEMPTS.c.key_hash)
        )
        with self._writing() as connection:
            insert_new(connection, ATTEMPTS, rows)
        with self._reading() as connection:
            counts = {hashes[row.key_hash]: row.tries for row in connection.execute(counted)}
        return {key: counts.get(key, 0) for key in keys}

    def withdraw(self, keys: Sequence[str], attempt_id: str) -> None:
        """See `Store.withdraw`."""
        theirs = ATTEMPTS.c.key_hash.in_([self._hash(key) for key in keys])
        with self._writing() as connection:
            connection.execute(sa.delete(ATTEMPTS).where(theirs, ATTEMPTS.c.attempt_hash == self._hash(attempt_id)))

    def link(self, proof: str, customer_id: str) -> None:
        """See `Store.link`."""
        with self._writing() as connection:
            row = {"proof_hash": self._hash(proof), "customer_id": customer_id, "at": utc_now()}
            insert_new(connection, LINKS, [row])

    def earlier(self, session: Session) -> list[str]:
        """See `Store.earlier`."""
        with self._reading() as connection:
            return self._earlier(connection, session)

    def log(self, events: Iterable[Event]) -> int:
        """See `Store.log`."""
        with self._writing() as connection:
            return insert_events(connection, events)

    def events(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Event]:
        """See `Store.events`."""
        with self._reading() as connection:
            return read_events(connection, since, until)

    def purge(
        self,
        *,
        sessions: datetime | None = None,
        replies: datetime | None = None,
        attempts: datetime | None = None,
        events: datetime | None = None,
    ) -> int:
        """See `Store.purge`."""
        old = [
            sa.delete(table).where(column < before)
            for table, column, before in (
                (REPLIES, REPLIES.c.at, replies), (ATTEMPTS, ATTEMPTS.c.at, attempts), (SESSIONS, SESSIONS.c.spoken, sessions),
                (EVENTS, EVENTS.c.at, events),
            )
            if before is not None
        ]  # fmt: skip
        with self._writing() as connection:
            if sessions is not None:
                connection.execute(sa.delete(LINKS).where(LINKS.c.at < sessions))
            return sum(connection.execute(statement).rowcount for statement in old)

    def _hash(self, key: str) -> str:
        """Keys are kept as their HMAC only: a table of attempts read by itself tells no phone and no order id."""
        return hmac.new(self._salt, key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _earlier(self, connection: Connection, session: Session) -> list[str]:
        if not session.customer_id:
            return []
        proofs = sa.select(LINKS.c.proof_hash).where(LINKS.c.customer_id == session.customer_id)
        linked = sa.select(LINKS.c.customer_id).where(LINKS.c.proof_hash.in_(proofs))
        theirs = sa.or_(SESSIONS.c.customer_id == session.customer_id, SESSIONS.c.customer_id.in_(linked))
        query = sa.select(SESSIONS.c.id).where(theirs, SESSIONS.c.id != session.id).order_by(SESSIONS.c.spoken.desc())
        return list(connection.scalars(query.limit(EARLIER)))

    def _in_conflict(self, error: IntegrityError) -> SessionConflict:
        return SessionConflict("会话已被其他进程更新 | the session was begun, continued or answered by another worker")


def _free(session_id: str, worker: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions: the session is there, and nobody but ``worker`` has claimed it."""
    c = SESSIONS.c
    return c.id == session_id, sa.or_(c.claimed_until.is_(None), c.claimed_until <= utc_now(), c.worker == worker)


def _row(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "customer_id": session.customer_id,
        "version": session.version,
        "turns": len(session.turns),
        "spoken": session.turns[-1].at if session.turns else utc_now(),
        "head": session.model_dump_json(exclude={"turns", "version"}),
    }


def _session(connection: Connection, query: sa.Select[Any]) -> Session | None:
    """The session that the query finds, with the turns of just that version."""
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    bodies = sa.select(TURNS.c.body).where(TURNS.c.session_id == row.id, TURNS.c.number < row.turns).order_by(TURNS.c.number)
    session = Session.model_validate_json(row.head)
    session.turns = [Turn.model_validate_json(body) for body in connection.scalars(bodies)]
    session.version = row.version
    return session
