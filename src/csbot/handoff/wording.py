"""What a customer is told when a human is called: what was passed on, how long it takes where that is known, and after hours a
message and a phone number are taken. The wording is data, in ``data/transfer.yaml``, per channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from csbot.dialogue.dangers import DANGER, find_dangers, safety_first, safety_for
from csbot.handoff.routing_table import RoutingTable
from csbot.handoff.summary import slots_shown
from csbot.intents.signals import shown_by_words
from csbot.models import CHINA, Ticket, Understanding, Waiting
from csbot.resources import in_turn, load_yaml

LEAST_MINUTES = 1


def tell_transfer(
    opening: str,
    ticket: Ticket,
    table: RoutingTable,
    turn: int,
    *,
    waiting: Waiting | None = None,
    advice: str = "",
) -> str:
    """The text of a transfer.

    :param opening: its first sentence, by the reason. :param turn: how many turns there were; picks the wordings.
    :param waiting: None where nothing is known. :param advice: an FAQ's answer that helps until somebody comes.
    """
    words = Words(ticket.channel, turn)
    if ticket.state == "failed":
        return words.say("broken")
    safety = safety_for(ticket.signals, [line.text for line in ticket.transcript if line.who == "customer"], turn)
    parts = [safety, opening] if safety else [opening]
    if ticket.earlier or ticket.history:
        parts.append(words.say("repeat"))
    parts.append(words.say("passed", what=_passed_on(ticket, words)))
    if ticket.state == "after_hours":
        parts += _after_hours(ticket, table, words)
    elif waiting:
        parts.append(words.wait(waiting))
    text = "".join(parts)
    return f"{text}\n{words.say('advice', answer=advice)}" if advice else text


def tell_again(held: Ticket, table: RoutingTable, words: Words, waiting: Waiting, now: datetime) -> str:
    """What a customer who waits already is told of the wait: their place, and the time where it is known; else that it isn't.

    :param now: when they ask.
    """
    if held.state == "after_hours":
        return _closed(table, words, now) + words.say("leave_more")
    if held.state == "assigned":
        return words.say("assigned")
    unknown = waiting.ahead is not None and waiting.minutes is None
    return words.say("still") + words.wait(waiting) + (words.say("wait_unknown") if unknown else "")


def tell_raised(message: Understanding, words: Words, turn: int, waiting: Waiting, advice: str = "") -> str:
    """What a customer in the queue is told who tells of something that cannot wait: safety first, if it is danger."""
    danger = shown_by_words(message.signals, "urgency") >= DANGER
    safety = safety_first(find_dangers(message.text), turn) if danger else ""
    text = safety + words.say("raised") + words.wait(waiting)
    return f"{text}\n{words.say('advice', answer=advice)}" if advice else text


def notice_of(before: Ticket, after: Ticket) -> str:
    """What the customer is told of a change after which the bot speaks to them again; "" after another one."""
    if after.state == "returned_to_bot" != before.state:
        occasion = "returned"
    elif before.state == "active" and after.state in ("resolved", "queued", "assigned"):
        occasion = "ended" if after.state == "resolved" else "handed_on"
    else:
        return ""
    return Words(after.channel, len(after.steps)).say(occasion)


class Words:
    """The wordings of one channel, taken in turn.

    :param turn: how many turns there were.
    """

    def __init__(self, channel: str, turn: int) -> None:
        data = load_yaml("csbot.handoff.data", "transfer.yaml")
        self._words: Mapping[str, Any] = {**data["default"], **data.get(channel, {})}
        self._turn = turn

    def say(self, key: str, **values: object) -> str:
        """The text for an occasion, with the values filled in."""
        wordings = self._words[key]
        text = wordings if isinstance(wordings, str) else in_turn(wordings, self._turn)
        return str(text.format(**values) if values else text)

    def wait(self, waiting: Waiting) -> str:
        """What is known of the wait; "" where nothing is."""
        if waiting.ahead is None:
            return ""
        if waiting.ahead == 0:
            return self.say("next_up")
        if waiting.minutes is None:
            return self.say("wait_ahead", ahead=waiting.ahead)
        return self.say("wait_minutes", ahead=waiting.ahead, minutes=max(LEAST_MINUTES, round(waiting.minutes)))


def _passed_on(ticket: Ticket, words: Words) -> str:
    asked = sum(line.who == "customer" for line in ticket.transcript)
    parts = [words.say("what_talk" if asked > 1 else "what_message")]
    slots = [ticket.titles[name] for name, _ in slots_shown(ticket) if name in ticket.titles]
    if slots:
        parts.append(words.say("what_slots", slots="、".join(slots)))
    if ticket.order_id:
        parts.append(words.say("what_order", order=ticket.order_id))
    return parts[0] if len(parts) == 1 else "、".join(parts[:-1]) + "和" + parts[-1]


def _after_hours(ticket: Ticket, table: RoutingTable, words: Words) -> list[str]:
    closed = _closed(table, words, ticket.created)
    phone = ticket.slots.get("phone")
    return [closed, words.say("phone_known", phone=phone) if phone else words.say("leave_phone"), words.say("leave_more")]


def _closed(table: RoutingTable, words: Words, now: datetime) -> str:
    opens = table.hours.next_opening(now) if table.hours else None
    return words.say("closed", opening=_day(opens, now)) if opens else words.say("closed_unknown")


def _day(moment: datetime, now: datetime) -> str:
    """A moment to come, as it is said: 今天 13:00, 明天 9:00, 10月8日 9:00."""
    local = moment.astimezone(CHINA)
    today = now.astimezone(CHINA).date()
    day = {today: "今天", today + timedelta(days=1): "明天"}.get(local.date(), f"{local.month}月{local.day}日")
    return f"{day} {local.hour}:{local.minute:02d} "
