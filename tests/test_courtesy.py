"""Greetings, thanks, goodbyes: recognised when a message is nothing else, left out around a question."""

from __future__ import annotations

import re

import pytest

from csbot.courtesy import find_smalltalk, without_courtesy
from csbot.resources import load_yaml
from csbot.text import normalise

WHOLE = load_yaml("csbot", "courtesy.yaml")["whole"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("你好", "greeting"), ("您好呀~", "greeting"), ("在吗？", "greeting"), ("Hello!", "greeting"),
        ("谢谢啦", "thanks"), ("好的，谢谢", "thanks"), ("感謝", "thanks"), ("再见", "goodbye"), ("算了", "cancel"),
        ("不用了", "cancel"), ("好的", "ack"), ("OK", "ack"), ("不错哦", "praise"),
        ("嗯嗯知道了", "ack"), ("好的明白了，谢谢，再见", "goodbye"), ("嗯嗯好的谢谢", "thanks"), ("好好好", "ack"),
        ("算不清楚", None), ("好用吗", None), ("行不行", None), ("嗯嗯知道了发票怎么开", None),
        ("你是真人吗", "identity"), ("你是谁呀", "identity"), ("对面是人还是机器", "identity"), ("你叫什么名字", "identity"),
        ("are you a bot?", "identity"), ("晚安", "goodbye"), ("你是真人吗,门锁打不开", None), ("你是哪家快递", None),
        ("你们是什么牌子", None), ("的", None), ("", None), ("你好，快递没到", None), ("谢谢你们的门锁怎么装", None),
    ],
)  # fmt: skip
def test_small_talk_is_a_message_that_is_nothing_else(message: str, kind: str | None) -> None:
    assert find_smalltalk(normalise(message)) == kind


@pytest.mark.parametrize(
    ("kind", "is_it", "only_sounds_like_it"),
    [
        (
            "chat",
            "这几天天气真差|明天会下雪吗|我这边好冷啊|你今年几岁呀|你有女朋友吗|您吃过饭没|你会不会跳舞|给我唱一首儿歌吧|说个段子听听"
            "|能陪我聊会天吗|我好无聊啊|哈哈哈哈|来个脑筋急转弯呗，太无聊了",
            "天冷锁打不开|下雨天能来安装吗|这锁好热|柜子受潮下雨就变形|你们几点下班|你有货吗|来个链接|放个视频看看|说个价|你会修吗"
            "|现在好了|你喜欢的那款多少钱|今天能到吗|聊天记录在哪看",
        ),
        (
            "cancel",
            "没事了，谢谢你|好的不用了谢谢|嗯，不要了，再见|知道了 不用了|刚才逗你玩的|我就是随便逛逛|还是再和家人商量一下吧"
            "|我再比较一下|那我自己打电话问吧|算了我直接去店里说",
            "可以不要吗|没事怎么会裂|开玩笑吧|你跟我开玩笑呢|考虑一下退货流程|我想想|打电话没人接|去店里能退吗|不用了能退吗，谢谢",
        ),
        (
            "greeting",
            "在么，想打听个事|客服小哥哥您好|师傅好呀|宝子在不在|哈喽，有人在吗|打扰一下，麻烦请教个问题",
            "师傅在哪儿|师傅好久没来|客服|老师傅修的吗|有人吗|麻烦问问师傅几点到|小哥哥态度差",
        ),
        ("thanks", "多谢侬啦|唔该你晒|辛苦客服小姐姐了|好嘞，谢谢侬|麻烦您啦", "麻烦|谢谢就完了吗|辛苦费怎么算|谢什么"),
        ("cancel", "那没啥事了，辛苦了|好吧没事了啊|嗯没事情了谢谢侬", "没问题|没事吧会不会裂|没什么事为什么取消"),
        ("compliment", "给您五颗星|五星好评给你们|必须给个满分", "好评怎么给|给好评有红包吗|评价五星没返现"),
        ("ack", "不用客气|不谢不谢|没关系的|客气啦", "没关系就可以退吗|客气点行不行|谢什么谢"),
    ],
)  # fmt: skip
def test_small_talk_is_known_by_its_shape_and_among_other_courtesy(kind: str, is_it: str, only_sounds_like_it: str) -> None:
    assert [text for text in is_it.split("|") if find_smalltalk(normalise(text)) != kind] == []
    assert [text for text in only_sounds_like_it.split("|") if find_smalltalk(normalise(text)) == kind] == []


def test_every_shape_has_its_reason_and_is_nothing_without_words() -> None:
    for rules in load_yaml("csbot", "courtesy.yaml")["shapes"].values():
        assert all(rule["reason"] and not re.search(rule["pattern"], "") for rule in rules)


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_every_word_of_the_data_file_is_recognised_as_its_kind(kind: str) -> None:
    missed = [word for word in WHOLE[kind].split("|") if find_smalltalk(normalise(word)) != kind]
    assert missed == []


def test_no_word_is_listed_under_two_kinds() -> None:
    words = [word for kind in WHOLE.values() for word in kind.split("|")]
    assert sorted({word for word in words if words.count(word) > 1}) == []


@pytest.mark.parametrize(
    ("message", "core"),
    [
        ("你好，请问多久发货，谢谢", "多久发货"),
        ("请问多久发货，谢谢", "多久发货"),
        ("你好请问多久发货", "多久发货"),
        ("在吗在吗 多久发货", "多久发货"),
        ("多久发货,急急急", "多久发货"),
        ("多久发货", "多久发货"),
        ("你好", "你好"),
        ("谢谢", "谢谢"),
        ("请问谢谢", "请问谢谢"),
    ],
)
def test_courtesy_around_a_question_is_left_out_and_a_message_never_vanishes(message: str, core: str) -> None:
    assert without_courtesy(message) == core


@pytest.mark.parametrize(
    "text",
    [
        "这个师傅人挺好的想表扬一下",
        "师傅很专业,怎么表扬",
        "你们安装师傅真不错",
        "给你们点赞",
        "师傅态度很好想给他送锦旗",
        "服务很到位",
        "想表扬师傅",
    ],
)
def test_a_compliment_on_the_shops_people_is_no_complaint(text: str) -> None:
    assert find_smalltalk(text) == "compliment"


@pytest.mark.parametrize(
    "text", ["师傅态度好差", "师傅专业吗", "服务好不好", "师傅很好但是柜门歪了", "怎么给差评", "好评返现怎么领", "师傅很不专业"]
)
def test_a_grievance_or_a_question_about_them_is_no_compliment(text: str) -> None:
    assert find_smalltalk(text) is None


def test_an_emoji_of_consent_is_consent() -> None:
    assert [find_smalltalk(text) for text in ("👌", "👍🏻👍🏻", "😡", "👌多少钱")] == ["ack", "ack", None, None]
