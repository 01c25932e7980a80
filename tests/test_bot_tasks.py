"""A bot with a merchant's task: declared in YAML, done by his function, in talks as customers lead them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot import BotConfig, Chatbot, KnowledgeBase, Session
from csbot.dialogue.tasks import Task
from csbot.errors import ConfigError, SourceError
from csbot.evaluation.run import evaluate
from csbot.models import Caller, Order, OrderQuery, Reply
from csbot.orders.json_file import OrderList

DATA = Path(__file__).parents[1] / "data"
ORDERS = [Order.model_validate(row) for row in json.loads((DATA / "orders.json").read_text(encoding="utf-8"))]
TASKS = DATA / "tasks"


class Desk:
    """The merchant's function: it remembers what it was given."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], Caller]] = []

    def __call__(self, slots: dict[str, str], caller: Caller) -> dict[str, str]:
        self.got.append((slots, caller))
        return {"receipt": f"BX{len(self.got)}"}


Make = Callable[..., Chatbot]


@pytest.fixture(scope="module")
def make(small_kb: KnowledgeBase) -> Make:
    def make_one(desk: Any = None, **options: Any) -> Chatbot:
        chosen = {"orders": OrderList(ORDERS), "tasks": TASKS, "handlers": {"fault_report": desk or Desk()}} | options
        return Chatbot(small_kb, **chosen)

    return make_one


def talk(bot: Chatbot, *texts: str, **fields: Any) -> list[Reply]:
    session = Session.model_validate({"customer_id": "u1", "channel": "wechat"} | fields)
    return [bot.reply(session, text) for text in texts]


def test_a_fault_is_reported_one_thing_at_a_time_and_done_after_a_yes(make: Make) -> None:
    desk = Desk()
    replies = talk(
        make(desk), "我要报修", "门锁", "昨天开始打不开", "13800000001", "杭州文一路88号3栋502", "都行", "确认", "谢谢"
    )
    assert [reply.slot for reply in replies] == ["product", "fault", "phone", "address", "wished_time", "confirm", None, None]
    assert [reply.kind for reply in replies[-2:]] == ["task_done", "smalltalk"]
    assert "BX1" in replies[-2].text
    ((slots, caller),) = desk.got
    assert slots == {
        "product": "智能门锁", "fault": "昨天开始打不开", "phone": "13800000001", "address": "杭州文一路88号3栋502",
        "wished_time_said": "都行",
    }  # fmt: skip
    assert (caller.customer_id, caller.channel) == ("u1", "wechat")
    assert replies[0].trace.intent == "fault_report"


def test_a_reply_that_a_task_is_done_is_the_same_after_json(make: Make) -> None:
    done = talk(make(), "报修：橱柜台面裂了，13900000005，地址是文一路18号，周六来", "对的")[-1]
    assert done.kind == "task_done"
    assert Reply.model_validate_json(done.model_dump_json()) == done


def test_where_the_merchants_system_fails_a_human_gets_everything_masked(make: Make) -> None:
    def fail(slots: dict[str, str], caller: Caller) -> None:
        raise ConnectionError

    last = talk(make(fail), "报修：橱柜台面裂了，13900000005，地址是文一路18号3栋502，周六来", "对的")[-1]
    assert last.ticket is not None
    assert (last.kind, last.ticket.reason) == ("handoff", "task_failed")
    assert last.ticket.slots["phone"] == "139****0005"
    assert last.ticket.slots["product"] == "橱柜"
    assert "栋502" not in last.ticket.model_dump_json()


def test_it_works_in_an_event_loop_too(make: Make) -> None:
    async def report(slots: dict[str, str], caller: Caller) -> str:
        await asyncio.sleep(0)
        return "好了"

    async def ask() -> list[Reply]:
        bot, session = make(report), Session(customer_id="u")
        return [await bot.areply(session, text) for text in ("报修：橱柜裂了，13900000005，地址是文一路18号，周六来", "对的")]

    assert asyncio.run(ask())[-1].text == "好了"


def test_a_third_task_is_a_file_and_a_function(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "cancel.yaml"
    file.write_text(
        """
name: cancel_install
title: 取消安装预约
examples:
  [取消安装, 我要取消上门安装, 安装不做了帮我取消, 把安装预约取消掉, 不用来装了, 取消明天的安装, 安装先取消吧, 帮我撤掉安装单]
slots:
  - {name: order_id, kind: order_id, title: 订单号, prompts: [订单号是多少？, 请发订单号。], invalid: [订单号不完整。]}
confirm: ["取消订单 {order_id} 的安装，对吗？", "确认取消 {order_id} 的安装？"]
done: [安装已取消。]
failed: [没能取消，已转人工。]
call: crm.cancel
""",
        encoding="utf-8",
    )
    got: list[dict[str, str]] = []
    bot = make(tasks=file, handlers={"crm.cancel": lambda slots, caller: got.append(slots)})
    replies = talk(bot, "帮我取消安装", "QH202610100017", "好的")
    assert [reply.text for reply in replies] == ["订单号是多少？", "取消订单 QH202610100017 的安装，对吗？", "安装已取消。"]
    assert got == [{"order_id": "QH202610100017"}]


def test_tasks_may_be_given_as_objects_and_need_their_functions(make: Make) -> None:
    task = Task.read(TASKS / "fault_report.yaml")
    assert talk(make(tasks=[task]), "我要报修")[0].slot == "product"
    with pytest.raises(ConfigError, match="fault_report"):
        make(tasks=[task], handlers={})


def test_a_bot_is_not_made_from_a_declaration_with_faults(make: Make, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: bad\n", encoding="utf-8")
    with pytest.raises(SourceError, match="title"):
        make(tasks=tmp_path)


def test_a_late_order_is_told_with_an_apology_and_a_human_comes_when_wanted(make: Make) -> None:
    told, human = talk(make(), "QH202611040005 18600000014", "好的")
    assert told.order is not None
    assert "抱歉" in told.text
    assert (human.kind, human.trace.intent) == ("handoff", "human_handoff")
    assert human.ticket is not None
    assert human.ticket.order_id == "QH202611040005"


def test_names_are_covered_in_every_turn_after_they_were_said(make: Make) -> None:
    *_, last = talk(make(), "我叫林晓燕", "林晓燕的柜子呢", "转人工")
    assert last.ticket is not None
    assert "林晓燕" not in last.ticket.model_dump_json()
    assert "林晓燕" not in last.trace.model_dump_json()


def test_a_talk_in_which_nothing_goes_straight(sample_kb: KnowledgeBase) -> None:
    """A tip first, a request then; questions, haste, a house number put right; the number once more, and a change of mind."""
    desk = Desk()
    bot = Chatbot(sample_kb, orders=OrderList(ORDERS), tasks=TASKS, handlers={"fault_report": desk})
    tip, asked, *_, fee, soon, moved, done, receipt, changed = talk(
        bot, "锁坏了怎么办", "那帮我报修吧", "13800000001", "文一路8号", "要钱吗", "快点就行", "地址写错了 是14号", "嗯 快点来",
        "单号多少", "改到后天",
    )  # fmt: skip
    assert (tip.kind, asked.slot) == ("answer", "phone")
    assert (fee.kind, fee.faq_id) == ("answer", "repair-fee")
    assert "上门时间：尽快" in soon.text
    assert "文一路14号" in moved.text
    assert done.kind == "task_done"
    ((slots, _),) = desk.got
    assert slots == {
        "product": "智能门锁", "fault": "锁坏了", "phone": "13800000001", "address": "文一路14号", "wished_time_said": "尽快",
    }  # fmt: skip
    assert "BX1" in receipt.text
    assert (changed.kind, changed.trace.rule) == ("handoff", "done_revised")
    assert changed.ticket is not None
    assert changed.ticket.slots["product"] == "智能门锁"


@pytest.mark.parametrize("file", ["dialogues.jsonl", "dialogues_orders.jsonl", "tasks/dialogues.jsonl"])
def test_the_dialogues_of_the_sample_data_go_as_expected(sample_kb: KnowledgeBase, file: str) -> None:
    bot = Chatbot(sample_kb, orders=DATA / "orders.json", tasks=TASKS, handlers={"fault_report": Desk()})
    assert evaluate(bot, dialogues=DATA / file).errors == []


RUBBISH = st.text(max_size=12) | st.text("0123456789-QHqh 号", max_size=20)
TALK = """我想查一下我的订单|帮我看看物流|QH202611030012|QH202611170013 到哪了|13800000001|１３８００００００１１|尾号0001
|林晓燕|我叫周文博|另一个呢|第二个|那多久能到|换个手机号查|上面那个号错了|不对|不对，是13900000010|算了|不查了，发票怎么开|好的|要
|对的|都行|谢谢|你好|我要报修|橱柜|昨天开始漏水|杭州文一路88号|地址不对|周六|包邮吗|怎么退货|发票|1|3|都不是|转人工|红烧肉怎么做|😀
|手机号138000|确认|报修：锁坏了，13800000001"""
SAID = st.sampled_from([text.strip() for text in TALK.split("|")])
STRANGERS = st.sampled_from(["13712345678", "我叫王小明", "13712345678 王小明", *(order.order_id for order in ORDERS[:6])])


people = count()


@pytest.fixture(scope="module")
def patient(make: Make) -> Chatbot:
    """A bot for many customers who guess at the same few orders."""
    return make(config=BotConfig(orders={"not_found_floor_s": 0, "order_lookup_limit": 1000}))


def newcomer(**fields: Any) -> Session:
    return Session(customer_id=f"u{next(people)}", **fields)


@given(said=st.lists(SAID | RUBBISH | STRANGERS, min_size=1, max_size=10))
def test_whatever_is_said_a_sensible_reply_comes_and_every_task_ends(patient: Chatbot, said: list[str]) -> None:
    """No slot is asked for more often than the limit, and once more for each other slot that is given instead."""
    session = newcomer()
    asked: dict[tuple[str | None, str | None], int] = {}
    for text in said:
        reply = patient.reply(session, text)
        assert reply.text.strip()
        turn = session.turns[-1]
        if turn.task is None:
            asked = {}
        elif reply.kind == "ask_slot":
            asked[turn.task, turn.slot] = asked.get((turn.task, turn.slot), 0) + 1
            others = len(patient.tasks[turn.task].slots) - 1
            assert asked[turn.task, turn.slot] <= patient.config.dialogue.slot_retry_limit + others


@given(said=st.lists(SAID | RUBBISH | STRANGERS, min_size=1, max_size=10))
def test_no_order_is_revealed_without_proof(patient: Chatbot, said: list[str]) -> None:
    """Whatever order is named in a reply, its phone was said, and its id or the customer's name."""
    session = newcomer()
    heard = ""
    for text in said:
        reply = patient.reply(session, text)
        heard += text.translate(str.maketrans("０１２３４５６７８９", "0123456789")) + "\n"
        shown = [order for order in ORDERS if order.order_id in reply.text]
        for order in [*shown, *([reply.order] if reply.order else [])]:
            assert order.phone in heard
            assert order.order_id in heard or order.name in heard


@given(said=st.lists(SAID, min_size=1, max_size=6))
def test_whom_the_host_has_proven_is_never_shown_another_persons_order(patient: Chatbot, said: list[str]) -> None:
    owner = ORDERS[0]
    session = newcomer(identified=OrderQuery(phone=owner.phone))
    heard = ""
    for text in said:
        reply = patient.reply(session, text)
        heard += text + "\n"
        if reply.order and reply.order.phone != owner.phone:
            assert reply.order.phone in heard


@pytest.mark.parametrize("result", ["好了\ud800", {"receipt": "BX1\udfff"}], ids=ascii)
def test_half_a_character_from_the_merchants_function_loses_no_turn(make: Make, tmp_path: Path, result: Any) -> None:
    bot = make(lambda slots, caller: result, store=f"sqlite:///{tmp_path}/csbot.db")
    session = bot.session("u1", "wechat")
    replies = [bot.reply(session, text) for text in ("报修：橱柜台面裂了，13900000005，地址是文一路18号，周六来", "对的")]
    assert replies[-1].kind == "task_done"
    assert "?" in replies[-1].text
    assert bot.store is not None
    assert bot.store.load(session.id) == session
