"""Logs of events: in one order, in files of one JSON object per line, and from a desk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from csbot.errors import Fault, InputError, SourceError
from csbot.events import ticket_events
from csbot.handoff.desk import Desk
from csbot.models import TicketState
from csbot.models.events import Event, read_event


def sort_key(event: Event) -> tuple[datetime, str, int, str]:
    """Time first; at equal times by session, turn and id, so that the order of a file or a table never matters."""
    return event.at, event.session_id, event.number, event.id


def in_order(*logs: Iterable[Event]) -> list[Event]:
    """The events of all logs, each id once (the first one met), in one order."""
    found: dict[str, Event] = {}
    for log in logs:
        for event in log:
            found.setdefault(event.id, event)
    return sorted(found.values(), key=sort_key)


def read_log(path: str | os.PathLike[str]) -> list[Event]:
    """Events of a ``.jsonl`` file as `write_log` writes it, in the order of the file; blank lines are passed over.

    :raises SourceError: lines are no events; all of them are named. :raises InputError: the file can't be read.
    """
    found, faults = [], []
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    found.append(read_event(line))
                except ValidationError as error:
                    first = error.errors()[0]
                    field = ".".join(map(str, first["loc"])) or None
                    faults.append(Fault(number, field, first["msg"]))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"无法读取事件日志 {path}：{error} | can't read the event log", path=str(path)) from None
    if faults:
        raise SourceError(str(path), faults)
    return found


def write_log(events: Iterable[Event], path: str | os.PathLike[str]) -> int:
    """Write events as ``.jsonl``, one per line; how many. The file is complete or not there.

    :raises InputError: it can't be written.
    """
    target = Path(path)
    part = target.with_name(target.name + ".part")
    count = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            for count, event in enumerate(events, start=1):  # noqa: B007
                file.write(event.model_dump_json(exclude_none=True) + "\n")
        part.replace(target)
    except OSError as error:
        raise InputError(f"无法写入 {path}：{error} | can't write it", path=str(path)) from None
    return count


def desk_events(desk: Desk) -> list[Event]:
    """Every step of every ticket at a desk, and what its agents wrote.

    :raises StoreError: the desk can't be read.
    """
    tickets = desk.queue(states=get_args(TicketState), most=_ALL)
    return [event for ticket in tickets for event in ticket_events(ticket, desk.messages(ticket.id))]


_ALL = 2**31 - 1
