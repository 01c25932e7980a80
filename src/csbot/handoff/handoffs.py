"""What a bot does about people: it opens tickets, files them at the desk, passes on what a waiting customer writes, and is
silent while a human has the session. A desk that can't be read never becomes an error to the customer."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from csbot.dialogue.state import State
from csbot.dialogue.tasks import Task
from csbot.errors import StoreError
from csbot.handoff import open_desk
from csbot.handoff.context import FaqOf
from csbot.handoff.desk import Desk
from csbot.handoff.routing_table import RoutingTable, default_table
from csbot.handoff.states import transition
from csbot.handoff.summary import Summariser
from csbot.handoff.ticket import Opening, open_ticket
from csbot.handoff.wording import Words, tell_transfer
from csbot.intents.signals import PRESENT
from csbot.intents.understand import matter_of
from csbot.models import Action, Actor, Candidate, Earlier, Message, Session, Ticket, Understanding, Waiting
from csbot.privacy import mask_spans, mask_value

SILENT = "human_has_session"
"""Rule of a turn that an agent answers: the bot's reply is empty."""
CONTACT = "contact_left"
"""Rule of the turn in which a customer who waits for the desk to open leaves a phone number."""
STILL_WAITING = "still_waiting"
"""Rule of the turn in which a customer who is in the queue calls for a human again."""
MOST_WORDS = 6
"""Characters beside a phone number with which it is still nothing but a phone number to call."""

log = logging.getLogger(__name__)


class Handoffs:
    """Tickets of one bot.

    :param opening: what tickets are opened with. :param desk: where they are filed; None: they are only given to the host.
    """

    def __init__(self, opening: Opening, desk: Desk | None = None) -> None:
        self._opening = opening
        self.desk = desk

    @classmethod
    def of(
        cls,
        tasks: Mapping[str, Task],
        desk: Desk | str | None,
        routing: RoutingTable | str | os.PathLike[str] | None,
        summarise: Summariser | None,
    ) -> Handoffs:
        """Those of a bot with these tasks; see `csbot.Chatbot` for the rest.

        :raises ConfigError: the routing table or the desk's URL is wrong. :raises StoreError: the desk can't be opened.
        """
        table = RoutingTable.read(routing) if isinstance(routing, (str, os.PathLike)) else routing or default_table()
        titles = {slot.name: slot.title for task in tasks.values() for slot in task.slots}
        titles |= {task.name: task.title for task in tasks.values()}
        return cls(Opening(table, titles, summarise), open_desk(desk, table) if isinstance(desk, str) else desk)

    def without_desk(self) -> Handoffs:
        """The same, but tickets are filed nowhere."""
        return Handoffs(self._opening)

    def held(self, session: Session) -> Ticket | None:
        """The open ticket of a session; None as well where the desk can't be read: then the bot answers."""
        if self.desk is None:
            return None
        try:
            return self.desk.of_session(session.id)
        except StoreError as error:
            log.warning("读不到工单：%s | the desk can't be read", error)
            return None

    def with_ticket(
        self, held: Ticket, message: Understanding, action: Action, names: Sequence[str], key: str, at: datetime
    ) -> Action:
        """Pass a message on to whoever has the ticket or gets it; what becomes of the action.

        :param names: people's names to cover. :param key: the same however often one message is decided upon.
        :raises StoreError: the desk can't be written.
        """
        assert self.desk is not None
        spans = (*message.slots, *message.denied)
        text = message.text if self.desk.personal else mask_spans(message.text, spans, names)
        self.desk.say(held.id, Message(key=key, who="customer", text=text, at=at))
        if held.state == "active":
            return Action(kind="handoff", rule=SILENT, reason=held.reason)
        if held.state == "after_hours" and _contact(message):
            return Action(kind="handoff", rule=CONTACT, reason=held.reason)
        return action.model_copy(update={"rule": STILL_WAITING}) if action.kind == "handoff" else action

    def carry_out(
        self,
        session: Session,
        state: State,
        message: Understanding,
        action: Action,
        names: Sequence[str],
        at: datetime,
        *,
        held: Ticket | None,
        faq_of: FaqOf,
        spoken: str,
        sure: Candidate | None,
    ) -> tuple[Ticket, str]:
        """The ticket of a handoff, and what the customer is told; "" while an agent has the session.

        :param held: the ticket that was open before. :param spoken: what the transfer begins with.
        :param sure: the FAQ that the bot is sure of; in an emergency its answer is told until somebody comes.
        """
        if held is not None:
            return held, self._again(held, message, action, state.turns, at)
        ticket = open_ticket(
            session, message, action, names, at,
            state=state, faq_of=faq_of, opening=self._opening, history=self._history(session),
        )  # fmt: skip
        ticket, waiting = self._file(ticket, at)
        faq = faq_of(sure.faq_id) if sure and message.signal("urgency") >= PRESENT else None
        advice = faq.answer_for(session.channel) if faq else ""
        text = tell_transfer(spoken, ticket, self._opening.table, state.turns, waiting=waiting, advice=advice)
        return ticket, text

    def _again(self, held: Ticket, message: Understanding, action: Action, turn: int, at: datetime) -> str:
        if action.rule == SILENT or self.desk is None:
            return ""
        words = Words(held.channel, turn)
        phone = _contact(message)
        if action.rule == CONTACT and phone:
            self.desk.reach(held.id, phone)
            return words.say("taken", phone=mask_value("phone", phone))
        return words.say("still") + words.wait(self._waiting(held, at))

    def _history(self, session: Session) -> list[Earlier]:
        try:
            return self.desk.history(session.customer_id) if self.desk else []
        except StoreError as error:
            log.warning("读不到历史工单：%s | the desk can't be read", error)
            return []

    def _file(self, ticket: Ticket, at: datetime) -> tuple[Ticket, Waiting]:
        """The ticket as the desk has it, and the wait; in the state `failed`, where the desk can't be written."""
        if self.desk is None:
            return ticket, Waiting()
        try:
            filed = self.desk.file(ticket)
        except StoreError as error:
            log.error("工单 %s 没能登记：%s | the ticket could not be filed", ticket.id, error)
            return transition(ticket, "failed", Actor(kind="system"), at, "工单库写入失败"), Waiting()
        return filed, self._waiting(filed, at)

    def _waiting(self, ticket: Ticket, at: datetime) -> Waiting:
        try:
            return self.desk.waiting(ticket.id, at) if self.desk else Waiting()
        except StoreError:
            return Waiting()


def _contact(message: Understanding) -> str | None:
    """The phone number of a message that says little else."""
    phones = [slot.value for slot in message.slots if slot.name == "phone"]
    return phones[0] if phones and len(matter_of(message.text, message.slots)) <= MOST_WORDS else None
