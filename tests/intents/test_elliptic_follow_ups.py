"""A few words right after an answer: the pairs of ``follow_up_pairs.jsonl``, and what is no follow-up."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from csbot import Chatbot, KnowledgeBase, Session
from csbot.intents.follow_up import AGAIN_COSTS, MOST_CHARS, SOON, again_last, answered_before, leaning
from csbot.models import Candidate, Turn, utc_now

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
