"""What a desk offers: the place where tickets wait for people, and where both sides' messages pass.

The built-in one is `csbot.handoff.sql.SqlDesk`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from csbot.models import Actor, Earlier, Message, Ticket, TicketState, Waiting

OPEN: tuple[TicketState, ...] = ("queued", "after_hours", "assigned", "active")
"""States in which a session waits for a human or has one; a session has at most one such ticket."""


class Desk(Protocol):
    """Tickets and their messages. Safe to use from many threads and processes; moments are aware.

    :raises StoreError: from every method, if the desk can't be read or written; nothing is changed then.
    """

    @property
    def personal(self) -> bool:
        """Whether its agents may read what customers type as it is; False: phones, names and the like are masked."""
        ...

    def file(self, ticket: Ticket) -> Ticket:
        """Put a ticket into its queue. If its session has an open one, that one is returned, and nothing is filed twice."""
        ...

    def get(self, ticket_id: str) -> Ticket | None:
        """The ticket as it stands; None where there is none."""
        ...

    def of_session(self, session_id: str) -> Ticket | None:
        """The open ticket of a session."""
        ...

    def queue(
        self, *, states: Sequence[TicketState] = OPEN, tiers: Sequence[int] = (), skills: Sequence[str] = (), most: int = 100
    ) -> list[Ticket]:
        """Tickets in these states, the most urgent first, then the oldest; of these tiers and skills, if any are named."""
        ...

    def waiting(self, ticket_id: str, at: datetime) -> Waiting:
        """How many tickets come before it in its queue, and how long that takes where recent hours tell."""
        ...

    def claim(self, agent: str, at: datetime, *, tiers: Sequence[int] = (), skills: Sequence[str] = ()) -> Ticket | None:
        """Give the agent the next ticket that waits, the most urgent first, then the oldest; None: nothing waits.

        Two agents never get the same one.
        """
        ...

    def move(
        self, ticket_id: str, to: TicketState, by: Actor, at: datetime, note: str = "", *, agent: str | None = None
    ) -> Ticket:
        """Bring a ticket into another state.

        :raises TicketError: there is no such ticket, or the step is not allowed (`csbot.handoff.states.transition`).
        """
        ...

    def say(self, ticket_id: str, message: Message) -> Message:
        """Add a message; one with the key of an earlier message is that one. An agent's and the bot's wait to be delivered.

        :raises TicketError: there is no such ticket, or an agent speaks who hasn't it.
        """
        ...

    def messages(self, ticket_id: str, after: int = 0) -> list[Message]:
        """Messages of a ticket with a number above ``after``, oldest first."""
        ...

    def outbox(self, most: int = 100) -> list[Message]:
        """Messages to customers that were not delivered yet, oldest first."""
        ...

    def delivered(self, message: Message, at: datetime) -> None:
        """A message has reached the customer's channel."""
        ...

    def reach(self, ticket_id: str, phone: str) -> None:
        """A phone number under which the customer wants to be called back."""
        ...

    def rate(self, ticket_id: str, score: int, comment: str, at: datetime) -> None:
        """What the customer thinks of the service: 1 (bad) to 5; the first answer counts.

        :raises TicketError: there is no such ticket, it is still open, or the score is none.
        """
        ...

    def history(self, customer_id: str, most: int = 5) -> list[Earlier]:
        """The customer's latest tickets with their outcome, newest first."""
        ...

    def tick(self, at: datetime) -> list[Ticket]:
        """What is due by now: claims that nobody took up come back, the desk opens, silent agents lose the session to the bot,
        overdue tickets go one tier up. The tickets that changed."""
        ...

    def close(self) -> None:
        """Let connections go."""
        ...
