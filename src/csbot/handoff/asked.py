"""One message as a handoff sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from csbot.dialogue.mood import speaks_of_danger
from csbot.dialogue.state import State
from csbot.handoff.context import FaqOf
from csbot.intents.matters import matter_of
from csbot.intents.signals import PRESENT
from csbot.models import Candidate, Message, Session, Understanding
from csbot.models.ticket import ticket_id_of
from csbot.privacy import mask_spans

MOST_WORDS = 6
"""Characters beside a phone number with which it is still nothing but a phone number to call."""


@dataclass(frozen=True)
class Asked:
    """A customer's message, and what is known around it.

    :ivar session: with the turns before it. :ivar state: where the conversation stood. :ivar names: people's names to cover.
    :ivar key: the same however often the message is decided upon. :ivar at: when it came. :ivar faq_of: the FAQ with an id.
    :ivar sure_faq: the FAQ that the bot is sure of for a message.
    """

    session: Session
    state: State
    message: Understanding
    names: Sequence[str]
    key: str
    at: datetime
    faq_of: FaqOf
    sure_faq: Callable[[Understanding], Candidate | None]

    @property
    def ticket_id(self) -> str:
        """Of the ticket that this message opens, if it opens one."""
        return ticket_id_of(self.session.id, self.key)

    @property
    def phone(self) -> str | None:
        """The phone number of a message that says little else."""
        phones = [slot.value for slot in self.message.slots if slot.name == "phone"]
        return phones[0] if phones and len(matter_of(self.message.text, self.message.slots)) <= MOST_WORDS else None

    @property
    def advice(self) -> str:
        """In an emergency: the answer that helps until somebody comes; else ""."""
        sure = self.sure_faq(self.message) if self.message.signal("urgency") >= PRESENT else None
        faq = self.faq_of(sure.faq_id) if sure and speaks_of_danger(sure, self.message.text) else None
        return faq.answer_for(self.session.channel) if faq else ""

    def heard(self, *, personal: bool) -> Message:
        """The message as a desk gets it: as it was typed, or masked."""
        spans = (*self.message.slots, *self.message.denied)
        text = self.message.text if personal else mask_spans(self.message.text, spans, self.names)
        return Message(key=self.key, who="customer", text=text, at=self.at)
