"""A merchant's own system over HTTP: what it is told, that nothing is lost or doubled, and what its agents do at the desk."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from receiver import Receiver, receiving

from csbot.errors import ConfigError, StoreError
from csbot.handoff import open_desk
from csbot.handoff.deliveries import Deliveries
from csbot.handoff.desk import Desk
from csbot.handoff.signing import SIGNATURE, TIMESTAMP, sign, verify
from csbot.handoff.webhook import EVENT_ID, Webhook
from csbot.handoff.webhook_events import WebhookEvent, event_schema
from csbot.handoff.webhook_replies import Answer, Replies
from csbot.models import Actor, Line, Note
from desk_contract import LI, NOON, active, after, message, ticket

SECRET = "s3cret-of-the-webhook"
PHONE = "13800000001"
ZHOU = "zhou"


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = NOON + timedelta(minutes=5)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/desk.db"


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    desk = open_desk(url, personal=True)
    yield desk
    desk.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def webhook(desk: Desk, url: str, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    monkeypatch.setenv("CSBOT_WEBHOOK_SECRET", SECRET)
    webhook = Webhook(desk, url, receiver.url + "/csbot?key=in-the-url", timeout_s=0.3, clock=clock)
    yield webhook
    webhook.close()


def taken(receiver: Receiver) -> list[str]:
    return [posted.json["id"] for posted in receiver.taken]


def whole_life(desk: Desk) -> list[str]:
    """A ticket from its opening to its end, with messages both ways; ids of the events of it."""
    active(desk)
    desk.hear("T0", message("c1", "门锁打不开", at=after(minutes=2)))
    desk.say("T0", message("a1", "马上来", who="agent", by="li", at=after(minutes=3)))
    desk.hear("T0", message("c2", "谢谢", at=after(minutes=4)))
    desk.move("T0", "resolved", LI, after(minutes=5), "换了电池")
    return ["opened", "step-1", "step-2", "message-1", "message-3", "step-3", "message-4"]  # 4: that it is over


def test_every_step_and_message_arrives_signed_in_order_and_once(
    desk: Desk, webhook: Webhook, receiver: Receiver, clock: Clock
) -> None:
    expected = [f"T0-{name}" for name in whole_life(desk)]
    assert webhook.forward().arrived == expected
    assert webhook.forward().arrived == []
    assert taken(receiver) == expected
    for posted in receiver.posted:
        assert posted.path == "/csbot?key=in-the-url"
        assert verify(posted.headers, posted.body, SECRET, clock())
        assert posted.headers[EVENT_ID.lower()] == posted.json["id"]
        WebhookEvent.model_validate_json(posted.body)
    opened = receiver.posted[0].json
    assert (opened["type"], opened["schema_version"], opened["ticket"]["summary"]) == (
        "ticket.opened",
        1,
        ["一", "问题：门锁没电"],
    )
    moved = receiver.posted[2].json
    assert (moved["type"], moved["step"]["state"], moved["step"]["by"]["id"]) == ("ticket.moved", "active", "li")
    said = receiver.posted[3].json
    assert (said["type"], said["message"]["text"], said["ticket"]) == ("message.created", "门锁打不开", None)


def test_what_happens_between_rounds_is_told_by_the_next(desk: Desk, webhook: Webhook, receiver: Receiver) -> None:
    desk.file(ticket())
    webhook.forward()
    desk.claim("li", after(minutes=1))
    desk.hear("T0", message("c1"))
    desk.file(ticket(1))
    assert sorted(webhook.forward().arrived) == ["T0-message-1", "T0-step-1", "T1-opened"]
    desk.tick(after(minutes=4))  # nobody took it up
    assert webhook.forward().arrived == ["T0-step-2"]
    assert len(taken(receiver)) == len(set(taken(receiver))) == 5


@pytest.mark.parametrize("failure", [500, 502, 503, 429, 408, "silent", "reset"])
def test_failures_that_pass_are_sent_again_later_with_the_same_id(
    desk: Desk, webhook: Webhook, receiver: Receiver, clock: Clock, failure: int | str
) -> None:
    desk.file(ticket())
    desk.claim("li", after(minutes=1))
    receiver.answers = [failure, failure]
    assert webhook.forward().failed == ["T0-opened"]
    assert webhook.forward().failed == []  # not at once: the receiver is left alone for some seconds
    assert len(receiver.posted) == 1
    clock.forward(seconds=6)
    assert webhook.forward().failed == ["T0-opened"]
    clock.forward(seconds=11)
    assert webhook.forward().arrived == ["T0-opened", "T0-step-1"]
    assert [posted.json["id"] for posted in receiver.posted] == ["T0-opened"] * 3 + ["T0-step-1"]
    assert all(verify(posted.headers, posted.body, SECRET, clock()) for posted in receiver.posted[2:])


def test_an_answer_that_gets_lost_doubles_the_delivery_but_not_its_id(
    desk: Desk, webhook: Webhook, receiver: Receiver, clock: Clock
) -> None:
    desk.file(ticket())
    receiver.answers = ["lost"]
    webhook.forward()
    clock.forward(seconds=6)
    webhook.forward()
    assert taken(receiver) == ["T0-opened", "T0-opened"]


@pytest.mark.parametrize("refusal", [400, 401, 403, 404, 410, 422, 302])
def test_refusals_are_not_sent_again_by_themselves_and_hold_nothing_up(
    desk: Desk, webhook: Webhook, receiver: Receiver, clock: Clock, refusal: int, caplog: pytest.LogCaptureFixture
) -> None:
    desk.file(ticket())
    desk.claim("li", after(minutes=1))
    receiver.answers = [refusal]
    sent = webhook.forward()
    assert (sent.refused, sent.arrived) == (["T0-opened"], ["T0-step-1"])
    clock.forward(days=2)
    webhook.forward()
    assert len(receiver.posted) == 2
    assert webhook.refused() == {"T0-opened": f"HTTP {refusal}"}
    assert "T0-opened" in caplog.text
    assert webhook.resend() == 1
    assert webhook.forward().arrived == ["T0-opened"]
    assert webhook.refused() == {}


def test_a_receiver_says_how_long_it_wants_to_be_left_alone(
    desk: Desk, webhook: Webhook, receiver: Receiver, clock: Clock
) -> None:
    desk.file(ticket())
    receiver.answers, receiver.retry_after = [429], "120"
    webhook.forward()
    clock.forward(seconds=119)
    assert webhook.forward().arrived == []
    clock.forward(seconds=2)
    assert webhook.forward().arrived == ["T0-opened"]


def test_a_receiver_that_is_away_is_not_tried_for_every_ticket(
    desk: Desk, webhook: Webhook, receiver: Receiver, clock: Clock
) -> None:
    for number in range(8):
        desk.file(ticket(number))
    receiver.answers = [503] * 8
    assert len(webhook.forward().failed) == 3
    receiver.answers = []
    assert len(webhook.forward().arrived) == 5
    clock.forward(seconds=6)
    assert len(webhook.forward().arrived) == 3
    assert sorted(taken(receiver)) == sorted(f"T{n}-opened" for n in range(8))


def test_one_bad_ticket_holds_up_no_other(desk: Desk, webhook: Webhook, receiver: Receiver) -> None:
    desk.file(ticket(0))
    desk.file(ticket(1))
    receiver.answers = [500]
    sent = webhook.forward()
    assert (sent.failed, sent.arrived) == (["T0-opened"], ["T1-opened"])


@pytest.mark.parametrize("step", range(1, 9))
def test_a_crash_after_any_write_loses_nothing_and_doubles_no_id(
    desk: Desk, url: str, webhook: Webhook, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The process dies right after the outbox was written for the nth time; another one goes on."""

    class Died(BaseException):
        pass

    writes = 0
    for name in ("put", "take", "arrived"):
        real = getattr(webhook.deliveries, name)

        def write(*args: object, real: object = real, **kwargs: object) -> object:
            nonlocal writes
            result = real(*args, **kwargs)  # type: ignore[operator]
            writes += 1
            if writes == step:
                raise Died
            return result

        monkeypatch.setattr(webhook.deliveries, name, write)
    expected = [f"T0-{name}" for name in whole_life(desk)]
    with pytest.raises(Died):
        webhook.forward()
    clock.forward(seconds=61)
    again = Webhook(desk, url, receiver.url, SECRET, clock=clock)
    again.forward()
    assert sorted(set(taken(receiver))) == sorted(expected)
    assert list(dict.fromkeys(taken(receiver))) == expected
    again.close()


def test_two_that_forward_at_once_send_each_event_once(desk: Desk, url: str, receiver: Receiver, clock: Clock) -> None:
    from store_contract import at_once

    for number in range(6):
        desk.file(ticket(number))
    webhooks = [Webhook(desk, url, receiver.url, SECRET, clock=clock) for _ in range(3)]
    at_once(3, lambda n: webhooks[n].forward())
    for webhook in webhooks:
        webhook.forward()
        webhook.close()
    assert sorted(taken(receiver)) == [f"T{n}-opened" for n in range(6)]


def test_on_postgresql_it_is_the_same(postgres_url: str, receiver: Receiver, clock: Clock) -> None:
    from store_contract import at_once

    desk = open_desk(postgres_url)
    expected = [f"T0-{name}" for name in whole_life(desk)]
    webhooks = [Webhook(desk, postgres_url, receiver.url, SECRET, clock=clock) for _ in range(3)]
    receiver.answers = [500]
    assert webhooks[0].forward().failed == ["T0-opened"]
    for number in range(1, 7):
        desk.file(ticket(number))
    clock.forward(seconds=6)
    at_once(3, lambda n: webhooks[n].forward())
    webhooks[0].forward()
    assert [name for name in taken(receiver) if name.startswith("T0-")] == expected
    assert sorted(taken(receiver)) == sorted([*expected, *(f"T{n}-opened" for n in range(1, 7))])
    assert webhooks[0].deliveries.waiting("webhook") == 0
    replies = Replies(desk, webhooks[0].deliveries, SECRET, clock=clock)
    answers = at_once(4, lambda _: act(replies, clock, "reply", "您好", ticket_id="T1").status)
    assert 200 in answers
    assert act(replies, clock, "reply", "您好", ticket_id="T1").status == 200
    assert [m.text for m in desk.messages("T1")] == ["您好"]
    for webhook in webhooks:
        webhook.close()
    desk.close()


def test_a_desk_that_is_not_the_one_of_the_url_is_told_and_not_waited_for(
    desk: Desk, receiver: Receiver, tmp_path: Path
) -> None:
    mistyped = f"sqlite:///{tmp_path}/other.db"
    other = open_desk(mistyped)
    other.file(ticket())
    webhook = Webhook(desk, mistyped, receiver.url, SECRET)
    with pytest.raises(ConfigError, match="同一个库"):
        webhook.forward()
    webhook.close()
    other.close()


def test_two_receivers_get_everything_each(desk: Desk, url: str, webhook: Webhook, receiver: Receiver, clock: Clock) -> None:
    with receiving() as crm:
        other = Webhook(desk, url, crm.url, SECRET, name="crm", since=after(minutes=1), clock=clock)
        desk.file(ticket(0))
        desk.file(ticket(1))
        webhook.forward()
        other.forward()
        other.close()
        assert (sorted(taken(receiver)), taken(crm)) == (["T0-opened", "T1-opened"], ["T1-opened"])


def test_what_is_personal_is_masked_unless_the_receiver_may_read_it(
    desk: Desk, url: str, webhook: Webhook, receiver: Receiver, clock: Clock
) -> None:
    desk.file(ticket().model_copy(update={"transcript": [Line(who="customer", text="138****0001")]}))
    desk.reach("T0", PHONE)
    desk.hear("T0", message("c1", f"打 {PHONE}"))
    desk.note("T0", Note(by=LI, at=NOON, text=f"回电 {PHONE}"))
    webhook.forward()
    assert PHONE.encode() not in b"".join(posted.body for posted in receiver.posted)
    allowed = Webhook(desk, url, receiver.url, SECRET, name="own", personal=True, clock=clock)
    allowed.forward()
    assert receiver.posted[-1].json["message"]["text"] == f"打 {PHONE}"
    assert receiver.posted[-2].json["ticket"]["contact"] == PHONE
    allowed.close()


def test_nothing_secret_is_logged(desk: Desk, webhook: Webhook, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="httpcore")
    desk.file(ticket())
    receiver.answers = [500, 404]
    webhook.forward()
    assert "T0-opened" in caplog.text
    assert not any(secret in caplog.text for secret in (SECRET, "in-the-url", "sha256="))


def test_settings_that_can_not_work_are_refused(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CSBOT_WEBHOOK_SECRET", raising=False)
    with pytest.raises(ConfigError, match="CSBOT_WEBHOOK_SECRET"):
        Webhook(desk, url, "https://example.com")
    for wrong in ("example.com/hook", "ftp://example.com", "http://"):
        with pytest.raises(ConfigError, match="网址"):
            Webhook(desk, url, wrong, SECRET)


def test_the_schema_of_events_is_exported() -> None:
    schema = event_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == set(WebhookEvent.model_fields)


# what comes back


@pytest.fixture
def replies(desk: Desk, url: str, clock: Clock) -> Iterator[Replies]:
    deliveries = Deliveries(url)
    yield Replies(desk, deliveries, SECRET, clock=clock)
    deliveries.close()


def act(replies: Replies, clock: Clock, action: str, text: str = "", /, *, id: str = "", **more: object) -> Answer:
    """What a signed request is answered."""
    asked = {"id": id or f"{action} {text}", "ticket_id": "T0", "action": action, "agent": ZHOU, "text": text} | more
    body = json.dumps(asked, ensure_ascii=False).encode()
    timestamp = str(int(clock().timestamp()))
    return replies.handle({SIGNATURE: sign(body, SECRET, timestamp), TIMESTAMP: timestamp}, body)


def test_an_agent_elsewhere_takes_answers_and_resolves(desk: Desk, replies: Replies, clock: Clock) -> None:
    desk.file(ticket())
    assert act(replies, clock, "reply", "您好，马上处理").status == 200
    assert act(replies, clock, "note", f"客户电话 {PHONE}").status == 200
    ended = act(replies, clock, "resolve", "补发了")
    assert (ended.status, json.loads(ended.body)) == (200, {"result": "done", "state": "resolved"})
    kept = desk.get("T0")
    assert kept is not None
    assert [(step.state, step.by.id) for step in kept.steps] == [("assigned", ZHOU), ("active", ZHOU), ("resolved", ZHOU)]
    assert [note.text for note in kept.notes] == [f"客户电话 {PHONE}"]
    assert next(m.text for m in desk.outbox()) == "您好，马上处理"


def test_a_ticket_goes_back_to_the_bot(desk: Desk, replies: Replies, clock: Clock) -> None:
    desk.file(ticket())
    act(replies, clock, "take")
    assert act(replies, clock, "return", "机器人能答").status == 200
    kept = desk.get("T0")
    assert kept is not None
    assert (kept.state, kept.steps[-1].note) == ("returned_to_bot", "机器人能答")


def test_the_same_action_delivered_again_is_done_once(desk: Desk, replies: Replies, clock: Clock) -> None:
    desk.file(ticket())
    for _ in range(3):
        assert act(replies, clock, "reply", "您好", id="r1").status == 200
        assert act(replies, clock, "note", "记一下", id="n1").status == 200
    assert [m.text for m in desk.messages("T0")] == ["您好"]
    act(replies, clock, "resolve", "好了", id="end")
    desk.move("T0", "queued", Actor(kind="customer"), clock(), "又坏了")
    late = act(replies, clock, "resolve", "好了", id="end")
    assert (late.status, json.loads(late.body)) == (200, {"result": "repeated", "state": "queued"})


@pytest.mark.parametrize(("action", "text"), [("reply", "您好"), ("note", f"打 {PHONE}"), ("resolve", "好了")])
@pytest.mark.parametrize("personal", [True, False])
def test_an_action_done_before_a_crash_and_not_marked_is_done_once(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, action: str, text: str, personal: bool
) -> None:
    desk, deliveries = open_desk(url, personal=personal), Deliveries(url)
    replies = Replies(desk, deliveries, SECRET, clock=clock)
    desk.file(ticket())
    act(replies, clock, "take")

    def dies(*_: object) -> None:
        raise StoreError("no disk")

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "see", dies)
        assert act(replies, clock, action, text).status == 503
    clock.forward(seconds=3)
    assert act(replies, clock, action, text).status == 200
    kept = desk.get("T0")
    assert kept is not None
    done = {"reply": [m for m in desk.messages("T0") if m.who == "agent"], "note": kept.notes, "resolve": kept.steps[2:]}
    assert len(done[action]) == 1
    deliveries.close()
    desk.close()


def test_what_is_not_signed_or_not_now_is_refused_and_changes_nothing(desk: Desk, replies: Replies, clock: Clock) -> None:
    desk.file(ticket())
    body = json.dumps({"id": "1", "ticket_id": "T0", "action": "take", "agent": ZHOU}).encode()
    now = int(clock().timestamp())

    def signed(timestamp: object, secret: str = SECRET, of: bytes = body) -> dict[str, str]:
        return {SIGNATURE: sign(of, secret, str(timestamp)), TIMESTAMP: str(timestamp)}

    wrong = [
        {}, signed(now, "other secret"), signed(now, of=b"{}"), signed(now - 301), signed(now + 301), signed(""), signed("²"),
        signed(f"{now}.0"), signed(now) | {TIMESTAMP: str(now - 1)}, {TIMESTAMP: str(now)}, {SIGNATURE: signed(now)[SIGNATURE]},
        signed(now) | {SIGNATURE: "sha256=" + "é" * 64}, signed("9" * 40),
    ]  # fmt: skip
    assert [replies.handle(headers, body).status for headers in wrong] == [401] * len(wrong)
    assert desk.get("T0") == ticket()
    assert replies.handle({name.upper(): value for name, value in signed(now - 299).items()}, body).status == 200


def test_what_makes_no_sense_is_told_so(desk: Desk, replies: Replies, clock: Clock) -> None:
    desk.file(ticket())
    for wrong in ({"action": "delete"}, {"agent": " "}, {"id": "x" * 300}, {"schema_version": 2}, {"more": 1}):
        assert act(replies, clock, "take", **wrong).status == 400
    assert act(replies, clock, "reply", "  ").status == 400
    assert act(replies, clock, "take", ticket_id="T9").status == 404
    assert act(replies, clock, "reply", "长" * 30_000).status == 413
    act(replies, clock, "take")
    assert act(replies, clock, "take", id="other", agent="li").status == 409
    assert json.loads(act(replies, clock, "take", agent="li", id="again").body)["error"].startswith("工单 T0")
    now = str(int(clock().timestamp()))
    assert replies.handle({SIGNATURE: sign(b"[", SECRET, now), TIMESTAMP: now}, b"[").status == 400
