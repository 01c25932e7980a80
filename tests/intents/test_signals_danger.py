"""Danger to people is heard by classes of what happened to whom; a thing that broke, and what only sounds so, is none."""

from __future__ import annotations

import pytest

from csbot.dialogue.dangers import DANGER, EMERGENCY, find_dangers
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


@pytest.mark.parametrize(
    "text",
    [
        "师傅打了我一拳",
        "工人把我老婆推倒了",
        "快递员踹了我一脚",
        "你们员工打人",
        "师傅对我动手动脚",
        "装修工偷拍我女儿",
        "他掐我脖子",
        "被你们安装工打伤了",
        "师傅堵在门口不让我出去",
        "不给钱师傅就不走",
        "师傅拿着锤子指着我",
        "司机威胁我要弄死我",
        "师傅在我家坐着不肯走",
        "我老公打我",
        "那个男的赖着不走",
        "师傅抱住我老婆不放",
        "安装工跟我吵起来还动手",
        "师傅一拳打在我脸上",
        "你们的人把我打了",
        "师傅偷看我洗澡",
        "维修工骚扰我",
        "他用锤子砸我",
        "师傅喝醉了在我家闹事",
        "有个男的一直跟着我",
        "人赖在我家里了",
        "师傅往我身上泼水",
        "他有刀",
    ],
)
def test_who_strikes_touches_threatens_or_will_not_leave_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER
    assert find_dangers(text) == ("violence",)


@pytest.mark.parametrize(
    "text",
    [
        "师傅打我电话了吗",
        "师傅到了打我",
        "请师傅来之前打我",
        "师傅打我没接到",
        "师傅打了我三个电话",
        "货到了打我老婆电话13900001111",
        "师傅打胶打得不好",
        "师傅动手能力强吗",
        "销售推我去别家",
        "客服把责任推给我",
        "师傅摸了一下柜子说没事",
        "师傅不走平台流程",
        "退款打我微信",
        "师傅不肯上楼",
        "师傅骂我",
        "师傅没打我",
        "师傅会打人吗",
        "保安拦住师傅不让进",
        "客服威胁我",
        "师傅推迟了",
        "师傅把我拉黑了",
        "师傅可以打我手机",
        "师傅有刀头吗",
        "师傅带刀具吗",
        "师傅把我家地板砸了",
        "师傅把我家墙打穿了",
        "师傅砸坏了我家玻璃",
        "师傅让我女儿签字",
        "销售一直打我电话推销",
        "师傅走没走",
        "他们打我们的旗号",
    ],
)
def test_to_call_to_refuse_work_or_to_be_rude_is_no_violence(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (text, "hurt")
        for text in [
            "吊柜掉下来砸到头了",
            "柜门弹到脸上了",
            "层板掉我头上了",
            "抽屉滑出来砸了脚",
            "板子砸中我腰了",
            "铁架打到眼睛了",
            "灯掉在我肩膀上",
            "砸到师傅了",
        ]
    ]
    + [
        (text, "self_harm")
        for text in ["我想死", "好想死", "不如死了算了", "活着没意思", "想结束生命", "死给你们看", "难受得想死"]
    ]
    + [(text, "choking") for text in ("孩子卡到喉咙咳不出来", "鱼刺卡喉咙里了")],
)
def test_hurt_by_what_fell_wanting_to_die_and_choking_are_danger(text: str, kind: str) -> None:
    assert urgency(text) >= DANGER
    assert kind in find_dangers(text)


@pytest.mark.parametrize(
    "text",
    [
        "砸到床头了",
        "插头掉到地上了",
        "砸到我家地板了",
        "责任掉到我头上",
        "想死你们了",
        "想死这个沙发了",
        "丑得我想死",
        "累死了",
        "你去死吧",
        "手机死机",
        "跳楼价",
        "会不会砸到头",
        "抽屉掉下来了",
        "按摩椅会打到头吗",
        "想死的心都有了",
        "这盆花不活了",
        "砸手里了",
        "柜门撞到墙了",
        "压着没人批",
        "孩子一个人在家师傅能来吗",
        "门锁有电，孩子一个人在家安全吗",
    ],
)
def test_what_fell_on_things_and_figures_of_speech_are_no_danger(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize("text", ["锁没电了，我被关在门外冻着", "半夜被锁在门外了，门打不开进不去", "钥匙落屋里了，我在门外"])
def test_to_be_locked_out_is_pressing_and_no_danger(text: str) -> None:
    assert 0.7 <= urgency(text) < EMERGENCY
