"""docs/handoff.md on webhooks, Chatwoot and follow-up: its Python runs, its recipe verifies, its names are the real ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from csbot import Session
from csbot.handoff import open_desk
from csbot.handoff.desk import Desk
from csbot.handoff.signing import SIGNATURE, TIMESTAMP, sign
from csbot.handoff.webhook import EVENT_ID, SIGNED_WITH, Webhook
from csbot.handoff.webhook_events import WebhookEvent
from csbot.handoff.webhook_replies import AgentAction
from csbot.models import utc_now
from desk_contract import LI, ticket

TEXT = (Path(__file__).parents[2] / "docs" / "handoff.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


class Bot:
    """What the examples use of a bot."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.store = desk, None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(f"sqlite:///{tmp_path}/desk.db")
    yield desk
    desk.close()


def run(word: str, **names: Any) -> dict[str, Any]:
    """The names after the example in which the word stands."""
    names |= {"utc_now": utc_now}
    exec(next(code for code in BLOCKS if word in code), names)
    return names


def test_the_recipe_verifies_what_is_signed() -> None:
    now, body = str(int(utc_now().timestamp())), b'{"id": "T0-opened"}'
    received = run("def received")["received"]
    assert received({TIMESTAMP: now, SIGNATURE: sign(body, "secret", now)}, body, "secret")
    assert not received({TIMESTAMP: now, SIGNATURE: sign(body, "other", now)}, body, "secret")
    assert '"sha256=" + hex(HMAC-SHA256(密钥, 秒 + "." + 请求体原文))' in TEXT


def test_the_example_of_an_action_does_what_it_says(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SIGNED_WITH.removeprefix("env:"), "secret")
    webhook = Webhook(desk, f"sqlite:///{tmp_path}/desk.db", "https://crm.example.com/csbot")
    on_post = run("def on_post", bot=Bot(desk), webhook=webhook)["on_post"]
    asked = json.loads(re.findall(r"请求体 `(\{.*?\})`", TEXT)[0])
    desk.file(ticket().model_copy(update={"id": asked["ticket_id"]}))
    body, now = json.dumps(asked).encode(), str(int(utc_now().timestamp()))
    status, _ = on_post({TIMESTAMP: now, SIGNATURE: sign(body, "secret", now)}, body)
    assert status == 200
    assert [m.text for m in desk.messages(asked["ticket_id"])] == ["您好"]
    webhook.close()


def test_the_example_of_follow_up_asks_and_takes_the_answer(desk: Desk) -> None:
    names = run("def follow_up")
    names["RULES"] = type(names["RULES"])(share=1.0, hours=(0, 24))
    at = utc_now() - timedelta(hours=1)
    desk.file(ticket().model_copy(update={"created": at}))
    for state in ("assigned", "active", "resolved"):
        desk.move("T0", state, LI, at, "好了")  # type: ignore[arg-type]
    sent: list[str] = []
    names["follow_up"](Bot(desk), lambda one, text: sent.append(text))
    assert len(sent) == 1
    assert names["reply"](Bot(desk), Session(id="s0", customer_id="u0", channel=ticket().channel), "5") is not None
    kept = desk.get("T0")
    assert kept is not None
    assert kept.rating == 5


def test_every_name_is_the_real_one() -> None:
    assert all(f"`{name}`" in TEXT for name in (EVENT_ID, TIMESTAMP, SIGNATURE))
    assert SIGNED_WITH.removeprefix("env:") in TEXT
    assert all(f"`{name}`" in TEXT for name in WebhookEvent.model_fields)
    assert all(f"`{name}`" in TEXT for name in ("take", "reply", "note", "resolve", "return"))
    assert set(AgentAction.model_fields) == {"schema_version", "id", "ticket_id", "action", "agent", "text"}
    assert callable(run("def connect")["connect"])
