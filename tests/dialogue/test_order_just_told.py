"""What is asked of an order just told goes to the order, not to a rule that only sounds alike; what it lacks is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from handmade import candidate, message, policy, told

from csbot.dialogue.order_days import days_in, event_of_day
from csbot.dialogue.order_in_hand import names_other_goods
from csbot.dialogue.order_memory import OrderMemory
from csbot.dialogue.order_questions import near_question, question_in, tell_about
from csbot.dialogue.order_wishes import tell_wish
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State
from csbot.dialogue.telling import tell
from csbot.models import CHINA, Order, Turn

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)
ID, PHONE = "QH202611030012", "13800000001"
SHOWN = State(turns=3, order_id=ID, shown={"phone": PHONE, "order_id": ID})


def order(status: str, *events: str, **fields: Any) -> Order:
    rows = [{"time": f"2026-11-{day:02}T10:00:00+08:00", "text": text} for day, text in enumerate(events, start=18)]
    return Order.model_validate({"order_id": ID, "phone": PHONE, "name": "林晓燕", "status": status, "events": rows} | fields)


@pytest.mark.parametrize(("about", "forms"), [
    ("when", ["12月8号能装上吗", "26号是早上还是下午来", "28号大概几点", "月底做得完吗", "后天到得了对吧", "专车哪天送来"]),
    ("when", ["下午五点前送得来吗", "明天寄得出去不"]), ("other_day", ["换到28号可不可以", "改到周三上午行不"]),
    ("unreachable", ["快递员电话打不通", "师傅一直不接电话", "司机怎么联系不到"]),
    ("when", ["那得等到几号啊", "什么时候有人来给我装", "打孔完还要多久", "下周三师傅能上门不", "30号几点到"]),
    ("agreed", ["约的哪天来着", "我约的就是今天呀", "改约到周六了吗"]),
    ("overdue", ["昨天就该到的", "21号就应该装好了", "这都晚三天了", "已经超时了", "都拖了半个月了", "早该发货了"]),
    ("not_yet", ["图怎么还没出来", "怎么还没送到", "咋还没人来装", "为什么到现在还不安排"]),
    ("press", ["催一下", "帮我催催", "你们帮我催催工厂", "给我催下吧", "能帮我催一下吗"]),
    ("changes", ["想改个颜色", "我要换板材", "能不能改一下尺寸", "我想换成胡桃色的"]),
    ("reason", ["怎么才到排产", "怎么取消了", "啊怎么取消了?", "又延期了", "又顺延,说好的时间呢"]),
    ("where", ["快递停哪了", "到哪个站了", "卡在哪里了"]), ("account", ["打到哪个账户", "回单发哪里", "收款账号多少"]),
    ("people", ["明天来几个师傅", "要来几个工人"]), ("next", ["后面还有几步", "接下来做什么", "下一步是什么"]),
    ("refund_missing", ["钱还没到账", "都半个月了还没退", "一直没收到钱"]), ("contact", ["联系快递员", "帮我联系一下设计师"]),
    ("lost", ["丢件了那怎么办", "丢了?咋办"]), ("drawing", ["设计图改好了没有", "我的图改好没"]),
    ("unwanted", ["不要了退款吧", "我不要了退款", "再不发货我就退款了"]),
    ("has_paid", ["尾款我付过了的", "首付款已经付清了哈"]),
])  # fmt: skip
def test_what_is_asked_of_the_order(about: str, forms: list[str]) -> None:
    assert [question_in(form) for form in forms] == [about] * len(forms)


@pytest.mark.parametrize("form", [
    "怎么催发货", "多久可以催", "怎么取消", "怎么改颜色", "换什么颜色好看", "几点下班", "周末上班吗", "安装要多久",
    "生产要多久", "打款多久到账", "优惠券怎么还没发", "12月有活动吗", "明天降价吗", "25号开门吗", "下一步怎么付款",
    "发票发到哪里", "昨天下的单", "钥匙丢了怎么办", "要来几趟", "约设计师要钱吗", "晚几天付款行吗",
])  # fmt: skip
def test_a_rule_or_another_matter_is_not_asked_of_the_order(form: str) -> None:
    assert question_in(form) is None


@pytest.mark.parametrize(("about", "form"), [
    ("when", "我下个月搬家那柜子月底前来得及"), ("when", "你看哪天能轮到我家做"), ("reason", "咋老是往后挪"),
    ("where", "我那一车货现在走到哪了"), ("", "我家的弄到哪一步"), ("other_day", "我家还没弄完能不能推到月底再送"),
    ("sooner", "我这边都弄好了能提早吗"),
])  # fmt: skip
def test_where_no_faq_is_sure_a_question_of_time_place_state_or_reason_is_of_the_order(about: str, form: str) -> None:
    assert question_in(form) is None
    assert near_question(form) == about
    assert decide(SHOWN, message(form, candidate("rule", 0.55)), policy(0.3)).about == about
    assert decide(SHOWN, message(form, candidate("rule", 0.65)), policy(0.3)).kind == "answer"


@pytest.mark.parametrize("form", [
    "柜子一般多久能做好", "退款什么时候到", "怎么预约哪天来", "要是没人在家怎么办", "发票什么时候能开出来", "门店在哪里",
    "在哪里看", "指纹怎么老是不灵", "好的", "谢谢", "",
])  # fmt: skip
def test_the_rule_of_it_stays_with_the_faq_however_unsure(form: str) -> None:
    assert near_question(form) is None


@pytest.mark.parametrize("state", [
    replace(SHOWN, since_order=2), State(),
    replace(SHOWN, orders=OrderMemory(called=True)), replace(SHOWN, task="fault_report"),
])  # fmt: skip
def test_only_of_an_order_just_told_and_while_nobody_is_called_for_it(state: State) -> None:
    assert decide(state, message("咋老是往后挪", candidate("rule", 0.5)), policy(0.3)).about == ""


def test_another_persons_order_is_not_answered_with_the_one_in_hand() -> None:
    action = decide(SHOWN, message("我妈那单什么时候能到", candidate("rule", 0.5)), policy(0.3))
    assert (action.kind, action.rule) == ("ask_slot", "elsewhere")


def test_pressing_is_for_a_colleague_whatever_the_rule_of_orders_that_wait() -> None:
    said = message("给我催一下", candidate("logi-urge", 0.97))
    assert decide(SHOWN, said, policy()).about == "press"
    for offer in ("asked", "mentioned"):
        assert told(decide(replace(SHOWN, offer=offer), said, policy())) == ("handoff", "human_offer_taken")
    asked = tell_about(order("生产中", "板件开料中", eta="2026-12-03"), "press", "", [], NOW)
    assert ("生产中" in asked.text, "12月3日" in asked.text, "催" in asked.text, asked.offer) == (True, True, True, "asked")


@pytest.mark.parametrize(("shown", "about", "form", "words"), [
    (order("派送中", "快递员派送中", eta="2026-11-21"), "overdue", "都晚两天了", ["原定前天", "抱歉", "派送中", "催"]),
    (order("设计中", "设计师出图中", eta="2027-01-10"), "not_yet", "图怎么还没出来", ["1月10日", "出图中", "催"]),
    (order("延期", "复尺改约至 11 月 25 日", eta="2026-12-28"), "when", "25号复尺几点", ["11 月 25 日", "几点订单里没有写"]),
    (order("待测量", "客户要求改到 11 月 23 日上门"), "when", "师傅今天会来吗", ["11 月 23 日上门", "问一下"]),
    (order("生产中", "封边中", eta="2026-12-05"), "when", "12月5号能装上吗", ["12月5日", "安装的时间要等货送到以后再约"]),
    (order("待安装", "已预约安装", eta="2026-11-25"), "when", "25号几点装", ["后天", "几点订单里没有写"]),
    (order("待测量", "约定 11 月 24 日上门", eta="2026-11-24"), "agreed", "约的哪天", ["约定 11 月 24 日上门"]),
    (order("生产中", "图纸已签字，进入排产"), "changes", "想改个颜色", ["图纸已签字，进入排产", "同事"]),
    (order("已取消", "取消审核通过，货款原路退回"), "not_received", "可是我没收到", ["货款原路退回", "没到账", "核查"]),
    (order("已取消", "取消审核通过，货款原路退回"), "refund_missing", "还没到账", ["货款原路退回", "核查"]),
    (order("待发货", "尾款已付清，等待专车发货"), "has_paid", "尾款付了的", ["尾款已付清"]),
    (order("待付款", "请在 3 天内汇款并上传回单"), "account", "回单发哪", ["没有收款账户", "上传回单", "问一下"]),
    (order("生产中", "板件封边中"), "next", "后面还有几步", ["生产中", "安排发货"]),
    (order("已发货", "中通已揽收"), "where", "停哪了", ["没有现在的具体位置", "中通已揽收", "问一下"]),
])  # fmt: skip
def test_the_order_answers_with_what_it_says_and_says_what_it_lacks(
    shown: Order, about: str, form: str, words: list[str]
) -> None:
    text = tell_about(shown, about, form, [], NOW).text
    assert [word for word in words if word not in text] == []
    assert PHONE not in text
    assert "林晓燕" not in text


def test_a_day_that_the_order_does_not_name_gets_the_day_it_has() -> None:
    shown = order("派送中", "复尺完成 11 月 20 日", eta="2026-11-25")
    assert event_of_day(shown, "25号几点", NOW) is None
    assert event_of_day(shown, "27号几点", NOW) is None
    assert event_of_day(shown, "几点", NOW) is None
    assert event_of_day(shown, "11月20号是什么", NOW) == shown.events[0]
    assert list(days_in("今天或26号", NOW)) == [date(2026, 11, 23), date(2026, 11, 26)]


def test_what_kind_of_it_is_no_other_goods() -> None:
    asked = ["那尺寸呢", "颜色呢", "设计图改好了没", "那安装呢", "那我的锁呢"]
    assert [names_other_goods(form, "定制衣柜 2 组") for form in asked] == [False, False, False, False, True]


def test_how_ones_own_order_stands_is_looked_up_and_how_it_is_cancelled_is_not() -> None:
    action = decide(State(), message("你看下我单子是不是取消了", candidate("order-cancel", 0.86)), policy())
    assert (action.kind, action.slot) == ("ask_slot", "phone")
    assert decide(State(), message("订单怎么取消", candidate("order-cancel", 0.86)), policy()).kind == "answer"


def test_no_order_promises_a_text_message_or_a_courier_that_may_not_come() -> None:
    texts = [tell(order(status), NOW).text for status in ("生产中", "待发货", "已发货", "待安装")]
    assert [text for text in texts if "短信" in text or "快递" in text] == []


def test_what_to_do_about_goods_gone_wrong_is_not_to_cancel_them() -> None:
    for wish in ("refund", "exchange"):
        text = tell_wish(order("异常", "快递确认丢件"), wish, NOW).text
        assert ("取消" in text, "由您选" in text) == (False, True)


def test_a_colleague_is_not_to_press_for_what_nothing_is_awaited_of() -> None:
    shown = order("已取消", "取消审核通过")
    said = [tell(shown, NOW).text, "还是"]
    turns = [Turn(user="?", kind="order_status", rule="order_follow_up", reply=reply, order_id=ID) for reply in said]
    again = tell_about(shown, "", "", turns, NOW)
    assert ("催" in again.text, again.offer) == (False, "asked")
