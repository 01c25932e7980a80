"""Chatwoot as the desk: csbot is an agent bot there, and Chatwoot's people answer.

While a conversation is pending the bot answers. A handoff leaves a private note with the ticket's context and opens the
conversation; from then on the bot is silent and the built-in desk only keeps the record: what both sides say, who took the
ticket, how it ended. Resolved or pending again, the conversation is the bot's again. By Chatwoot's application API: agent bots,
``POST …/conversations/{id}/messages`` and ``…/toggle_status``, webhooks signed with ``X-Chatwoot-Signature``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from csbot.environment import from_environment
from csbot.errors import ConfigError, CsbotError
from csbot.handoff.chatwoot_events import ChatwootEvent
from csbot.handoff.chatwoot_note import note_of
from csbot.handoff.deliveries import Deliveries, Request
from csbot.handoff.desk import Desk
from csbot.handoff.posting import Poster
from csbot.handoff.raising import RAISED
from csbot.handoff.sending import Sent, send_due
from csbot.handoff.signing import verify
from csbot.handoff.states import HELD
from csbot.handoff.waiting import STILL_WAITING
from csbot.handoff.webhook_replies import Answer, take
from csbot.intents.slots import read_slots
from csbot.models import Actor, Message, Reply, Session, Ticket, utc_now
from csbot.privacy import mask_spans
from csbot.storage import Store

CHANNEL = "chatwoot"
SIGNATURE, TIMESTAMP = "X-Chatwoot-Signature", "X-Chatwoot-Timestamp"
RESOLVED = "在 Chatwoot 里标为已解决"
TOKEN, SIGNED_WITH = "env:CHATWOOT_BOT_TOKEN", "env:CHATWOOT_BOT_SECRET"
WAITED_FOR_S = 3.0
"""How long an answer of Chatwoot is waited for: it gives the bot itself 5 s before it hands the conversation to people."""
MOST = 1000

log = logging.getLogger(__name__)


class Bot(Protocol):
    """What is needed of a `csbot.Chatbot`."""

    store: Store | None
    desk: Desk | None

    def reply(self, session: Session, text: str, *, message_id: str | None = None) -> Reply: ...


class Chatwoot:
    """One account's agent bot. The host calls `handle` with every webhook, and `deliver` every second or so.

    :param bot: with a store, so that a message that is delivered again gets no second reply, and a desk that keeps the tickets.
    :param url: of Chatwoot, ``https://app.chatwoot.com``. :param account: the account's number.
    :param deliveries: the outbox, in the desk's database, say. :param token: the agent bot's access token.
    :param secret: the agent bot's secret, by which its webhooks are signed; None: nothing is checked, for a Chatwoot that signs
        nothing yet: then let nobody else reach the URL. ``env:NAME`` is read from the environment.
    :param first: is asked before the bot; a text of it is the reply (`csbot.handoff.follow_up.take_answer`, say).
    :raises ConfigError: the bot has no store or no desk, or a setting can't be used.
    """

    def __init__(
        self,
        bot: Bot,
        deliveries: Deliveries,
        url: str,
        account: int,
        *,
        token: str = TOKEN,
        secret: str | None = SIGNED_WITH,
        first: Callable[[Session, str], str | None] | None = None,
        timeout_s: float = WAITED_FOR_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if bot.store is None or bot.desk is None:
            raise ConfigError("接 Chatwoot 需要 Chatbot(kb, store=…, desk=…) | the bot needs a store and a desk")
        self._bot, self._store, self._desk, self._deliveries, self._clock = bot, bot.store, bot.desk, deliveries, clock
        self._first = first or (lambda session, text: None)
        self._account, self._channel = account, f"{CHANNEL}-{account}"
        self._secret = None if secret is None else from_environment(secret, "Chatwoot secret")
        headers = {"api_access_token": from_environment(token, "Chatwoot token")}
        self._handed: set[tuple[str, int]] = set()
        self._poster = Poster(f"{url.rstrip('/')}/api/v1/accounts/{account}", headers, timeout_s=timeout_s)

    def handle(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a webhook: 200 dealt with; 401 not signed, or not now; 400 no event; 500 Chatwoot is to send it again.

        What goes out by it is sent at once, if Chatwoot takes it, else by `deliver`.
        """
        if not self._signed(headers, body):
            return Answer.of(401, error="签名不对，或时间相差超过 5 分钟 | wrong signature, or not just now")
        try:
            event = ChatwootEvent.model_validate_json(body)
        except ValidationError:
            return Answer.of(400, error="不是 Chatwoot 的事件 | no event of Chatwoot")
        if event.account and event.account.id != self._account:
            return Answer.of(200, result="另一个账号的，不处理 | of another account")
        try:
            conversation = self._deal(event)
            if conversation is not None:
                self._send(str(conversation))
        except CsbotError as error:
            log.error("Chatwoot 的 %s 没有处理成：%s | could not be dealt with, it comes again", event.event, error)
            return Answer.of(500, error="暂时处理不了，请重发 | send it again")
        return Answer.of(200, result="ok")

    def deliver(self) -> Sent:
        """Send what is due: what failed before, what agents said at the desk itself, tickets that are open by now.

        :raises StoreError: the desk or the deliveries can't be read or written.
        """
        for message in self._desk.outbox(most=MOST):
            if (conversation := self._conversation_of(message.session_id)) is not None:
                self._pass_on(conversation, message)
        tickets = {(one.id, len(one.steps)): one for one in self._desk.queue(states=("queued", *HELD), most=MOST)}
        for mark, ticket in tickets.items():
            conversation = self._conversation_of(ticket.session_id)
            if conversation is not None and mark not in self._handed:
                self._hand_over(conversation, ticket)
        self._handed = set(tickets)
        return self._send(None)

    def say(self, ticket: Ticket, text: str) -> None:
        """Write to the customer of a ticket, after the service, with the next `deliver`; the same text once.

        :raises StoreError: the deliveries can't be written.
        """
        conversation = self._conversation_of(ticket.session_id)
        if conversation is not None:
            self._put_message(conversation, f"{ticket.id} {text}", text)

    def close(self) -> None:
        """Let connections go."""
        self._poster.close()

    def _signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        if self._secret is None:
            return True
        return verify(headers, body, self._secret, self._clock(), signature=SIGNATURE, timestamp=TIMESTAMP)

    def _deal(self, event: ChatwootEvent) -> int | None:
        """The conversation that the event is about; None where nothing is to be done."""
        if event.event == "message_created" and event.conversation and event.id is not None:
            self._message(event, event.conversation.id, event.conversation.status, f"{CHANNEL} {event.id}")
            return event.conversation.id
        if not event.event.startswith("conversation_") or event.id is None:
            return None
        ticket = self._desk.of_session(self._session_id(event.id))
        if ticket and event.status == "resolved":
            holder = event.meta.assignee.called if event.meta.assignee else CHANNEL
            ticket = self._take(ticket, Actor(kind="agent", id=ticket.agent or holder))
            self._desk.move(ticket.id, "resolved", Actor(kind="agent", id=ticket.agent or holder), self._clock(), RESOLVED)
        elif ticket and event.status == "pending" and event.came_from("open"):
            self._desk.move(ticket.id, "returned_to_bot", Actor(kind="system"), self._clock())
        return event.id

    def _message(self, event: ChatwootEvent, conversation: int, status: str, key: str) -> None:
        if event.own_key:
            self._deliveries.arrived(self._channel, event.own_key, self._clock())
            return
        if not (event.incoming or event.written_by_agent) or self._deliveries.seen(key):
            return  # seen: its status is of then, and would give back what people have by now
        if event.incoming and status == "pending":
            self._answer(event, conversation)
        elif ticket := self._desk.of_session(self._session_id(conversation)):
            self._record(event, ticket, key)
        self._deliveries.see(key, self._clock())

    def _answer(self, event: ChatwootEvent, conversation: int) -> None:
        """The bot's reply, and the handover if it comes to one. A conversation that is pending again is the bot's again."""
        session = self._session(event, conversation)
        held = self._desk.of_session(session.id)
        if held and held.state == "active":
            self._desk.move(held.id, "returned_to_bot", Actor(kind="system"), self._clock())
        text = event.content or ""
        if said := self._first(session, text):
            self._put_message(conversation, f"{event.id} reply", said)
            return
        reply = self._bot.reply(session, text, message_id=str(event.id))
        self._put_message(conversation, f"{event.id} reply", reply.text)
        if reply.ticket:
            self._hand_over(conversation, reply.ticket)
            if reply.trace.rule == RAISED:
                self._put_message(conversation, f"{event.id} note", note_of(reply.ticket), private=True)
            if reply.trace.rule in (STILL_WAITING, RAISED) and reply.ticket.state != "after_hours":
                self._put_status(conversation, f"{event.id} open", "open")

    def _hand_over(self, conversation: int, ticket: Ticket) -> None:
        """The note, and the conversation opened, each once; after hours the bot goes on, to take a message and a number."""
        self._put_message(conversation, f"{ticket.id} note", note_of(ticket), private=True)
        if ticket.state != "after_hours":
            queued = sum(step.state == "queued" for step in ticket.steps)
            self._put_status(conversation, f"{ticket.id} open {queued}", "open")

    def _record(self, event: ChatwootEvent, ticket: Ticket, key: str) -> None:
        """Let the desk know what was said while people have the conversation; masked, unless its agents may read it."""
        text = event.content or ""
        if not self._desk.personal:
            session = self._store.load(ticket.session_id)
            names = [name for turn in session.turns for name in turn.names] if session else []
            text = mask_spans(text, read_slots(text).found, names)
        if event.incoming:
            self._desk.hear(ticket.id, Message(key=key, who="customer", text=text, at=self._clock()))
        elif event.sender:
            who = Actor(kind="agent", id=event.sender.called)
            ticket = self._take(ticket, who)
            said = Message(key=key, who="agent", by=who.id, text=text, at=self._clock())
            self._desk.delivered(self._desk.say(ticket.id, said), self._clock())

    def _take(self, ticket: Ticket, who: Actor) -> Ticket:
        """The ticket in this agent's hands, whoever had it."""
        if ticket.state in HELD and ticket.agent != who.id:
            ticket = self._desk.move(ticket.id, "assigned", who, self._clock())
        return take(self._desk, ticket, who, self._clock())

    def _pass_on(self, conversation: int, message: Message) -> None:
        """What the desk has for the customer. What an agent wrote in Chatwoot itself is there already."""
        if not message.key.startswith(f"{CHANNEL} "):
            key = f"{message.ticket_id} message {message.number}"
            self._put_message(conversation, key, message.text)
            ticket = self._desk.get(message.ticket_id)
            if ticket and ticket.state == "returned_to_bot":
                self._put_status(conversation, f"{key} pending", "pending")
        self._desk.delivered(message, self._clock())

    def _session(self, event: ChatwootEvent, conversation: int) -> Session:
        """One per conversation: who writes in it is its customer."""
        contact = event.sender.id if event.sender and event.sender.id is not None else f"of-{conversation}"
        fresh = Session(id=self._session_id(conversation), customer_id=f"{self._channel}-{contact}", channel=CHANNEL)
        stored = self._store.load(fresh.id)
        return stored or fresh.model_copy(update={"earlier": self._store.earlier(fresh)})

    def _session_id(self, conversation: int) -> str:
        return f"{self._channel}:{conversation}"

    def _conversation_of(self, session_id: str) -> int | None:
        account, _, number = session_id.rpartition(":")
        return int(number) if account == self._channel and number.isdigit() else None

    def _put_message(self, conversation: int, key: str, text: str, *, private: bool = False) -> None:
        """``csbot_id`` comes back with Chatwoot's own webhook of the message: then it has arrived, whatever the answer was."""
        said = {"content": text, "message_type": "outgoing", "private": private, "content_attributes": {"csbot_id": key}}
        if text:
            self._put(conversation, key, "messages", said)

    def _put_status(self, conversation: int, key: str, status: str) -> None:
        self._put(conversation, key, "toggle_status", {"status": status})

    def _put(self, conversation: int, key: str, what: str, body: dict[str, Any]) -> None:
        path = f"/conversations/{conversation}/{what}"
        request = Request(str(conversation), key, path, json.dumps(body, ensure_ascii=False))
        self._deliveries.put(self._channel, [request])

    def _send(self, lane: str | None) -> Sent:
        return send_due(self._deliveries, self._channel, self._poster, lambda *_: {}, self._clock, lane=lane)
