"""Signals: who wants a human, who is angry, what is urgent; shown by the customer's own words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.intents.signals import CERTAIN, LIKELY, find_signals
from csbot.models import Signal
from csbot.resources import load_yaml
from csbot.text import normalise


def signal(text: str, name: str, **settings: float) -> Signal | None:
    found = [s for s in find_signals(normalise(text), **settings) if s.name == name]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    "text",
    [
        "人工", "转人工", "轉人工", "我要人工客服！！", "真人在吗", "有没有活人", "不想跟机器人说", "叫你们经理出来",
        "帮我转接客服",
        "zhuan ren gong", "给我找个真人", "来个人处理一下", "能不能让真人给我回个电话", "０人工",
    ],
)  # fmt: skip
def test_a_wish_for_a_human_is_heard(text: str) -> None:
    found = signal(text, "human_wanted")
    assert found is not None
    assert found.score >= 0.7


@pytest.mark.parametrize(
    "text",
    [
        "安装人工费多少",
        "人工石台面好吗",
        "你们是人工智能吗",
        "含人工吗",
        "多久发货",
        "发票怎么开",
        "这是人造石还是人工智能做的",
        "你好",
        "",
    ],
)
def test_words_that_only_look_like_it_are_no_wish(text: str) -> None:
    assert signal(text, "human_wanted") is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("垃圾店铺，骗子", "anger"), ("问了好几遍了，气死我了", "anger"), ("再不处理我就打12315", "complaint_threat"),
        ("等着一星差评吧", "complaint_threat"), ("孩子被锁在屋里了", "urgency"), ("门锁冒烟了", "urgency"),
        ("水管爆了家里淹了", "urgency"),
        ("帮我查一下订单", "order_wanted"), ("我的柜子做到哪了", "order_wanted"), ("查物流", "order_wanted"),
    ],
)  # fmt: skip
def test_each_kind_of_signal_is_found(text: str, name: str) -> None:
    found = signal(text, name)
    assert found is not None
    assert found.text in normalise(text)
    assert found.reason


def test_a_calm_question_shows_no_signal_at_all() -> None:
    assert find_signals("运费怎么算") == ()


def test_several_signals_are_told_apart() -> None:
    names = [s.name for s in find_signals(normalise("你们这群骗子，孩子被锁在屋里了，快转人工，不然打12315"))]
    assert sorted(names) == ["anger", "complaint_threat", "human_wanted", "urgency"]


def test_a_certain_pattern_needs_no_second_opinion() -> None:
    alone = signal("转人工", "human_wanted")
    assert alone is not None
    assert alone.score >= CERTAIN
    assert signal("转人工", "human_wanted", wants_human=0.0) == alone


def test_a_weaker_pattern_is_weighed_three_to_two_with_the_example_utterances() -> None:
    text = "叫你们经理出来"
    alone, joined = signal(text, "human_wanted"), signal(text, "human_wanted", wants_human=0.5)
    assert alone is not None
    assert joined is not None
    assert alone.score < CERTAIN
    assert joined.score == pytest.approx(0.6 * alone.score + 0.4 * 0.5, abs=1e-4)


def test_where_no_pattern_speaks_the_examples_must_speak_clearly() -> None:
    text = "这个我跟谁讲都行"
    assert signal(text, "human_wanted") is None
    assert signal(text, "human_wanted", wants_human=LIKELY - 0.01) is None
    spoken = signal(text, "human_wanted", wants_human=LIKELY)
    assert spoken is not None
    assert spoken.score == LIKELY


def test_the_examples_say_nothing_about_a_message_without_hanzi() -> None:
    assert signal("qwe123", "human_wanted", wants_human=1.0) is None


def test_the_examples_count_half_where_the_words_stand_for_another_matter() -> None:
    assert signal("这个我跟谁讲都行", "human_wanted", wants_human=0.9) is not None
    assert signal("安装人工费多少", "human_wanted", wants_human=0.9) is None


@given(st.text(), st.one_of(st.none(), st.floats(0, 1)))
def test_any_message_has_at_most_one_signal_of_each_name(text: str, wants_human: float | None) -> None:
    found = find_signals(normalise(text), wants_human=wants_human)
    assert len({s.name for s in found}) == len(found)


def rules() -> list[tuple[str, str, dict[str, object]]]:
    lists = load_yaml("csbot.intents.data", "signals.yaml")
    return [(name, kind, rule) for name, kinds in lists.items() for kind, found in kinds.items() for rule in found]


@pytest.mark.parametrize(("name", "kind", "rule"), rules())
def test_every_pattern_has_a_reason_and_never_matches_nothing(name: str, kind: str, rule: dict[str, object]) -> None:
    assert kind in ("patterns", "unless")
    assert rule["reason"]
    assert re.compile(str(rule["pattern"])).fullmatch("") is None
    assert kind == "unless" or 0 < float(str(rule["score"])) <= 1


@pytest.mark.parametrize(
    ("text", "threat"),
    [
        ("12345", False), ("单号12345", False), ("密码是12345还是打不开", False), ("尾号 12345 的订单", False),
        ("我就打12345", True), ("再不处理我拨12345了", True), ("12345投诉你们", True), ("市长热线12345见", True),
        ("12315", True),
    ],
)  # fmt: skip
def test_the_number_12345_is_a_threat_only_where_it_is_called(text: str, threat: bool) -> None:
    assert (signal(text, "complaint_threat") is not None) is threat
