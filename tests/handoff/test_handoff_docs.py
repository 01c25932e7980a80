"""docs/handoff.md: its loop delivers, its table has every state, its times are the defaults, its commands are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from csbot.cli.desk import app
from csbot.handoff import open_desk
from csbot.handoff.due import DeskRules
from csbot.handoff.routing_table import RoutingTable
from csbot.handoff.states import TITLES
from csbot.models import Message
from desk_contract import active, message

TEXT = (Path(__file__).parents[2] / "docs" / "handoff.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


class Gone(Exception):
    """The channel can't be reached."""


def test_the_loop_delivers_each_message_once_and_again_what_failed(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(next(code for kind, code in BLOCKS if kind == "python" and "run_desk" in code), names)
    desk = open_desk(f"sqlite:///{tmp_path}/desk.db")
    active(desk)
    for text in "一二三":
        desk.say("T0", message(text, text, who="agent", by="li"))
    sent: list[str] = []

    def send(one: Message) -> None:
        sent.append(one.text)
        if len(sent) in (2, 4):
            raise Gone

    for expected in (["一", "二"], ["一", "二", "二", "三"]):
        with pytest.raises(Gone):
            names["run_desk"](desk, send)
        assert sent == expected
    desk.close()


def test_every_state_is_told_of() -> None:
    assert all(f"`{state}`" in TEXT for state in TITLES)


def test_the_times_are_the_defaults() -> None:
    rules = DeskRules()
    assert (rules.take_up_s, rules.silence_s, rules.close_s) == (2 * 60, 15 * 60, 72 * 3600)
    assert all(f"{time}" in TEXT for time in ("2 分钟", "15 分钟", "72 小时"))


def test_the_routing_table_is_one(tmp_path: Path) -> None:
    text = next(code for kind, code in BLOCKS if kind == "yaml")
    assert RoutingTable.model_validate(yaml.safe_load(text)).skills == ("综合", "应急")


def test_every_command_is_told_of() -> None:
    commands = {one.name or (one.callback.__name__ if one.callback else "") for one in app.registered_commands}
    told = set(re.findall(r"csbot desk (\S+)", TEXT))
    assert commands == {name for word in told for name in re.findall(r"[a-z]+", word)}
