"""Rows that are inserted once and never changed: attempts, links, events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from csbot.models.events import Event, read_event
from csbot.storage.tables import EVENTS

AT_ONCE = 1000
"""Events held and inserted at a time."""


def insert_new(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert those rows whose key is not there yet; how many those were."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = next(iter(table.primary_key))
    return len(connection.execute(insert(table).on_conflict_do_nothing().returning(key), rows).all()) if rows else 0


def insert_events(connection: Connection, events: Iterable[Event]) -> int:
    """Insert those events whose id is not there yet; how many those were."""
    rest, count = iter(events), 0
    while portion := list(islice(rest, AT_ONCE)):
        rows = {event.id: {"id": event.id, "at": event.at, "body": event.model_dump_json()} for event in portion}
        count += insert_new(connection, EVENTS, list(rows.values()))
    return count


def read_events(connection: Connection, since: datetime | None, until: datetime | None) -> list[Event]:
    """See `csbot.storage.Store.events`."""
    within = [*([EVENTS.c.at >= since] if since else []), *([EVENTS.c.at < until] if until else [])]
    bodies = connection.scalars(sa.select(EVENTS.c.body).where(*within).order_by(EVENTS.c.at, EVENTS.c.id))
    return [read_event(body) for body in bodies]
