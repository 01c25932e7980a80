"""One version of a knowledge base in memory: candidates from both indexes, validity, leave-one-out, vectors made once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from csbot import Faq, KnowledgeBase
from csbot.intents.signals import ROUTED
from csbot.kb.contents import TOPIC_FAQS, Contents
from csbot.kb.indexing import answer_view, encode_new, known_vectors
from csbot.models import CHINA, Candidate
from csbot.text import query_form


@pytest.fixture
def contents(small_kb: KnowledgeBase) -> Contents:
    return small_kb.contents


def rank(kb: KnowledgeBase, text: str, **settings: Any) -> list[Candidate]:
    vectors = kb.encode([query_form(text)])
    assert vectors is not None
    return kb.contents.rank(query_form(text), vectors[0], **settings)


def test_question_rows_belong_to_their_faqs(contents: Contents, faqs: list[Faq]) -> None:
    assert contents.questions == tuple(q for faq in faqs for q in (faq.question, *faq.similar))
    assert [faqs[owner].id for owner in contents.owners] == [faq.id for faq in faqs for _ in (faq.question, *faq.similar)]
    assert contents.offsets.tolist()[:3] == [0, 3, 6]
    assert len(contents.vectors) == len(contents.questions) + len(faqs)
    assert contents.get("refund") == next(faq for faq in faqs if faq.id == "refund")
    assert contents.get("absent") is None


def test_every_question_hits_its_own_faq_exactly(small_kb: KnowledgeBase, faqs: list[Faq]) -> None:
    now = datetime(2020, 1, 1, tzinfo=CHINA)  # all of them are valid then
    for faq in faqs:
        for question in faq.questions:
            best = rank(small_kb, f"你好{question}？？", now=now)[0]
            assert (best.faq_id, best.exact, best.confidence) == (faq.id, True, 1.0)
            assert query_form(best.matched) == query_form(question)


def test_the_score_is_the_cosine_to_the_nearest_question_of_the_faq(small_kb: KnowledgeBase, contents: Contents) -> None:
    vectors = small_kb.encode(["怎么还不给我发货"])
    assert vectors is not None
    for candidate in rank(small_kb, "怎么还不给我发货"):
        position = contents.positions[candidate.faq_id]
        own = slice(*contents.offsets[position : position + 2])
        cosines = np.asarray(contents.vectors[own]) @ vectors[0]
        assert candidate.score == pytest.approx(float(cosines.max()), abs=1e-5)
        assert candidate.matched == contents.questions[own][int(cosines.argmax())]


def test_candidates_are_best_first_each_faq_once(small_kb: KnowledgeBase) -> None:
    found = rank(small_kb, "退货的钱多久能退")
    ids = [candidate.faq_id for candidate in found]
    assert len(ids) == len(set(ids)) == 11  # all but the expired one are near enough in so small a collection
    assert found[0].faq_id in ("refund", "return")
    assert all(0 <= candidate.confidence <= 1 for candidate in found)


def test_words_alone_rank_where_there_is_no_vector(contents: Contents) -> None:
    found = contents.rank("智能门锁联网", None)
    assert found[0].faq_id == "lock-wifi"
    assert 0 < found[0].score <= 1
    assert contents.rank("hello world", None) == []
    assert contents.rank(query_form("发什么快递"), None)[0].exact


def test_an_empty_message_has_no_candidate(small_kb: KnowledgeBase) -> None:
    assert rank(small_kb, "") == rank(small_kb, "😭😭") == rank(small_kb, "？？？") == []


def test_dates_and_status_are_honoured_at_the_moment_of_asking() -> None:
    until, start = datetime(2026, 10, 9, tzinfo=CHINA), datetime(2026, 10, 1, tzinfo=CHINA)
    kb = KnowledgeBase.build(
        [
            Faq(id="event", question="国庆活动有哪些", answer="满减", valid_from=start, valid_until=until),
            Faq(id="draft", question="春节活动有哪些", answer="满减", status="draft"),
            Faq(id="old", question="元旦活动有哪些", answer="满减", status="archived"),
            Faq(id="always", question="会员积分怎么用", answer="抵现"),
        ]
    )
    second = timedelta(seconds=1)

    def asked(text: str, now: datetime) -> list[str]:
        return [candidate.faq_id for candidate in rank(kb, text, now=now)]

    assert asked("国庆活动有哪些", start - second) == ["always"]
    assert asked("国庆活动有哪些", start)[0] == "event"
    assert asked("国庆活动有哪些", until - second)[0] == "event"
    assert asked("国庆活动有哪些", until) == ["always"]
    assert asked("春节活动有哪些", start)[0] == "event"
    assert {"draft", "old"}.isdisjoint(asked("元旦活动有哪些", start))


def test_a_row_left_out_is_as_if_it_had_never_been_there(small_kb: KnowledgeBase, contents: Contents, faqs: list[Faq]) -> None:
    row = contents.questions.index("邮费多少钱")
    left_out = contents.rank("邮费多少钱", np.asarray(contents.vectors[row]), without_row=row)
    others = [faq if faq.id != "ship-fee" else faq.model_copy(update={"similar": ("包邮吗",)}) for faq in faqs]
    never = KnowledgeBase.build(others, previous=small_kb).contents
    absent = never.rank("邮费多少钱", np.asarray(contents.vectors[row]))
    assert not left_out[0].exact
    # how rare a word is among the questions still counts the one left out, which may swap what is far behind
    assert [(c.faq_id, c.matched) for c in left_out[:5]] == [(c.faq_id, c.matched) for c in absent[:5]]
    assert sorted(c.score for c in left_out) == pytest.approx(sorted(c.score for c in absent), abs=1e-5)


def test_an_faq_with_its_only_question_left_out_is_no_candidate() -> None:
    kb = KnowledgeBase.build([Faq(id="a", question="怎么退货", answer="x"), Faq(id="b", question="发票怎么开", answer="y")])
    vector = np.asarray(kb.contents.vectors[0])
    assert [candidate.faq_id for candidate in kb.contents.rank("怎么退货", vector, without_row=0)] == ["b"]


def test_a_bare_topic_names_its_faqs(contents: Contents) -> None:
    assert TOPIC_FAQS == 3
    assert contents.topic("物流") == ("ship-time", "ship-fee", "ship-company")
    assert contents.topic("门锁") == ()  # two FAQs only
    assert contents.topic("门锁没电") == ()  # a question of an FAQ
    asked = contents.faqs[0].model_copy(update={"id": "x", "question": "漏水怎么办"}), contents.faqs[0]
    many = replace(contents, faqs=tuple(f.model_copy(update={"id": f"{f.id}{i}"}) for i in range(4) for f in asked))
    assert many.topic("漏水") and many.topic("怎么办") == ()  # eight questions hold it; it names nothing
    assert contents.topic("物流物流物流") == contents.topic("物") == ()


def test_known_vectors_are_not_made_again_and_equal_texts_are_made_once(counting: Any) -> None:
    known = {"怎么退货": np.full(counting.dimension, 0.5, np.float32)}
    vectors = encode_new(["多久发货", "怎么退货", "多久发货"], counting, known, None)
    assert counting.seen == ["多久发货"]
    np.testing.assert_array_equal(vectors[0], vectors[2])
    np.testing.assert_array_equal(vectors[1], known["怎么退货"])


def test_the_vectors_of_a_version_serve_the_next_by_text(contents: Contents, faqs: list[Faq]) -> None:
    known = known_vectors(contents)
    for row, question in enumerate(contents.questions):
        np.testing.assert_array_equal(known[query_form(question)], contents.vectors[row])
    assert {answer_view(faq) for faq in faqs} <= set(known)


def test_an_faq_without_answer_is_seen_by_its_question() -> None:
    assert answer_view(Faq(id="a", question="我的订单到哪了", action="order_progress")) == "我的订单到哪了"


def test_signals_are_probabilities_of_what_the_examples_show(contents: Contents, small_kb: KnowledgeBase) -> None:
    texts = ["能不能换个真人来跟我讲", "家里全是煤气味，老人还在里面", "发票怎么开"]
    vectors = small_kb.encode(texts)
    assert vectors is not None
    wish, danger, neither = (contents.signals(vector) for vector in vectors)
    assert set(wish) == set(ROUTED)
    assert all(0 <= value <= 1 for told in (wish, danger, neither) for value in told.values())
    assert wish["human_wanted"] > 0.5 > max(danger["human_wanted"], neither["human_wanted"])
    assert danger["urgency"] > 0.5 > max(wish["urgency"], neither["urgency"])
    assert contents.signals(None) == {}


def test_without_fitted_signals_words_alone_speak(contents: Contents, small_kb: KnowledgeBase) -> None:
    vectors = small_kb.encode(["转人工"])
    assert vectors is not None
    plain = replace(contents, calibration=contents.calibration.model_copy(update={"signals": None, "same_question": None}))
    assert plain.signals(vectors[0]) == {} and plain.same_question(0.9) == 0.0
