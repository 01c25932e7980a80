"""After a danger was handed over: advice that fits, no menu, no identity check; other questions only where they are clear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.dangers import ADVISED, OVER, Emergency, find_dangers
from csbot.dialogue.emergency import FACT, NOTED, VERY_SURE
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State, advance, after_silence
from csbot.dialogue.turns import turn_of
from csbot.dialogue.wording import word
from csbot.intents.signals import find_signals
from csbot.models import Action, Turn, Understanding, utc_now

NOW = utc_now()


def heard(text: str, **fields: object) -> Understanding:
    return message(text).model_copy(update={"signals": find_signals(text), **fields})


def handed_over(*texts: str) -> State:
    """Where a conversation stands in which these dangers were told."""
    state = START
    for text in texts:
        said = heard(text)
        action = decide(state, said, policy())
        assert (action.kind, action.reason) == ("handoff", "urgent"), text
        state = advance(state, turn_of(said, action, "…", NOW))
    return state


GAS = handed_over("厨房有煤气味")


def test_the_turn_that_calls_a_human_for_a_danger_keeps_its_kind() -> None:
    assert GAS.emergency == Emergency(("gas",))
    assert handed_over("厨房有煤气味", "我妈晕倒了").emergency.kinds == ("ill", "gas")


@pytest.mark.parametrize("text", ["我进不去门了", "转人工", "柜门坏了"])
def test_a_handoff_without_danger_is_no_emergency(text: str) -> None:
    turn = turn_of(heard(text), Action(kind="handoff", rule="human_wanted", reason="customer_wish"), "…", NOW)
    assert advance(START, turn).emergency == Emergency()


@pytest.mark.parametrize("text", ["怎么办", "要不要关总闸", "好的", "在吗", "快点来人啊"])
@pytest.mark.parametrize("confidence", [0.5, 0.9])
def test_what_follows_gets_advice_and_no_menu_and_no_faq_that_only_sounds_like_it(text: str, confidence: float) -> None:
    action = decide(GAS, message(text, candidate("a", confidence), order=0.9, fault=0.9), policy())
    assert told(action) == ("smalltalk", ADVISED)
    assert "燃气" in word(GAS, action, {}, "", NOW)


@pytest.mark.parametrize("text", ["消防电话多少", "谁负责", "收费吗", "还有多久到"])
def test_a_question_of_fact_is_no_occasion_for_the_next_advice(text: str) -> None:
    said = message(text, candidate("a", 0.9))
    action = decide(GAS, said, policy())
    assert told(action) == ("smalltalk", FACT)
    after = advance(GAS, turn_of(said, action, action.text, NOW))
    assert after.emergency == GAS.emergency


def test_of_what_it_costs_a_clear_faq_tells_and_of_whom_to_call_none_does() -> None:
    assert decide(GAS, message("运费多少钱", candidate("a", VERY_SURE)), policy()).kind == "answer"
    assert decide(GAS, message("消防电话多少", candidate("a", VERY_SURE)), policy()).rule == FACT


def test_no_advice_is_given_twice_in_the_same_words() -> None:
    state, replies = GAS, []
    for _ in range(4):
        said = heard("怎么办")
        action = decide(state, said, policy())
        replies.append(word(state, action, {}, "", NOW))
        state = advance(state, turn_of(said, action, replies[-1], NOW))
    assert len(set(replies)) == 4


@pytest.mark.parametrize("text", ["6岁", "我在西湖区文三路1号", "电话13800000001", "我叫林晓燕，13800000001"])
def test_where_they_are_is_noted_and_no_identity_is_checked(text: str) -> None:
    assert told(decide(GAS, message(text, order=0.9), policy())) == ("smalltalk", NOTED)


@pytest.mark.parametrize("text", ["没事了，虚惊一场", "人救出来了"])
def test_it_is_over_when_the_customer_says_so(text: str) -> None:
    said = heard(text, smalltalk="cancel")
    action = decide(GAS, said, policy())
    assert told(action) == ("smalltalk", OVER)
    assert advance(GAS, turn_of(said, action, "…", NOW)).emergency == Emergency()


@pytest.mark.parametrize("text", ["还能用吗", "还能用电吗"])
def test_what_stopped_smoking_must_not_be_used_whatever_the_faq(text: str) -> None:
    action = decide(handed_over("刚才插座冒火星 现在没了"), message(text, candidate("a", VERY_SURE)), policy())
    assert told(action) == ("smalltalk", FACT)
    assert "不" in action.text


def test_a_plaster_does_not_end_it_and_how_bad_it_is_is_no_next_advice() -> None:
    state = handed_over("台面裂了割到手 流了点血")
    for text in ("贴创可贴了", "要不要紧"):
        said = message(text)
        action = decide(state, said, policy())
        assert told(action) == ("smalltalk", FACT)
        state = advance(state, turn_of(said, action, action.text, NOW))
    assert state.emergency == Emergency(("slight",))


def test_another_matter_is_answered_that_is_named_or_once_the_danger_is_past() -> None:
    assert decide(handed_over("水管爆了家里淹了"), message("发票怎么开", candidate("a", 0.9)), policy()).kind == "answer"
    past = handed_over("门锁冒烟了 不过现在好了")
    assert decide(past, message("密码怎么改", candidate("a", 0.9)), policy()).kind == "answer"


def test_a_clear_other_question_is_answered() -> None:
    assert decide(GAS, message("怎么开发票", candidate("a", 0.9, exact=True)), policy()).kind == "answer"
    assert decide(GAS, message("发票怎么开呢", candidate("a", VERY_SURE)), policy()).kind == "answer"


@pytest.mark.parametrize(("text", "rule"), [("转人工", "human_wanted"), ("谢谢", "smalltalk_thanks")])
def test_a_wish_for_a_human_and_thanks_are_what_they_always_are(text: str, rule: str) -> None:
    said = heard(text, smalltalk="thanks" if text == "谢谢" else None)
    assert decide(GAS, said, policy()).rule == rule


def test_another_danger_is_handed_over_again_and_its_advice_comes_first() -> None:
    state = handed_over("厨房有煤气味", "孩子被反锁在屋里了")
    assert state.emergency.kinds[0] == "trapped"
    assert "隔着门" in decide(state, heard("怎么办"), policy()).text


def test_after_a_long_silence_it_is_past() -> None:
    assert after_silence(GAS, NOW + timedelta(hours=1)).emergency == Emergency()


def test_without_a_danger_nothing_changes() -> None:
    assert decide(START, message("怎么办"), policy()).kind == "fallback"
    assert find_dangers("怎么办") == ("general",)


def test_an_old_turn_without_kinds_is_read() -> None:
    assert Turn.model_validate({"user": "在吗", "kind": "smalltalk", "rule": "smalltalk_greeting"}).dangers == []
