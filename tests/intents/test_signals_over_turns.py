"""Signals over several messages: asked again, and frustration that does not cool down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from csbot import Chatbot, KnowledgeBase, Session
from csbot.encoders.base import Vectors
from csbot.intents.over_turns import RecentVectors, find_frustration, find_repeat
from csbot.intents.signals import find_signals
from csbot.kb.calibration import Linear
from csbot.kb.contents import Contents
from csbot.models import Candidate, Signal, Turn
from csbot.text import query_form


def turn(user: str, kind: str = "answer", faq_id: str | None = None) -> Turn:
    return Turn.model_validate({"user": user, "kind": kind, "rule": "r", "faq_id": faq_id, "reply": "…"})


@pytest.fixture(scope="module")
def fitted(small_kb: KnowledgeBase) -> Contents:
    """Contents whose calibration tells the same question by its cosine: 0.5 at 0.6, 0.88 at 0.8."""
    head = Linear(features=("cosine",), weights=(10.0,), bias=-6.0)
    contents = small_kb.contents
    return type(contents)(
        **{
            **{name: getattr(contents, name) for name in contents.__dataclass_fields__},
            "calibration": contents.calibration.model_copy(update={"same_question": head}),
        }
    )


def repeat(text: str, earlier: Sequence[Turn], contents: Contents, kb: KnowledgeBase, **best: Candidate) -> Signal | None:
    made = kb.encode([query_form(text)])
    assert made is not None
    return find_repeat(query_form(text), made[0], best.get("best"), earlier, contents, kb.encode, RecentVectors())


def test_the_same_question_in_other_words_is_asked_again(fitted: Contents, small_kb: KnowledgeBase) -> None:
    found = repeat("我要开票，在哪里开", [turn("多久发货"), turn("发票怎么开")], fitted, small_kb)
    assert found is not None
    assert (found.name, found.text) == ("asked_again", "发票怎么开")


def test_another_question_is_not(fitted: Contents, small_kb: KnowledgeBase) -> None:
    assert repeat("可以分期付款吗", [turn("多久发货"), turn("发票怎么开")], fitted, small_kb) is None


def test_the_same_words_are_asked_again_whatever_the_encoder_says(small_kb: KnowledgeBase) -> None:
    contents = small_kb.contents
    found = find_repeat("发票怎么开", None, None, [turn("发票怎么开")], contents, small_kb.encode, RecentVectors())
    assert found is not None
    assert found.score == 1.0


@pytest.mark.parametrize("kind", ["smalltalk", "ask_slot", "order_status", "handoff"])
def test_only_questions_are_asked_again(fitted: Contents, small_kb: KnowledgeBase, kind: str) -> None:
    assert repeat("发票怎么开", [turn("发票怎么开", kind)], fitted, small_kb) is None


def test_the_faq_that_answered_before_speaks_for_a_repetition(fitted: Contents, small_kb: KnowledgeBase) -> None:
    earlier = [turn("能开增值税专用发票吗", faq_id="invoice")]
    best = Candidate(faq_id="invoice", question="发票怎么开", score=1.0, confidence=1.0)
    alone = repeat("我要开票", earlier, fitted, small_kb)
    joined = repeat("我要开票", earlier, fitted, small_kb, best=best)
    assert joined is not None
    assert joined.score > (alone.score if alone else 0.0)


def test_a_message_is_encoded_once_however_often_it_is_compared() -> None:
    asked: list[str] = []

    def encode(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return np.eye(2, dtype=np.float32)[: len(texts)]

    recent = RecentVectors(kept=2)
    recent.keep("e", "甲", np.array([0, 1], np.float32))
    assert len(recent.get("e", ["甲", "乙"], encode)) == 2
    assert len(recent.get("e", ["甲", "乙"], encode)) == 2
    assert asked == ["乙"]
    recent.get("other encoder", ["甲"], encode)
    assert asked == ["乙", "甲"]


def test_no_vectors_where_the_encoder_cannot_run() -> None:
    assert RecentVectors().get("e", ["甲"], lambda _: None) == []


def test_displeasure_that_grows_is_frustration() -> None:
    """Weak words tell nothing by themselves: 0.4 now, and 0.4 × 0.6 before."""
    found = find_frustration(find_signals("怎么搞的"), [turn("怎么回事啊")])
    assert found is not None
    assert found.score == pytest.approx(1 - 0.6 * (1 - 0.4 * 0.6))


def test_the_third_displeased_message_weighs_more_than_the_second() -> None:
    second = find_frustration(find_signals("怎么搞的"), [turn("怎么回事啊")])
    third = find_frustration(find_signals("怎么搞的"), [turn("怎么回事啊"), turn("你们搞什么")])
    assert second is not None
    assert third is not None
    assert third.score > second.score


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("怎么搞的", []),  # one angry message is anger
        ("怎么搞的", ["运费怎么算", "多久发货"]),
        ("好的谢谢", ["气死我了", "垃圾"]),  # it is over
        ("怎么搞的", ["骗子，垃圾"]),  # it cools down
        ("怎么搞的", ["气死我了", "多久发货", "运费怎么算", "发票怎么开", "包邮吗"]),  # long ago
    ],
)
def test_no_frustration_without_a_hot_message_before_and_now(now: str, before: list[str]) -> None:
    assert find_frustration(find_signals(now), [turn(text) for text in before]) is None


def test_the_bot_tells_both_in_its_trace(small_kb: KnowledgeBase) -> None:
    bot, session = Chatbot(small_kb), Session(customer_id="u")
    bot.reply(session, "发票怎么开")
    assert "asked_again" in [s.name for s in bot.reply(session, "发票怎么开！").trace.signals]
    bot.reply(session, "你们怎么搞的，一直没人处理")
    assert "frustration" in [s.name for s in bot.reply(session, "什么破服务，气死我了").trace.signals]
