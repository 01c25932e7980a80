"""What a merchant's own system is told of a ticket: one event per step and per message, the same however often it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from csbot.models import Message, Step, Ticket
from csbot.models.base import Frozen
from csbot.privacy import mask, mask_value

EventType = Literal["ticket.opened", "ticket.moved", "message.created"]


class WebhookEvent(Frozen):
    """The body of a POST."""

    schema_version: Literal[1] = 1
    id: str = Field(description="the same in every delivery of this event")
    type: EventType
    at: datetime = Field(description="when it happened")
    ticket_id: str
    session_id: str
    ticket: Ticket | None = Field(default=None, description="as it stood when it was read; not with messages, which are many")
    step: Step | None = Field(default=None, description="of ticket.moved: the state it came into, and by whom")
    message: Message | None = Field(default=None, description="of message.created: what the customer or the bot said")


def event_schema() -> dict[str, Any]:
    """The JSON Schema of an event as it is sent (draft 2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **WebhookEvent.model_json_schema(mode="serialization")}


def events_of(ticket: Ticket, messages: Sequence[Message], *, steps: int = 0, personal: bool = False) -> list[WebhookEvent]:
    """Events that were not made yet, in the order of their times.

    What agents say is left out: it came from there, or is theirs to read at the desk.

    :param messages: those not read before. :param steps: of the opening and the steps, how many were made before.
    :param personal: whether phones to call back and messages are sent as they are; False: masked.
    """
    told = ticket if personal else _covered(ticket)
    made = [*_steps(told, steps), *(_message(told, one, personal) for one in messages if one.who != "agent")]
    return sorted(made, key=lambda event: event.at)


def _steps(ticket: Ticket, after: int) -> Iterator[WebhookEvent]:
    if after == 0:
        yield _event(ticket, "opened", "ticket.opened", ticket.created, ticket=ticket)
    for number, step in enumerate(ticket.steps, start=1):
        if number >= after:
            yield _event(ticket, f"step-{number}", "ticket.moved", step.at, ticket=ticket, step=step)


def _message(ticket: Ticket, message: Message, personal: bool) -> WebhookEvent:
    sent = message if personal else message.model_copy(update={"text": mask(message.text)})
    return _event(ticket, f"message-{message.number}", "message.created", message.at, message=sent)


def _event(of: Ticket, name: str, kind: EventType, at: datetime, **parts: Any) -> WebhookEvent:
    return WebhookEvent(id=f"{of.id}-{name}", type=kind, at=at, ticket_id=of.id, session_id=of.session_id, **parts)


def _covered(ticket: Ticket) -> Ticket:
    notes = [note.model_copy(update={"text": mask(note.text)}) for note in ticket.notes]
    hidden = {"contact": mask_value("phone", ticket.contact), "place": mask(ticket.place)}
    return ticket.model_copy(update={**hidden, "notes": notes})
