"""Danger to people is heard by classes of what happened to whom; a thing that broke, and what only sounds so, is none."""

from __future__ import annotations

import pytest

from csbot.dialogue.dangers import DANGER, EMERGENCY
from csbot.intents.signals import find_signals, shown_by_words


def urgency(text: str) -> float:
    return shown_by_words(find_signals(text), "urgency")


@pytest.mark.parametrize(
    "text",
    [
        "手指被柜门夹断了",
        "手夹在抽屉里拿不出来",
        "我家娃把手指头卡在锁孔里了",
        "脚趾被掉下来的板子砸肿了",
        "我胳膊被玻璃划了好大一口子",
        "头发被电机卷进去了",
        "有人被夹在拉篮里了",
        "师傅被倒下的柜子压住了",
        "柜子倒了压着孩子了",
        "割到手指了一直流血",
        "脸上溅到胶水了",
    ],
)
def test_a_part_of_the_body_or_a_person_that_was_caught_or_hurt_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER


@pytest.mark.parametrize(
    "text",
    [
        "孩子被反锁在里面了哭得不行",
        "两岁的娃反锁在卧室",
        "被困在屋里了",
        "我妈晕倒了",
        "奶奶一个人在屋里叫不应",
        "头晕恶心 是不是甲醛中毒",
        "闻了新柜子的味道 全家都头晕想吐",
        "怀疑是煤气中毒",
    ],
)
def test_somebody_shut_in_fainted_or_poisoned_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER


@pytest.mark.parametrize(
    "text",
    [
        "有人在撬我家门",
        "门锁被人撬了 贼还在里面",
        "有个男的一直在拧我家门把手",
        "屋里好像进了贼",
        "小偷躲在阳台",
    ],
)
def test_an_intruder_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER


@pytest.mark.parametrize("text", ["电池鼓包了", "锁里的锂电池胀得像馒头", "充电宝鼓起来了", "电池烫手"])
def test_a_battery_that_swells_or_heats_up_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER


@pytest.mark.parametrize(
    "text",
    [
        "置物架塌了，找人来修修",
        "柜子倒了，板子裂了",
        "吊顶塌了一角，安排人看看",
        "层板塌了东西都摔了",
        "护墙板掉下来了",
        "玻璃裂了怎么换",
        "桌腿断了",
        "沙发腿被压断了",
        "扶手断了",
        "门把手被撞坏了",
        "板材鼓包了",
        "柜门夹住了拉不开",
        "骑手把门禁撞坏了",
    ],
)
def test_a_thing_that_broke_or_collapsed_is_a_fault_and_no_danger(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "会不会夹到孩子的手",
        "门锁被撬会报警吗",
        "这把锁能防小偷吗",
        "指纹被划伤识别不了",
        "手机被偷了，能看到小偷在哪里吗",
        "甲醛超标吗",
        "电池漏液了怎么换",
        "还以为屋里进了贼，原来是柜门响",
    ],
)
def test_what_is_supposed_or_only_sounds_so_is_no_danger(text: str) -> None:
    assert urgency(text) < DANGER


@pytest.mark.parametrize("text", ["锁没电了，我被关在门外冻着", "半夜被锁在门外了，门打不开进不去", "钥匙落屋里了，我在门外"])
def test_to_be_locked_out_is_pressing_and_no_danger(text: str) -> None:
    assert 0.7 <= urgency(text) < EMERGENCY
