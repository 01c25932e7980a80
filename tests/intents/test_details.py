"""An account right after a question is a detail of it: it is read with the question, and begins no look-up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from csbot import KnowledgeBase
from csbot.intents.details import failed, open_question
from csbot.intents.progress import asks_progress, tells
from csbot.intents.understand import understand
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Turn, utc_now
from csbot.text import normalise

NOW = utc_now()


def turn(user: str, kind: str = "answer", **fields: object) -> Turn:
    return Turn.model_validate({"user": user, "kind": kind, "rule": "r", "at": NOW} | fields)


@pytest.mark.parametrize(("question", "detail"), [
    ("衣柜哪天上门安装", "货前天就送到了"), ("收货人写错了", "还没付钱"), ("能换大一号的吗", "已经拆开了"),
    ("我想退掉", "用过两次了"),
    ("我不想做了", "签了合同没付尾款"), ("这个怎么退", "天猫买的"), ("尺寸能改吗", "都已经开料了"),
    ("保修吗", "去年装的"),
    ("赔偿金啥时候给我", "都三个礼拜了还没收到"), ("可以价保吗", "已经20天了"), ("退货的钱呢", "一直没退"),
    ("发票开了吗", "还没有消息"), ("我想退锁", "已经装上了"), ("柜子歪了能赔吗", "我都验收了"), ("撤掉这一单", "货还没出库呢"),
    ("备注忘了填", "现在没发货"), ("退的钱少了", "下单时用了券"), ("能退吗", "装好用了三天"), ("抬头错了", "已经发我邮箱了"),
])  # fmt: skip
def test_what_is_told_after_a_question_belongs_to_it(question: str, detail: str) -> None:
    assert open_question(normalise(detail), [turn(question)], NOW) == (normalise(question),)


@pytest.mark.parametrize(("question", "other"), [
    ("怎么换电池", "换好了"), ("锁芯要换吗", "已经换好了"),
    ("多久能到", "还没发货"), ("指纹怎么录", "搞定了，谢谢"), ("物流几天到", "已经收到货了"),
    ("你们几点下班", "都十天了还没到"),
    ("几天能发货", "都一个星期了"), ("我想退掉", "运费谁出"), ("我想退掉", "帮我看看我的订单"), ("能换大一号的吗", "好的谢谢"),
])  # fmt: skip
def test_what_closes_the_question_or_asks_another_is_no_detail(question: str, other: str) -> None:
    assert open_question(normalise(other), [turn(question)], NOW) == ()


def test_only_what_was_open_just_now_has_details() -> None:
    told = "已经拆开了"
    assert open_question(told, [], NOW) == ()
    for before in (turn("能退吗", "order_status"), turn("能退吗", "answer", task="order_progress"), turn("你好", "smalltalk")):
        assert open_question(told, [turn("能换吗"), before], NOW) == ()
    assert open_question(told, [turn("能换吗", at=NOW - timedelta(minutes=11))], NOW) == ()
    assert open_question(told, [turn("a能换吗"), turn("能退吗", "clarify"), turn("怎么办呢", "fallback")], NOW) == ("能退吗",)
    assert open_question(told, [turn("买错了", "clarify"), turn("能退吗")], NOW) == ("买错了", "能退吗")


def test_a_detail_is_read_with_its_question_and_the_answer_told_steps_back(small_kb: KnowledgeBase) -> None:
    contents = small_kb.contents
    last = turn("退款多久到账", faq_id="refund")
    alone = understand("已经等了两周了", small_kb, contents)
    message = understand("已经等了两周了", small_kb, contents, earlier=[last])
    assert (alone.about, message.about) == ((), ("退款多久到账",))
    assert ORDER_PROGRESS in alone.intents
    assert ORDER_PROGRESS not in message.intents
    assert message.candidates[0].faq_id == "refund"
    assert message.candidates[0].confidence > alone.candidates[0].confidence


def test_a_key_beside_it_is_more_than_a_detail(small_kb: KnowledgeBase) -> None:
    message = understand("已经付款了，13800000001", small_kb, small_kb.contents, earlier=[turn("怎么退货", faq_id="return")])
    assert message.about == ()


@pytest.mark.parametrize("text", ["量完了没定方案", "送来了没拆", "图出了没签"])
def test_one_thing_done_and_another_not_asks_for_nothing(text: str) -> None:
    assert not asks_progress(text, text)


@pytest.mark.parametrize(("text", "is_contact"), [
    ("送货前打给我先生", True), ("到了联系物业", True), ("快到的时候通知我女儿一声", True), ("别打我的，打另一个", True),
    ("帮我查我爱人的快递", False), ("联系我妈的订单", False), ("我的手机号", False), ("联系客服", False),
])  # fmt: skip
def test_who_is_to_be_called_is_told_from_whose_order_it_is(text: str, is_contact: bool) -> None:
    assert tells("contact", normalise(text)) == is_contact


@pytest.mark.parametrize(("trouble", "account"), [
    ("门锁滴滴响", "还响"), ("门锁滴滴响", "换过电池了，还是响"), ("架子掉了", "又掉了"),
    ("抽屉卡", "清过了"), ("铰链松了", "拧了"),
    ("铰链松了", "没两天又松了"), ("柜门关不严", "调了 没用"), ("门锁没电了", "换了电池还是打不开"),
    ("台面污渍", "擦过了 擦不掉"),
    ("指纹不灵", "手擦干净了也不行"), ("柜子有味道", "通风一个月了还有味"), ("抽屉卡", "试了好几次都不行"),
    ("门锁打不开", "还是不行"),
    ("连不上网", "重启了两遍，还是连不上"), ("锁面板不亮", "按你说的做了，根本没反应"),
])  # fmt: skip
def test_what_was_tried_or_stays_tells_that_the_answer_has_failed(trouble: str, account: str) -> None:
    said = [normalise(trouble)]
    assert failed(normalise(account), said)
    assert open_question(normalise(account), [turn(trouble)], NOW) == tuple(said)


@pytest.mark.parametrize(("before", "account"), [
    ("柜门关不严", "调好了"), ("抽屉卡", "清了，好了"), ("台面污渍", "擦掉了"), ("门锁打不开", "打开了"),
    ("抽屉卡", "发票还没开"), ("柜门掉了", "抽屉又掉了"), ("柜子坏了", "还没发货"), ("怎么退货", "试过了"),
    ("发票怎么开", "又坏了"),
    ("门锁打不开", "怎么修"), ("抽屉卡", "还要多久"), ("柜子坏了", "换了多久"), ("指纹不灵", "还有别的办法吗"),
    ("柜门松了", "还在保吗"),
    ("柜子裂了", "装了三天"), ("柜门松了", "不行我要退货"),
])  # fmt: skip
def test_success_another_matter_and_a_question_are_no_failure(before: str, account: str) -> None:
    assert not failed(normalise(account), [normalise(before)])
