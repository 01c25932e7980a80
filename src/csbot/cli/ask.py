"""`csbot ask`"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from csbot.cli.output import ConfigOption, JsonOption, KbOption, OrdersOption, TasksOption, console


def ask(
    kb: KbOption,
    text: Annotated[str, typer.Argument(help="客户的一句话 | one message of a customer")],
    config: ConfigOption = None,
    orders: OrdersOption = None,
    tasks: TasksOption = None,
    channel: Annotated[str, typer.Option(help="渠道，如 web、wechat | the channel")] = "web",
    as_json: JsonOption = False,
) -> None:
    """问一句，得到机器人的回复 | one message in, one reply out.

    例 Example: csbot ask --kb var/kb "快递还没到" --json
    """
    from csbot.cli.bots import open_bot
    from csbot.models import Session

    reply = open_bot(kb, config, orders, tasks).reply(Session(customer_id="cli", channel=channel), text)
    if as_json:
        sys.stdout.write(reply.model_dump_json(indent=2) + "\n")
        return
    console().print(reply.text, markup=False, highlight=False, soft_wrap=True)
    where = f"{reply.kind} · {reply.faq_id or '-'} · 置信度 confidence {reply.confidence:.2f} · {reply.trace.rule}"
    console().print(where, style="dim", highlight=False)
