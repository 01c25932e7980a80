"""What a desk offers: the place where tickets wait for people, and where both sides' messages pass.

The built-in one is `csbot.handoff.sql.SqlDesk`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from csbot.models import Actor, Earlier, Message, Note, Ticket, TicketState, Waiting

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
        """Put a ticket into its queue.

        One with this id that is there, or else the open one of its session, is returned instead: nothing is filed twice.
        """
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

        A customer to whom the bot speaks from then on is told so through the outbox.

        :raises TicketError: there is no such ticket, the step is not allowed (`csbot.handoff.states.transition`), or the ticket
            would be a second open one of its session.
        """
        ...

    def hear(self, ticket_id: str, message: Message) -> Ticket | None:
        """Add what the customer wrote to an open ticket; the ticket as it stood then. None: it is open no more, nothing added.

        A message with the key of an earlier one is that one. :raises TicketError: there is no such ticket.
        """
        ...

    def say(self, ticket_id: str, message: Message) -> Message:
        """Add what an agent or the bot says; a message with the key of an earlier one is that one.

        An agent's waits in the outbox to be delivered; the bot's is a reply that goes to the customer anyway.

        :raises TicketError: there is no such ticket, an agent speaks who hasn't it, or the bot while an agent has it.
        """
        ...

    def note(self, ticket_id: str, note: Note) -> Ticket:
        """Leave a note for whoever opens the ticket next; masked, unless `personal`.

        :raises TicketError: there is no such ticket.
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

    def update(self, ticket_id: str, step: Callable[[Ticket], Ticket]) -> Ticket:
        """The ticket after ``step``, a pure function, which gets it as it stands; its state stays.

        :raises TicketError: there is no such ticket.
        """
        ...

    def reach(self, ticket_id: str, phone: str) -> None:
        """A phone number under which the customer wants to be called back."""
        ...

    def rate(self, ticket_id: str, score: int, comment: str = "") -> Ticket:
        """What the customer thinks of the service: 1 (bad) to 5; the first answer counts.

        :raises TicketError: there is no such ticket, it is still open, or the score is none.
        """
        ...

    def history(self, customer_id: str, most: int = 5) -> list[Earlier]:
        """The customer's latest tickets with their outcome, newest first."""
        ...

    def tick(self, at: datetime) -> list[Ticket]:
        """What is due by now: claims that nobody took up come back, the desk opens, silent agents lose the session to the bot,
        overdue tickets go one tier up, finished ones are closed. The tickets that changed. To be called every minute or so."""
        ...

    def close(self) -> None:
        """Let connections go."""
        ...
