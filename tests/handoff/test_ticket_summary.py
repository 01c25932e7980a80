"""Five lines that an agent reads in ten seconds, made by rules; a hook that is slow, wrong or broken changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

import pytest

from csbot.handoff.context import attempts_of, lines_of
from csbot.handoff.summary import LINE_CHARS, LINES, summarise
from csbot.models import Attempt, Deadlines, Line, Route, Session, Signal, Suggestion, Ticket, Turn

NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)


def ticket(*said: str, **fields: object) -> Ticket:
    lines = [Line(who="customer", text=text) for text in said]
    base = {"session_id": "s", "customer_id": "u", "channel": "wechat", "reason": "customer_wish", "transcript": lines}
    return Ticket.model_validate(base | fields)


def test_the_five_lines_say_who_what_tried_known_and_next() -> None:
    opened = ticket(
        "你好", "我的锁打不开，进不了家", "138****0001", "转人工",
        signals=[
            Signal(name="urgency", score=0.8, text="进不了家", reason="r"),
            Signal(name="human_wanted", score=1, text="转人工", reason="r"),
        ],
        attempts=[
            Attempt(asked="…", kind="answer", what="门锁没电怎么办", confidence=0.91), Attempt(asked="…", kind="fallback"),
        ],
        slots={"phone": "138****0001"}, earlier=["s0", "s1"],
        route=Route(priority="urgent", skill="应急", due=Deadlines(first_contact=NOON)),
        suggested=[Suggestion(faq_id="f", question="门锁应急开门", answer="…", confidence=0.4)],
    )  # fmt: skip
    assert summarise(opened) == [
        "微信客户：要求人工（紧急），之前来过 2 次",
        "问题：「我的锁打不开，进不了家」",
        "机器人：答了《门锁没电怎么办》（0.91）、没听懂",
        "已知：手机号 138****0001",
        "接待：一线·应急，紧急优先，11-20 12:00前首次联系；可答《门锁应急开门》；先确认人身安全",
    ]


def test_where_nothing_is_known_the_lines_say_so() -> None:
    assert summarise(ticket("转人工"))[1:4] == ["问题：只说要人工，没说什么事", "机器人：还没答过", "已知：客户没给信息"]


def test_the_first_and_the_last_matter_are_told_and_values_and_wishes_are_none() -> None:
    lines = summarise(
        ticket("柜门有点歪要怎么调", "我叫林**", "手机号是138****0001", "那螺丝掉了怎么办", "好的", "叫你们经理来")
    )
    assert lines[1] == "问题：「柜门有点歪要怎么调」；后来说「那螺丝掉了怎么办」"


@pytest.mark.parametrize("said", ["延期这么久，我要找人工客服", "退款，转人工", "我要人工客服处理退货"])
def test_a_matter_beside_the_wish_for_a_human_is_what_the_customer_wants(said: str) -> None:
    assert summarise(ticket("你好", said))[1] == f"问题：「{said}」"


@pytest.mark.parametrize("said", ["麻烦帮我转接一下人工客服", "不想跟机器人说话，叫真人来", "你这机器人听不懂，转人工"])
def test_courtesy_and_words_of_the_bot_are_no_matter(said: str) -> None:
    assert summarise(ticket("你好", said))[1] == "问题：只说要人工，没说什么事"


def test_what_was_done_several_times_is_told_once() -> None:
    asked = [Attempt(asked="…", kind="ask_slot", what="手机号")] * 3
    assert summarise(ticket("查订单", attempts=asked))[2] == "机器人：问手机号 3 次"


def test_a_proven_order_is_told_with_its_status_and_not_twice() -> None:
    lines = summarise(ticket("查订单", slots={"order_id": "QH20******12"}, order_id="QH202611030012", order_status="延期"))
    assert lines[3] == "已知：订单 QH202611030012 已核实：延期"


def test_a_long_message_is_cut_and_so_is_every_line() -> None:
    lines = summarise(ticket("柜" * 500, slots={f"slot{n}": "值" * 50 for n in range(9)}))
    assert len(lines) == LINES
    assert max(map(len, lines)) <= LINE_CHARS


def test_a_hook_may_write_better_lines_and_sees_those_of_the_rules() -> None:
    def better(opened: Ticket) -> Sequence[str]:
        return [f"改写：{opened.summary[0]}", "  ", *["多"] * 9]

    assert summarise(ticket("转人工"), better) == ["改写：微信客户：要求人工", *["多"] * 4]


def fails(_: Ticket) -> Sequence[str]:
    raise RuntimeError("model is down")


def nothing(_: Ticket) -> Sequence[str]:
    return []


def nonsense(_: Ticket) -> Sequence[str]:
    return 5  # type: ignore[return-value]


@pytest.mark.parametrize("hook", [fails, nothing, nonsense])
def test_a_hook_that_fails_leaves_the_lines_of_the_rules(hook: object) -> None:
    opened = ticket("转人工")
    assert summarise(opened, hook) == summarise(opened)  # type: ignore[arg-type]


def test_a_hook_that_takes_too_long_is_not_waited_for() -> None:
    released = threading.Event()

    def slow(_: Ticket) -> Sequence[str]:
        released.wait(30)
        return ["太晚"]

    opened = ticket("转人工")
    assert summarise(opened, slow, timeout_s=0.05) == summarise(opened)
    released.set()


class Growing(list[Turn]):
    """Turns of a session in which another message is answered at the same time: one more each time they are read."""

    def __iter__(self) -> Iterator[Turn]:
        yield from list(super().__iter__())
        self.append(Turn(user="在吗", kind="fallback", rule="miss", reply="在的"))


def test_a_session_that_grows_meanwhile_is_told_as_it_was() -> None:
    assert [line.text for line in lines_of(Growing([Turn(user="你好", kind="fallback", rule="miss", reply="您好")]), [])] == [
        "你好", "您好",
    ]  # fmt: skip
    session = Session(customer_id="u")
    session.turns = Growing([Turn(user="你好", kind="fallback", rule="miss", reply="您好")])
    assert [attempt.asked for attempt in attempts_of(session, [], lambda faq_id: None, {})] == ["你好"]
