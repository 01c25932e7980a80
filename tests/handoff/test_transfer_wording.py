"""What the customer is told around a transfer: only what is true, in changing words, per channel."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from csbot.handoff.hours import OpeningHours
from csbot.handoff.routing_table import default_table
from csbot.handoff.wording import tell_transfer
from csbot.models import Line, Signal, Ticket, Waiting
from csbot.resources import load_yaml

NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)  # Friday noon in China
WORDS = load_yaml("csbot.handoff.data", "transfer.yaml")
OFFICE = default_table().model_copy(
    update={
        "hours": OpeningHours.model_validate({"week": {"周一": ["9:00-18:00"], "周五": ["13:00-18:00"]}, "holidays": False})
    }
)


def ticket(*said: str, **fields: object) -> Ticket:
    lines = [Line(who="customer", text=text) for text in said or ("转人工",)]
    base = {"session_id": "s", "customer_id": "u", "channel": "web", "reason": "customer_wish", "transcript": lines}
    return Ticket.model_validate(base | {"created": NOON} | fields)


def told(opened: Ticket, turn: int = 0, **fields: object) -> str:
    return tell_transfer("好的，已转接。", opened, OFFICE, turn, **fields)  # type: ignore[arg-type]


def test_it_begins_with_the_opening_and_says_what_was_passed_on() -> None:
    opened = ticket("查订单", "138****0001", "转人工", slots={"phone": "138****0001"}, titles={"phone": "手机号"})
    assert told(opened) == "好的，已转接。前面的对话和您提供的手机号已一并转交，您不用再说一遍。"


def test_a_single_message_is_no_conversation() -> None:
    assert told(ticket()) == "好的，已转接。您说的情况已一并转交，您不用再说一遍。"


def test_a_proven_order_is_named_instead_of_its_number_as_a_slot() -> None:
    slots, titles = {"order_id": "QH20******12"}, {"order_id": "订单号"}
    assert "订单 QH202611030012已" in told(ticket(order_id="QH202611030012", slots=slots, titles=titles))
    assert "订单号" not in told(ticket(order_id="QH202611030012", slots=slots, titles=titles))


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (None, ()), (Waiting(), ()), (Waiting(ahead=0), ("第一位",)), (Waiting(ahead=3), ("3 位",)),
        (Waiting(ahead=3, minutes=7.6), ("3 位", "8 分钟")), (Waiting(ahead=1, minutes=0.2), ("1 位", "1 分钟")),
        (Waiting(minutes=5), ()),
    ],
)  # fmt: skip
def test_the_wait_is_told_only_where_it_is_known(waiting: Waiting | None, words: tuple[str, ...]) -> None:
    text = told(ticket(), waiting=waiting)
    assert all(word in text for word in words)
    assert ("位" in text, "分钟" in text) == (any("位" in w for w in words), any("分钟" in w for w in words))


def test_after_hours_it_says_when_somebody_is_there_and_asks_for_a_phone_number() -> None:
    text = told(ticket(state="after_hours"), waiting=Waiting(ahead=3))
    assert "今天 13:00 起" in text
    assert "手机号" in text
    assert "补充" in text
    assert "3 位" not in text


def test_a_phone_number_that_is_known_is_not_asked_for() -> None:
    text = told(ticket(state="after_hours", slots={"phone": "138****0001"}))
    assert "138****0001" in text
    assert "请留" not in text


def test_the_next_opening_is_said_as_people_say_it() -> None:
    evening = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
    assert "11月23日 9:00" in told(ticket(state="after_hours", created=evening))
    sunday = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    assert "明天 9:00" in told(ticket(state="after_hours", created=sunday))


def test_without_opening_hours_no_time_is_promised() -> None:
    text = tell_transfer("", ticket(state="after_hours"), default_table(), 0)
    assert "登记" in text
    assert ":" not in text


def test_customers_who_came_before_are_told_that_the_record_is_read() -> None:
    assert "记录" in told(ticket(earlier=["s0"]))
    assert "记录" not in told(ticket())


@pytest.mark.parametrize(("score", "first"), [(1.0, True), (0.8, False)])
def test_danger_comes_first(score: float, first: bool) -> None:
    signals = [Signal(name="urgency", score=score, text="着火", reason="r")]
    assert (told(ticket(signals=signals)).index("好的，已转接。") > 0) is first


def test_advice_follows_on_a_line_of_its_own() -> None:
    assert told(ticket(), advice="关总阀。").endswith("\n等候时您可以先这样处理：关总阀。")


def test_each_time_another_wording_is_taken() -> None:
    assert told(ticket(), 0) != told(ticket(), 1)
    assert told(ticket(), 0) == told(ticket(), 2)


def test_a_channel_has_words_of_its_own_and_else_those_of_all() -> None:
    wechat = ticket(state="after_hours", channel="wechat")
    assert told(wechat) != told(wechat.model_copy(update={"channel": "web"}))
    assert told(wechat.model_copy(update={"channel": "fax"})) == told(wechat.model_copy(update={"channel": "web"}))


def test_every_channel_words_only_what_all_have_and_in_several_ways() -> None:
    for name, words in WORDS.items():
        assert set(words) <= set(WORDS["default"]), name
        assert all(isinstance(w, str) or len(w) >= 2 for w in words.values()), name
