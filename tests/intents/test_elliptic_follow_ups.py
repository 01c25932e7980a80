"""A few words right after an answer: the pairs of ``follow_up_pairs.jsonl``, and what is no follow-up."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from csbot import Chatbot, KnowledgeBase, Session
from csbot.intents.follow_up import (
    AGAIN_COSTS,
    MOST_CHARS,
    SOON,
    about_last,
    again_last,
    answered_before,
    asked_before,
    leaning,
    menu_before,
    names_unknown,
)
from csbot.models import Candidate, Turn, utc_now
from csbot.text import query_form

PAIRS = [json.loads(line) for line in Path(__file__).with_name("follow_up_pairs.jsonl").read_text("utf-8").splitlines()]


def turn(text: str, faq_id: str) -> Turn:
    return Turn(user=text, kind="answer", rule="confident", faq_id=faq_id, confidence=0.9, reply="…")


def outcomes(kb: KnowledgeBase, *, elliptic: bool, context: bool) -> Counter[str]:
    bot, found = Chatbot(kb), Counter[str]()
    for pair in PAIRS:
        if pair["elliptic"] == elliptic:
            session = Session(customer_id="c", turns=[turn(pair["first"], pair["first_faq"])] if context else [])
            bot.reply(session, pair["then"])
            about = session.turns[-1].faq_id  # told, or said to be told already
            found["right" if about == pair["expect"] else "wrong"] += about is not None
    return found


def test_context_answers_more_follow_ups_and_most_of_them_rightly(sample_kb: KnowledgeBase) -> None:
    alone, following = (outcomes(sample_kb, elliptic=True, context=context) for context in (False, True))
    more = following["right"] - alone["right"]
    assert more >= 6
    assert 3 * (following["wrong"] - alone["wrong"]) <= more  # three of four that are answered more are right


def test_context_leaves_other_matters_alone(sample_kb: KnowledgeBase) -> None:
    alone, following = (outcomes(sample_kb, elliptic=False, context=context) for context in (False, True))
    assert following["right"] >= alone["right"] - 3
    assert following["wrong"] <= alone["wrong"] + 2


def test_only_few_words_soon_after_an_answer_follow_up(small_kb: KnowledgeBase) -> None:
    contents, now = small_kb.contents, utc_now()
    last = turn("运费谁出", "ship-fee")

    def before(form: str, *turns: Turn) -> str | None:
        return answered_before(form, turns, contents, now)

    assert before("那退货呢", last) == "ship-fee"
    assert before("那退货呢") is None
    assert before("那" * (MOST_CHARS + 1), last) is None
    assert before("那退货呢", last, Turn(user="嗯", kind="smalltalk", rule="smalltalk_ok")) is None
    assert before("那退货呢", last.model_copy(update={"at": now - SOON - timedelta(seconds=1)})) is None
    assert before("那退货呢", turn("?", "nowhere")) is None
    assert before(next(iter(contents.exact)), last) is None


def test_the_vector_is_drawn_to_the_topic_and_stays_of_length_one(small_kb: KnowledgeBase) -> None:
    contents = small_kb.contents
    own = contents.vectors[0]
    drawn = leaning(own, "lock-wifi", contents)
    topic = contents.vectors[contents.offsets[contents.positions["lock-wifi"]]]
    assert np.linalg.norm(drawn) == pytest.approx(1, abs=1e-6)
    assert drawn @ topic > own @ topic


def test_what_was_just_told_comes_behind_what_is_as_likely() -> None:
    told, other = (
        Candidate(faq_id=name, question=name, score=0.9, confidence=sure, matched=name)
        for name, sure in (("a", 0.7), ("b", 0.6))
    )
    assert [(one.faq_id, one.confidence) for one in again_last([told, other], "a")] == [("b", 0.6), ("a", 0.7 - AGAIN_COSTS)]
    assert again_last([told, other], "c") == [told, other]


@pytest.mark.parametrize(
    ("first", "then", "expect"),
    [
        ("台面开裂了", "要钱吗", "repair-countertop"),
        ("质保多久", "五金呢", "repair-warranty"),
        ("发什么快递", "锁呢", "logi-carrier"),
        ("国家补贴能减多少", "怎么申请", "promo-subsidy"),
        ("加个备注", "发货了呢", "order-add-remark"),
        ("误点了取消", "审核通过了呢", "order-restore"),
        ("指纹", "删", "lock-fp-delete"),
        ("怎么取消", "预约量尺的", "measure-reschedule"),
        ("质保多久", "另外怎么注册", "account-register"),
        ("秒杀几点开始", "怎么领券", "promo-coupon-get"),
        ("国补怎么弄", "咋领", "promo-subsidy"),
        ("一笔订单扣了我两回款", "怎么退呀", "pay-duplicate"),
        ("发票抬头开错了", "能不能换", "inv-modify"),
        ("拉篮生锈了", "在哪申请换新的", "use-rust"),
        ("买完就降价了", "可以退多少", "promo-price-protect"),
        ("我要注销账号", "积分还有吗", "account-cancel"),
        ("怎么预约上门量尺", "要收费吗", "measure-fee"),
        ("券在哪里领", "用不了呢", "promo-coupon-unusable"),
    ],
)
def test_a_few_words_are_read_with_what_was_asked_before(sample_kb: KnowledgeBase, first: str, then: str, expect: str) -> None:
    bot, session = Chatbot(sample_kb), Session(customer_id="c")
    bot.reply(session, first)
    assert bot.reply(session, then).trace.candidates[0].faq_id == expect


def likely(**confidence: float) -> list[Candidate]:
    return [
        Candidate(faq_id=name, question=name, score=sure, confidence=sure, matched=name) for name, sure in confidence.items()
    ]


@pytest.mark.parametrize(
    ("form", "drawn", "alone", "joined", "about"),
    [
        ("怎么领", likely(coupon=0.9, told=0.1), likely(coupon=0.95), likely(told=0.8), True),
        ("怎么领券", likely(coupon=0.9, told=0.1), likely(coupon=0.95), likely(told=0.8), False),
        ("要钱吗", likely(fee=0.8, told=0.1), likely(fee=0.1), likely(told=0.8), False),  # the last answer leads to it
        ("怎么领", likely(coupon=0.9, told=0.1), likely(coupon=0.95), likely(coupon=0.6, told=0.5), False),
        ("怎么领", likely(coupon=0.9, told=0.1), likely(coupon=0.95), likely(told=0.3), False),
        ("积分呢", likely(told=0.8, points=0.6), likely(points=0.9), likely(told=0.8), True),
        ("怎么领", likely(told=0.3), [], likely(told=0.8), True),
    ],
)
def test_what_names_nothing_is_asked_of_what_was_told_unless_that_leads_to_another(
    form: str, drawn: list[Candidate], alone: list[Candidate], joined: list[Candidate], about: bool
) -> None:
    assert about_last(form, drawn, alone, joined, "told") is about


def test_a_list_can_be_picked_from_again_until_something_else_is_said(sample_kb: KnowledgeBase) -> None:
    bot, session = Chatbot(sample_kb), Session(customer_id="c")
    offered = bot.reply(session, "发票").candidates
    told = [bot.reply(session, text).faq_id for text in ("第一个", "不是，第二个", "3")]
    assert told == [one.faq_id for one in offered[:3]]
    bot.reply(session, "怎么录指纹")
    assert bot.reply(session, "第二个").trace.rule != "option_picked"


def test_what_nothing_speaks_of_is_no_follow_up(sample_kb: KnowledgeBase) -> None:
    contents = sample_kb.contents
    forms = ("沙发呢", "那木地板呢", "红烧肉怎么做", "五金呢", "拉篮呢", "要钱吗", "要是过期了怎么办")
    assert [names_unknown(form, "repair-warranty", contents) for form in forms] == [True] * 3 + [False] * 4


def test_the_question_before_is_the_first_about_it_and_tells_something(small_kb: KnowledgeBase) -> None:
    turns = [turn("运费到底谁来出", "ship-fee"), turn("要钱吗", "ship-fee")]
    assert asked_before("ship-fee", turns, small_kb.contents) == "运费到底谁来出"
    faq = small_kb.contents.get("ship-fee")
    assert faq is not None
    assert asked_before("ship-fee", [turn("2", "ship-fee")], small_kb.contents) == query_form(faq.question)


def test_a_list_is_what_was_just_offered_for_a_word_or_two() -> None:
    menu = Turn(user="指纹", kind="clarify", rule="bare_topic", options=["a"], option_texts=["b"])
    assert menu_before([menu], utc_now()) == "指纹"
    assert menu_before([menu.model_copy(update={"user": "指纹为什么录不进去"})], utc_now()) is None
    assert menu_before([menu, turn("a", "a")], utc_now()) is None
    assert menu_before([menu.model_copy(update={"at": utc_now() - SOON - timedelta(seconds=1)})], utc_now()) is None
