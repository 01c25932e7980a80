"""A ticket in the terminal: everything that an agent needs to answer is on the screen."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone

from rich.console import Console

from csbot.handoff.states import transition
from csbot.handoff.view import LAST_LINES, render
from csbot.models import Actor, Attempt, Deadlines, Earlier, Line, Route, Signal, Suggestion, Ticket

NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)


def shown(ticket: Ticket, after: timedelta = timedelta(), *, whole: bool = False, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(render(ticket, NOON + after, whole=whole))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def ticket(**fields: object) -> Ticket:
    base = {
        "id": "T1", "session_id": "s", "customer_id": "u1", "channel": "wechat", "reason": "customer_wish", "created": NOON,
        "transcript": [
            Line(who="customer", text="门打不开"), Line(who="bot", text="用充电宝供电"), Line(who="customer", text="转人工"),
        ],
        "summary": ["第一行", "第二行"],
        "route": Route(priority="urgent", skill="应急", due=Deadlines(first_contact=NOON + timedelta(minutes=30))),
    }  # fmt: skip
    return Ticket.model_validate(base | fields)


def test_who_where_how_urgent_and_how_long_stand_at_the_top() -> None:
    text = shown(ticket())
    head = text.splitlines()[1] + text.splitlines()[2]
    for word in ("紧急", "登记", "一线·应急", "微信 u1", "首次联系还剩 30 分钟"):
        assert word in head


def test_a_broken_promise_is_told_and_a_kept_one_is_not() -> None:
    assert "首次联系已超时 1 小时 30 分" in shown(ticket(), timedelta(hours=2))
    li = Actor(kind="agent", id="li")
    active = transition(transition(ticket(), "assigned", li, NOON), "active", li, NOON)
    assert "首次联系" not in shown(active, timedelta(hours=2))
    assert "li 处理" in shown(active)


def test_everything_that_is_known_is_on_the_screen() -> None:
    text = shown(
        ticket(
            signals=[Signal(name="anger", score=0.9, text="骗子", reason="r")],
            slots={"phone": "138****0001", "date_said": "明天"}, titles={"phone": "下单手机号"},
            order_id="QH202611030012", order_status="延期",
            attempts=[Attempt(asked="…", kind="fallback")],
            suggested=[Suggestion(faq_id="f", question="应急开门", answer="接应急口。", confidence=0.41)],
            history=[Earlier(id="T0", kind="ticket", at=NOON, about="锁没电", outcome="已解决")],
        )
    )  # fmt: skip
    for word in ("第一行", "第二行", "愤怒", "「骗子」", "下单手机号", "138****0001", "QH202611030012（已核实）", "延期",
                 "门打不开", "用充电宝供电", "应急开门（0.41）", "接应急口。", "以前的工单", "锁没电 → 已解决"):  # fmt: skip
        assert word in text, word
    assert "明天" not in text


def test_of_a_long_conversation_the_end_is_shown_and_how_much_is_left_out() -> None:
    lines = [Line(who="customer", text=f"第{n}句") for n in range(LAST_LINES + 5)]
    text = shown(ticket(transcript=lines))
    assert "前面还有 5 句" in text
    assert "第4句" not in text
    assert f"第{LAST_LINES + 4}句" in text
    assert "第4句" in shown(ticket(transcript=lines), whole=True)


def test_markup_in_a_customers_words_is_shown_as_it_is() -> None:
    assert "[bold]你好[/]" in shown(ticket(transcript=[Line(who="customer", text="[bold]你好[/]")]))


def test_where_help_is_needed_is_shown() -> None:
    assert "我在文三路1号" in shown(ticket(place="我在文三路1号"))


def test_each_step_is_shown_with_its_time_and_who_took_it() -> None:
    li = Actor(kind="agent", id="li")
    taken = transition(ticket(), "assigned", li, NOON + timedelta(minutes=5), "我来")
    assert all(word in shown(taken) for word in ("11-20 12:05", "分派", "li", "我来"))


def test_it_fits_a_narrow_terminal() -> None:
    assert max(sum(2 if ord(char) > 0x2E80 else 1 for char in line) for line in shown(ticket(), width=60).splitlines()) <= 62


def test_a_long_sentence_is_folded_and_never_cut() -> None:
    said = "订单QH20（橱柜一套、转角篮 1 " + "个）：延期，" + "比原来说好的时间晚了" * 12 + "要我请同事跟进吗？"
    text = shown(
        ticket(
            transcript=[Line(who="bot", text=said)], order_id="QH1", order_status=said,
            suggested=[Suggestion(faq_id="f", question="问", answer=said, confidence=0)],
            history=[Earlier(id="T0", kind="ticket", at=NOON, about=said)],
        ), width=60,
    )  # fmt: skip
    flat = "".join(text.replace("│", "").split())
    assert flat.count("".join(said.split())) == 4
    assert "…" not in text
