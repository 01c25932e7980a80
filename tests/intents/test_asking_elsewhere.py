"""What sounds like an order's progress, or like good news, and is neither; and questions that only a stop parts."""

from __future__ import annotations

import pytest

from csbot.courtesy import find_smalltalk
from csbot.intents.answers import says
from csbot.intents.matters import only_clauses, questions_in
from csbot.intents.progress import asks_progress, tells
from csbot.intents.signals import find_signals, shown_by_words


@pytest.mark.parametrize(
    "text", ["红包到了没", "我的发票寄了没", "会员升级了没", "投诉到哪一步了", "问过物业没有", "收藏的商品没了", "吃了没"]
)
def test_no_order_tells_whether_a_coupon_a_paper_or_a_meal_is_there(text: str) -> None:
    assert not asks_progress(text, text)


@pytest.mark.parametrize("text", ["发货了没", "我的门锁寄了没", "包裹到了没", "订单到哪一步了", "柜子做好没有", "师傅出发了没"])
def test_goods_and_people_on_their_way_are_asked_of_an_order(text: str) -> None:
    assert asks_progress(text, text)


@pytest.mark.parametrize("text", ["吊柜掉下来了", "贴面卷起来了", "水渗出来了", "门锁叫起来了", "柜体歪过来了"])
def test_what_falls_or_comes_loose_has_not_arrived(text: str) -> None:
    assert not tells("done", text)


@pytest.mark.parametrize("text", ["货送上来了", "快递寄到了", "衣柜装起来了", "旧的换掉了", "退款退下来了"])
def test_what_has_arrived_is_done(text: str) -> None:
    assert tells("done", text)


@pytest.mark.parametrize("text", ["还是不行", "重启了还是不行", "再讲一遍", "然后呢"])
def test_words_that_go_on_with_the_reply_are_no_second_contact_by_themselves(text: str) -> None:
    likely = {"repeat_contact": 0.95}
    assert shown_by_words(find_signals(text, likely), "repeat_contact") < 0.6


@pytest.mark.parametrize("text", ["上次报修过还是不行", "又要我重新说一遍", "问了三次了还是不行"])
def test_a_second_contact_is_told_by_when_or_how_often(text: str) -> None:
    assert shown_by_words(find_signals(text), "repeat_contact") >= 0.6


def test_likeness_alone_says_nothing_of_a_few_words_but_a_bare_wish() -> None:
    assert not find_signals("我在郊区", {"complaint_threat": 0.98, "urgency": 0.95})
    assert [one.name for one in find_signals("专人服务", {"human_wanted": 0.97})] == ["human_wanted"]


@pytest.mark.parametrize(("form", "parts"), [
    ("怎么改地址,怎么改手机号", ("怎么改地址", "怎么改手机号")),
    ("多久发货,发什么快递,运费多少", ("多久发货", "发什么快递", "运费多少")),
    ("质保几年?锁能自己装吗", ("质保几年", "锁能自己装吗")),
])  # fmt: skip
def test_clauses_that_each_ask_are_questions_of_their_own(form: str, parts: tuple[str, ...]) -> None:
    assert questions_in(form) == parts
    assert only_clauses(form)


@pytest.mark.parametrize(
    "form", ["锁没电了,怎么办", "发票怎么开,在哪里开这个", "能不能退,怎么退", "多久发货,我很急", "抽屉卡住了,什么原因"]
)
def test_an_account_or_an_ellipsis_beside_a_question_is_no_second_one(form: str) -> None:
    assert questions_in(form) is None


def test_words_that_begin_another_matter_are_no_bare_clauses() -> None:
    assert not only_clauses("发票怎么开,另外积分怎么用")


@pytest.mark.parametrize(("text", "kind"), [
    ("我想咨询个问题", "greeting"), ("有件事想请教", "greeting"), ("新春快乐", "greeting"), ("没别的事了", "goodbye"),
    ("没有了,谢谢", "goodbye"), ("不用转人工了", "cancel"), ("我先看看", "ack"), ("等我一下", "ack"), ("吃饭了没", "chat"),
    ("有个问题", "greeting"),
])  # fmt: skip
def test_courtesy_by_its_shape(text: str, kind: str) -> None:
    assert find_smalltalk(text) == kind


@pytest.mark.parametrize(
    "text", ["我先看看物流", "有个问题柜门关不上", "没有收到货", "新年还发货吗", "我想咨询退货", "不用转人工怎么退货"]
)
def test_a_matter_is_no_courtesy(text: str) -> None:
    assert find_smalltalk(text) is None


@pytest.mark.parametrize(("kind", "text"), [("withdraws", "我自己研究一下"), ("asks_wait", "快一点啊")])
def test_who_waits_goes_on_alone_or_presses(kind: str, text: str) -> None:
    assert says(kind, text)  # type: ignore[arg-type]


def test_to_look_for_a_parcel_is_no_withdrawal() -> None:
    assert not says("withdraws", "我自己看看物流")
    assert not says("asks_wait", "快点发货")


def test_how_far_a_repair_or_an_order_has_come_are_two_things() -> None:
    assert not find_signals("我的报修到哪一步了")
    assert [one.name for one in find_signals("我的订单到哪了")] == ["order_wanted"]
