"""Kinds of danger are told by the words that were heard, and each has advice of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csbot.dialogue.dangers import (
    EMERGENCY,
    answer_fact,
    dangers_in,
    dangers_told,
    find_dangers,
    further_advice,
    safety_first,
    safety_for,
    says_detail,
    says_over,
    says_where,
)
from csbot.intents.signals import find_signals, kinds_shown, shown_by_words
from csbot.models import Signal, Understanding
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
        ("娃一个人在家 锁死了 灶上还开着火", ("unattended", "trapped")),
        ("出来扔垃圾 风把门带上了 里面煤气灶开着", ("unattended",)),
        ("孩子一个人睡屋里 我进不去", ("trapped",)),
        ("门外有个陌生人在试我家密码", ("intruder",)),
        ("有人冒充你们客服叫我转账", ("fraud",)),
        ("锁充一晚上 外壳都烫手", ("battery",)),
        ("门锁冒烟了 不过现在好了", ("quenched",)),
        ("刚才有煤气味 现在散了", ("quenched",)),
        ("充电口冒了点烟 拔了就没了", ("quenched",)),
        ("我爸被柜门砸了一下脚 走路没事", ("slight",)),
        ("台面裂了割到手 流了点血", ("slight",)),
        ("刚才没事 现在又冒烟了", ("fire",)),
        ("火灭了 还在冒烟", ("fire",)),
        ("孩子的头被柜子砸了 人没事吧", ("hurt",)),
        ("砸到头了 流了点血", ("hurt",)),
        ("砸到头了 现在没反应了", ("hurt",)),
        ("手指夹断了 止住血了", ("severed", "caught", "hurt")),
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
    calm = {name for name, kind in DATA["kinds"].items() if kind.get("calm")}
    assert {rule["kind"] for rule in rules if "kind" in rule} == set(DATA["kinds"]) - calm
    assert {kind["past"] for kind in DATA["kinds"].values() if "past" in kind} == calm


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
        ("现在没了", True),
        ("人没事", True),
        ("没事吧", False),
        ("没事了吗", False),
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
        ("这个算谁的", ("slight",), "blame", "记"),
        ("还能用电吗", ("quenched",), "usable", "119"),
        ("还能充吗", ("battery",), "usable", "119"),
        ("要不要紧", ("quenched",), "usable", "119"),
        ("要不要紧", ("hurt",), "serious", "120"),
        ("要去医院吗", ("slight",), "serious", "120"),
        ("贴创可贴了", ("slight",), "treated", "120"),
        ("满地玻璃咋弄", ("slight",), "shards", "照片"),
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
    "text",
    ["怎么办", "要不要关总闸", "快点来人啊", "他还在我家里", "退款什么时候到账", "我的电话13800000001", "优惠券还能用吗"],
)
def test_what_to_do_and_what_is_told_is_no_question_of_fact(text: str) -> None:
    assert answer_fact(text, ("fire",), 0) is None


@pytest.mark.parametrize("text", ["还能用吗", "要不要紧"])
def test_whether_a_thing_may_be_used_is_told_of_things_only(text: str) -> None:
    answered = answer_fact(text, ("trapped",), 0)
    assert answered is None


@pytest.mark.parametrize(
    ("score", "words", "text", "kinds"),
    [
        (0.9, "", "锅还在那上面，门又进不去", ("unattended",)),
        (0.9, "", "那个人就在我家门口", ("intruder",)),
        (0.9, "", "关门哐一声 邻居有意见", ()),
        (0.9, "", "手上的油弄到柜子上了", ()),
        (0.5, "", "那个人就在我家门口", ()),
        (0.8, "门口", "那个人就在我家门口", ()),
    ],
)
def test_what_is_only_like_the_examples_is_of_the_kind_it_speaks_of(
    score: float, words: str, text: str, kinds: tuple[str, ...]
) -> None:
    shown = Signal(name="urgency", score=score, text=words, reason="与示例说法相近")
    assert dangers_in(Understanding(text=text, normalised=text, signals=(shown,))) == kinds
    assert bool(safety_for((shown,), [text], 0)) is bool(kinds)


def test_every_likened_kind_is_a_kind() -> None:
    assert set(DATA["likened"]) <= set(DATA["kinds"])


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("我一个人在家", False),
        ("6岁", True),
        ("两个孩子在里面", True),
        ("里面三个人", True),
        ("几岁可以用", False),
        ("没动静了", False),
    ],
)
def test_how_old_or_how_many_they_are_is_noted(text: str, detail: bool) -> None:
    assert says_detail(text) is detail
