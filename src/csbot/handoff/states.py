"""The state machine of a ticket (工单流转): which state follows which, by whom, and what it takes. Pure functions.

A ticket begins as ``queued`` or ``after_hours``. Nothing follows ``closed``: who comes back later gets a new ticket, which
names the old one.

::

    登记 queued ── 分派 assigned ── 处理 active ── 反馈 resolved ── 回访 followed_up ── 闭环 closed
      │ ▲ ▲            │  │           │  │  │          │                 │
      │ │ └────────────┘  │           │  │  └──────────┼─────────────────┘  reopened: back to queued
      │ after_hours       │           │  │             └── closed, where nobody is asked
      ├── failed          │           │  │
      └───────────────────┴───────────┴──┴── returned_to_bot, abandoned ── queued or closed
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import get_args

from csbot.errors import TicketError
from csbot.models import Actor, Message, Step, Ticket, TicketState
from csbot.privacy import mask

TITLES: Mapping[TicketState, str] = {
    "queued": "登记", "after_hours": "登记（非工作时间）", "assigned": "分派", "active": "处理", "resolved": "反馈",
    "followed_up": "回访", "closed": "闭环", "returned_to_bot": "转回机器人", "abandoned": "客户已离开", "failed": "转接失败",
}  # fmt: skip
"""How people call the states; the six of 登记 → 分派 → 处理 → 反馈 → 回访 → 闭环 among them."""

HELD: tuple[TicketState, ...] = ("assigned", "active")
"""States in which an agent has the ticket; in `active` the bot is silent."""

_AGENT, _SYSTEM, _CUSTOMER, _BOT = "agent", "system", "customer", "bot"
TRANSITIONS: Mapping[TicketState, Mapping[TicketState, tuple[str, ...]]] = {
    "queued": {
        "assigned": (_AGENT, _SYSTEM), "after_hours": (_SYSTEM,), "returned_to_bot": (_AGENT, _SYSTEM, _CUSTOMER),
        "abandoned": (_CUSTOMER, _SYSTEM), "failed": (_SYSTEM,),
    },
    "after_hours": {
        "queued": (_SYSTEM,), "assigned": (_AGENT, _SYSTEM), "returned_to_bot": (_AGENT, _SYSTEM, _CUSTOMER),
        "abandoned": (_CUSTOMER, _SYSTEM), "failed": (_SYSTEM,),
    },
    "assigned": {
        "active": (_AGENT,), "assigned": (_AGENT, _SYSTEM), "queued": (_AGENT, _SYSTEM),
        "returned_to_bot": (_AGENT, _SYSTEM, _CUSTOMER), "abandoned": (_CUSTOMER, _SYSTEM), "failed": (_SYSTEM,),
    },
    "active": {
        "resolved": (_AGENT,), "assigned": (_AGENT, _SYSTEM), "queued": (_AGENT, _SYSTEM),
        "returned_to_bot": (_AGENT, _SYSTEM), "abandoned": (_CUSTOMER, _SYSTEM), "failed": (_SYSTEM,),
    },
    "resolved": {
        "followed_up": (_AGENT, _SYSTEM, _BOT, _CUSTOMER), "closed": (_AGENT, _SYSTEM),
        "queued": (_AGENT, _SYSTEM, _CUSTOMER),
    },
    "followed_up": {"closed": (_AGENT, _SYSTEM, _BOT), "queued": (_AGENT, _SYSTEM, _CUSTOMER)},
    "returned_to_bot": {"queued": (_CUSTOMER, _BOT), "closed": (_AGENT, _SYSTEM, _BOT, _CUSTOMER)},
    "abandoned": {"queued": (_CUSTOMER, _BOT), "closed": (_AGENT, _SYSTEM)},
    "failed": {"queued": (_SYSTEM, _BOT), "closed": (_AGENT, _SYSTEM)},
    "closed": {},
}  # fmt: skip
"""Who may bring a ticket from one state into another. `assigned` again hands it to another agent."""

NEEDS_NOTE: tuple[TicketState, ...] = ("resolved", "failed")
"""States that say nothing without a note: what was done for the customer, what went wrong."""


def transition(ticket: Ticket, to: TicketState, by: Actor, at: datetime, note: str = "", *, agent: str | None = None) -> Ticket:
    """The ticket in its next state, with the step recorded; the one given stays as it is.

    :param at: aware, and not before the last step. :param note: why, in words; personal data in it are masked.
    :param agent: for `assigned`: who gets it; left out, the agent takes it.
    :raises TicketError: the state can't follow, or not by this actor, or not at that time, or the note or the agent lacks.
    """
    if to not in get_args(TicketState):
        raise TicketError(f"没有状态 {to!r}，只有 {'、'.join(get_args(TicketState))} | no such state")
    following = TRANSITIONS[ticket.state]
    if to not in following:
        possible = "、".join(f"{state}（{TITLES[state]}）" for state in following) or "无：已闭环，请新建工单"
        raise TicketError(
            f"工单 {ticket.id} 不能从 {ticket.state}（{TITLES[ticket.state]}）到 {to}（{TITLES[to]}），可以到：{possible}"
            f" | can't go from {ticket.state} to {to}"
        )
    if by.kind not in following[to]:
        raise TicketError(
            f"工单 {ticket.id} 从 {ticket.state} 到 {to} 只能由 {'、'.join(following[to])} 操作，不能由 {by.kind}"
            f" | {by.kind} may not do this"
        )
    if at.tzinfo is None:
        raise TicketError("时间须带时区 | the time needs a zone")
    if at < ticket.changed:
        raise TicketError(f"工单 {ticket.id} 的时间不能倒退：{at} 早于 {ticket.changed} | before the last step")
    if to in NEEDS_NOTE and not note.strip():
        raise TicketError(f"到 {to}（{TITLES[to]}）须写明说明 note | this step needs a note")
    holder = _holder(ticket, to, by, agent)
    step = Step(state=to, by=by, at=at, note=mask(note.strip()), agent=holder if to in HELD else None)
    return ticket.model_copy(update={"state": to, "agent": holder, "steps": [*ticket.steps, step]})


def check_speaker(ticket: Ticket, message: Message) -> None:
    """:raises TicketError: an agent speaks who hasn't the ticket, or the bot while an agent has it."""
    holder = f"{TITLES[ticket.state]}，{ticket.agent or '无人'}"
    if message.who == "agent" and (ticket.state != "active" or ticket.agent != message.by):
        raise TicketError(f"工单 {ticket.id} 不在 {message.by} 手里（{holder}），请先接手 | take the ticket first")
    if message.who == "bot" and ticket.state == "active":
        raise TicketError(f"工单 {ticket.id} 由 {ticket.agent} 接待，机器人不插话 | the bot is silent: an agent talks")
    if message.who == "customer":
        raise TicketError(f"工单 {ticket.id}：客户的话用 hear 记录 | what customers write is for `hear`")


def rated(ticket: Ticket, score: int, comment: str = "") -> Ticket:
    """The ticket with the customer's rating; as it is, where it has one.

    :raises TicketError: it is not finished, or the score is none.
    """
    if score not in range(1, 6):
        raise TicketError(f"评分须是 1 到 5，得到 {score} | a rating is from 1 to 5")
    if ticket.state not in ("resolved", "followed_up", "closed"):
        raise TicketError(f"工单 {ticket.id} 还没有处理完（{TITLES[ticket.state]}），不能评分 | not finished yet")
    return ticket if ticket.rating else ticket.model_copy(update={"rating": score, "comment": mask(comment)})


def _holder(ticket: Ticket, to: TicketState, by: Actor, agent: str | None) -> str | None:
    """Who has the ticket after the step."""
    if by.kind == "agent" and not by.id:
        raise TicketError("客服操作须写明是谁：Actor(kind='agent', id=…) | an agent's step needs the agent's id")
    if to == "assigned":
        taker = agent or (by.id if by.kind == "agent" else None)
        if not taker:
            raise TicketError("分派须写明给谁：agent=… | assigning needs an agent")
        if ticket.state == "assigned" and taker == ticket.agent:
            raise TicketError(f"工单 {ticket.id} 已经在 {taker} 手里 | this agent has it already")
        return taker
    if agent is not None:
        raise TicketError(f"agent 只用于分派，不用于 {to} | an agent is given with `assigned` only")
    if to in ("active", "resolved") and by.id != ticket.agent:
        raise TicketError(f"工单 {ticket.id} 在 {ticket.agent} 手里，{by.id} 须先接手 | another agent has it: assign it first")
    return ticket.agent if to in ("active", "resolved", "followed_up", "closed") else None
