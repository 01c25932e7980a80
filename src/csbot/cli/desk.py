"""`csbot desk list|show|claim|reply|note|resolve|return|reopen|close|tick`"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csbot.cli.desks import agent_of, find, opened, say_state, show_ticket, states_of
from csbot.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from csbot.models import Ticket, TicketState

app = typer.Typer(
    help="""人工坐席：看队列、接待、回复、结束工单 | the agents' side: see the queue, take tickets, answer, finish them.

    例 Example: csbot desk list --watch; csbot desk claim --agent 小李; csbot desk reply T… "您好，我来处理" --agent 小李;
    csbot desk resolve T… --note 已补发 --agent 小李
    """,
    no_args_is_help=True,
)
TicketArgument = Annotated[str, typer.Argument(metavar="TICKET", help="工单号 | the ticket's id")]
StoreOption = Annotated[str, typer.Option("--store", envvar="CSBOT_DESK", help="工单库 URL | URL of the desk")]
AgentOption = Annotated[str, typer.Option("--agent", envvar="CSBOT_AGENT", help="您是哪位客服 | which agent you are")]
TierOption = Annotated[list[int] | None, typer.Option("--tier", min=1, help="只看第几线，可多个 | tiers: 1, 2 …")]
SkillOption = Annotated[list[str] | None, typer.Option("--skill", help="只看哪个技能组，可多个 | groups of agents")]
NoteOption = Annotated[str, typer.Option("--note", help="说明 | why")]
STORE = "sqlite:///var/csbot.db"
WATCH_S = 2.0


@app.command("list")
def list_command(
    store: StoreOption = STORE,
    state: Annotated[list[str] | None, typer.Option(help="状态，默认未完结的 | states, default: open ones")] = None,
    tier: TierOption = None,
    skill: SkillOption = None,
    most: Annotated[int, typer.Option(min=1, help="最多几张 | at most")] = 50,
    watch: Annotated[bool, typer.Option("--watch", help="一直刷新，Ctrl-C 结束 | keep it up to date until Ctrl-C")] = False,
    as_json: JsonOption = False,
) -> None:
    """列出队列，最急的在前 | the queue, the most urgent first. 例: csbot desk list --skill 应急 --watch"""
    from csbot.handoff.desk import OPEN
    from csbot.handoff.queue_view import render_queue
    from csbot.models import utc_now

    with opened(store) as desk:
        states = states_of(state) if state else OPEN

        def tickets() -> list[Ticket]:
            return desk.queue(states=states, tiers=tier or (), skills=skill or (), most=most)

        if as_json:
            print_json([ticket.model_dump(mode="json") for ticket in tickets()])
        elif watch:
            from rich.live import Live

            with Live(render_queue(tickets(), utc_now()), console=console(), auto_refresh=False) as live:
                while True:
                    time.sleep(WATCH_S)
                    live.update(render_queue(tickets(), utc_now()), refresh=True)
        else:
            console().print(render_queue(tickets(), utc_now()))


@app.command()
def show(
    ticket_id: TicketArgument,
    store: StoreOption = STORE,
    whole: Annotated[bool, typer.Option("--whole", help="整段对话 | all of the conversation")] = False,
    as_json: JsonOption = False,
) -> None:
    """一张工单的全部：摘要、对话、可用的答案 | a ticket with its whole context. 例: csbot desk show TABC --whole"""
    with opened(store) as desk:
        show_ticket(desk, find(desk, ticket_id), as_json, whole=whole)


@app.command()
def claim(
    ticket_id: Annotated[str | None, typer.Argument(metavar="[TICKET]", help="不写就领最急的一张 | default: the next")] = None,
    agent: AgentOption = "",
    store: StoreOption = STORE,
    tier: TierOption = None,
    skill: SkillOption = None,
    as_json: JsonOption = False,
) -> None:
    """领一张工单，两个人不会领到同一张 | take a ticket; nobody else gets it. 例: csbot desk claim --agent 小李"""
    from csbot.models import utc_now

    with opened(store) as desk:
        who = agent_of(agent)
        if ticket_id:
            taken: Ticket | None = desk.move(ticket_id, "assigned", who, utc_now())
        else:
            taken = desk.claim(agent, utc_now(), tiers=tier or (), skills=skill or ())
        if taken is not None:
            show_ticket(desk, taken, as_json)
        elif as_json:
            print_json(None)
        else:
            console().print("队列里没有等待的工单 | nothing waits")


@app.command()
def reply(
    ticket_id: TicketArgument,
    text: Annotated[str, typer.Argument(help="对客户说的话 | what the customer is told")],
    agent: AgentOption = "",
    store: StoreOption = STORE,
    as_json: JsonOption = False,
) -> None:
    """回复客户；第一句话起机器人不再说话 | answer the customer; from the first word on the bot is silent.

    例 Example: csbot desk reply TABC "您好，我来处理" --agent 小李
    """
    from csbot.errors import InputError
    from csbot.models import Message, utc_now

    if not text.strip():
        raise InputError("回复不能是空的 | a reply must not be blank")
    with opened(store) as desk:
        who, ticket = agent_of(agent), find(desk, ticket_id)
        if ticket.state == "assigned" and ticket.agent == agent:
            desk.move(ticket_id, "active", who, utc_now())
        said = desk.say(ticket_id, Message(key=uuid.uuid4().hex, who="agent", by=agent, text=text, at=utc_now()))
        if as_json:
            print_json(said.model_dump(mode="json"))
        else:
            console().print(f"[green]✓[/] 等待送达 waits to be delivered: {said.number}", highlight=False)


@app.command()
def note(
    ticket_id: TicketArgument,
    text: Annotated[str, typer.Argument(help="客户看不到 | the customer never sees it")],
    agent: AgentOption = "",
    store: StoreOption = STORE,
    as_json: JsonOption = False,
) -> None:
    """给同事留备注 | leave a note for colleagues. 例: csbot desk note TABC 已问工厂，周三答复 --agent 小李"""
    from csbot.models import Note, utc_now

    with opened(store) as desk:
        say_state(desk.note(ticket_id, Note(by=agent_of(agent), at=utc_now(), text=text)), as_json)


@app.command()
def resolve(
    ticket_id: TicketArgument, note: NoteOption = "", agent: AgentOption = "", store: StoreOption = STORE,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """办完了，写明做了什么；会话回到机器人 | done, and what was done. 例: csbot desk resolve TABC --note 已补发"""
    _move(store, ticket_id, "resolved", agent, note, as_json)


@app.command("return")
def return_command(
    ticket_id: TicketArgument, note: NoteOption = "", agent: AgentOption = "", store: StoreOption = STORE,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """交回机器人，并告诉客户 | give the customer back to the bot, and tell them. 例: csbot desk return TABC --agent 小李"""
    _move(store, ticket_id, "returned_to_bot", agent, note, as_json)


@app.command()
def reopen(
    ticket_id: TicketArgument, note: NoteOption = "", agent: AgentOption = "", store: StoreOption = STORE,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """退回队列：没办好，或让别人接 | back into the queue. 例: csbot desk reopen TABC --note 又坏了 --agent 小李"""
    _move(store, ticket_id, "queued", agent, note, as_json)


@app.command()
def close(
    ticket_id: TicketArgument, note: NoteOption = "", agent: AgentOption = "", store: StoreOption = STORE,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """闭环：之后不再变动 | close for good. 例: csbot desk close TABC --agent 小李"""
    _move(store, ticket_id, "closed", agent, note, as_json)


@app.command()
def tick(
    store: StoreOption = STORE,
    routing: Annotated[Path | None, typer.Option("--routing", help="分派表 .yaml | the routing table of the bot")] = None,
    as_json: JsonOption = False,
) -> None:
    """做到期的事：收回没人接待的、超时升级、到期闭环；每分钟一次 | what is due, once a minute. 例: csbot desk tick"""
    from csbot.models import utc_now

    with opened(store, routing) as desk:
        changed = desk.tick(utc_now())
        if as_json:
            print_json([ticket.model_dump(mode="json") for ticket in changed])
        else:
            for ticket in changed:
                say_state(ticket, as_json=False)


def _move(store: str, ticket_id: str, to: TicketState, agent: str, note: str, as_json: bool) -> None:
    from csbot.models import utc_now

    with opened(store) as desk:
        say_state(desk.move(ticket_id, to, agent_of(agent), utc_now(), note), as_json)
