"""An order as one tells it: status, the latest event, times in words, and what comes next."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from csbot.dialogue.order_in_hand import is_follow_up
from csbot.dialogue.telling import date_in_words, has_passed, kind_of, tell, time_in_words
from csbot.models import Order
from csbot.resources import load_yaml

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 22, 14, 30, tzinfo=CHINA)
DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (0, 0, "今天凌晨0点"), (4, 59, "今天凌晨4点59分"), (5, 0, "今天早上5点"), (8, 5, "今天早上8点05分"), (9, 0,
        "今天上午9点"),
        (11, 59, "今天上午11点59分"), (12, 0, "今天中午12点"), (13, 0, "今天下午1点"), (17, 30, "今天下午5点30分"),
        (18, 0, "今天晚上6点"), (23, 1, "今天晚上11点01分"),
    ],
)  # fmt: skip
def test_the_time_of_day_is_said_as_people_say_it(hour: int, minute: int, words: str) -> None:
    assert time_in_words(NOW.replace(hour=hour, minute=minute), NOW) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 20, 9, tzinfo=CHINA), "前天上午9点"),
        (datetime(2026, 11, 21, 23, 59, tzinfo=CHINA), "昨天晚上11点59分"),
        (datetime(2026, 11, 23, 0, 0, tzinfo=CHINA), "明天凌晨0点"),
        (datetime(2026, 11, 24, 15, tzinfo=CHINA), "后天下午3点"),
        (datetime(2026, 11, 19, 15, tzinfo=CHINA), "11月19日下午3点"),
        (datetime(2026, 11, 25, 15, tzinfo=CHINA), "11月25日下午3点"),
        (datetime(2025, 11, 22, 15, tzinfo=CHINA), "2025年11月22日下午3点"),
    ],
)
def test_near_days_are_named_and_far_ones_dated(moment: datetime, words: str) -> None:
    assert time_in_words(moment, NOW) == words


def test_the_day_is_that_of_the_events_own_time_zone() -> None:
    """At 17:00 UTC it is already the next day in China."""
    event = datetime(2026, 11, 23, 0, 30, tzinfo=CHINA)
    assert time_in_words(event, datetime(2026, 11, 22, 17, tzinfo=timezone.utc)) == "今天凌晨0点30分"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-22", "今天"), ("2026-11-23", "明天"), ("2026-11-25", "11月25日"), ("2027-01-02", "2027年1月2日"),
        ("下周三前", "下周三前"), ("2026-13-45", "2026-13-45"),
    ],
)  # fmt: skip
def test_a_date_is_said_in_words_and_other_text_stays(value: str, words: str) -> None:
    assert date_in_words(value, NOW) == words


def test_a_date_is_counted_from_todays_date_in_china() -> None:
    """At 17:00 UTC on the 21st it is the 22nd in China."""
    assert date_in_words("2026-11-22", datetime(2026, 11, 21, 17, tzinfo=timezone.utc)) == "今天"


def order(**fields: object) -> Order:
    return Order.model_validate({"order_id": "QH202611030012", "phone": "13800000001", "name": "林晓燕"} | fields)


def said(now: datetime = NOW, **fields: object) -> str:
    return tell(order(**fields), now).text


def test_an_order_is_told_with_its_goods_its_latest_event_and_its_date() -> None:
    events = [
        {"time": "2026-11-22T09:05:00+08:00", "text": "已到达杭州。"},
        {"time": "2026-11-21T18:00:00+08:00", "text": "已揽收"},
    ]
    assert said(status="运输中", items=["门锁 Q3", "拉篮"], events=events, eta="2026-11-23") == (
        "订单 QH202611030012（门锁 Q3、拉篮）：运输中，正在送往您那里。最新进展：今天上午9点05分，已到达杭州。"
        "预计时间：明天。送到前会电话联系您，请留意接听。"
    )


def test_events_with_and_without_a_time_zone_can_be_told_together() -> None:
    events = [
        {"time": "2026-11-22T09:00:00", "text": "派送中"},
        {"time": "2026-11-22T00:30:00Z", "text": "到达"},
    ]
    assert "今天上午9点，派送中。" in said(status="派送中", events=events)


def test_an_order_without_events_or_date_is_told_all_the_same() -> None:
    assert said(status="生产中") == "订单 QH202611030012：生产中，工厂正在为您准备。完成后会安排发货，届时通知您。"


def test_an_order_without_a_status_is_being_processed() -> None:
    assert said().startswith("订单 QH202611030012：处理中。")


def test_a_status_that_nobody_foresaw_is_told_as_it_is() -> None:
    assert said(status="卡在海关") == "订单 QH202611030012：卡在海关。有新进展我们会通知您。"


@pytest.mark.parametrize("status", ["已完成", "已签收", "已取消", "待付款"])
def test_an_order_that_nothing_is_awaited_of_has_no_expected_date_and_is_never_overdue(status: str) -> None:
    told = tell(order(status=status, eta="2026-11-20"), NOW)
    assert told.offer is None
    assert "预计" not in told.text
    assert "抱歉" not in told.text


@pytest.mark.parametrize("status", ["延期", "异常", "缺货", "派送失败"])
@pytest.mark.parametrize("eta", [None, "2026-11-20", "2026-12-20"])
def test_a_delay_turns_to_an_apology_and_the_question_whether_a_human_should_follow_it_up(status: str, eta: str | None) -> None:
    told = tell(order(status=status, eta=eta), NOW)
    assert told.offer == "asked"
    assert "抱歉" in told.text
    assert told.text.endswith("要我请人工同事马上为您跟进吗？")


@pytest.mark.parametrize(("eta", "offer"), [
    ("2026-11-21", "mentioned"), ("2026-11-22", None), ("2026-11-23", None), ("2026-11-21T23:59:00+08:00", "mentioned"),
    ("下周三前", None), ("", None), (None, None),
])  # fmt: skip
def test_a_date_that_has_passed_turns_to_an_apology_too(eta: str | None, offer: str | None) -> None:
    told = tell(order(status="派送中", eta=eta), NOW)
    assert told.offer == offer
    assert ("抱歉" in told.text) == ("人工" in told.text) == (offer is not None)


def test_a_date_has_passed_when_it_has_passed_in_china() -> None:
    """At 17:00 UTC on the 22nd it is the 23rd in China."""
    assert has_passed("2026-11-22", datetime(2026, 11, 22, 17, tzinfo=timezone.utc))
    assert not has_passed("2026-11-22", datetime(2026, 11, 22, 15, tzinfo=timezone.utc))


def test_telling_an_order_gives_away_neither_phone_nor_name() -> None:
    told = said(status="已发货", eta="2026-11-23")
    assert "13800000001" not in told
    assert "林晓燕" not in told


def test_every_status_of_the_demo_orders_has_words_of_its_own() -> None:
    used = {row["status"] for row in json.loads((DATA / "orders.json").read_text(encoding="utf-8"))}
    assert {status for status in used if kind_of(status) == "other"} == set()


def test_no_status_has_two_meanings() -> None:
    words = [w for kind in load_yaml("csbot.dialogue.data", "orders.yaml")["statuses"].values() for w in kind["words"]]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    "text", ["那什么时候能到", "多久能装好", "到哪了", "发了吗", "然后呢", "再查一下", "快递单号是多少", "怎么还没到"]
)
def test_short_words_about_when_and_where_follow_up_an_order(text: str) -> None:
    assert is_follow_up(text)


@pytest.mark.parametrize(
    "text", ["你们发什么快递", "发票怎么开", "谢谢", "", "我在网上看到别人家的橱柜做得特别好看所以什么时候能到我家"]
)
def test_other_matters_do_not(text: str) -> None:
    assert not is_follow_up(text)
