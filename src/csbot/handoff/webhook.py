"""Tickets for a merchant's own system: every step and every customer's message is POSTed there, signed, until it has arrived.

The desk knows nothing of it: a loop reads what is new in the desk's tables, whoever wrote it (the bot, ``csbot desk``, the
clock), puts it into an outbox in the same transaction as how far it has read, and sends what is due. So a crash between any
two steps loses nothing; what is delivered twice has the same id. Answers come back through `csbot.handoff.webhook_replies`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Final

from csbot.environment import from_environment
from csbot.errors import ConfigError
from csbot.handoff.deliveries import Cursor, Deliveries, Request
from csbot.handoff.desk import Desk
from csbot.handoff.posting import Poster
from csbot.handoff.sending import Sent, send_due
from csbot.handoff.signing import SIGNATURE, TIMESTAMP, sign
from csbot.handoff.webhook_events import events_of
from csbot.models import utc_now

EVENT_ID: Final = "X-Csbot-Event"
"""Header with the event's id: who has it already need not read the body."""
SIGNED_WITH = "env:CSBOT_WEBHOOK_SECRET"
"""Where the secret is: shared with the receiver, and with what comes back from there."""
EVER = datetime(2000, 1, 1, tzinfo=timezone.utc)


class Webhook:
    """Forwards a built-in desk's tickets to a URL.

    :param desk: read by it. :param desk_url: of the same desk's database, where the outbox is kept.
    :param url: where events are POSTed. :param secret: signs them; ``env:NAME`` is read from the environment.
    :param name: tells several receivers of one desk apart: each gets everything.
    :param since: tickets opened before are not forwarded. :param personal: whether the receiver may read phones to call back
        and what customers write as it is; False: masked.
    :param timeout_s: of one attempt. :param clock: the time, for tests.
    :raises ConfigError: the URL, the database's or the secret can't be used. :raises StoreError: the database can't be opened.
    """

    def __init__(
        self,
        desk: Desk,
        desk_url: str,
        url: str,
        secret: str = SIGNED_WITH,
        *,
        name: str = "webhook",
        since: datetime = EVER,
        personal: bool = False,
        timeout_s: float = 10.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._desk, self._name, self._since, self._personal, self._clock = desk, name, since, personal, clock
        self._secret = from_environment(secret, "webhook secret")
        self._poster = Poster(url, timeout_s=timeout_s)
        self.deliveries = Deliveries(desk_url)

    def forward(self) -> Sent:
        """One round: read what is new, send what is due. To be called every second or so; one process is enough.

        :raises StoreError: the desk can't be read or written; the next round goes on where this one ended.
        :raises ConfigError: the desk has not the tickets of ``desk_url``.
        """
        while behind := self.deliveries.behind(self._name, self._since):
            for cursor in behind:
                self._read(cursor)
        return send_due(self.deliveries, self._name, self._poster, self._headers, self._clock)

    def refused(self) -> dict[str, str]:
        """Events that the receiver did not take (4xx), and why; they are not sent again by themselves."""
        return self.deliveries.refused(self._name)

    def resend(self) -> int:
        """Have refused events sent again with the next round, the receiver being mended; how many they are."""
        return self.deliveries.resend(self._name)

    def close(self) -> None:
        """Let connections go."""
        self._poster.close()
        self.deliveries.close()

    def _read(self, cursor: Cursor) -> None:
        ticket = self._desk.get(cursor.ticket_id)
        if ticket is None:
            raise ConfigError(
                f"工单 {cursor.ticket_id} 在 desk_url 的库里有，desk 里没有：两者不是同一个库"
                " | desk and desk_url are not the same database"
            )
        messages = self._desk.messages(ticket.id, after=cursor.messages)
        events = events_of(ticket, messages, steps=cursor.steps, personal=self._personal)
        requests = [Request(ticket.id, event.id, "", event.model_dump_json()) for event in events]
        read = messages[-1].number if messages else cursor.messages
        self.deliveries.put(self._name, requests, Cursor(ticket.id, 1 + len(ticket.steps), read, ticket.state, ticket.changed))

    def _headers(self, request: Request, at: datetime) -> Mapping[str, str]:
        timestamp = str(int(at.timestamp()))
        signature = sign(request.body.encode(), self._secret, timestamp)
        return {EVENT_ID: request.key, TIMESTAMP: timestamp, SIGNATURE: signature}
