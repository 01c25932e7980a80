"""`decide` on questions: three bands whose thresholds are what the settings say, picks, misses and courtesy."""

from __future__ import annotations

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.policy import decide, intent_of
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State, advance
from csbot.models import Action, Candidate, Turn

OFFERED = State(turns=1, options=("a", "b"), option_texts=("标准问 a", "标准问 b"))


def picked(faq_id: str, action: str | None = None) -> Candidate:
    return candidate(faq_id, 1.0, exact=True, action=action)


@pytest.mark.parametrize(
    ("confidence", "outcome"),
    [
        (1.0, ("answer", "confident")), (0.8, ("answer", "confident")), (0.799999, ("clarify", "unsure")),
        (0.4, ("clarify", "unsure")), (0.399999, ("fallback", "miss")), (0.0, ("fallback", "miss")),
    ],
)  # fmt: skip
def test_a_confidence_at_the_threshold_is_in_the_higher_band(confidence: float, outcome: tuple[str, str]) -> None:
    assert told(decide(START, message("抽屉怎么弄", candidate("a", confidence)), policy())) == outcome


@pytest.mark.parametrize(
    ("answer", "clarify", "confidence", "kind"),
    [
        (0.0, 0.0, 0.0, "answer"), (1.0, 1.0, 0.999999, "fallback"), (1.0, 1.0, 1.0, "answer"), (1.0, 0.0, 0.999999, "clarify"),
        (1.0, 0.0, 0.0, "clarify"), (0.5, 0.5, 0.5, "answer"), (0.5, 0.5, 0.499999, "fallback"),
    ],
)  # fmt: skip
def test_thresholds_of_0_and_1_mean_what_they_say(answer: float, clarify: float, confidence: float, kind: str) -> None:
    assert decide(START, message("抽屉怎么弄", candidate("a", confidence)), policy(answer, clarify)).kind == kind


def test_without_any_candidate_it_is_a_miss_even_at_threshold_0() -> None:
    assert told(decide(START, message("抽屉怎么弄"), policy(0.0, 0.0))) == ("fallback", "miss")


def two(first: float, second: float, *, exact: bool = False) -> tuple[Candidate, Candidate]:
    return candidate("a", first, exact=exact), candidate("b", second)


def test_two_faqs_that_are_close_are_offered_instead_of_answered() -> None:
    action = decide(START, message("抽屉怎么弄", *two(0.90, 0.86)), policy(bands={"ambiguity_margin": 0.05}))
    assert told(action) == ("clarify", "close")
    assert [option.faq_id for option in action.options] == ["a", "b"]


@pytest.mark.parametrize(
    ("margin", "second", "kind"),
    [(0.05, 0.85, "answer"), (0.05, 0.86, "clarify"), (0.0, 0.90, "answer"), (1.0, 0.0, "clarify"), (0.5, 0.39, "answer")],
)
def test_the_margin_is_the_one_of_the_settings(margin: float, second: float, kind: str) -> None:
    rules = policy(bands={"ambiguity_margin": margin})
    assert decide(START, message("抽屉怎么弄", *two(0.90, second)), rules).kind == kind


@pytest.mark.parametrize("second", [0.51, 0.49, 0.0])
def test_both_that_are_close_are_offered_however_little_is_thought_of_the_second(second: float) -> None:
    """One question alone would be no choice; with a low threshold the second may be below it."""
    rules = policy(0.5, 0.5, bands={"ambiguity_margin": 0.6})
    action = decide(START, message("抽屉怎么弄", *two(0.52, second)), rules)
    assert told(action) == ("clarify", "close")
    assert [option.faq_id for option in action.options] == ["a", "b"]


def test_where_one_question_may_be_offered_the_first_of_two_close_ones_is_answered() -> None:
    rules = policy(0.5, 0.5, bands={"ambiguity_margin": 0.6, "clarify_limit": 1})
    assert told(decide(START, message("抽屉怎么弄", *two(0.52, 0.51)), rules)) == ("answer", "confident")


@pytest.mark.parametrize("confidence", [0.0, 0.3, 0.9])
def test_an_answer_threshold_of_0_answers_everything(confidence: float) -> None:
    """Neither a close second nor a bare topic nor a task that may be meant turns the answer into a question."""
    rules = policy(0.0, 0.0, bands={"ambiguity_margin": 1.0}, dialogue={"task_intent": 1.0})
    action = decide(START, message("发票", *two(confidence, confidence), topic=("a", "b"), order=0.9), rules)
    assert told(action) == ("answer", "confident")


def test_an_faq_that_stands_for_the_order_starts_it_from_the_answer_threshold_on() -> None:
    """Below the probability at which the task would start by itself: an FAQ in the answer band is never asked about alone."""
    rules = policy(0.3, 0.1, dialogue={"task_intent": 0.9})
    action = decide(START, message("抽屉怎么弄", candidate("where", 0.35, action="order_progress")), rules)
    assert (*told(action), action.slot) == ("ask_slot", "confident", "phone")


def test_an_exact_question_is_answered_however_close_the_next_one_is() -> None:
    action = decide(START, message("抽屉怎么弄", *two(1.0, 1.0, exact=True)), policy(bands={"ambiguity_margin": 1.0}))
    assert told(action) == ("answer", "exact")


@pytest.mark.parametrize("limit", [1, 3, 5])
def test_no_more_questions_are_offered_than_the_limit(limit: int) -> None:
    many = [candidate(f"f{i}", 0.7 - i / 100) for i in range(8)]
    action = decide(START, message("抽屉怎么弄", *many), policy(bands={"clarify_limit": limit}))
    assert [option.faq_id for option in action.options] == [f"f{i}" for i in range(limit)]


def test_only_questions_above_the_clarify_threshold_are_offered() -> None:
    action = decide(START, message("抽屉怎么弄", *two(0.7, 0.4), candidate("c", 0.39)), policy())
    assert [option.faq_id for option in action.options] == ["a", "b"]


def test_looking_up_an_order_is_offered_among_the_questions_when_it_may_be_meant() -> None:
    action = decide(START, message("抽屉怎么弄", *two(0.7, 0.6), order=0.3), policy())
    assert [option.faq_id for option in action.options] == ["a", "task:order_progress", "b"]


def test_looking_up_an_order_is_not_offered_by_a_bot_that_has_no_orders() -> None:
    action = decide(START, message("抽屉怎么弄", *two(0.7, 0.6), order=0.3), policy(has_orders=False))
    assert [option.faq_id for option in action.options] == ["a", "b"]


@pytest.mark.parametrize(("confidence", "rule"), [(0.5, "confident"), (0.49, "tentative")])
def test_an_answer_that_is_more_likely_wrong_than_right_is_given_as_a_guess(confidence: float, rule: str) -> None:
    shown = message("抽屉怎么弄", candidate("a", confidence))
    assert told(decide(START, shown, policy(0.3, 0.2))) == ("answer", rule)
    assert told(decide(START, shown, policy(0.0, 0.0))) == ("answer", "confident")  # 0.0: everything is to be answered


def test_of_a_guess_that_was_told_the_answer_is_remembered() -> None:
    turn = Turn(user="多少钱", kind="answer", rule="tentative", faq_id="a", reply="您问的可能是“安装怎么收费”：\n安装免费。")
    assert advance(START, turn).answers["a"].text == "安装免费。"


def test_a_bare_topic_is_asked_about_even_when_one_question_leads() -> None:
    shown = (candidate("a", 0.9), candidate("b", 0.2), candidate("c", 0.1))
    action = decide(START, message("发票", *shown, topic=("a", "c")), policy())
    assert told(action) == ("clarify", "bare_topic")
    assert [option.faq_id for option in action.options] == ["a", "c"]


def test_a_bare_topic_of_which_no_question_is_likely_is_asked_about_too() -> None:
    shown = (candidate("a", 0.05), candidate("b", 0.04), candidate("c", 0.01))
    action = decide(START, message("橱柜", *shown, topic=("b", "c")), policy())
    assert [option.faq_id for option in action.options] == ["b", "c"]


def test_a_topic_with_one_question_left_is_no_reason_to_ask() -> None:
    action = decide(START, message("发票", candidate("a", 0.9), candidate("b", 0.2), topic=("a", "z")), policy())
    assert told(action) == ("answer", "confident")


@pytest.mark.parametrize("faq_id", ["a", "b"])
def test_a_pick_is_answered_as_certain(faq_id: str) -> None:
    action = decide(OFFERED, message("1", picked=picked(faq_id)), policy(1.0, 1.0))
    assert told(action) == ("answer", "option_picked")
    assert action.candidate == picked(faq_id)


@pytest.mark.parametrize("faq_id", ["task:human_handoff", "complain"])
def test_picking_the_human_among_the_options_is_a_wish_for_one(faq_id: str) -> None:
    action = decide(OFFERED, message("2", picked=picked(faq_id, "human_handoff")), policy())
    assert (*told(action), action.reason) == ("handoff", "option_picked", "customer_wish")


@pytest.mark.parametrize("faq_id", ["task:order_progress", "where"])
def test_picking_the_order_among_the_options_starts_the_task(faq_id: str) -> None:
    action = decide(OFFERED, message("1", picked=picked(faq_id, "order_progress")), policy())
    assert (*told(action), action.slot) == ("ask_slot", "option_picked", "phone")


def test_rejecting_every_option_is_a_miss() -> None:
    assert told(decide(OFFERED, message("都不是", rejected=True), policy())) == ("fallback", "miss")
    again = State(turns=2, misses=1, options=("a",), option_texts=("标准问 a",))
    assert told(decide(again, message("都不是", rejected=True), policy())) == ("handoff", "miss_limit")


@pytest.mark.parametrize(
    ("limit", "misses", "kind"),
    [(1, 0, "handoff"), (2, 0, "fallback"), (2, 1, "handoff"), (3, 1, "fallback"), (3, 2, "handoff")],
)
def test_as_many_misses_in_a_row_as_the_limit_call_a_human(limit: int, misses: int, kind: str) -> None:
    action = decide(State(misses=misses), message("天书"), policy(dialogue={"miss_limit": limit}))
    assert (action.kind, action.reason) == (kind, "not_understood" if kind == "handoff" else None)


@pytest.mark.parametrize(
    ("text", "words"), [("😀😀", "nothing_to_read"), ("[微笑]", "nothing_to_read"), ("？？？", "only_punctuation")]
)
def test_a_message_without_text_asks_for_words_and_is_no_miss(text: str, words: str) -> None:
    for state in (START, State(turns=1, misses=1)):
        action = decide(state, message(text), policy())
        assert (*told(action), action.wording) == ("fallback", "nothing_to_read", words)
        turn = Turn(user=text, kind="fallback", rule=action.rule)
        assert advance(state, turn).misses == state.misses


@pytest.mark.parametrize("kind", ["greeting", "thanks", "goodbye", "cancel", "ack", "praise"])
def test_courtesy_is_answered_with_courtesy(kind: str) -> None:
    action = decide(START, message("你好", smalltalk=kind), policy())
    assert (action.kind, action.wording, action.task) == ("smalltalk", f"smalltalk_{kind}", None)


def test_a_word_of_courtesy_that_picks_an_option_is_a_pick() -> None:
    assert told(decide(OFFERED, message("好", smalltalk="ack", picked=picked("a")), policy())) == ("answer", "option_picked")


@pytest.mark.parametrize("rules", [policy(), policy(0.0, 0.0), policy(1.0, 1.0)])
def test_the_same_arguments_give_the_same_action(rules: Policy) -> None:
    said = message("13800000001 怎么弄", *two(0.7, 0.6), order=0.3)
    assert decide(OFFERED, said, rules) == decide(OFFERED, said, rules)


@pytest.mark.parametrize(
    ("action", "intent"),
    [
        (Action(kind="answer", rule="r", candidate=candidate("a", 1)), "faq:a"),
        (Action(kind="answer", rule="r", candidate=candidate("a", 1), task="order_progress"), "faq:a"),
        (Action(kind="ask_slot", rule="r", task="order_progress"), "order_progress"),
        (Action(kind="handoff", rule="r", reason="customer_wish"), "human_handoff"),
        (Action(kind="handoff", rule="r", reason="not_understood"), None),
        (Action(kind="handoff", rule="r", reason="slot_not_given", task="order_progress"), "order_progress"),
        (Action(kind="smalltalk", rule="r"), "smalltalk:thanks"),
        (Action(kind="clarify", rule="r"), None),
        (Action(kind="fallback", rule="r"), None),
    ],
)
def test_the_intent_of_an_action_is_what_it_answers_to(action: Action, intent: str | None) -> None:
    assert intent_of(message("谢谢", smalltalk="thanks"), action) == intent
