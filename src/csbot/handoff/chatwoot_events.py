"""What Chatwoot sends an agent bot: the few fields that matter, whatever else is there."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class _Id(BaseModel):
    id: int


class Person(BaseModel):
    """Who wrote: an agent has the type ``user``, a bot ``agent_bot``, a customer none or ``contact``."""

    id: int | None = None
    name: str | None = None
    type: str | None = None

    @property
    def called(self) -> str:
        """The name with the id: names are not unique."""
        return f"{self.name or '客服'}#{self.id}"


class Meta(BaseModel):
    """Around a conversation."""

    assignee: Person | None = None


class Conversation(BaseModel):
    """A conversation: ``pending`` is the bot's, ``open`` the agents', besides ``resolved`` and ``snoozed``."""

    id: int
    status: str = ""
    meta: Meta = Meta()


class ChatwootEvent(BaseModel):
    """``message_created`` has a message around its conversation; ``conversation_…`` is the conversation itself."""

    event: str
    id: int | None = None
    account: _Id | None = None
    content: str | None = None
    message_type: str | int | None = None
    private: bool = False
    content_attributes: dict[str, Any] | None = None
    sender: Person | None = None
    conversation: Conversation | None = None
    status: str = ""
    meta: Meta = Meta()
    changed_attributes: list[dict[str, Any]] | None = Field(
        default=None, description="[{name: {previous_value, current_value}}]"
    )

    @property
    def incoming(self) -> bool:
        return self.message_type in ("incoming", 0)

    @property
    def written_by_agent(self) -> bool:
        """Whether an agent wrote it for the customer to read."""
        written = self.message_type in ("outgoing", 1) and not self.private
        return written and self.sender is not None and self.sender.type == "user"

    @property
    def own_key(self) -> str:
        """The key of a message that this bot has sent; "" for others."""
        given = (self.content_attributes or {}).get("csbot_id")
        return str(given) if given and not self.incoming else ""

    def came_from(self, status: str) -> bool:
        """Whether the conversation was in this status before."""
        changes = [one["status"] for one in self.changed_attributes or [] if isinstance(one.get("status"), dict)]
        return any(change.get("previous_value") == status for change in changes)
