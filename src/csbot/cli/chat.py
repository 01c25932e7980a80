"""`csbot chat`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from csbot.cli.output import ConfigOption, KbOption, OrdersOption, TasksOption, console

if TYPE_CHECKING:
    from csbot.handoff.desk import Desk


def chat(
    kb: KbOption,
    config: ConfigOption = None,
    orders: OrdersOption = None,
    tasks: TasksOption = None,
    desk: Annotated[
        str | None, typer.Option("--desk", help="工单库 URL：转人工后用 csbot desk 接待 | where people answer, by `csbot desk`")
    ] = None,
) -> None:
    """在终端里和机器人对话（Ctrl-D 结束） | talk with the bot in the terminal (Ctrl-D ends it).

    例 Example: csbot chat --kb var/kb --orders data/orders.json --tasks data/tasks

    csbot chat --kb var/kb --desk sqlite:///var/csbot.db （另开一个终端 in another one: csbot desk list --watch）
    """
    from csbot.cli.bots import open_bot
    from csbot.models import Session

    bot = open_bot(kb, config, orders, tasks, desk)
    session = Session(customer_id="cli", channel="web")
    out = console()
    while True:
        try:
            text = out.input("[bold]客户>[/] ")
        except EOFError:
            out.print()
            return
        if bot.desk:
            _print_outbox(bot.desk, session.id)
            if not text.strip():  # only to see whether somebody has answered
                continue
        reply = bot.reply(session, text)
        if reply.trace.rule == "human_has_session":
            out.print(
                "  [已转给人工客服，回车看回复 | an agent has it, press Enter to see the answer]", style="dim", markup=False
            )
            continue
        out.print("机器人>", style="bold cyan", end=" ")
        out.print(reply.text, markup=False, highlight=False, soft_wrap=True)
        out.print(f"  [{reply.kind} {reply.faq_id or ''} {reply.confidence:.2f}]", style="dim", markup=False, highlight=False)


def _print_outbox(desk: Desk, session_id: str) -> None:
    """What agents have answered, and notices."""
    from csbot.models import utc_now

    for message in desk.outbox():
        if message.session_id == session_id:
            console().print("客服>" if message.who == "agent" else "机器人>", style="bold green", end=" ")
            console().print(message.text, markup=False, highlight=False, soft_wrap=True)
            desk.delivered(message, utc_now())
