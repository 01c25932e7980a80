"""csbot as an agent bot of a server that speaks Chatwoot's API: over HTTP, in both directions."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from chatwoot_server import ACCOUNT, SECRET, TOKEN, WANG, ZHOU, ChatwootServer, chatwoot_running
from receiver import Posted, Receiver, receiving

from csbot import Chatbot, KnowledgeBase
from csbot.errors import ConfigError, StoreError
from csbot.handoff import open_desk
from csbot.handoff.chatwoot import Chatwoot
from csbot.handoff.deliveries import Deliveries
from csbot.handoff.desk import Desk
from csbot.handoff.follow_up import FollowUpRules, ask_due, invitation, take_answer
from csbot.models import Actor, Message, Ticket, utc_now
from csbot.storage import open_store

PHONE = "13800000001"
TALK = 21
"""Number of the conversation."""


class Clock:
    """The time, as far as tests have moved it on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self):
        return utc_now() + self.ahead


@dataclass
class World:
    """Chatwoot, the bot behind its own HTTP server, and the desk that they share."""

    server: ChatwootServer
    api: Receiver
    host: Receiver
    chatwoot: Chatwoot
    desk: Desk
    clock: Clock

    def customer(self, text: str) -> int:
        message = self.server.customer(TALK, text)
        self.settle()
        return message

    def agent(self, text: str, **more: object) -> None:
        self.server.agent(TALK, text, **more)  # type: ignore[arg-type]
        self.settle()

    def settle(self) -> None:
        """Let webhooks and deliveries go to and fro until there are none."""
        self.server.flush()
        while self.chatwoot.deliver().arrived:
            self.server.flush()

    @property
    def said(self) -> list[str]:
        return self.server.said(TALK)

    @property
    def notes(self) -> list[str]:
        return self.server.said(TALK, private=True)

    @property
    def status(self) -> str:
        return self.server.statuses[TALK]

    def tickets(self) -> list[Ticket]:
        return self.desk.queue(states=("queued", "assigned", "active", "resolved", "returned_to_bot", "closed", "after_hours"))

    def ticket(self) -> Ticket:
        (ticket,) = self.tickets()
        return ticket


@pytest.fixture
def world(small_kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("CHATWOOT_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("CHATWOOT_BOT_SECRET", SECRET)
    url, clock = f"sqlite:///{tmp_path}/csbot.db", Clock()
    desk, store, deliveries = open_desk(url), open_store(url), Deliveries(url)
    bot = Chatbot(small_kb, desk=desk, store=store)
    with chatwoot_running(clock) as (server, api):
        chatwoot = Chatwoot(bot, deliveries, api.url, ACCOUNT, timeout_s=0.4, clock=clock)

        def mounted(posted: Posted) -> int:
            return chatwoot.handle(posted.headers, posted.body).status

        with receiving(mounted) as host:
            server.bot_url = host.url + "/chatwoot"
            yield World(server, api, host, chatwoot, desk, clock)
        chatwoot.close()
    for one in (desk, store, deliveries):
        one.close()


def test_the_bot_answers_while_the_conversation_is_pending(world: World) -> None:
    world.customer("发票怎么开")
    world.customer("运费怎么算")
    assert world.said == ["在订单详情点“申请发票”。", "满 99 元包邮。"]
    assert (world.status, world.notes, world.tickets()) == ("pending", [], [])


def test_a_handoff_opens_the_conversation_with_all_the_context_in_a_private_note(world: World) -> None:
    world.customer("发票怎么开")
    world.customer(f"转人工，我的电话{PHONE}")
    assert world.status == "open"
    ticket, (note,) = world.ticket(), world.notes
    assert (ticket.state, ticket.channel) == ("queued", "chatwoot")
    for part in (ticket.id, *ticket.summary, "发票怎么开", "客户：发票怎么开", "机器人：在订单详情点", "138****0001"):
        assert part in note
    assert PHONE not in note
    assert len(world.said) == 2
    assert "人工" in world.said[1]


def test_the_bot_is_silent_while_people_have_the_conversation_and_the_desk_reads_along(world: World) -> None:
    world.customer("转人工")
    before = world.said
    world.customer("运费怎么算")
    world.agent("您好，我是小周")
    world.agent("先问问仓库", private=True)
    world.customer(f"好的，电话{PHONE}")
    assert world.said == before
    ticket = world.ticket()
    assert (ticket.state, ticket.agent) == ("active", "小周#3")
    told = [(m.who, m.by, m.text) for m in world.desk.messages(ticket.id) if m.who != "bot"]
    assert told == [
        ("customer", "", "运费怎么算"), ("agent", "小周#3", "您好，我是小周"), ("customer", "", "好的，电话138****0001"),
    ]  # fmt: skip
    assert world.desk.outbox() == []


def test_another_agent_goes_on_and_the_ticket_is_theirs(world: World) -> None:
    world.customer("转人工")
    world.agent("您好")
    world.agent("我来接着处理", by=WANG)
    assert (world.ticket().state, world.ticket().agent) == ("active", "小王#4")


def test_resolved_there_is_resolved_here_and_the_next_question_is_the_bots(world: World) -> None:
    world.customer("转人工")
    world.agent("补发了")
    world.server.set_status(TALK, "resolved")
    world.settle()
    ticket = world.ticket()
    assert (ticket.state, ticket.steps[-1].by.id) == ("resolved", "小周#3")
    assert "「转人工」" in world.said[-1]  # the customer is told that the bot is there again
    world.customer("发票怎么开")
    assert world.said[-1] == "在订单详情点“申请发票”。"
    world.customer("转人工")
    assert sorted(one.state for one in world.tickets()) == ["queued", "resolved"]
    assert (world.status, len(world.notes)) == ("open", 2)


def test_a_conversation_that_nobody_had_taken_can_be_resolved(world: World) -> None:
    world.customer("转人工")
    world.server.set_status(TALK, "resolved")
    world.settle()
    assert world.ticket().state == "resolved"


def test_pending_again_is_the_bots_again(world: World) -> None:
    world.customer("转人工")
    world.agent("机器人能答")
    world.server.set_status(TALK, "pending")
    world.settle()
    assert world.ticket().state == "returned_to_bot"
    assert "智能客服" in world.said[-1]
    world.customer("运费怎么算")
    assert world.said[-1] == "满 99 元包邮。"


def test_pending_again_is_noticed_by_the_next_message_where_chatwoot_does_not_tell(world: World) -> None:
    world.customer("转人工")
    world.agent("机器人能答")
    world.server.statuses[TALK] = "pending"
    world.customer("运费怎么算")
    assert world.ticket().state == "returned_to_bot"
    assert "满 99 元包邮。" in world.said


def test_an_agent_who_stays_silent_loses_the_conversation_to_the_bot(world: World) -> None:
    world.customer("转人工")
    world.agent("您好")
    world.customer("在吗")
    world.desk.tick(utc_now() + timedelta(minutes=16))
    world.settle()
    assert (world.ticket().state, world.status) == ("returned_to_bot", "pending")


def test_after_hours_the_bot_takes_a_message_and_the_conversation_opens_with_the_desk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = world.desk.file
    monkeypatch.setattr(world.desk, "file", lambda ticket: filed(ticket.model_copy(update={"state": "after_hours"})))
    world.customer("转人工")
    assert (world.status, world.ticket().state, len(world.notes)) == ("pending", "after_hours", 1)
    world.customer(PHONE)
    assert "138****0001" in world.said[-1]
    world.desk.tick(utc_now())
    world.settle()
    assert (world.status, world.ticket().state, len(world.notes)) == ("open", "queued", 1)


def test_an_answer_from_the_desk_reaches_the_conversation_once(world: World) -> None:
    world.customer("转人工")
    li = Actor(kind="agent", id="li")
    world.desk.move(world.ticket().id, "assigned", li, utc_now())
    world.desk.move(world.ticket().id, "active", li, utc_now())
    world.desk.say(world.ticket().id, Message(key="a1", who="agent", by="li", text="我是小李", at=utc_now()))
    world.settle()
    world.settle()
    assert world.said.count("我是小李") == 1
    assert (world.status, world.desk.outbox(), len(world.notes)) == ("open", [], 1)


# what goes wrong


def test_a_webhook_that_is_delivered_again_changes_nothing(world: World) -> None:
    events: list[dict] = []
    real = world.server.webhook
    world.server.webhook = lambda event, **more: events.append(event) or real(event, **more)  # type: ignore[method-assign]
    world.customer("发票怎么开")
    world.customer("转人工")
    world.agent("您好")
    world.customer("谢谢")
    before = (world.said, world.notes, world.ticket(), world.desk.messages(world.ticket().id))
    for event in list(events):
        assert real(event) == 200
    world.settle()
    assert (world.said, world.notes, world.ticket(), world.desk.messages(world.ticket().id)) == before


def test_an_agents_old_message_delivered_late_does_not_take_the_next_ticket(world: World) -> None:
    world.customer("转人工")
    world.server.agent(TALK, "您好")
    late = world.server.events[-1]
    world.settle()
    world.server.set_status(TALK, "resolved")
    world.settle()
    world.customer("转人工")
    assert world.server.webhook(late) == 200
    assert sorted(one.state for one in world.tickets()) == ["queued", "resolved"]


@pytest.mark.parametrize("failure", [500, 502, 503, 429, "silent", "reset"])
def test_what_chatwoot_did_not_take_is_sent_again_in_its_order(world: World, failure: int | str) -> None:
    world.api.answers = [failure]
    world.customer("转人工")
    assert (world.said, world.notes, world.status) == ([], [], "pending")
    world.clock.ahead += timedelta(seconds=6)
    world.settle()
    assert (len(world.said), len(world.notes), world.status) == (1, 1, "open")
    sent = [posted.path.rpartition("/")[2] for posted in world.api.taken]
    assert sent == ["messages", "messages", "toggle_status"]


def test_a_message_that_arrived_though_its_answer_was_lost_is_not_sent_again(world: World) -> None:
    world.api.answers = ["lost"]
    world.customer("发票怎么开")
    world.clock.ahead += timedelta(minutes=10)
    world.settle()
    assert world.said == ["在订单详情点“申请发票”。"]
    assert len(world.api.posted) == 1


@pytest.mark.parametrize("refusal", [401, 403, 404, 422])
def test_what_chatwoot_refuses_is_not_sent_again_and_is_logged(
    world: World, refusal: int, caplog: pytest.LogCaptureFixture
) -> None:
    world.api.answers = [refusal]
    message = world.customer("发票怎么开")
    world.clock.ahead += timedelta(hours=2)
    world.settle()
    assert (world.said, len(world.api.posted)) == ([], 1)
    assert f"{message} reply" in caplog.text
    world.customer("运费怎么算")
    assert world.said == ["满 99 元包邮。"]


def test_a_desk_that_fails_lets_chatwoot_send_the_message_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = world.desk.of_session, 0

    def of_session(session_id: str) -> Ticket | None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise StoreError("no disk")
        return real(session_id)

    monkeypatch.setattr(world.desk, "of_session", of_session)
    world.customer("发票怎么开")
    assert world.server.answered[:2] == [500, 200]
    assert (world.said, world.status) == (["在订单详情点“申请发票”。"], "pending")


def test_a_handoff_that_was_interrupted_is_completed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies when the ticket is filed and nothing is in the outbox yet; Chatwoot gives the conversation to people."""

    def dies(*_: object, **__: object) -> None:
        raise SystemExit

    world.server.customer(TALK, "转人工")
    event = json.dumps(world.server.events.pop()).encode()
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(world.chatwoot, "_secret", None)
        patch.setattr(world.chatwoot, "_put_message", dies)
        world.chatwoot.handle({}, event)
    assert (world.notes, world.ticket().state) == ([], "queued")
    world.settle()
    assert (len(world.notes), world.status) == (1, "open")


def test_what_is_not_signed_or_not_now_is_refused(world: World) -> None:
    world.server.customer(TALK, "转人工")
    event = world.server.events.pop()
    assert world.server.webhook(event, secret="another") == 401
    assert world.server.webhook(event, at=utc_now() - timedelta(minutes=6)) == 401
    assert world.server.webhook(event, at=utc_now() + timedelta(minutes=6)) == 401
    body = b'{"event": "message_created"}'
    assert world.chatwoot.handle({}, body).status == 401
    assert (world.tickets(), world.said, world.api.posted) == ([], [], [])
    assert world.server.webhook(event) == 200
    assert world.status == "open"


def test_what_does_not_concern_the_bot_is_let_pass(world: World) -> None:
    world.server.customer(TALK, "发票怎么开")
    event = world.server.events.pop()
    for other in (
        event | {"account": {"id": ACCOUNT + 1}}, event | {"event": "message_updated"}, {"event": "webwidget_triggered"},
        event | {"private": True, "message_type": "outgoing", "sender": ZHOU}, {"event": "conversation_resolved", "id": 99},
        event | {"message_type": "template"},
    ):  # fmt: skip
        assert world.server.webhook(other) == 200
    assert world.server.webhook({"no": "event"}) == 400
    assert world.api.posted == []


def test_a_message_without_words_is_answered_too(world: World) -> None:
    world.server.customer(TALK, "")
    world.server.events[-1]["content"] = None
    world.settle()
    assert len(world.said) == 1


def test_nothing_personal_or_secret_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="csbot")
    world.api.answers = [500, 404]
    world.customer(f"转人工，电话{PHONE}")
    assert caplog.text
    assert not any(secret in caplog.text for secret in (TOKEN, SECRET, PHONE))


def test_settings_that_can_not_work_are_refused(
    small_kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/csbot.db"
    deliveries = Deliveries(url)
    with pytest.raises(ConfigError, match="store"):
        Chatwoot(Chatbot(small_kb), deliveries, "https://example.com", 1, token="t", secret="s")
    monkeypatch.delenv("CHATWOOT_BOT_TOKEN", raising=False)
    bot = Chatbot(small_kb, store=open_store(url), desk=open_desk(url))
    with pytest.raises(ConfigError, match="CHATWOOT_BOT_TOKEN"):
        Chatwoot(bot, deliveries, "https://example.com", 1, secret="s")
    with pytest.raises(ConfigError, match="网址"):
        Chatwoot(bot, deliveries, "example.com", 1, token="t", secret="s")


def test_the_invitation_goes_to_the_conversation_and_its_answer_to_the_ticket(world: World) -> None:
    rules = FollowUpRules(share=1.0, hours=(0, 24))
    world.chatwoot._first = lambda session, text: take_answer(world.desk, session, text, world.clock(), rules)
    world.customer("转人工")
    world.agent("补发了")
    world.server.set_status(TALK, "resolved")
    world.settle()
    world.clock.ahead += timedelta(hours=1)
    for _ in range(2):
        ask_due(world.desk, world.chatwoot.say, world.clock(), rules)
        world.settle()
    assert world.said[-1] == invitation(world.desk.queue(states=("followed_up",))[0])
    before = len(world.said)
    world.customer("5分，小周很耐心")
    ticket = world.desk.queue(states=("followed_up",))[0]
    assert (ticket.rating, ticket.comment, len(world.said)) == (5, "小周很耐心", before + 1)
    world.customer("发票怎么开")
    assert world.said[-1] == "在订单详情点“申请发票”。"
