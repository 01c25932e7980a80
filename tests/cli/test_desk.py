"""`csbot desk`: an agent's whole day on the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from csbot.handoff import open_desk
from csbot.models import Priority, Ticket, utc_now
from desk_contract import message, ticket

Call = Callable[..., str]
CallJson = Callable[..., Any]


def late(number: int, priority: Priority = "normal", **route: object) -> Ticket:
    """A ticket opened two hours ago, whose first contact was due an hour ago."""
    made = ticket(number, priority, **route)
    opened = utc_now() - timedelta(hours=2, minutes=-number)
    due = made.route.due.model_copy(update={"first_contact": opened + timedelta(hours=1)})
    return made.model_copy(update={"created": opened, "route": made.route.model_copy(update={"due": due})})


@pytest.fixture
def store(tmp_path: Path) -> str:
    """URL of a desk with a normal ticket and an urgent one."""
    url = f"sqlite:///{tmp_path}/desk.db"
    desk = open_desk(url)
    desk.file(late(0))
    desk.file(late(1, "urgent", skill="应急", tier=2, tier_title="二线"))
    desk.hear("T0", message("c1", "有人吗[bold]"))
    desk.close()
    return url


def test_the_queue_is_listed_the_most_urgent_first(call: Call, call_json: CallJson, store: str) -> None:
    text = call("desk", "list", "--store", store)
    assert text.index("T1") < text.index("T0")
    assert all(word in text for word in ("紧急", "二线·应急", "门锁没电", "超时"))
    assert [one["id"] for one in call_json("desk", "list", "--store", store)] == ["T1", "T0"]
    assert [one["id"] for one in call_json("desk", "list", "--store", store, "--tier", "1", "--skill", "综合")] == ["T0"]
    assert call_json("desk", "list", "--store", store, "--state", "闭环", "--state", "resolved") == []
    assert len(call_json("desk", "list", "--store", store, "--most", "1")) == 1


def test_an_agents_day(call: Call, call_json: CallJson, store: str) -> None:
    li = ("--agent", "小李", "--store", store)
    assert "T1" in call("desk", "claim", *li)
    assert "T0" in call("desk", "claim", "T0", *li)
    assert "没有等待的工单" in call("desk", "claim", *li)
    assert call_json("desk", "claim", *li) is None
    assert call_json("desk", "reply", "T0", "您好", *li)["number"] == 2
    assert "等待送达" in call("desk", "reply", "T0", "请稍等", *li)
    call("desk", "note", "T0", "已问工厂 13800000001", *li)
    shown = call("desk", "show", "T0", "--store", store)
    assert all(word in shown for word in ("有人吗[bold]", "小李", "您好", "请稍等", "备注", "已问工厂 138****0001", "处理"))
    assert shown.index("转人工 ──") < shown.index("有人吗")
    whole = call_json("desk", "show", "T0", "--store", store)
    assert [one["text"] for one in whole["messages"]] == ["有人吗[bold]", "您好", "请稍等"]
    assert "反馈 resolved" in call("desk", "resolve", "T0", "--note", "补发了", *li)
    assert call_json("desk", "reopen", "T0", "--note", "又坏了", *li)["state"] == "queued"
    assert call_json("desk", "return", "T1", *li)["state"] == "returned_to_bot"
    assert call_json("desk", "close", "T1", *li)["state"] == "closed"
    desk = open_desk(store)
    assert [(one.who, one.text[:3]) for one in desk.outbox()][:2] == [("agent", "您好"), ("agent", "请稍等")]
    desk.close()


def test_what_is_due_is_done(call: Call, call_json: CallJson, store: str, tmp_path: Path) -> None:
    assert {one["id"] for one in call_json("desk", "tick", "--store", store)} == {"T0", "T1"}  # overdue: one tier up
    assert call_json("desk", "tick", "--store", store) == []
    desk = open_desk(store)
    assert [one.route.tier for one in desk.queue()] == [3, 2]
    desk.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "T9"), "没有工单 T9"),
        (("claim",), "请写明您是谁"),
        (("claim", "T9", "--agent", "li"), "没有工单 T9"),
        (("reply", "T0", "您好", "--agent", "li"), "请先接手"),
        (("reply", "T0", " ", "--agent", "li"), "不能是空的"),
        (("resolve", "T0", "--note", "x", "--agent", "li"), "不能从 queued"),
        (("list", "--state", "睡着"), "没有状态 睡着"),
        (("tick", "--routing", "absent.yaml"), "absent.yaml"),
    ],
)
def test_what_is_wrong_is_said_and_exits_2(
    run_csbot: Callable[..., subprocess.CompletedProcess[str]], store: str, arguments: tuple[str, ...], words: str
) -> None:
    done = run_csbot("desk", *arguments, "--store", store)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_mistyped_path_makes_no_desk(run_csbot: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    done = run_csbot("desk", "list", "--store", f"sqlite:///{tmp_path}/typo.db")
    assert done.returncode == 2
    assert "没有工单库" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_agent_may_stand_in_the_environment(call: Call, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSBOT_AGENT", "小王")
    monkeypatch.setenv("CSBOT_DESK", store)
    assert "小王" in call("desk", "claim")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own")
def test_the_live_list_follows_the_queue(store: str) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from csbot.cli.main import main; main()", "desk", "list", "--watch", "--store", store]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"COLUMNS": "160", "TERM": "xterm"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )  # fmt: skip
    os.close(theirs)
    desk = open_desk(store)

    def read_until(word: str) -> None:
        seen, end = b"", time.monotonic() + 120
        while word.encode() not in seen:
            assert time.monotonic() < end, seen.decode(errors="replace")
            seen += os.read(ours, 65536)

    read_until("T0")
    desk.file(late(7))
    read_until("T7")
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
    os.close(ours)
    desk.close()


def test_chat_hands_over_to_the_desk_and_shows_what_agents_answer(
    call: Call, small_saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/chat.db"
    customer = iter(["转人工", "在吗", ""])

    def types(_console: object, _prompt: str) -> str:
        desk = open_desk(url)
        for one in desk.queue(states=["queued"]):
            call("desk", "claim", one.id, "--agent", "li", "--store", url)
            call("desk", "reply", one.id, "您好，我是小李", "--agent", "li", "--store", url)
        desk.close()
        try:
            return next(customer)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("rich.console.Console.input", types)
    printed = call("chat", "--kb", small_saved, "--desk", url)
    assert printed.index("客服> 您好，我是小李") < printed.index("已转给人工客服")
