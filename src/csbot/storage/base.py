"""What a store offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from csbot.models import Reply, Session

if TYPE_CHECKING:
    from csbot.models.events import Event

EARLIER = 5
"""Earlier sessions named in a new one: what a human reads before answering; the rest is in the store."""

HALF = "编号、渠道或消息编号含有半个字符（孤立的代理码位），无法保存 | half a character (a lone surrogate) can't be stored"


class Store(Protocol):
    """Sessions with optimistic locking, replies given, attempts counted, events logged. Safe for many threads and processes.

    Moments without a zone are China's. From every method: :raises InputError: a text holds half a character.
    :raises StoreError: the store can't be read or written; nothing is changed then.
    """

    def load(self, session_id: str) -> Session | None:
        """The session as it was saved last; None where there is none."""
        ...

    def open(self, fresh: Session, since: datetime) -> Session:
        """The session in which the customer of ``fresh`` goes on: the newest with a turn (or begun) at or after ``since``.

        It is returned with the channel and the identification of ``fresh``, which are the host's to say. Where there is none,
        or the customer has no id, ``fresh`` is stored with its `earlier` sessions. Two callers at once get the same session.
        """
        ...

    def save(
        self,
        session: Session,
        *,
        message_id: str | None = None,
        reply: Reply | None = None,
        worker: str = "",
        events: Sequence[Event] = (),
    ) -> None:
        """Store the turns added since, with the reply to the message ``message_id`` and what is logged of it: all or nothing.

        ``session.version`` is raised by one, and the claim of ``worker`` ends.

        :raises SessionConflict: the version in the store is another, another worker has claimed the session, or the message was
            answered in between.
        """
        ...

    def claim(self, session_id: str, worker: str, until: datetime) -> bool:
        """Let nobody but ``worker`` save this session before ``until``; False where it is claimed, or was never saved.

        For one that was overtaken several times: optimism alone would starve whoever answers slowest. A claim of one's own is
        changed, and ended by a moment that is past.
        """
        ...

    def replied(self, session: Session, message_id: str) -> tuple[str, Reply] | None:
        """Session id and reply of a message of this customer on this channel that was answered before; None if it was not."""
        ...

    def attempt(self, keys: Sequence[str], attempt_id: str, *, at: datetime, since: datetime) -> dict[str, int]:
        """Count an attempt at ``at`` under each key, once per ``attempt_id``; how many there are since ``since``, by key.

        The attempt itself is among them, so that of many made at once no more than a limit pass it.
        """
        ...

    def withdraw(self, keys: Sequence[str], attempt_id: str) -> None:
        """Take an attempt back: it succeeded, or was never made."""
        ...

    def link(self, proof: str, customer_id: str) -> None:
        """Remember that the customer proved ``proof``; customers who proved the same are one person to `earlier`."""
        ...

    def earlier(self, session: Session) -> list[str]:
        """Ids of other sessions of the same person, newest first, at most `EARLIER`."""
        ...

    def log(self, events: Iterable[Event]) -> int:
        """Add those events whose id is not in the log yet; how many that were."""
        ...

    def events(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Event]:
        """Events at or after ``since`` and before ``until``, in the order of their times."""
        ...

    def purge(
        self,
        *,
        sessions: datetime | None = None,
        replies: datetime | None = None,
        attempts: datetime | None = None,
        events: datetime | None = None,
    ) -> int:
        """Delete what is older than the moment given for its kind; how many sessions, replies, attempts and events that were.

        A session is as old as its last turn; its turns and replies go with it, and so do the links of those days. Its events
        stay.
        """
        ...

    def close(self) -> None:
        """Let connections go."""
        ...
