"""A server on this machine that speaks Chatwoot's API as it is documented and as its source does it: agent bots, messages,
statuses, signed webhooks that are sent again after 429 and 500 and otherwise given up."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
from receiver import Posted, Receiver, receiving

ACCOUNT, TOKEN, SECRET = 7, "t0ken-of-the-bot", "s3cret-of-the-bot"
ATTEMPTS = 3
ZHOU = {"id": 3, "name": "小周", "email": "zhou@example.com", "type": "user"}
WANG = {"id": 4, "name": "小王", "email": "wang@example.com", "type": "user"}
_PATH = re.compile(rf"/api/v1/accounts/{ACCOUNT}/conversations/(\d+)/(messages|toggle_status)")


class ChatwootServer:
    """One account. Webhooks wait in ``events`` until `flush` sends them, as the real one sends them from a queue.

    :ivar messages: of each conversation, oldest first. :ivar statuses: of each conversation.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.messages: dict[int, list[dict[str, Any]]] = {}
        self.statuses: dict[int, str] = {}
        self.events: list[dict[str, Any]] = []
        self.bot_url = ""
        self.echoes = True
        self.answered: list[int] = []
        self._clock = clock
        self._ids = 100
        self.client = httpx.Client(verify=False)

    # what people do in it

    def customer(self, conversation: int, text: str, contact: int = 55) -> int:
        """The customer writes; a resolved conversation is the bot's again. The message's id."""
        if self.statuses.setdefault(conversation, "pending") == "resolved":
            self._change(conversation, "pending")
        return self._create(conversation, {"content": text, "message_type": "incoming"}, {"id": contact, "name": "客户"})

    def agent(self, conversation: int, text: str, *, by: dict[str, Any] = ZHOU, private: bool = False) -> int:
        return self._create(conversation, {"content": text, "message_type": "outgoing", "private": private}, by)

    def set_status(self, conversation: int, status: str) -> None:
        self._change(conversation, status)

    def said(self, conversation: int, *, private: bool = False) -> list[str]:
        """What the bot wrote there."""
        own = [m for m in self.messages.get(conversation, []) if (m["sender"] or {}).get("type") == "agent_bot"]
        return [m["content"] for m in own if m["private"] == private]

    def flush(self) -> None:
        """Deliver webhooks until there are none: what the bot answers makes new ones."""
        while self.events:
            self._deliver(self.events.pop(0))

    def webhook(self, event: dict[str, Any], *, secret: str = SECRET, at: datetime | None = None) -> int:
        """One delivery; the status it is answered."""
        body = json.dumps(event, ensure_ascii=False).encode()
        timestamp = str(int((at or self._clock()).timestamp()))
        signature = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Chatwoot-Timestamp": timestamp,
            "X-Chatwoot-Signature": f"sha256={signature}",
            "X-Chatwoot-Delivery": str(uuid.uuid4()),
        }
        status = self.client.post(self.bot_url, content=body, headers=headers, timeout=30).status_code
        self.answered.append(status)
        return status

    # its API

    def deal(self, posted: Posted) -> int:
        """A request of the bot; its status."""
        if posted.headers.get("api_access_token") != TOKEN:
            return 401
        found = _PATH.fullmatch(posted.path)
        if not found or int(found[1]) not in self.statuses:
            return 404
        conversation, asked = int(found[1]), posted.json
        if found[2] == "messages":
            assert set(asked) <= {"content", "message_type", "private", "content_type", "content_attributes", "echo_id"}
            self._create(conversation, asked, {"id": 9, "name": "机器人", "type": "agent_bot"})
        elif asked["status"] not in ("open", "pending", "resolved", "snoozed"):
            return 422
        else:
            self._change(conversation, asked["status"])
        return 200

    def _create(self, conversation: int, asked: dict[str, Any], sender: dict[str, Any]) -> int:
        self._ids += 1
        message = {
            "id": self._ids, "content": asked["content"], "message_type": asked.get("message_type", "outgoing"),
            "private": asked.get("private", False), "content_type": "text", "source_id": None, "sender": sender,
            "content_attributes": asked.get("content_attributes") or {}, "additional_attributes": {},
            "account": {"id": ACCOUNT, "name": "店"}, "inbox": {"id": 1, "name": "网页"}, "created_at": "2026-11-22T04:00:00Z",
        }  # fmt: skip
        self.messages.setdefault(conversation, []).append(message)
        if self.echoes or sender.get("type") != "agent_bot":
            self.events.append({**message, "event": "message_created", "conversation": self._conversation(conversation)})
        return self._ids

    def _change(self, conversation: int, status: str) -> None:
        before, self.statuses[conversation] = self.statuses[conversation], status
        if status == before:
            return
        changed = [{"status": {"previous_value": before, "current_value": status}}]
        known = self._conversation(conversation)
        self.events.append({**known, "event": "conversation_status_changed", "changed_attributes": changed})
        if status in ("open", "resolved"):
            self.events.append({**known, "event": f"conversation_{status}ed" if status == "open" else "conversation_resolved"})

    def _conversation(self, conversation: int) -> dict[str, Any]:
        return {
            "id": conversation, "status": self.statuses[conversation], "inbox_id": 1, "channel": "Channel::WebWidget",
            "can_reply": True, "messages": [], "labels": [], "meta": {"sender": {"id": 55}, "assignee": None},
            "custom_attributes": {}, "additional_attributes": {}, "unread_count": 0, "timestamp": 1795000000,
        }  # fmt: skip

    def _deliver(self, event: dict[str, Any]) -> None:
        """Up to three times after 429 and 500; a message that could not be delivered opens its conversation."""
        statuses = []
        for _ in range(ATTEMPTS):
            statuses.append(self.webhook(event))
            if statuses[-1] not in (429, 500):
                break
        if statuses[-1] >= 300 and event["event"] == "message_created":
            conversation = event["conversation"]["id"]
            if self.statuses[conversation] == "pending":
                self._change(conversation, "open")


@contextmanager
def chatwoot_running(clock: Callable[[], datetime]) -> Iterator[tuple[ChatwootServer, Receiver]]:
    """Chatwoot, and the HTTP server before it, whose answers can be made bad."""
    chatwoot = ChatwootServer(clock)
    with receiving(chatwoot.deal) as server, chatwoot.client:
        yield chatwoot, server
