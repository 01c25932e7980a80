"""Five lines that an agent reads in ten seconds: who and why, the problem, what was tried, what is known, what next.

They are put together from the ticket alone, by rules. A hook may write better ones (a language model, say): it gets the masked
ticket and a time limit, and whatever it does wrong, the rules' lines stay.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from csbot.intents.signals import PRESENT, find_signals
from csbot.intents.wishes import tells_matter
from csbot.models import CHINA, Attempt, Line, Ticket
from csbot.outside import Outside
from csbot.resources import load_yaml

LINES = 5
LINE_CHARS = 120
"""A line longer than this is cut: five of them fit a screen beside the conversation."""
QUOTE_CHARS = 40
BARE_WISH_CHARS = 18
"""A wish for a human in so few characters says nothing of the matter, unless other words beside it do."""
STATUS_CHARS = 70
STEPS_TOLD = 4
ADDED_TOLD = 3

Summariser = Callable[[Ticket], Sequence[str]]
"""Makes a summary of a ticket: at most `LINES` lines. It may be slow and may fail."""

log = logging.getLogger(__name__)
_hooks = Outside("csbot-summary")


def summarise(
    ticket: Ticket, improve: Summariser | None = None, timeout_s: float = 2.0, *, added: Sequence[str] = ()
) -> list[str]:
    """At most `LINES` lines: those of ``improve``, if it gives any in time, else those of the rules.

    :param added: what the customer wrote since the ticket was opened, masked, oldest first.
    """
    plain = [line[:LINE_CHARS] for line in _lines(ticket, added)]
    if improve is None:
        return plain
    since = [Line(who="customer", text=text) for text in added]
    ticket = ticket.model_copy(update={"transcript": [*ticket.transcript, *since]})
    try:
        asked = ticket.model_copy(update={"summary": plain})
        better = [str(line).strip() for line in _hooks.call(lambda: list(improve(asked)), timeout_s)]
    except Exception as error:  # whatever the host's function raises, the customer's ticket is opened
        log.warning("工单摘要用规则生成：%s | the hook for summaries failed, the rules' lines are used", error or "timeout")
        return plain
    better = [line[:LINE_CHARS] for line in better if line][:LINES]
    return better or plain


def agents_words() -> dict[str, Any]:
    """``data/agents.yaml``: how a ticket is put to agents."""
    return load_yaml("csbot.handoff.data", "agents.yaml")


def slots_shown(ticket: Ticket) -> list[tuple[str, str]]:
    """Slots worth an agent's look: not the id of an order that is shown in full, nor the customer's words for a date."""
    return [
        (name, value)
        for name, value in ticket.slots.items()
        if value and not name.endswith("_said") and not (name == "order_id" and ticket.order_id)
    ]


def clock(moment: datetime | None) -> str:
    """A moment as agents read it, in China's time; "" for None."""
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M") if moment else ""


def _lines(ticket: Ticket, added: Sequence[str]) -> list[str]:
    words = agents_words()
    said: dict[str, str] = words["summary"]
    mood = [words["signals"].get(signal.name, signal.name) for signal in ticket.signals if signal.name != "human_wanted"]
    count = len(ticket.earlier) or len(ticket.history)
    who = said["who"].format(
        channel=words["channels"].get(ticket.channel, ticket.channel),
        reason=words["reasons"].get(ticket.reason, ticket.reason or "需要人工"),
        mood=f"（{'、'.join(mood)}）" if mood else "",
        again=said["again"].format(count=count) if count else "",
    )
    suggestion = said["suggestion"].format(question=ticket.suggested[0].question) if ticket.suggested else ""
    if any(signal.name == "urgency" for signal in ticket.signals):
        suggestion += said["safety"]
    coming = said["next"].format(
        tier=ticket.route.tier_title,
        skill=ticket.route.skill,
        priority=words["priorities"][ticket.route.priority],
        due=clock(ticket.route.due.first_contact),
        suggestion=suggestion,
    )
    return [who, _problem(ticket, said, added), _tried(ticket.attempts, words), _known(ticket, words), coming]


def _problem(ticket: Ticket, said: dict[str, str], added: Sequence[str]) -> str:
    """The first message with a matter in it and the last one; and the latest of what was added while waiting."""
    asked = [line.text for line in ticket.transcript if line.who == "customer"]
    matters = [text for text in asked if _tells(text)]
    if not matters and not added:
        return said["problem_none"]
    matters, added = (matters, added) if matters else ([added[0]], added[1:])
    tail = said["added"].format(added="".join(_quote(text) for text in added[-ADDED_TOLD:])) if added else ""
    first, last = _quote(matters[0]), _quote(matters[-1])
    return said["problem_then" if len(matters) > 1 and last != first else "problem"].format(first=first, last=last) + tail


def _tells(text: str) -> bool:
    """Whether a masked message has a matter: more than courtesy, a value, or the bare wish for a human; 「着火了」 is one."""
    rest = re.sub(agents_words()["labels"], "", text)
    hanzi = sum("\u4e00" <= char <= "\u9fff" for char in rest)
    shown = [signal.name for signal in find_signals(text) if signal.score >= PRESENT]
    wish = "human_wanted" in shown
    return "urgency" in shown or (hanzi >= 4 and not (wish and len(text) <= BARE_WISH_CHARS and not tells_matter(text)))


def _tried(attempts: Sequence[Attempt], words: dict[str, Any]) -> str:
    """What the bot did, the same thing told once with how often."""
    told: list[str] = []
    for attempt in attempts:
        did = words["did"][attempt.kind].format(what=_clip(attempt.what or "一件事", QUOTE_CHARS))
        told.append(f"{did}（{attempt.confidence:.2f}）" if attempt.kind == "answer" and attempt.confidence else did)
    if not told:
        return str(words["summary"]["tried_none"])
    counted = [f"{did} {told.count(did)} 次" if told.count(did) > 1 else did for did in dict.fromkeys(told)]
    return str(words["summary"]["tried"].format(did="、".join(counted[-STEPS_TOLD:])))


def _known(ticket: Ticket, words: dict[str, Any]) -> str:
    parts = [f"{ticket.titles.get(name) or words['slots'].get(name, name)} {value}" for name, value in slots_shown(ticket)]
    if ticket.order_id:
        status = _clip(ticket.order_status.partition("：")[2] or ticket.order_status, STATUS_CHARS)  # without what was ordered
        parts.append(f"订单 {ticket.order_id} 已核实" + (f"：{status}" if status else ""))
    return str(words["summary"]["known"].format(slots="，".join(parts)) if parts else words["summary"]["known_none"])


def _quote(text: str) -> str:
    return f"「{_clip(text, QUOTE_CHARS)}」"


def _clip(text: str, chars: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= chars else flat[: chars - 1] + "…"
