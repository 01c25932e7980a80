"""A ticket as a private note in Chatwoot (Markdown): what an agent reads before the first answer."""

from __future__ import annotations

from csbot.handoff.summary import agents_words, slots_shown
from csbot.models import Ticket

MOST_LINES = 20
"""Lines of the conversation shown: Chatwoot has the whole of it above; these are for a conversation that began elsewhere."""


def note_of(ticket: Ticket) -> str:
    """Summary, what is known, what was tried, answers to send, earlier contacts and the end of the conversation, masked."""
    slots = agents_words()["slots"]
    known = [f"{ticket.titles.get(name) or slots.get(name, name)}：{value}" for name, value in slots_shown(ticket)]
    known += [f"订单：{ticket.order_id}（已核实）{ticket.order_status}"] if ticket.order_id else []
    sure = [
        f"{one.asked} → {one.what or one.kind}" + (f"（{one.confidence:.2f}）" if one.confidence else "")
        for one in ticket.attempts
    ]
    answers = [f"{one.question}\n  {one.answer}" for one in ticket.suggested]
    earlier = [f"{one.at:%m-%d} {one.about} → {one.outcome or '未知'}" for one in ticket.history]
    said = [line.said for line in ticket.transcript[-MOST_LINES:]]
    parts = [f"**转人工 · 工单 {ticket.id}**", "\n".join(ticket.summary)]
    for title, lines in (
        ("已知", known),
        ("机器人试过", sure),
        ("可直接发送的答复", answers),
        ("以前", earlier),
        ("对话", said),
    ):
        if lines:
            parts.append("\n".join([f"**{title}**", *(f"- {line}" for line in lines)]))
    return "\n\n".join(parts)
