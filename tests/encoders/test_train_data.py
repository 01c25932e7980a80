"""What is trained on: topics, their neighbours, what is held back, and what is refused before anything is loaded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny import data, topics, validation

from csbot import Faq
from csbot.encoders.held_back import hold_out_pairs, hold_out_questions, problem_of, problems_of_trades, without_texts
from csbot.encoders.train_data import (
    FEWEST,
    PairFile,
    Topic,
    TrainingData,
    Validation,
    check,
    digest,
    own_texts,
    topics_of_faqs,
    topics_of_rows,
)
from csbot.errors import InputError

ROWS = [
    {
        "trade": "驾校", "intent": "fee", "question": "学费多少", "answer": "三千八。",
        "formal": ["学费标准", "收费是多少"], "colloquial": ["考个本得掏多少", "学费多少", "贵不贵啊"],
    },
    {"trade": "驾校", "near_oos": ["你们教练结婚了吗"]},
]  # fmt: skip


def faq(number: int, category: str = "", *similar: str, question: str = "") -> Faq:
    return Faq(id=f"f{number}", question=question or f"第{number}个问题", similar=similar, answer="好", category=category)


def test_faqs_of_one_category_are_neighbours_and_small_categories_join_the_rest() -> None:
    found = topics_of_faqs("店", [*(faq(i, "物流") for i in range(4)), faq(9, "售后"), faq(10)])
    assert [topic.group for topic in found] == ["店/物流"] * 4 + ["店"] * 2


def test_a_confirmed_question_that_the_faq_already_has_is_not_counted_twice() -> None:
    (topic,) = topics_of_faqs("店", [faq(1, "", "咋退", "？？")], {"f1": ["咋退？", "咋退", "退不退"], "f2": ["别的"]})
    assert topic.questions == ("第1个问题", "咋退")
    assert topic.asked == ("退不退",)


def test_rows_of_a_corpus_become_topics_and_negatives_by_trade() -> None:
    (topic,), negatives = topics_of_rows(ROWS)
    questions, asked = ("学费多少", "学费标准", "收费是多少"), ("考个本得掏多少", "贵不贵啊")
    assert topic == Topic("驾校", "驾校", "fee", "fee", questions, asked, "三千八。")
    assert negatives == {"驾校": ("你们教练结婚了吗",)}


def test_a_held_out_question_is_neither_trained_on_nor_in_the_knowledge_base_and_never_the_standard_one() -> None:
    kept, (problem,) = hold_out_questions(topics(), seed=3)
    assert len(problem.queries) == len(kept) == len(topics())
    for before, after, query in zip(topics(), kept, problem.queries, strict=True):
        assert set(before.texts) - set(after.texts) == {query}
        assert after.questions[0] == before.questions[0]
        assert query not in problem.questions
    assert hold_out_questions(topics(), seed=3)[1] == [problem]
    assert hold_out_questions(topics(), seed=4)[1] != [problem]


def test_an_faq_of_two_questions_keeps_both() -> None:
    small = topics_of_faqs("店", [faq(1, "", "另一句")])
    assert hold_out_questions(small, seed=0) == (small, [])


def test_a_problem_points_each_query_to_its_topic() -> None:
    rows = topics()[:2]
    problem = problem_of("x", rows, [("指纹", "faq-1")], decides=False)
    assert problem.owners == (0, 0, 0, 1, 1, 1)
    assert (problem.queries, problem.right, problem.decides) == (("指纹",), (1,), False)


def test_each_trade_is_a_problem_of_its_own() -> None:
    rows = [replace(topic, kb=kb) for kb in ("乙", "甲") for topic in topics()]
    found = problems_of_trades(rows)
    assert [problem.name for problem in found] == ["乙", "甲"]
    assert all(len(problem.queries) == sum(len(topic.asked) for topic in topics()) for problem in found)


def test_a_tenth_of_the_pairs_is_held_back() -> None:
    file = PairFile("p", tuple((f"a{i}", f"b{i}", float(i % 2)) for i in range(50)), per_step=6)
    rest, held = hold_out_pairs(file, seed=0)
    assert (len(rest.rows), len(held.rows), rest.per_step) == (45, 5, 6)
    assert set(rest.rows) | set(held.rows) == set(file.rows)


def test_texts_to_be_validated_on_are_taken_out_of_what_customers_asked() -> None:
    kept, taken = without_texts(topics(), ["我要寄出！", "发货怎么办理", "没有的话"])
    assert taken == 1
    assert kept[0].asked == tuple(text for text in topics()[0].asked if text != "我要寄出")
    assert kept[0].questions == topics()[0].questions


def test_good_data_pass() -> None:
    check(data(), validation())


def test_no_data_are_refused() -> None:
    with pytest.raises(InputError, match="没有训练数据"):
        check(TrainingData(), validation())


def test_the_same_question_in_two_faqs_is_refused_with_the_question_and_both_ids() -> None:
    rows = topics()
    rows[3] = replace(rows[3], asked=("请问 发貨怎么办理？",))
    with pytest.raises(InputError, match=r"请问 发貨怎么办理？.*faq-0.*faq-3"):
        check(TrainingData(topics=tuple(rows)), validation())


def test_the_same_question_in_two_trades_is_no_contradiction() -> None:
    rows = [*topics(), *(replace(topic, kb="另一店") for topic in topics())]
    check(TrainingData(topics=tuple(rows)), validation())


def test_a_question_that_is_answered_and_out_of_scope_is_refused() -> None:
    with pytest.raises(InputError, match="又标为域外"):
        check(replace(data(), negatives={"店": ("我要寄出",)}), validation())


def test_many_contradictions_are_counted_and_not_all_listed() -> None:
    doubled = tuple(replace(topic, key=topic.key + "b") for topic in topics())
    with pytest.raises(InputError, match=f"共 {9 * len(doubled)} 处") as caught:
        check(TrainingData(topics=(*topics(), *doubled)), validation())
    assert len(str(caught.value).splitlines()) == 12


@pytest.mark.parametrize("count", [1, FEWEST - 1])
def test_too_few_faqs_with_two_questions_are_refused(count: int) -> None:
    lonely = [replace(topic, questions=topic.questions[:1], asked=()) for topic in topics()]
    with pytest.raises(InputError, match=f"只有 {count} 条知识"):
        check(TrainingData(topics=(*topics()[:count], *lonely[count:])), validation())


def test_too_few_questions_to_validate_on_are_refused_and_guards_do_not_count() -> None:
    (problem,) = validation().problems
    few = replace(problem, queries=problem.queries[:9], right=problem.right[:9])
    with pytest.raises(InputError, match="只有 9 句可留作验证"):
        check(data(), Validation(problems=(few, replace(problem, decides=False))))


def test_own_texts_are_all_that_the_data_say_each_once_in_normal_form() -> None:
    small = TrainingData(
        topics=(Topic("店", "店", "k", "k", ("怎麼退", "怎么退"), ("退！",), "点退货。"),),
        negatives={"店": ("天气",)},
        pairs=(PairFile("p", (("甲", "乙", 1.0),)),),
        unlabelled=("闲话", "甲"),
    )
    assert own_texts(small) == ("怎么退", "退", "点退货", "天气", "甲", "乙", "闲话")


def test_the_digest_follows_the_data_and_what_is_held_back() -> None:
    assert digest(data(), validation()) == digest(data(), validation())
    assert digest(data(), validation()) != digest(replace(data(), unlabelled=("多一句",)), validation())
    assert digest(data(), validation()) != digest(data(), Validation())
