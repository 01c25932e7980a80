"""A ticket as an agent sees it in a terminal: all that is needed to answer, without scrolling back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from csbot.handoff.states import TITLES
from csbot.handoff.summary import agents_words, clock, slots_shown
from csbot.models import SPEAKERS, Line, Message, Signal, Ticket

COLOURS = {"urgent": "bold white on red", "high": "bold red", "normal": "bold", "low": "dim"}
SPOKEN = {"customer": "cyan", "bot": "dim", "agent": "green"}
ACTORS = {"bot": "机器人", "system": "系统", "customer": "客户"}
LAST_LINES = 12
"""Lines of the conversation shown: the last ones; the summary has the beginning."""


def render(ticket: Ticket, now: datetime, *, messages: Sequence[Message] = (), whole: bool = False) -> RenderableType:
    """A panel: state, summary, what is known, conversation, suggested answers, earlier contacts.

    :param now: what the deadlines are counted from. :param messages: what was said since the ticket was opened.
    :param whole: all of the conversation, not only its end.
    """
    parts: list[RenderableType] = [_head(ticket, now), Text("\n".join(ticket.summary), style="bold")]
    if ticket.signals:
        parts.append(_signals(ticket.signals))
    if ticket.slots or ticket.order_id or ticket.contact or ticket.place:
        parts.append(_known(ticket))
    parts.append(_conversation(ticket, messages, whole))
    if ticket.suggested:
        parts.append(_suggestions(ticket))
    if ticket.history or ticket.earlier:
        parts.append(_history(ticket))
    if ticket.steps or ticket.notes or ticket.rating:
        parts.append(_steps(ticket))
    spaced = [part for one in parts for part in (one, Text())][:-1]
    return Panel(Group(*spaced), title=f"工单 {ticket.id}", title_align="left", border_style="blue")


def _grid(columns: int) -> Table:
    """A table without lines, whose last column holds whole sentences: Chinese has no spaces, so they are folded, never cut."""
    table = Table.grid(padding=(0, 1))
    for _ in range(columns - 1):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _head(ticket: Ticket, now: datetime) -> RenderableType:
    words = agents_words()
    line = Text()
    line.append(f" {words['priorities'][ticket.route.priority]} ", style=COLOURS[ticket.route.priority])
    line.append(f" {TITLES[ticket.state]} · {ticket.route.tier_title}·{ticket.route.skill}")
    line.append(f" · {words['channels'].get(ticket.channel, ticket.channel)} {ticket.customer_id or '匿名'}")
    line.append(f" · {clock(ticket.created)} 登记")
    if ticket.agent:
        line.append(f" · {ticket.agent} 处理")
    line.append("\n 时限")
    due = ticket.route.due
    for title, moment, met in (
        ("首次联系", due.first_contact, any(step.state == "active" for step in ticket.steps)),
        ("上门", due.on_site, ticket.state in ("resolved", "followed_up", "closed")),
        ("解决", due.resolve, ticket.state in ("resolved", "followed_up", "closed")),
    ):
        if moment and not met:
            late = now > moment
            text = f"　{title}{'已超时 ' if late else '还剩 '}{span_of(abs(moment - now))}"
            line.append(text, style="bold red" if late else "")
    return line


def _signals(signals: list[Signal]) -> RenderableType:
    words = agents_words()["signals"]
    line = Text("情绪 ")
    for signal in signals:
        line.append(words.get(signal.name, signal.name), style="red")
        line.append(f" {signal.score:.2f}" + (f"「{signal.text}」 " if signal.text else " "), style="dim")
    return line


def _known(ticket: Ticket) -> RenderableType:
    words = agents_words()["slots"]
    table = _grid(2)
    if ticket.contact:
        table.add_row(Text("回电", style="dim"), Text(ticket.contact, style="bold"))
    if ticket.place:
        table.add_row(Text("地点", style="dim"), Text(ticket.place, style="bold"))
    for name, value in slots_shown(ticket):
        table.add_row(Text(ticket.titles.get(name) or words.get(name, name), style="dim"), value)
    if ticket.order_id:
        table.add_row(Text("订单", style="dim"), f"{ticket.order_id}（已核实）")
        if ticket.order_status:
            table.add_row(Text("进度", style="dim"), ticket.order_status)
    return table


def _conversation(ticket: Ticket, messages: Sequence[Message], whole: bool) -> RenderableType:
    """What was said before the ticket, a rule where the human was called, and what was said since."""
    told = [(line, SPEAKERS[line.who]) for line in ticket.transcript]
    since = [(Line(who=m.who, text=m.text, at=m.at), m.by or SPEAKERS[m.who]) for m in messages]
    shown = [*told, *since] if whole else [*told, *since][-LAST_LINES:]
    left_out = len(told) + len(since) - len(shown)
    table = _grid(3)
    table.columns[1].justify = "right"
    if left_out:
        table.add_row("", "", Text(f"… 前面还有 {left_out} 句", style="dim"))
    for number, (line, speaker) in enumerate(shown, start=left_out):
        if since and number == len(told):
            table.add_row("", "", Text("── 转人工 ──", style="dim"))
        table.add_row(
            Text(clock(line.at)[6:], style="dim"),
            Text(speaker, style=SPOKEN[line.who]),
            Text(line.text, style=SPOKEN[line.who]),
        )
    return table


def _suggestions(ticket: Ticket) -> RenderableType:
    table = _grid(2)
    for number, one in enumerate(ticket.suggested, start=1):
        sure = f"（{one.confidence:.2f}）" if one.confidence else ""
        table.add_row(Text(f"可答 {number}", style="yellow"), Text(f"{one.question}{sure}", style="bold"))
        table.add_row("", one.answer)
    return table


def _history(ticket: Ticket) -> RenderableType:
    table = _grid(2)
    for one in ticket.history:
        kind = "工单" if one.kind == "ticket" else "会话"
        table.add_row(Text(f"以前的{kind}", style="magenta"), f"{clock(one.at)} {one.about} → {one.outcome or '未知'}")
    if not ticket.history:
        table.add_row(Text("以前来过", style="magenta"), f"{len(ticket.earlier)} 次会话：{'、'.join(ticket.earlier)}")
    return table


def _steps(ticket: Ticket) -> RenderableType:
    """What became of the ticket: steps and notes by their time, and what the customer thinks of it."""
    rows = [(step.at, TITLES[step.state], step.by, step.note) for step in ticket.steps]
    rows += [(note.at, "备注", note.by, note.text) for note in ticket.notes]
    table = _grid(4)
    for at, what, by, note in sorted(rows, key=lambda row: row[0]):
        table.add_row(Text(clock(at), style="dim"), what, by.id or ACTORS[by.kind], Text(note))
    if ticket.rating:
        table.add_row("", "评分", f"{ticket.rating}/5", Text(ticket.comment))
    return table


def span_of(span: timedelta) -> str:
    """A span in words: minutes, hours and minutes, or days."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时 {minutes % 60} 分" if minutes < 1440 else f"{minutes // 1440} 天"
