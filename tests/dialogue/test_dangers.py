"""Kinds of danger are told by the words that were heard, and each has advice of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csbot.dialogue.dangers import (
    EMERGENCY,
    answer_fact,
    dangers_told,
    find_dangers,
    further_advice,
    safety_first,
    says_detail,
    says_over,
    says_where,
)
from csbot.intents.signals import find_signals, kinds_shown, shown_by_words
from csbot.resources import load_yaml

DATA = load_yaml("csbot.dialogue.data", "dangers.yaml")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("现在闻到煤气味了", ("gas",)),
        ("门锁冒烟了", ("fire",)),
        ("插座冒火花了", ("electric", "fire")),
        ("电池鼓包了", ("battery",)),
        ("小孩误吞纽扣电池", ("swallowed",)),
        ("宝宝喝了洗洁精", ("swallowed",)),
        ("头晕恶心 是不是甲醛中毒", ("fumes", "ill")),
        ("我妈晕倒了", ("ill",)),
        ("手指被柜门夹断了", ("severed", "caught")),
        ("孩子的脚卡在抽屉缝里了", ("caught",)),
        ("割到手了一直流血", ("hurt",)),
        ("灶台那边嗤嗤响，一股怪味", ("gas",)),
        ("柜子倒了压着孩子了", ("crushed", "hurt")),
        ("书架倒了，孩子压在下面", ("crushed",)),
        ("孩子卡到喉咙咳不出来", ("choking",)),
        ("两岁的娃反锁在卧室", ("trapped",)),
        ("门锁没电，钥匙在屋里，孩子一个人在家里哭", ("trapped",)),
        ("老人在里面", ("trapped",)),
        ("我妈被锁在阳台上了", ("trapped",)),
        ("半夜被锁在门外了", ("locked_out",)),
        ("师傅打我", ("violence",)),
        ("吊柜掉下来砸到头了", ("hurt",)),
        ("开水烫到手了", ("burnt",)),
        ("银行卡正在被盗刷", ("fraud",)),
        ("娃一个人在家 锁死了 灶上还开着火", ("fire", "trapped")),
        ("门锁被人撬了 贼还在里面", ("intruder",)),
        ("我不想活了", ("self_harm",)),
        ("我想死", ("self_harm",)),
        ("水管爆了家里淹了", ("water",)),
        ("出大事了", ("general",)),
    ],
)
def test_the_kind_of_danger_is_told_by_its_words(text: str, kinds: tuple[str, ...]) -> None:
    assert find_dangers(text) == kinds


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("gas", "119"),
        ("fire", "119"),
        ("electric", "120"),
        ("swallowed", "120"),
        ("ill", "120"),
        ("hurt", "120"),
        ("caught", "119"),
        ("choking", "120"),
        ("trapped", "119"),
        ("intruder", "110"),
        ("violence", "110"),
        ("burnt", "120"),
        ("severed", "120"),
        ("crushed", "119"),
        ("self_harm", "12356"),
        ("road", "12122"),
        ("general", "119"),
    ],
)
def test_whom_to_call_fits_the_danger_in_every_wording(kind: str, number: str) -> None:
    assert all(number in safety_first((kind,), turn) for turn in range(4))


def test_every_kind_has_wordings_to_take_in_turn_and_a_reason() -> None:
    for name, kind in DATA["kinds"].items():
        assert len(set(kind["safety"])) >= 2, name
        assert len(set(kind["advice"])) >= 2, name
        assert kind["reason"], name
        assert kind.get("call") or name == "general", name
        assert set(kind.get("call", ())) <= set(DATA["numbers"]), name


def test_every_rule_of_danger_names_its_kind_and_every_kind_has_a_rule() -> None:
    rules = load_yaml("csbot.intents.data", "signals.yaml")["urgency"]["shown_by"]
    assert [rule["reason"] for rule in rules if rule["score"] >= EMERGENCY and "kind" not in rule] == []
    assert {rule["kind"] for rule in rules if "kind" in rule} == set(DATA["kinds"])


def test_a_message_that_shows_danger_is_general_only_where_a_rule_says_so() -> None:
    for line in (Path(__file__).parents[1] / "intents/signal_messages.jsonl").read_text("utf-8").splitlines():
        text = json.loads(line)["text"]
        if shown_by_words(find_signals(text), "urgency") >= EMERGENCY and find_dangers(text) == ("general",):
            assert kinds_shown(text, "urgency") == ("general",), text


def test_advice_is_given_once_each_and_then_that_somebody_comes() -> None:
    told = [further_advice(("fire", "trapped"), given) for given in range(6)]
    assert told[:4] == [*DATA["kinds"]["fire"]["advice"], *DATA["kinds"]["trapped"]["advice"]]
    assert told[4:] == DATA["waiting"]


def test_what_was_said_of_danger_last_comes_first() -> None:
    assert dangers_told(["着火了", "运费怎么算", "孩子被反锁在屋里"]) == ("trapped", "fire")


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("没事了，虚惊一场", True),
        ("火已经灭了", True),
        ("孩子已经救出来了", True),
        ("好了，人出来了", True),
        ("还没事吗", False),
        ("人出不来", False),
        ("火灭不了", False),
        ("出来了很多烟", False),
    ],
)
def test_the_customer_says_when_it_is_over(text: str, over: bool) -> None:
    assert says_over(text) is over


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("我在西湖区文三路1号", True),
        ("翠苑三区5幢2单元301", True),
        ("家在万家花园3号楼", True),
        ("地址是人民路12号", True),
        ("你们在哪条路", False),
        ("要不要关总闸", False),
        ("怎么办", False),
        ("师傅住几楼", False),
    ],
)
def test_the_customer_says_where_help_is_needed(text: str, where: bool) -> None:
    assert says_where(text) is where


@pytest.mark.parametrize(
    ("text", "kinds", "about", "told"),
    [
        ("消防电话多少", ("trapped",), "number", "119"),
        ("打什么电话", ("violence",), "number", "110"),
        ("要不要报警", ("intruder",), "number", "110"),
        ("叫救护车打多少", ("hurt",), "number", "120"),
        ("心理热线号码是什么", ("self_harm",), "number", "12356"),
        ("燃气公司电话", ("gas",), "number", "燃气表"),
        ("开锁的电话有吗", ("locked_out",), "number", "114"),
        ("谁负责", ("hurt",), "blame", "记"),
        ("你们赔吗", ("hurt",), "blame", "记"),
        ("医药费谁出", ("burnt",), "blame", "记"),
        ("药费报不报", ("burnt",), "blame", "记"),
        ("去哪个医院", ("burnt",), "hospital", "120"),
        ("要钱吗", ("trapped",), "cost", "不收"),
        ("救护车多少钱", ("ill",), "cost", "120"),
        ("还有多久到", ("fire",), "arrival", "119"),
        ("师傅什么时候来", ("water",), "arrival", "119"),
        ("要多久", ("trapped",), "arrival", "119"),
        ("你们客服电话多少", ("gas",), "colleague", "119"),
    ],
)
def test_a_question_of_fact_gets_the_number_or_is_noted_in_every_wording(
    text: str, kinds: tuple[str, ...], about: str, told: str
) -> None:
    for turn in range(2):
        answered = answer_fact(text, kinds, turn)
        assert answered is not None
        assert answered[0] == about
        assert told in answered[1]
        assert "{" not in answered[1]


@pytest.mark.parametrize(
    "text", ["怎么办", "要不要关总闸", "快点来人啊", "他还在我家里", "退款什么时候到账", "我的电话13800000001"]
)
def test_what_to_do_and_what_is_told_is_no_question_of_fact(text: str) -> None:
    assert answer_fact(text, ("fire",), 0) is None


@pytest.mark.parametrize(
    ("text", "detail"),
    [("6岁", True), ("两个孩子在里面", True), ("里面三个人", True), ("几岁可以用", False), ("没动静了", False)],
)
def test_how_old_or_how_many_they_are_is_noted(text: str, detail: bool) -> None:
    assert says_detail(text) is detail
