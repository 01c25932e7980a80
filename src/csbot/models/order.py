"""Orders of the merchant's, and what is known of the one that is wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from csbot.models.base import Data, Frozen, Text, aware, storable

MAX_TEXT_CHARS = 500
"""A status, an item or an event longer than this is no text for a customer: something else was taken for it."""


def _storable(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value


MerchantText = Annotated[str, Field(max_length=MAX_TEXT_CHARS), BeforeValidator(_storable)]
"""A text of the merchant's system, which may hold what no store can keep."""


class OrderEvent(Data):
    time: Annotated[datetime, AfterValidator(aware)]
    text: MerchantText


class Order(Data):
    """An order of the merchant's, as a backend returns it."""

    order_id: Annotated[Text, BeforeValidator(_storable)]
    phone: MerchantText = ""
    name: MerchantText = ""
    status: MerchantText = ""
    items: list[MerchantText] = Field(default_factory=list)
    events: list[OrderEvent] = Field(default_factory=list, description="oldest first")
    eta: MerchantText | None = None


class OrderQuery(Frozen):
    """What is known about the wanted order. Ownership needs two of the three."""

    order_id: str | None = None
    phone: str | None = None
    name: str | None = None
