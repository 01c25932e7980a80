"""Orders of the merchant's, and what is known of the one that is wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from csbot.models.base import Data, Frozen, Text, aware


class OrderEvent(Data):
    time: Annotated[datetime, AfterValidator(aware)]
    text: str


class Order(Data):
    """An order of the merchant's, as a backend returns it."""

    order_id: Text
    phone: str = ""
    name: str = ""
    status: str = ""
    items: list[str] = Field(default_factory=list)
    events: list[OrderEvent] = Field(default_factory=list, description="oldest first")
    eta: str | None = None


class OrderQuery(Frozen):
    """What is known about the wanted order. Ownership needs two of the three."""

    order_id: str | None = None
    phone: str | None = None
    name: str | None = None
