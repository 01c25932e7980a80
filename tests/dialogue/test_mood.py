"""What the customer's tone changes: a human instead of a question back, and the one question before a wish is granted."""

from __future__ import annotations

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.dangers import DANGER, safety_first
from csbot.dialogue.mood import speaks_of_danger
from csbot.dialogue.policy import decide
from csbot.dialogue.state import ARGUED, State, advance
from csbot.dialogue.wording import word
from csbot.models import Signal, Turn, utc_now

NOW = utc_now()


def tone(**scores: float) -> tuple[Signal, ...]:
    return tuple(Signal(name=name, score=score, text="…", reason="test") for name, score in scores.items())


def said(text: str, *candidates: object, **scores: float) -> object:
    return message(text, *candidates).model_copy(update={"signals": tone(**scores)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ({"urgency": 0.7}, "urgent"),
        ({"anger": 0.7}, "upset"),
        ({"frustration": 0.9}, "upset"),
        ({"complaint_threat": 0.8}, "upset"),
    ],
)
def test_who_is_in_trouble_or_upset_gets_a_human_where_the_bot_is_unsure(scores: dict[str, float], reason: str) -> None:
    for unsure in ((candidate("a", 0.5),), ()):
        action = decide(START, said("抽屉怎么弄", *unsure, **scores), policy())
        assert (action.kind, action.reason) == ("handoff", reason)


@pytest.mark.parametrize("scores", [{"urgency": 0.69}, {"anger": 0.69}, {"repeat_contact": 0.59}, {}])
def test_a_calmer_tone_changes_nothing(scores: dict[str, float]) -> None:
    assert told(decide(START, said("抽屉怎么弄", **scores), policy())) == ("fallback", "miss")


def test_an_answer_that_the_bot_is_sure_of_stays_whatever_the_tone() -> None:
    assert decide(START, said("漏水怎么办", candidate("a", 0.95), urgency=0.92, anger=1.0), policy()).kind == "answer"


@pytest.mark.parametrize(
    ("confidence", "anger", "kind"),
    [(0.45, 0.9, "handoff"), (0.6, 0.9, "handoff"), (0.61, 0.9, "answer"), (0.45, 0.69, "answer"), (0.95, 1.0, "answer")],
)
def test_an_answer_much_less_sure_than_the_displeasure_is_no_help(confidence: float, anger: float, kind: str) -> None:
    decided = decide(START, said("跟你说话真费劲", candidate("a", confidence), anger=anger), policy(answer=0.4, clarify=0.2))
    assert decided.kind == kind


def test_a_word_of_abuse_alone_is_no_question_however_well_an_answer_fits() -> None:
    abuse = Signal(name="anger", score=0.9, text="垃圾", reason="test")
    for text, kind in (("垃圾", "handoff"), ("垃圾要自己清走吗", "answer")):
        heard = message(text, candidate("cleanup", 0.95)).model_copy(update={"signals": (abuse,)})
        assert decide(START, heard, policy()).kind == kind


def test_what_is_asked_word_for_word_or_picked_is_answered_however_angrily() -> None:
    exact = candidate("a", 0.5, exact=True)
    assert decide(START, said("态度差怎么投诉", exact, anger=1.0), policy(answer=0.4)).kind == "answer"
    offered = State(turns=1, options=("a",), option_texts=("标准问 a",))
    picked = said("1", anger=1.0).model_copy(update={"picked": candidate("a", 0.0)})  # type: ignore[attr-defined]
    assert decide(offered, picked, policy()).kind == "answer"


@pytest.mark.parametrize("text", ["这规定太不合理了", "我觉得不公平", "你们的条款也太不近人情了吧"])
def test_who_finds_it_unfair_is_offered_a_human_and_no_menu(text: str) -> None:
    for unsure in ((candidate("a", 0.5),), ()):
        action = decide(START, said(text, *unsure), policy())
        assert (*told(action), action.offer) == ("fallback", "objects", "asked")
    assert decide(START, said(text, candidate("a", 0.95)), policy()).kind == "answer"


def test_somebody_in_danger_gets_a_human_however_well_an_faq_fits() -> None:
    dust = candidate("a", 0.97).model_copy(update={"question": "新柜子有味道正常吗"})
    leak = candidate("b", 0.97).model_copy(update={"question": "闻到煤气味怎么办"})
    in_words, like_examples = tone(urgency=1.0), (Signal(name="urgency", score=1.0, text="", reason="test"),)
    for faq, signals, expected in (
        (dust, in_words, "handoff"),
        (leak, in_words, "handoff"),
        (dust, tone(urgency=DANGER), "handoff"),
        (dust, tone(urgency=DANGER - 0.01), "answer"),
        (dust, like_examples, "answer"),
    ):
        smell = message("家里煤气味好大", faq).model_copy(update={"signals": signals})
        assert decide(START, smell, policy()).kind == expected


def test_danger_is_why_a_human_is_called_also_where_one_would_be_called_for_misses() -> None:
    missed = State(turns=2, misses=2)
    assert decide(missed, said("他推我"), policy()).reason == "not_understood"
    assert decide(missed, said("他推我", urgency=1.0), policy()).reason == "urgent"


def test_an_answer_helps_only_against_the_danger_that_it_is_about() -> None:
    shut_in = candidate("a", 0.97).model_copy(update={"question": "门锁怎么反锁", "matched": "孩子反锁在屋里了"})
    assert speaks_of_danger(shut_in, "两岁的娃反锁在卧室")
    assert not speaks_of_danger(shut_in, "有人在撬我家门")
    assert not speaks_of_danger(candidate("b", 0.97), "两岁的娃反锁在卧室")


def test_the_answer_to_exactly_this_question_comes_after_what_to_do_at_once() -> None:
    exact = candidate("b", 1.0, exact=True)
    action = decide(START, said("闻到煤气味怎么办", exact, urgency=1.0), policy())
    assert action.kind == "answer"
    assert word(START, action, {}, "请关总阀。", NOW) == safety_first(("gas",), 0) + "\n请关总阀。"


@pytest.mark.parametrize(("urgency", "kind"), [(0.93, "handoff"), (0.92, "ask_slot")])
def test_with_the_highest_urgency_no_slot_is_asked_for(urgency: float, kind: str) -> None:
    asked = message("查订单", order=1.0).model_copy(update={"signals": tone(urgency=urgency)})
    assert decide(START, asked, policy()).kind == kind


def test_what_is_known_goes_with_a_customer_who_calls_off_the_task_and_wants_a_human() -> None:
    state = State(turns=1, task="order_progress", asked="phone", slots={"name": "林晓燕"}, asks={"phone": 1})
    off = message("别问了，转人工", wish=1.0).model_copy(update={"called_off": True})
    assert decide(state, off, policy()).slots == {"name": "林晓燕"}


ONCE = {"wish_questions": 1}


def test_by_default_a_wish_is_granted_at_once() -> None:
    assert decide(START, message("转人工", wish=1.0), policy()).kind == "handoff"


def test_a_bare_wish_may_be_answered_by_one_question_and_no_more() -> None:
    asked = decide(START, message("转人工", wish=1.0), policy(dialogue=ONCE))
    assert (*told(asked), [option.action for option in asked.options]) == ("clarify", ARGUED, ["human_handoff"])
    turn = Turn(user="转人工", kind="clarify", rule=asked.rule, options=["task:human_handoff"], option_texts=["转人工客服"])
    again = decide(advance(START, turn), message("转人工", wish=1.0), policy(dialogue=ONCE))
    assert again.kind == "handoff"


@pytest.mark.parametrize(
    ("text", "state", "scores"),
    [
        ("转人工，我的柜子装歪了要退货", START, {}),
        ("退款，转人工", START, {}),
        ("转人工", State(turns=1, misses=1), {}),
        ("转人工", State(turns=1, task="order_progress", asked="phone"), {}),
        ("转人工", START, {"anger": 0.6}),
        ("转人工", START, {"urgency": 0.6}),
        ("转人工", START, {"repeat_contact": 0.6}),
    ],
)
def test_who_has_told_the_matter_or_had_enough_is_asked_nothing(text: str, state: State, scores: dict[str, float]) -> None:
    wish = message(text, wish=1.0)
    wish = wish.model_copy(update={"signals": (*wish.signals, *tone(**scores))})
    assert decide(state, wish, policy(dialogue=ONCE)).kind == "handoff"


def test_more_than_one_question_can_not_be_configured() -> None:
    with pytest.raises(ValueError, match="wish_questions"):
        policy(dialogue={"wish_questions": 2})


UNHEARD = [
    *("上回说24小时内给我电话 没打", "昨天就说帮我反馈 反馈到哪了", "客服说今天回我 到现在没消息"),
    *("还是没人打给我", "到现在都没人跟进", "你们到底要我说几次", "要我催多少遍才有人管"),
]


@pytest.mark.parametrize("text", UNHEARD)
def test_who_says_that_a_promise_was_not_kept_is_heard_by_a_human(text: str) -> None:
    action = decide(START, message(text, candidate("suggest", 0.93)), policy())
    assert (*told(action), action.reason, action.wording) == ("handoff", "unheard", "unheard", "handoff_unheard")
    exact = candidate("a", 1.0, exact=True)
    assert decide(START, message(text, exact), policy()).kind == "answer"


@pytest.mark.parametrize(
    "text", ["上次师傅说来装，没来", "昨天说退款处理了，钱没到", "客服说怎么退", "没人在家怎么签收", "还没人"]
)
def test_what_has_a_matter_is_no_broken_promise(text: str) -> None:
    assert told(decide(START, message(text, candidate("a", 0.93)), policy())) == ("answer", "confident")


@pytest.mark.parametrize(
    ("text", "confidence", "kind"),
    [
        *(("我都问了三遍了", 0.89, "handoff"), ("我都问了三遍了", 0.91, "answer")),
        *(("问过三次了怎么退货", 0.6, "answer"), ("问过三次了怎么退货", 0.45, "handoff")),
        *(
            ("上个月刚修好的铰链又坏了，这次能不能一次修好", 0.8, "answer"),
            ("上周就反映过柜门关不严，来过两次还是一样", 0.8, "answer"),
        ),
    ],
)
def test_who_comes_again_is_not_answered_at_a_venture(text: str, confidence: float, kind: str) -> None:
    found = message(text, candidate("a", confidence)).model_copy(update={"signals": tone(repeat_contact=0.8)})
    assert decide(START, found, policy(answer=0.4, clarify=0.2)).kind == kind


def test_who_comes_again_is_asked_for_no_phone_unless_an_order_is_named() -> None:
    for text, kind in (("反馈好几天了没下文", "handoff"), ("问过三次了，物流到哪了", "ask_slot")):
        found = message(text, order=0.9).model_copy(update={"signals": tone(repeat_contact=0.8)})
        assert decide(START, found, policy()).kind == kind
