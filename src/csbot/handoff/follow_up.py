"""After the service (回访): whom to ask what they think of it, and when; what they answer.

Asked is about a matter that is settled, at a quiet moment, once per ticket, a share of the customers, nobody often. The step
from ``resolved`` to ``followed_up`` is what remembers that a customer was asked, and it is taken before they are: who dies in
between asks nobody, which is better than asking twice.
"""

from __future__ import annotations

import hashlib
import logging
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from csbot.errors import TicketError
from csbot.handoff.desk import OPEN, Desk
from csbot.models import CHINA, Actor, Session, Ticket, Turn
from csbot.resources import load_yaml
from csbot.storage import Store
from csbot.text import normalise

UNSETTLED = ("clarify", "ask_slot", "fallback", "handoff")
"""Kinds of a last reply after which a matter is still open."""
ASKS, MOST = 20, 10_000
BOT = Actor(kind="bot")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FollowUpRules:
    """When a customer is asked.

    :ivar after_s: so long after the ticket was resolved, time to see whether it holds; 30 minutes. :ivar before_s: not later
        than this; 48 hours, then the service is forgotten. :ivar quiet_s: the customer has written nothing for so long.
    :ivar share: of the tickets, in [0, 1]; 0.5: answers enough to tell agents apart, and half as many bothered.
    :ivar pause_s: a customer who was asked is left alone for so long; 14 days. :ivar hours: from, to, in China's time.
    :ivar answer_s: an answer is one for so long after the question; 24 hours.
    """

    after_s: float = 1800.0
    before_s: float = 48 * 3600.0
    quiet_s: float = 600.0
    share: float = 0.5
    pause_s: float = 14 * 86400.0
    hours: tuple[int, int] = (9, 21)
    answer_s: float = 86400.0


@dataclass(frozen=True)
class Around:
    """What is known around a ticket.

    :ivar open_ticket: the customer has another one that is open. :ivar asked: when they were asked last, about any ticket.
    :ivar last: the last turn of their session.
    """

    open_ticket: bool = False
    asked: datetime | None = None
    last: Turn | None = None


def why_not(ticket: Ticket, around: Around, rules: FollowUpRules, at: datetime) -> str:
    """Why the customer is not asked now: ``state``, ``once``, ``share``, ``early``, ``late``, ``night``, ``unsettled``,
    ``talking``, ``pause``; "": they are to be asked. A pure function: the same ticket is always in the share, or never."""
    since = (at - ticket.changed).total_seconds()
    start, end = rules.hours
    last = around.last if around.last and around.last.at > ticket.changed else None
    checks = (
        ("state", ticket.state != "resolved"),
        ("once", ticket.rating is not None or any(step.state == "followed_up" for step in ticket.steps)),
        ("share", _draw(ticket.id) >= rules.share),
        ("early", since < rules.after_s),
        ("late", since > rules.before_s),
        ("night", not start <= at.astimezone(CHINA).hour < end),
        ("unsettled", around.open_ticket or (last is not None and last.kind in UNSETTLED)),
        ("talking", last is not None and (at - last.at).total_seconds() < rules.quiet_s),
        ("pause", around.asked is not None and (at - around.asked).total_seconds() < rules.pause_s),
    )
    return next((name for name, so in checks if so), "")


def ask_due(
    desk: Desk, send: Callable[[Ticket, str], None], at: datetime, rules: FollowUpRules, *, store: Store | None = None
) -> list[Ticket]:
    """Ask everybody who is to be asked now; their tickets. To be called every few minutes.

    :param send: brings a text to the ticket's customer; where it raises, nobody asks again. :param store: where the sessions
        are, so that nobody is asked in the middle of another matter.
    :raises StoreError: the desk or the store fails; who was asked by then is not asked again.
    """
    busy = {ticket.customer_id for ticket in desk.queue(states=OPEN, most=MOST)} - {""}
    asked = []
    for ticket in desk.queue(states=("resolved",), most=MOST):
        if why_not(ticket, Around(ticket.customer_id in busy), rules, at):  # most are not: no need to read further
            continue
        around = Around(False, _last_asked(desk, ticket.customer_id), _last_turn(store, ticket.session_id))
        if why_not(ticket, around, rules, at):
            continue
        try:
            ticket = desk.move(ticket.id, "followed_up", BOT, at, "邀请评价")
        except TicketError:  # opened again, or asked by another worker, in between
            continue
        asked.append(ticket)
        try:
            send(ticket, invitation(ticket))
        except Exception as error:  # whatever the host's function raises, the others are asked
            log.warning("工单 %s 的回访没有发出：%s | the invitation was not sent", ticket.id, type(error).__name__)
    return asked


def take_answer(desk: Desk, session: Session, text: str, at: datetime, rules: FollowUpRules) -> str | None:
    """What to say to a customer who answers the invitation, the rating being recorded; None: it is no answer to one.

    The customer may have been asked in an earlier session of the same channel. A bare figure is no answer once they have talked
    of something else: it may pick from a list by then. The host asks this before `csbot.Chatbot.reply`.

    :raises StoreError: the desk fails.
    """
    read = read_score(text)
    if read is None:
        return None
    asked = [one for one in _tickets_of(desk, session) if one.state == "followed_up" and one.rating is None]
    waiting = max((one for one in asked if one.channel == session.channel), key=lambda one: one.changed, default=None)
    if waiting is None or at - waiting.changed > timedelta(seconds=rules.answer_s) or desk.of_session(session.id):
        return None
    if normalise(text).isdecimal() and any(turn.at > waiting.changed and turn.kind != "smalltalk" for turn in session.turns):
        return None
    score, comment = read
    return _say(desk.rate(waiting.id, score, comment), "sorry" if score <= 2 else "thanks")


def invitation(ticket: Ticket) -> str:
    """The question, in one of its wordings."""
    return _say(ticket, "invite")


def read_score(text: str) -> tuple[int, str] | None:
    """The score in an answer, and what is said besides; None where it is no score.

    >>> read_score("5分，小周很耐心"), read_score("不太满意。"), read_score("3号能到吗")
    ((5, '小周很耐心'), (2, ''), None)
    """
    words = {str(word): int(score) for score, all_words in _words()["scores"].items() for word in all_words}
    known = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    comment = r"\s*(?:(?:[,.。，、!?;:~]+(?!\d)|(?<=[分星]\s))(.*))?"
    pattern = rf"(?:([1-5])(?:\s*[分星])?|({known}))[了的吧啊哦呢]?{comment}"
    for typed in (unicodedata.normalize("NFKC", text), normalise(text)):
        said = re.fullmatch(pattern, typed.strip(), re.DOTALL)
        if said:
            return int(said[1]) if said[1] else words[said[2]], (said[3] or "").strip()
    return None


def _last_asked(desk: Desk, customer_id: str) -> datetime | None:
    """When the customer was asked last, about one of their latest tickets."""
    tickets = [desk.get(one.id) for one in desk.history(customer_id, most=ASKS)]
    times = [step.at for one in tickets if one for step in one.steps if step.state == "followed_up"]
    return max(times, default=None)


def _tickets_of(desk: Desk, session: Session) -> list[Ticket]:
    """The session's tickets and the latest ones of its customer."""
    known = [turn.ticket_id for turn in session.turns if turn.ticket_id]
    latest = [one.id for one in desk.history(session.customer_id, most=ASKS)]
    return [ticket for ticket_id in dict.fromkeys([*known, *latest]) if (ticket := desk.get(ticket_id))]


def _last_turn(store: Store | None, session_id: str) -> Turn | None:
    session = store.load(session_id) if store else None
    return session.turns[-1] if session and session.turns else None


def _draw(ticket_id: str) -> float:
    """A number in [0, 1) that belongs to the ticket."""
    return int.from_bytes(hashlib.sha256(f"follow-up {ticket_id}".encode()).digest()[:6], "big") / 2**48


def _say(ticket: Ticket, key: str) -> str:
    words = _words()
    wordings: Sequence[str] = {**words["default"], **words.get(ticket.channel, {})}[key]
    return wordings[int(_draw(ticket.id[::-1]) * len(wordings))]


def _words() -> dict[str, Any]:
    return load_yaml("csbot.handoff.data", "follow_up.yaml")
