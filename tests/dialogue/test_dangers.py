"""Kinds of danger are told by the words that were heard, and each has advice of its own."""

from __future__ import annotations

import re

import pytest

from csbot.dialogue.dangers import dangers_told, find_dangers, further_advice, safety_first, says_over, says_where
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
        ("头晕恶心 是不是甲醛中毒", ("fumes",)),
        ("我妈晕倒了", ("ill",)),
        ("手指被柜门夹断了", ("caught", "hurt")),
        ("孩子的脚卡在抽屉缝里了", ("caught",)),
        ("割到手了一直流血", ("hurt",)),
        ("灶台那边嗤嗤响，一股怪味", ("gas",)),
        ("柜子倒了压着孩子了", ("caught",)),
        ("孩子卡到喉咙咳不出来", ("choking",)),
        ("两岁的娃反锁在卧室", ("trapped",)),
        ("娃一个人在家 锁死了 灶上还开着火", ("fire", "trapped")),
        ("门锁被人撬了 贼还在里面", ("intruder",)),
        ("我不想活了", ("self_harm",)),
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
        re.compile(kind["words"])


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
