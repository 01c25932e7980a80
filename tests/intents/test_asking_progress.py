"""A question after an order is told from an account of what is done, fine, broken, or not ordered yet."""

from __future__ import annotations

import pytest

from csbot.intents.progress import Account, asks_progress, names_order, tells
from csbot.kb.task_intents import ORDER_PROGRESS, examples
from csbot.text import normalise


@pytest.mark.parametrize("text", [
    "我的柜子到哪了", "做好了没 我周末要用", "到没到啊", "东西还没到", "一直没动静", "说好三天的", "订单", "我的货呢",
    "给我查查", "帮忙催一下", "今天能到不", "发货没有", "物流都五天不动了", "where is my order", "到了？",
])  # fmt: skip
def test_whoever_asks_presses_or_waits_may_want_an_order_looked_up(text: str) -> None:
    assert asks_progress(text, normalise(text))


@pytest.mark.parametrize("text", [
    "衣柜装完了", "非常满意", "墙皮都掉了一片", "地板也泡了", "我还没付款呢", "合同都没签", "五金呢", "没有啊", "讲了好几遍了",
    "昨天收到了", "你们给的办法我都试过了", "图纸我确认了",
])  # fmt: skip
def test_whoever_only_tells_something_does_not(text: str) -> None:
    assert not asks_progress(text, normalise(text))


def test_nearly_all_examples_of_the_intent_ask() -> None:
    forms = examples(ORDER_PROGRESS)
    assert sum(asks_progress(form, form) for form in forms) >= 0.98 * len(forms)


@pytest.mark.parametrize(("kind", "text"), [
    ("done", "门锁昨天装好了"), ("done", "师傅已经来过了"), ("done", "用着挺不错"), ("done", "收到了，很满意"),
    ("done", "柜门前天修好了"),
    ("undone", "我们还没有下单"), ("undone", "定金都没交呢"), ("undone", "我没买过"),
    ("beside", "台面裂了一道"), ("beside", "还在滴水，一直漏"), ("beside", "说了好几遍了"), ("beside", "这些我都试过了"),
])  # fmt: skip
def test_accounts_are_told_apart(kind: Account, text: str) -> None:
    assert tells(kind, normalise(text))


@pytest.mark.parametrize("text", [
    "装好了吗", "锁被人换了", "只收到了一件",
    "装好了但是门关不上", "已签收但我没收到", "师傅来过了没修好", "林晓燕", "不方便说", "帮我查一下物流",
])  # fmt: skip
def test_a_question_a_complaint_or_an_answer_is_no_such_account(text: str) -> None:
    assert [kind for kind in ("done", "undone", "beside") if tells(kind, normalise(text))] == []


def test_an_orders_progress_is_named_outright_or_not() -> None:
    assert [names_order(form) for form in ("我的快递到哪了", "怎么还没发货", "什么时候有人来", "水一直流")] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["券还有没", "活动还有没", "国补还有没有", "积分还在吗", "现货有没有"])
def test_whether_coupons_or_stock_are_left_asks_after_no_order(text: str) -> None:
    assert not asks_progress(text, normalise(text))


@pytest.mark.parametrize("text", ["我的券发货了没", "我的货还有没有消息", "快递有动静没"])
def test_of_ones_own_goods_it_may(text: str) -> None:
    assert asks_progress(text, normalise(text))
