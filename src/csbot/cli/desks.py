"""Opening a desk for the commands of `csbot desk`, and printing its tickets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from csbot.cli.output import console, print_json

if TYPE_CHECKING:
    from csbot.handoff.desk import Desk
    from csbot.models import Actor, Ticket, TicketState


@contextmanager
def opened(url: str, routing: Path | None = None) -> Iterator[Desk]:
    """The desk, which must be there: a mistyped path would make an empty one.

    :raises InputError: there is no such file.
    """
    from csbot.errors import InputError
    from csbot.handoff import open_desk
    from csbot.handoff.routing_table import RoutingTable

    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).exists():
        raise InputError(
            f"没有工单库 {path}：机器人用 desk={url!r} 启动后才有，或用 --store 指定 | no desk there, give --store"
        )
    desk = open_desk(url, RoutingTable.read(routing) if routing else None)
    try:
        yield desk
    finally:
        desk.close()


def agent_of(agent: str) -> Actor:
    """The agent who acts. :raises InputError: nobody is named."""
    from csbot.errors import InputError
    from csbot.models import Actor

    if not agent:
        raise InputError("请写明您是谁：--agent 小李，或设环境变量 CSBOT_AGENT | say who you are: --agent NAME or CSBOT_AGENT")
    return Actor(kind="agent", id=agent)


def find(desk: Desk, ticket_id: str) -> Ticket:
    """:raises TicketError: there is no such ticket."""
    from csbot.errors import TicketError

    ticket = desk.get(ticket_id)
    if ticket is None:
        raise TicketError(f"没有工单 {ticket_id}，请看 csbot desk list | no such ticket, see `csbot desk list`")
    return ticket


def states_of(names: Sequence[str]) -> list[TicketState]:
    """States by their names or titles (登记, 分派 …). :raises InputError: one is none."""
    from csbot.errors import InputError
    from csbot.handoff.states import TITLES

    known: dict[str, TicketState] = {**{state: state for state in TITLES}, **{title: state for state, title in TITLES.items()}}
    if wrong := [name for name in names if name not in known]:
        raise InputError(f"没有状态 {'、'.join(wrong)}，只有 {'、'.join(TITLES)} | no such state")
    return [known[name] for name in names]


def say_state(ticket: Ticket, as_json: bool) -> None:
    """Say where a ticket stands now."""
    from csbot.handoff.states import TITLES

    if as_json:
        print_json(ticket.model_dump(mode="json"))
    else:
        console().print(f"[green]✓[/] {ticket.id}: {TITLES[ticket.state]} {ticket.state}", highlight=False)


def show_ticket(desk: Desk, ticket: Ticket, as_json: bool, *, whole: bool = False) -> None:
    """Print a ticket with what was said."""
    from csbot.handoff.view import render
    from csbot.models import utc_now

    messages = desk.messages(ticket.id)
    if as_json:
        print_json(ticket.model_dump(mode="json") | {"messages": [message.model_dump(mode="json") for message in messages]})
        return
    console().print(render(ticket, utc_now(), messages=messages, whole=whole))
