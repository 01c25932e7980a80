"""How customers answer what the bot asked: each kind of answer with words that are it, and words that only sound like it."""

from __future__ import annotations

import re

import pytest

from csbot.intents.answers import Answer, says, without_calling_off, without_lead
from csbot.resources import load_yaml
from csbot.text import normalise

RULES = load_yaml("csbot.intents.data", "answers.yaml")

SAID: dict[Answer, tuple[str, str]] = {
    "agrees": (
        "好|好的|对|是的|嗯嗯|可以|行|确认|没问题|对的，没问题|好的，提交吧|OK|沒錯",
        "好像不对|对不起|不好|好多钱|行不行|好，但是地址错了",
    ),
    "wants": (
        "要|需要|要的|好的，要|转吧|帮我催一下|麻烦了|帮我跟进一下|快点",
        "要多久|要两个|需要多少钱|不要|转账怎么弄",
    ),
    "denies": ("不|不对|不是|错了|等等|要改|我要改一下|有误", "不对劲|不是本人能签收吗|不行吗"),
    "leaves_open": (
        "都行|随便|不用|没有要求|看师傅方便|越快越好|随时都可以|什么时候都行|不清楚",
        "不行|没有空|都不行|随便什么产品都修吗",
    ),
    "asks": (
        "包邮吗|维修怎么收费|多久能到|发票怎么开|能不能改地址|多少钱",
        "柜门掉了|怎么都打不开|一直响|漏水很厉害",
    ),
    "corrects": ("地址不对|电话写错了|改一下地址|换成橱柜", "打不开|没反应"),
    "another": (
        "另一个呢|另外一单呢|我另一单做到哪了|其他的呢|还有别的订单吗|还有一单呢|上一单呢|再查一个",
        "另外问个问题|还有个问题|那个呢|换个手机号|另外发票怎么开|另外我想改地址",
    ),
    "elsewhere": (
        "换个手机号查|用别的号码查|帮朋友查一下|帮我妈查一下|我老婆的订单呢|他的快递呢",
        "手机号填错了|我的订单呢|朋友推荐的优惠券",
    ),
    "lacks": (
        "不知道|忘了|不记得订单号|没有订单号|订单号找不到了|手机号忘记了",
        "不知道什么时候能到|没有收到货|忘记密码怎么办|不清楚怎么退",
    ),
    "waits": ("等一下|等一下我找找|稍等|我找一下|那我再等等吧|等我看看", "等了三天了|要等多久|等不及了|看看我的订单"),
    "nothing_more": ("没有了|没了|没有别的了|没其他问题了，谢谢", "没有发货|没有收到|没有货了吗|没电了"),
    "how_long": ("多久|大概多长时间|那要几分钟呢|到底要好久呀", "多久发货|要多久才到货|几分钟能修好"),
    "asks_wait": (
        "还有多长时间|大概还要多久呀|那还得几分钟|现在还需要好久吗|前面有几个人|人呢",
        "还有多久到货|保修还有多久|还多少钱|还有货吗",
    ),
    "no_matter": ("随意|无所谓吧|跳过|我也不知道|没有", "都行|下班后|随便哪天|听师傅的|没有空"),
    "as_before": (
        "用以前的手机号|还是上次那个|跟原来一样|你们后台有的|就是订单上的地址|您那边不是有我电话吗|还是那个老地址",
        "地址怎么改|以前修过一次|上次那个师傅没来|旧小区3栋502|系统里有我的订单吗|之前就有这毛病",
    ),
    "stands": (
        "我真的没写错|号码肯定没问题|核对好几遍了|就是这个手机号|单号是对的呀|我复制粘贴过来的|没错啊",
        "确定吗|是不是错了|不确定|核对一下|就这个怎么退",
    ),
    "knows_not": (
        "没留意是哪天坏的|说不准从什么时候开始的|忘了多久了|我也不晓得怎么弄坏的",
        "不知道多少钱|不清楚什么时候能修好|不知道怎么收费的|不知道师傅几点来的|哪天坏的",
    ),
    "past": ("昨天|前天晚上|上周六|去年", "明天|下周三|今天下午"),
}


@pytest.mark.parametrize("kind", sorted(SAID))
def test_each_kind_is_told_from_what_only_sounds_like_it(kind: Answer) -> None:
    right, wrong = ([normalise(text) for text in texts.split("|")] for texts in SAID[kind])
    assert [text for text in right if not says(kind, text)] == []
    assert [text for text in wrong if says(kind, text)] == []


@pytest.mark.parametrize("kind", sorted(RULES))
def test_every_rule_has_a_reason_and_no_rule_takes_nothing_for_something(kind: Answer) -> None:
    assert all(rule["reason"] for rule in RULES[kind])
    assert not says(kind, "")
    assert not any(re.search(rule["pattern"], "") for rule in RULES[kind])


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("算了", ""), ("不查了", ""), ("我不想查了", ""), ("不用查了", ""), ("不想报修了", ""), ("取消报修", ""),
        ("算了不查了", ""),
        ("那就算了吧", ""), ("不用了，谢谢", ""), ("没事了", ""), ("不查了，发票怎么开", "发票怎么开"),
        ("算了，不查了，转人工", "转人工"),
        ("不用电的锁有吗", None), ("发票怎么开", None), ("取消订单怎么弄", None), ("不想要了怎么退", None),
        ("不修的话会怎样", None),
        ("不知道", None), ("算一下多少钱", None),
    ],
)  # fmt: skip
def test_calling_off_is_told_from_what_follows_it(message: str, rest: str | None) -> None:
    assert without_calling_off(normalise(message)) == rest


@pytest.mark.parametrize(("typed", "value"), [
    ("不对，应该是文二路9号", "文二路9号"), ("改成文二路9号", "文二路9号"), ("文二路9号", "文二路9号"), ("是门锁", "门锁"),
    ("", ""),
    ("不对", "不对"),
])  # fmt: skip
def test_a_value_is_taken_without_what_leads_up_to_it(typed: str, value: str) -> None:
    assert without_lead(typed) == value


def test_a_long_message_of_odd_repetitions_is_read_in_no_time() -> None:
    for kind in SAID:
        says(kind, "好的对的嗯嗯可以不查了另另另换换换" * 60)
    without_calling_off("不不不别别别算了吧" * 200)
