"""What a bot does about people: it opens tickets, files them at the desk, passes on what a waiting customer writes, and is
silent while a human has the session.

A message may be decided upon several times: another worker was faster, or the process died and the channel delivers it again.
What the desk has of it by then is found by the message's key, and nothing is filed or said twice.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from csbot.dialogue.dangers import Emergency
from csbot.dialogue.state import State
from csbot.dialogue.tasks import Task
from csbot.errors import StoreError, TicketError
from csbot.handoff import open_desk
from csbot.handoff.asked import Asked
from csbot.handoff.context import lines_of
from csbot.handoff.desk import OPEN, Desk
from csbot.handoff.raising import RAISED, for_danger, raised, with_whereabouts
from csbot.handoff.routing_table import RoutingTable, default_table
from csbot.handoff.states import transition
from csbot.handoff.summary import Summariser, summarise
from csbot.handoff.ticket import Opening, open_ticket
from csbot.handoff.waiting import COMPLAINT, CONTACT, NOTED, WITHDRAWN, slots_told, titles_of, told_since, while_waiting
from csbot.handoff.wording import Words, tell_again, tell_raised, tell_transfer
from csbot.models import Action, Actor, Earlier, Line, LookupResult, Message, Note, Session, Ticket, TicketState, Waiting
from csbot.privacy import mask, mask_value

SILENT = "human_has_session"
"""Rule of a turn that an agent answers: the bot's reply is empty."""
FILED = "ticket_filed"
"""Rule of the turn of a message whose ticket was filed before its turn could be saved, and that leads elsewhere by now."""
WITHDRAWN_NOTE = "客户说不需要人工了"
_GOES_ON: tuple[TicketState, ...] = ("queued", "after_hours", "assigned", "failed")
"""States of a ticket whose customer hears the bot."""

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

    def begin(self, session: Session, state: State) -> tuple[Ticket | None, State]:
        """The session's open ticket, and the state without what people have done with: a call for one, a danger.

        That a human is awaited, or was told of a danger, is folded from turns; that they came and went only the desk knows.
        Where it can't be read the bot answers, as the turns have it.

        :raises StoreError: the desk can't be read, and an agent had the session just before.
        """
        if self.desk is None:
            return None, state
        told = next((turn.ticket_id for turn in reversed(session.turns) if turn.dangers), None)
        try:
            held = self.desk.of_session(session.id)
            danger = self.desk.get(told) if told and state.emergency.kinds and not (held and held.id == told) else None
        except StoreError as error:
            if session.turns and session.turns[-1].rule == SILENT:
                raise
            log.warning("读不到工单：%s | the desk can't be read", error)
            return None, state
        if held is None:
            state = replace(state, orders=replace(state.orders, called=False))
        return held, replace(state, emergency=Emergency()) if danger and danger.state not in OPEN else state

    def pass_on(self, asked: Asked, action: Action, held: Ticket | None) -> tuple[Ticket | None, Action]:
        """Give the message to whoever has the session's ticket or gets it; the ticket, and what becomes of the action.

        :param held: the session's ticket, as `begin` gave it. :raises StoreError: the desk can't be written.
        """
        if held is None or self.desk is None:
            return None, action
        if held.id == asked.ticket_id:
            return held, self._once_more(held, asked, action)
        held = self.desk.hear(held.id, asked.heard(personal=self.desk.personal))
        if held is None:  # finished in between
            return None, action
        held = self._raised(self.desk, held, asked)
        if held.state == "active":
            return held, _silent(held)
        held = self._amended(self.desk, held, asked)
        return held, for_danger(asked, action) or while_waiting(held, asked, action)

    def settle(self, asked: Asked, action: Action, held: Ticket | None, spoken: str) -> tuple[Action, Ticket | None, str]:
        """What remains to be done: open the ticket, say what the wait is, let the desk know what the customer is told.

        :param held: the session's ticket, as `pass_on` gave it. :param spoken: the bot's words; a transfer begins with them.
        :returns: the action, which is `SILENT` if an agent has taken over in between; the session's ticket; the words.
        A new ticket that can't be filed is `failed`, and the customer is told.

        :raises StoreError: a phone number that the customer leaves can't be written.
        """
        if action.rule == SILENT:
            return action, held, ""
        if action.rule == WITHDRAWN and held and self.desk:
            try:
                held = self.desk.move(held.id, "abandoned", Actor(kind="customer"), max(asked.at, held.changed), WITHDRAWN_NOTE)
            except TicketError:  # an agent has it by now, or it is done
                return _silent(held), held, ""
            spoken = Words(held.channel, asked.state.turns).say("withdrawn")
        if action.kind == "handoff":
            if held is None:
                held = self._file(asked, action)
            if held.state not in _GOES_ON:  # the message was delivered again, and somebody has dealt with it by now
                return _silent(held, action.lookup), held, ""
            opened = held.id == asked.ticket_id
            spoken = self._transfer(asked, held, spoken) if opened else self._again(asked, held, action)
        if held is None or self.desk is None or held.state == "failed":
            return action, held, spoken
        return self._told(self.desk, asked, action, held, spoken)

    def _raised(self, desk: Desk, held: Ticket, asked: Asked) -> Ticket:
        """The open ticket with what danger adds to it; as it was, where the desk can't be written: the message is there."""
        if raised(held, asked, self._opening) is held:
            return held
        try:
            return desk.update(held.id, lambda ticket: raised(ticket, asked, self._opening))
        except StoreError as error:
            log.error("工单 %s 没能升级：%s | the ticket could not be raised", held.id, error)
            return held

    def _once_more(self, held: Ticket, asked: Asked, action: Action) -> Action:
        """The action for a message that has opened this ticket before. Turns saved since then go to the ticket as well."""
        assert self.desk is not None
        known = sum(line.who == "customer" for line in held.transcript) - 1
        late = [turn for turn in asked.session.turns[known:] if turn.ticket_id != held.id]
        for number, line in enumerate(lines_of(late, asked.names)):
            late_one = Message(key=f"{asked.key} before {number}", who=line.who, text=line.text, at=line.at or asked.at)
            with suppress(TicketError):  # the bot's line, and an agent has the session by now
                self.desk.hear(held.id, late_one) if line.who == "customer" else self.desk.say(held.id, late_one)
        if held.state == "active":
            return _silent(held)
        return action if action.kind == "handoff" else Action(kind="handoff", rule=FILED, reason=held.reason, wording="handoff")

    def _file(self, asked: Asked, action: Action) -> Ticket:
        """A new ticket, as the desk has it; `failed` where the desk can't be written. Another one, if that was faster."""
        history, agents = self._history(asked.session), self._agents(asked)
        ticket = open_ticket(asked, action, self._opening, history=history, agents=agents)
        ticket = with_whereabouts(ticket, asked)
        if self.desk is None:
            return ticket
        try:
            filed = self.desk.file(ticket)
            if filed.id != ticket.id:
                heard = self.desk.hear(filed.id, asked.heard(personal=self.desk.personal))
                filed = self._raised(self.desk, heard, asked) if heard else self.desk.file(ticket)
        except StoreError as error:
            log.error("工单 %s 没能登记：%s | the ticket could not be filed", ticket.id, error)
            return transition(ticket, "failed", Actor(kind="system"), asked.at, "工单库写入失败")
        return filed

    def _transfer(self, asked: Asked, ticket: Ticket, opening: str) -> str:
        """What the customer is told of a new ticket."""
        table, waiting = self._opening.table, self._waiting(ticket, asked.at)
        return tell_transfer(opening, ticket, table, asked.state.turns, waiting=waiting, advice=asked.advice)

    def _again(self, asked: Asked, held: Ticket, action: Action) -> str:
        """What a customer who waits already is told."""
        words = Words(held.channel, asked.state.turns)
        if action.rule == RAISED:
            return tell_raised(asked.message, words, asked.state.turns, self._waiting(held, asked.at), asked.advice)
        if action.rule == CONTACT and asked.phone and self.desk:
            self.desk.reach(held.id, asked.phone)
            taken = "taken" if held.state == "after_hours" else "taken_queued"
            return words.say(taken, phone=mask_value("phone", asked.phone))
        if action.rule in (NOTED, COMPLAINT):
            return words.say("noted" if action.rule == NOTED else "noted_complaint")
        return tell_again(held, self._opening.table, words, self._waiting(held, asked.at), asked.at)

    def _amended(self, desk: Desk, held: Ticket, asked: Asked) -> Ticket:
        """The waiting ticket with what the customer adds in its slots and its summary; as it was, where that fails."""
        slots = slots_told(held, asked)
        try:
            heard = [mask(one.text, asked.names) for one in desk.messages(held.id) if one.who == "customer"]
            added, opening = told_since(heard), self._opening
            if slots == held.slots and (not added or added[-1] != heard[-1]):
                return held
            titles = {**held.titles, **titles_of(slots, opening.titles)}
            known = held.model_copy(update={"slots": slots, "titles": titles})
            lines = summarise(known, opening.improve, opening.summary_timeout_s, added=added)
            told = {"slots": slots, "titles": titles, "summary": lines}
            return desk.update(held.id, lambda ticket: ticket.model_copy(update=told))
        except StoreError as error:  # what the customer wrote is there
            log.warning("工单 %s 没能补充：%s | what was added is not in the summary", held.id, error)
            return held

    def _told(self, desk: Desk, asked: Asked, action: Action, held: Ticket, spoken: str) -> tuple[Action, Ticket, str]:
        """Let the desk know what the customer is told, in one step with finding that no agent talks."""
        text = spoken if desk.personal else mask(spoken, asked.names)
        try:
            desk.say(held.id, Message(key=f"{asked.key} reply", who="bot", text=text, at=asked.at))
        except TicketError:
            if action.kind not in ("handoff", "smalltalk"):  # what was looked up or done is not lost
                desk.note(held.id, Note(by=Actor(kind="bot"), at=asked.at, text=f"接手时机器人正要回复，没有发出：{text}"))
            return _silent(held, action.lookup), held, ""
        except StoreError as error:  # what the customer wrote is there
            log.warning("回复没能记到工单 %s：%s | the desk can't be written", held.id, error)
        return action, held, spoken

    def _history(self, session: Session) -> list[Earlier]:
        try:
            return self.desk.history(session.customer_id) if self.desk else []
        except StoreError as error:
            log.warning("读不到历史工单：%s | the desk can't be read", error)
            return []

    def _agents(self, asked: Asked) -> list[Line]:
        """What agents said in this session under earlier tickets."""
        ids = dict.fromkeys(turn.ticket_id for turn in asked.session.turns if turn.ticket_id)
        try:
            said = [message for ticket_id in ids for message in self.desk.messages(ticket_id)] if self.desk else []
        except StoreError as error:
            log.warning("读不到人工的对话：%s | the desk can't be read", error)
            return []
        return [Line(who="agent", text=mask(one.text, asked.names), at=one.at) for one in said if one.who == "agent"]

    def _waiting(self, ticket: Ticket, at: datetime) -> Waiting:
        try:
            return self.desk.waiting(ticket.id, at) if self.desk else Waiting()
        except StoreError:
            return Waiting()


def _silent(held: Ticket, lookup: LookupResult | None = None) -> Action:
    """:param lookup: what a look-up came to, that was made before the agent took over."""
    return Action(kind="handoff", rule=SILENT, reason=held.reason, lookup=lookup)
