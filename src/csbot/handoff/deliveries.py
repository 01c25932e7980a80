"""What is to be sent to other systems, and what came from them: rows beside the built-in desk's tables.

A request waits in a row until it has arrived, so that a crash loses none; its key is the same however often it is put there or
sent. Those of one lane (a ticket, a conversation) go out in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from csbot.handoff.tables import MESSAGES, TICKETS
from csbot.storage.database import Database, Moment
from csbot.storage.families import Family, make_tables

LEASE_S = 60.0
"""A row that is being sent is left alone by others for so long: more than an attempt takes. Afterwards its sender has died."""
KEPT = timedelta(days=7)
"""How long keys of what is done are kept: nothing is delivered again after more than a few hours."""

METADATA = sa.MetaData()
DELIVERIES = Family(
    "deliveries", called=("投递记录", "deliveries"), lock=0x6F75_7462, head="deliveries_0001", metadata=METADATA
)

REQUESTS = sa.Table(
    "csbot_requests",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.Text, nullable=False, comment="which system it is for"),
    sa.Column("lane", sa.Text, nullable=False, comment="ticket or conversation, within which the order is kept"),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False, comment="empty once it has arrived"),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("again", Moment, comment="not before then"),
    sa.Column("sent", Moment, index=True),
    sa.Column("refused", sa.Text, comment="why the receiver never takes it"),
    sa.UniqueConstraint("channel", "key"),
    sa.Index("csbot_requests_waiting", "channel", "sent", "number"),
    sa.Index("csbot_requests_lane", "channel", "lane", "sent", "number"),
)

CURSORS = sa.Table(
    "csbot_cursors",
    METADATA,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("ticket_id", sa.Text, primary_key=True),
    sa.Column("steps", sa.Integer, nullable=False, comment="put into requests, the opening included"),
    sa.Column("messages", sa.Integer, nullable=False, comment="number of the last message read"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("changed", Moment, nullable=False),
)

SEEN = sa.Table(
    "csbot_seen", METADATA, sa.Column("key", sa.Text, primary_key=True), sa.Column("at", Moment, nullable=False, index=True)
)


@dataclass(frozen=True)
class Request:
    """A POST to be sent. :ivar lane: the requests of one go out in their order. :ivar tries: attempts so far."""

    lane: str
    key: str
    path: str
    body: str
    number: int = 0
    tries: int = 0


@dataclass(frozen=True)
class Cursor:
    """How much of a ticket was put into requests.

    :ivar steps: the opening is the first. :ivar messages: number of the last one. :ivar state: the ticket's by then.
    :ivar changed: when it came into it.
    """

    ticket_id: str
    steps: int = 0
    messages: int = 0
    state: str = ""
    changed: datetime | None = None


class Deliveries(Database):
    """The rows of one database. Safe to use from many threads and processes.

    :param url: of the desk's database, ``sqlite:///PATH`` or ``postgresql://…``; the tables are made at first use.
    :raises ConfigError: no such URL can be used. :raises StoreVersionError: the tables are of another version.
    :raises StoreError: from every method, if the database fails.
    """

    called = DELIVERIES.called

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._prepare(partial(make_tables, family=DELIVERIES))

    def put(self, channel: str, requests: Sequence[Request], cursor: Cursor | None = None) -> None:
        """Add requests, those left out whose key is there; all or none, and with them how far their ticket was read."""
        with self._writing() as connection:
            for request in requests:
                same = (REQUESTS.c.channel == channel, REQUESTS.c.key == request.key)
                if connection.scalar(sa.select(REQUESTS.c.number).where(*same)) is None:
                    values = {"lane": request.lane, "key": request.key, "path": request.path, "body": request.body}
                    connection.execute(sa.insert(REQUESTS).values(channel=channel, tries=0, **values))
            if cursor:
                own = (CURSORS.c.channel == channel, CURSORS.c.ticket_id == cursor.ticket_id)
                connection.execute(sa.delete(CURSORS).where(*own))
                connection.execute(sa.insert(CURSORS).values(channel=channel, **asdict(cursor)))

    def behind(self, channel: str, since: datetime, most: int = 100) -> list[Cursor]:
        """Tickets of which something was not put into requests yet, those that changed first first.

        :param since: tickets opened before are left out.
        """
        t, c = TICKETS.c, CURSORS.c
        last = sa.select(sa.func.coalesce(sa.func.max(MESSAGES.c.number), 0)).where(MESSAGES.c.ticket_id == t.id)
        joined = TICKETS.outerjoin(CURSORS, sa.and_(c.ticket_id == t.id, c.channel == channel))
        new = sa.or_(c.ticket_id.is_(None), c.state != t.state, c.changed != t.changed, c.messages < last.scalar_subquery())
        query = sa.select(t.id, c.steps, c.messages).select_from(joined).where(t.created >= since, new)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(t.changed, t.id).limit(most)).all()
        return [Cursor(row.id, row.steps or 0, row.messages or 0) for row in rows]

    def take(self, channel: str, at: datetime, lane: str | None = None) -> Request | None:
        """The next request that may be sent now: the first of its lane, if it is due. Others leave it alone for `LEASE_S`."""
        before, c = REQUESTS.alias(), REQUESTS.c
        waits = [c.channel == channel, c.sent.is_(None), c.refused.is_(None), sa.or_(c.again.is_(None), c.again <= at)]
        waits += [c.lane == lane] if lane is not None else []
        same = (before.c.channel == channel, before.c.lane == c.lane, before.c.number < c.number)
        blocked = sa.exists().where(*same, before.c.sent.is_(None), before.c.refused.is_(None))
        query = sa.select(REQUESTS).where(*waits, ~blocked).order_by(c.number).limit(1)
        with self._writing() as connection:
            row = connection.execute(query.with_for_update(of=REQUESTS, skip_locked=True)).mappings().one_or_none()
            if row is None:
                return None
            self._set(connection, row["number"], again=at + timedelta(seconds=LEASE_S), tries=row["tries"] + 1)
            return Request(**{name: row[name] for name in ("lane", "key", "path", "body", "number", "tries")})

    def arrived(self, channel: str, key: str, at: datetime) -> None:
        """A request has arrived; nothing is kept of it but its key."""
        own = (REQUESTS.c.channel == channel, REQUESTS.c.key == key)
        with self._writing() as connection:
            connection.execute(sa.update(REQUESTS).where(*own).values(sent=at, body="", refused=None))
            connection.execute(sa.delete(REQUESTS).where(REQUESTS.c.sent < at - KEPT))

    def later(self, request: Request, again: datetime) -> None:
        """It did not arrive, and is to be sent again from then on, unless it is known by then that it had arrived."""
        with self._writing() as connection:
            self._set(connection, request.number, again=again)

    def refuse(self, request: Request, why: str) -> None:
        """The receiver does not take it; it waits for `resend`, and those after it in its lane go on."""
        with self._writing() as connection:
            self._set(connection, request.number, refused=why)

    def refused(self, channel: str) -> dict[str, str]:
        """Why, by the key of what was refused, oldest first."""
        refused = (REQUESTS.c.channel == channel, REQUESTS.c.refused.is_not(None))
        query = sa.select(REQUESTS.c.key, REQUESTS.c.refused).where(*refused)
        with self._reading() as connection:
            return {row.key: row.refused for row in connection.execute(query.order_by(REQUESTS.c.number))}

    def resend(self, channel: str) -> int:
        """Have everything sent again that was refused, what made it so being mended; how many that are."""
        refused = (REQUESTS.c.channel == channel, REQUESTS.c.refused.is_not(None))
        with self._writing() as connection:
            return connection.execute(sa.update(REQUESTS).where(*refused).values(refused=None, again=None)).rowcount

    def waiting(self, channel: str) -> int:
        """How many requests have not arrived yet; refused ones are not among them."""
        waits = (REQUESTS.c.channel == channel, REQUESTS.c.sent.is_(None), REQUESTS.c.refused.is_(None))
        with self._reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(REQUESTS).where(*waits)) or 0

    def seen(self, key: str) -> bool:
        """Whether what came under this key was dealt with."""
        with self._reading() as connection:
            return connection.scalar(sa.select(SEEN.c.key).where(SEEN.c.key == key)) is not None

    def see(self, key: str, at: datetime) -> None:
        """What came under this key is dealt with; two that say so at once may."""
        with self._writing() as connection:
            connection.execute(sa.delete(SEEN).where(sa.or_(SEEN.c.key == key, SEEN.c.at < at - KEPT)))
            connection.execute(sa.insert(SEEN).values(key=key, at=at))

    def _set(self, connection: Connection, number: int, **values: object) -> None:
        waiting = (REQUESTS.c.number == number, REQUESTS.c.sent.is_(None))
        connection.execute(sa.update(REQUESTS).where(*waiting).values(values))
