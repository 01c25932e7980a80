"""`csbot chat`"""

from __future__ import annotations

from csbot.cli.output import ConfigOption, KbOption, OrdersOption, TasksOption, console


def chat(kb: KbOption, config: ConfigOption = None, orders: OrdersOption = None, tasks: TasksOption = None) -> None:
    """在终端里和机器人对话（Ctrl-D 结束） | talk with the bot in the terminal (Ctrl-D ends it).

    例 Example: csbot chat --kb var/kb --orders data/orders.json --tasks data/tasks
    """
    from csbot.cli.bots import open_bot
    from csbot.models import Session

    bot = open_bot(kb, config, orders, tasks)
    session = Session(customer_id="cli", channel="web")
    out = console()
    while True:
        try:
            text = out.input("[bold]客户>[/] ")
        except EOFError:
            out.print()
            return
        reply = bot.reply(session, text)
        out.print("机器人>", style="bold cyan", end=" ")
        out.print(reply.text, markup=False, highlight=False, soft_wrap=True)
        out.print(f"  [{reply.kind} {reply.faq_id or ''} {reply.confidence:.2f}]", style="dim", markup=False, highlight=False)
