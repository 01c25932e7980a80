"""How customers speak while something is done for them: each kind with words that are it, and words that only sound like it."""

from __future__ import annotations

import pytest

from csbot.intents.answers import without_calling_off
from csbot.intents.reluctance import Reluctance, reluctance
from csbot.intents.task_answers import TaskAnswer, any_tells, tells, without_question
from csbot.resources import load_yaml
from csbot.text import normalise

SAID: dict[TaskAnswer, tuple[str, str]] = {
    "later": ("等会再说|回头再查吧|改天吧|我先忙了|有空再弄", "等一下我找找|周六再来修|明天上午|多久再来"),
    "wrong_task": (
        "不是查订单|不是问这个|我没说要报修|我问的不是这个|你理解错了|答非所问",
        "不是橱柜是衣柜|不是换电池的问题|不是没电|是不是要查订单|我要查订单",
    ),
    "alone": ("我自己看吧|算了我自己查|还是自己修吧", "可以自己装吗|我自己装的|自己能修吗"),
    "soon": (
        "快点就行|越快越好|嗯 快点来|尽快安排|好的，赶紧来吧|没问题 赶紧来",
        "最快什么时候|快递到哪了|急停按钮坏了|快点退款给我",
    ),
    "vague_time": ("下班以后|周末都行|随便哪天|看师傅时间|晚上吧", "要钱吗|确认|你们周末上班吗|晚上锁打不开"),
    "not_then": ("周六不在家|周六没空|除了周日都行", "周六来|周六上午吧"),
    "proposes": ("能来吗|可以吗|师傅能上门吗", "上班吗|收费吗|你们营业吗"),
    "queries": ("要钱吗|你们最快什么时候|修一次多少钱|周六行不行", "打不开|怎么都打不开|嗯这个嘛|有时能开有时不"),
    "receipt": ("单号多少|报修单号是多少|编号再发我一下|登记成功了吗|办好了没有", "订单号在哪看|单号错了|快递单号多少钱一张"),
    "cancels": (
        "不要了 取消吧|取消|我要取消|帮我取消报修|把刚才的取消掉|怎么取消",
        "取消订单|取消退货申请|误点了取消|撤销取消怎么弄|不取消",
    ),
    "unbooks": ("不用来了|不修了|别让师傅来了|不用来了 修好了|已经修好了", "修好了又坏了|不来修吗|来修一下"),
    "changes": ("改到后天|换个时间|能改时间吗|把地址改一下|推迟一天|改晚上|提前一点", "改天|换货怎么申请|变形了"),
    "about_orders": ("订单地址错了|快递改地址", "地址错了|改时间"),
    "cancelling": ("未发货订单如何取消", "如何预约安装"),
    "uncancels": ("误取消的订单能否恢复", "未发货订单如何取消"),
    "cancels_order": ("取消这一单|我不买了，取消吧|对，就取消|能不能取消订单", "取消预约|误点了取消|定制的能取消吗"),
    "cancelled": ("取消了吗|取消成功没有|撤销好了", "能取消吗|取消吧"),
    "asks_how": ("怎么取消|在哪里取消", "能取消吗|取消吧"),
    "of_service": ("取消安装|取消报修|撤销退货", "取消订单|取消这个"),
    "demands": ("我要开发票|另外帮我改地址|对了我还想退货", "水都要漏完了|柜门能掉下来|要塌了"),
    "resumes": ("还是修吧|再查一下|那还是登记吧|继续|接着办", "还是不修了|再见|还是打不开|还是一直漏|重新装一次多少钱"),
    "verbs": ("修一下|查一下", "继续"),
    "order_verbs": ("查", "修"),
    "moves": ("改吧|推迟可以吗|挪一挪", "能来吗"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, (yes, _) in SAID.items() for text in yes.split("|")])
def test_what_customers_say(kind: TaskAnswer, text: str) -> None:
    assert tells(kind, normalise(text)) or (kind == "unbooks" and any_tells(kind, normalise(text)))


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, (_, no) in SAID.items() for text in no.split("|")])
def test_what_only_sounds_like_it(kind: TaskAnswer, text: str) -> None:
    assert not tells(kind, normalise(text))


@pytest.mark.parametrize("file", ["task_answers.yaml", "reluctance.yaml"])
def test_every_pattern_has_its_reason(file: str) -> None:
    rules = [rule for part in load_yaml("csbot.intents.data", file).values() if isinstance(part, list) for rule in part]
    assert rules
    assert all(rule["pattern"] and rule["reason"] for rule in rules)


RELUCTANT: dict[Reluctance | None, str] = {
    "lacks": "手机号忘了|没有订单号|号码想不起来了|换号了|没有手机号能查吗|忘了用谁的名字|不记得了|车牌号找不到了",
    "wonders": "为啥要手机号|要手机号干什么|怎么还要电话|一定要手机号吗|凭什么要我的电话|不给不能查吗|为什么|为什么要车牌号",
    "refuses": "我不想给手机号|不方便透露|不给|手机号不方便给|这是隐私|烦死了 每次都要手机号|别问我要电话|不想说名字",
    None: "13800000001|手机号怎么改|怎么填手机号|为什么还没发货|为什么要收费|没有发票怎么报销|每次都打不开|想改手机号",
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in RELUCTANT.items() for text in texts.split("|")])
def test_how_customers_do_not_give_what_is_asked_for(kind: Reluctance | None, text: str) -> None:
    assert reluctance(normalise(text), ["车牌号", "手机号"]) == kind


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("等会再说", ""), ("不是查订单", ""), ("算了我自己看吧", ""), ("不是查订单，发票怎么开", "发票怎么开"),
        ("我要退货，不是查订单", "我要退货"), ("不是橱柜，是衣柜", None), ("13800000001", None),
    ],
)  # fmt: skip
def test_what_is_under_way_is_left_and_the_rest_is_the_matter(text: str, rest: str | None) -> None:
    assert without_calling_off(normalise(text)) == rest


def test_to_a_question_for_a_date_another_day_is_an_answer() -> None:
    assert without_calling_off("改天吧", "date") is None
    assert without_calling_off("改天吧", "phone") == ""


@pytest.mark.parametrize("text", ["锁坏了", "锁坏了怎么办", "锁坏了，怎么处理", "锁坏了咋办啊"])
def test_a_question_is_left_out_of_what_is_told(text: str) -> None:
    assert without_question(text) == "锁坏了"
