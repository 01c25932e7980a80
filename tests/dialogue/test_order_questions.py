"""Questions about an order that was shown, answered from its own fields, honestly where it has none, and never twice alike."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from handmade import candidate, message, policy, told

from csbot.dialogue.order_questions import question_in, tell_about
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State
from csbot.dialogue.telling import tell, tell_briefly
from csbot.models import Order, Turn

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=timezone(timedelta(hours=8)))
DATA = Path(__file__).parents[2] / "data"
ID, PHONE, NAME = "QH202611030012", "13800000001", "林晓燕"
SHOWN = State(turns=3, order_id=ID, shown={"phone": PHONE, "name": NAME, "order_id": ID})


def order(status: str, *events: str, **fields: Any) -> Order:
    rows = [{"time": f"2026-11-{day:02}T10:00:00+08:00", "text": text} for day, text in enumerate(events, start=18)]
    return Order.model_validate({"order_id": ID, "phone": PHONE, "name": NAME, "status": status, "events": rows} | fields)


def turn(reply: str, **fields: Any) -> Turn:
    return Turn(user="?", kind="order_status", rule="order_follow_up", reply=reply, order_id=ID, **fields)


@pytest.mark.parametrize(("about", "forms"), [
    ("reason", ["怎么回事", "为啥", "异常是什么意思", "怎么又延期了", "什么原因", "派送失败是怎么回事", "为什么这么久"]),
    ("when", ["几号发货", "什么时候能收到", "什么时候到货"]),
    ("when", ["什么时候到", "延期到几号", "师傅几点来", "明天能到吗", "还要几天", "周三前能装吗", "大概几号送"]),
    ("address", ["寄到哪里的", "送到哪个地址", "地址对不对", "收件人是谁", "是寄到我家的吗"]),
    ("contact", ["快递员电话", "师傅手机号多少", "怎么联系司机"]),
    ("carrier", ["发的什么快递", "物流公司是哪家", "谁送的"]), ("number", ["快递单号多少", "运单号发我"]),
    ("who", ["谁来装", "师傅姓什么"]), ("price", ["一共多少钱", "尾款多少"]), ("items", ["买的是什么", "里面有几件商品"]),
    ("ordered", ["我几号下的订单", "这单是哪天拍的", "啥时间买的来着", "下单日期呢", "订单时间是什么时候"]),
    ("paid", ["哪天付的钱", "付款日期", "什么时间交的款"]), ("signed", ["几号签的合同", "签约时间是哪天"]),
    ("sent", ["几时寄出的", "哪天发的货", "出库时间"]), ("received", ["什么时候签收的", "几月几号送到的", "签收日期是"]),
    ("unwanted", ["不要了", "不想要了", "退了吧", "这单取消吧"]), ("help", ["那怎么办"]), ("remedy", ["能补发吗", "会赔偿吗"]),
])  # fmt: skip
def test_what_is_asked_of_an_order(about: str, forms: list[str]) -> None:
    assert [question_in(form) for form in forms] == [about] * len(forms)


@pytest.mark.parametrize(("about", "forms"), [
    ("not_cancelled", ["我没申请过取消啊", "我啥时候申请取消了", "你们给取消的", "不是我取消的", "我从来没要求取消"]),
    ("not_changed", ["我没改过时间啊", "你们自己改的凭什么延我工期", "是你们推的", "我可没同意延期", "谁改的时间"]),
    ("not_arranged", ["我没约24号啊", "谁约的24号", "你们自己约的"]), ("not_ordered", ["我没买过这个", "不是我下的单"]),
    ("not_received", ["这不是我签的", "我没签收", "没送到啊,我这没货"]), ("away", ["我人都不在家", "我那天不在家"]),
    ("has_paid", ["我付了钱的", "我明明付款了", "钱都转过去了"]), ("not_called", ["司机没打电话", "没人联系我"]),
    ("wrong", ["你们搞错了吧", "不是我操作的", "状态不对吧", "怎么可能"]), ("lost", ["都丢了啊", "丢了"]),
    ("when", ["师傅明天能来装吗", "到底来不来", "都下午了", "天都黑了"]),
])  # fmt: skip
def test_the_customer_contradicts_what_an_order_says(about: str, forms: list[str]) -> None:
    assert [question_in(form) for form in forms] == [about] * len(forms)


@pytest.mark.parametrize("form", [
    "怎么还没取消", "什么时候能取消", "取消要多久", "改期要钱吗", "怎么改时间", "我还没付款", "我没时间",
    "微信付的", "付了钱怎么开发票", "我没收到退款", "我填错了", "我写错地址了", "我没预约怎么办", "不在家怎么收货", "钥匙丢了",
    "没有电话", "你们安排了吗", "不是这个", "我没看懂", "我没选颜色", "你们说的",
])  # fmt: skip
def test_who_wishes_asks_or_speaks_of_themselves_contradicts_nothing(form: str) -> None:
    assert question_in(form) is None


@pytest.mark.parametrize(("about", "forms"), [
    ("sooner", ["能快点吗过两天搬家", "能早一天不", "可以提前送吗", "我等着做饭呢", "能加急吗", "我急用"]),
    ("other_day", ["24号不行换26号", "换26号", "明天没空", "改到下周吧"]), ("leave", ["能不能放菜鸟", "放门口就行"]),
    ("together", ["一起装行不行", "两单一起发可以吗"]), ("returns", ["能退吗", "还能退不", "这个可以退吗"]),
    ("flaw", ["掉了一个", "少发了一件", "有一个碎了"]),
])  # fmt: skip
def test_a_wish_about_the_order_in_hand(about: str, forms: list[str]) -> None:
    assert [question_in(form) for form in forms] == [about] * len(forms)


@pytest.mark.parametrize("form", [
    "怎么退货", "可以退定金吗", "能退多少钱", "怎么换货", "换个颜色", "少了个层板", "掉漆了", "能提前付款吗", "能早点告诉我吗",
    "能放微波炉吗", "一起买有优惠吗", "能便宜点吗", "有一个问题", "换一个", "改地址", "等着呢",
])  # fmt: skip
def test_a_wish_that_names_another_thing_is_none_about_the_order(form: str) -> None:
    assert question_in(form) is None


@pytest.mark.parametrize(("shown", "about", "words", "offer"), [
    (order("待发货", eta="2026-11-25"), "sooner", ["待发货", "11月25日", "同事"], "asked"),
    (order("已完成", "已签收"), "sooner", ["已完成"], None),
    (order("已完成", "已签收"), "returns", ["已完成", "退换"], "asked"),
    (order("已完成", "已签收"), "flaw", ["核实"], "asked"), (order("已取消"), "leave", ["已取消"], None),
])  # fmt: skip
def test_a_wish_is_told_where_the_order_stands_and_who_can_grant_it(
    shown: Order, about: str, words: list[str], offer: str | None
) -> None:
    told = tell_about(shown, about, "", [], NOW)
    assert [word for word in words if word not in told.text] == []
    assert told.offer == offer


def test_a_wish_is_of_the_order_before_an_faq_that_only_sounds_alike() -> None:
    said = message("能退吗", candidate("deposit-refund", 0.5))
    assert decide(SHOWN, said, policy(0.4)).about == "returns"
    assert decide(State(), said, policy(0.4)).kind == "answer"
    assert decide(replace(SHOWN, offer="asked"), message("上午"), policy()).kind == "handoff"


@pytest.mark.parametrize(("shown", "about", "words"), [
    (order("已取消", "取消审核通过"), "not_cancelled", ["已取消", "取消审核通过", "对不上", "核查"]),
    (order("待测量", "客户要求改到 23 日上门", "等待上门"), "not_changed", ["要求改到 23 日", "对不上"]),
    (order("待安装", "专车送达并签收", "已预约安装"), "not_received", ["专车送达并签收", "对不上"]),
    (order("已取消", "30 分钟内未付款，系统自动关闭"), "has_paid", ["未付款", "对不上"]),
    (order("生产中", "板件开料"), "wrong", ["生产中", "板件开料", "对不上"]),
    (order("派送中", "派送中"), "away", ["最新记录", "派送中", "跟进"]),
    (order("派送中", "专车已出发"), "not_called", ["最新记录", "专车已出发", "跟进"]),
])  # fmt: skip
def test_what_the_order_says_to_the_contrary_is_told_and_a_colleague_is_to_look_into_it(
    shown: Order, about: str, words: list[str]
) -> None:
    told = tell_about(shown, about, "", [], NOW)
    assert [word for word in words if word not in told.text] == []
    assert told.offer == "asked"


def test_what_the_order_does_not_say_is_not_called_a_contradiction() -> None:
    shown = order("生产中", "板件开料")
    for about in ("not_cancelled", "not_received", "has_paid", "not_changed", "not_done"):
        assert "对不上" not in tell_about(shown, about, "", [], NOW).text


def test_who_contradicts_is_not_told_how_it_is_done_however_sure_that_answer_is() -> None:
    action = decide(SHOWN, message("我没申请过取消啊", candidate("order-restore", 0.94)), policy())
    assert (action.kind, action.about) == ("order_status", "not_cancelled")
    assert decide(replace(SHOWN, offer="asked"), message("是你们给取消的"), policy()).kind == "handoff"


@pytest.mark.parametrize("form", [
    "发票怎么开", "你们发什么快递", "质保多久", "退款多久到账", "运费多少钱", "地址怎么改", "怎么取消订单", "谢谢", "不要",
    "", "转人工", "到哪了", "拒收是不是要运费", "下单多久能到", "什么时候付尾款", "送到哪了", "安装多少钱",
])  # fmt: skip
def test_other_matters_are_not_about_the_order(form: str) -> None:
    assert question_in(form) is None


@pytest.mark.parametrize(("shown", "about", "asked", "words", "offer"), [
    (order("异常", "地址不详，无法派送"), "reason", "", ["异常", "地址不详，无法派送", "人工同事"], "asked"),
    (order("生产中"), "reason", "", ["生产中", "没有写具体原因"], "asked"),
    (order("已发货", "中通已揽收", eta="2026-11-23"), "when", "什么时候到", ["预计时间：明天。"], None),
    (order("待安装", eta="2026-11-23"), "when", "师傅几点来", ["明天", "几点订单里没有写"], None),
    (order("待安装", eta="2026-11-23T15:00"), "when", "几点来", ["明天下午3点"], None),
    (order("派送中", eta="2026-11-20"), "when", "", ["原定前天", "抱歉", "催"], "asked"),
    (order("待测量"), "when", "", ["还没有写预计时间"], "asked"),
    (order("已完成", "包裹已签收"), "when", "", ["已完成", "包裹已签收"], None),
    (order("已发货", "顺丰已揽收", "到达杭州"), "carrier", "", ["顺丰已揽收"], None),
    (order("生产中", "开料中"), "carrier", "", ["没有承运的公司"], "asked"),
    (order("已发货"), "address", "", ["没有收货地址"], "asked"),
    (order("异常", "收货地址不详"), "address", "", ["没有收货地址", "收货地址不详"], "asked"),
    (order("生产中", "合同已签订", "首付到账", "板件开料"), "ordered", "", ["最早的记录：11月18日", "合同已签订"], None),
    (order("生产中"), "ordered", "", ["没有下单时间"], "asked"),
    (order("生产中", "合同已签订", "首付到账", "板件开料"), "paid", "", ["11月19日", "首付到账"], None),
    (order("生产中", "开料中"), "paid", "", ["没有付款时间"], "asked"),
    (order("派送中", "已出库", "到达杭州"), "sent", "", ["11月18日", "已出库"], None),
    (order("生产中", "开料中", eta="2026-11-24"), "sent", "", ["预计时间：后天"], None),
    (order("已完成", "已出库", "已签收"), "received", "", ["11月19日", "已签收"], None),
    (order("派送中"), "contact", "", ["没有对方的电话"], "asked"),
    (order("已发货", items=["门锁", "拉篮"]), "items", "", ["门锁、拉篮"], None),
    (order("已发货"), "items", "", ["没有商品明细"], "asked"),
    (order("已发货"), "unwanted", "", ["不想要这一单"], "asked"),
])  # fmt: skip
def test_it_is_answered_from_the_orders_own_fields(
    shown: Order, about: str, asked: str, words: list[str], offer: str | None
) -> None:
    told = tell_about(shown, about, asked, [], NOW)
    assert [word for word in words if word not in told.text] == []
    assert told.offer == offer


def test_no_answer_gives_away_a_phone_a_name_or_more_than_the_order_was_told_to_have() -> None:
    for row in json.loads((DATA / "orders.json").read_text(encoding="utf-8")):
        shown = Order.model_validate(row)
        for about in ("reason", "when", "address", "contact", "carrier", "number", "who", "price", "items", "unwanted", "help"):
            text = tell_about(shown, about, "", [], NOW).text + tell_briefly([shown], NOW)
            assert shown.phone not in text
            assert shown.name not in text


def test_the_same_is_not_told_twice_but_that_nothing_is_new() -> None:
    shown = order("运输中", "到达杭州", eta="2026-11-24")
    first = tell(shown, NOW).text
    second = tell_about(shown, "", "", [turn(first)], NOW)
    third = tell_about(shown, "", "", [turn(first), turn(second.text)], NOW)
    assert "没有新的进展" in second.text
    assert len(second.text) < len(first)
    assert "后天" in second.text
    assert len({first, second.text, third.text}) == 3
    assert (second.offer, third.offer) == (None, "asked")


def test_where_something_is_new_it_is_told_in_full() -> None:
    before = tell(order("运输中", "到达杭州"), NOW).text
    assert tell_about(order("派送中", "到达杭州", "派送中"), "", "", [turn(before)], NOW).text.startswith("订单")


def test_what_is_past_is_told_again_and_not_that_nothing_is_new() -> None:
    shown = order("生产中", "合同已签订", "开料中")
    first = tell_about(shown, "ordered", "", [], NOW).text
    assert tell_about(shown, "ordered", "", [turn(first)], NOW).text == first


def test_a_reason_asked_again_is_told_in_other_words() -> None:
    shown, said = order("异常", "地址不详"), []
    for _ in range(4):
        said.append(tell_about(shown, "reason", "", [turn(text) for text in said], NOW).text)
    assert len(set(said[:3])) == 3
    assert all(one != following for one, following in pairwise(said))


def test_not_wanted_beside_an_offer_of_help_may_mean_either() -> None:
    told = tell_about(order("异常"), "unwanted", "", [turn("要我请人工吗？", offer="asked")], NOW)
    assert told.offer == "mentioned"
    assert "还是这一单不要了" in told.text


def test_the_order_in_hand_answers_before_an_faq_that_sounds_alike() -> None:
    action = decide(SHOWN, message("寄到哪里的", candidate("return-address", 0.97)), policy())
    assert (*told(action), action.about, action.slots) == ("order_status", "order_follow_up", "address", SHOWN.shown)


@pytest.mark.parametrize(("state", "text", "faq"), [
    (replace(SHOWN, since_order=4), "寄到哪里的", candidate("a", 0.9)), (State(), "师傅几点来", candidate("a", 0.9)),
    (SHOWN, "发的什么快递", candidate("a", 1.0, exact=True)), (SHOWN, "能补发吗", candidate("a", 0.9)),
])  # fmt: skip
def test_but_not_for_ever_and_not_before_what_is_asked_word_for_word(state: State, text: str, faq: Any) -> None:
    assert decide(state, message(text, faq), policy()).kind == "answer"


def test_not_wanted_is_of_the_order_only_right_after_it_was_told() -> None:
    said = message("不要了", smalltalk="cancel")
    assert decide(SHOWN, said, policy()).about == "unwanted"
    assert decide(replace(SHOWN, since_order=1), said, policy()).kind == "smalltalk"


def test_what_neither_the_order_nor_an_faq_knows_is_said_and_a_colleague_offered() -> None:
    action = decide(SHOWN, message("这个颜色能换吗"), policy())
    assert (action.kind, action.wording, action.offer) == ("fallback", "order_unknown", "asked")
    assert decide(SHOWN, message("哈哈哈"), policy()).wording == "fallback"
