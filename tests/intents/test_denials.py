"""「不是」 in its many forms: bare, before what is meant, and of one thing told apart from another."""

from __future__ import annotations

import pytest

from csbot import Chatbot, KnowledgeBase, Session
from csbot.intents.answers import says
from csbot.intents.denials import Denied, after_no, find_denied, without_denied
from csbot.kb.contents import Contents
from csbot.models import Candidate, ReplyKind, Turn
from csbot.text import normalise

PAID = Turn(user="运费谁出", kind="answer", rule="confident", faq_id="ship-fee", reply="满 99 元包邮。")


@pytest.fixture
def contents(small_kb: KnowledgeBase) -> Contents:
    return small_kb.contents


@pytest.mark.parametrize("text", ["不是", "都不是呀", "这个不是", "不是我问的", "哦不是的", "可不是这个"])
def test_a_bare_denial_is_heard(text: str) -> None:
    assert says("not_meant", normalise(text))


@pytest.mark.parametrize("text", ["不是吗", "不是我弄坏的", "是不是", "还不是一样", "不是退货", "是", "没有"])
def test_what_has_more_to_it_is_no_bare_denial(text: str) -> None:
    assert not says("not_meant", normalise(text))


@pytest.mark.parametrize(
    ("text", "thing", "meant"),
    [
        ("不是退货，是发票", "退货", "发票"),
        ("我问的不是运费，是怎么开发票", "运费", "怎么开发票"),
        ("不是运费", "运费", "运费谁出"),
        ("说的不是退货那个", "退货", "运费谁出"),
        ("我说的是发票 不是退货", "退货", "发票"),
        ("你搞错了，我要的是换货不是退货", "退货", "换货"),
        ("不是退货是换货", "退货", "换货"),
        ("我不是要退货，我是要换货", "退货", "换货"),
        ("我问的是发票", "", "发票"),
        ("我说发票", "", "发票"),
        ("刚才那个不算，我问的是发票", "", "发票"),
    ],
)
def test_what_is_not_meant_is_told_from_what_is(text: str, thing: str, meant: str, contents: Contents) -> None:
    found = find_denied(normalise(text), [PAID], contents)
    assert found is not None
    assert found[:2] == (thing, meant)


@pytest.mark.parametrize("text", [
    "不是我弄的", "不是很明白", "不是这个", "是不是退货", "运费不是包的吗", "不是退货吗", "不是师傅弄的，是它自己掉的",
    "我说了不退", "我想问发票怎么开", "问一下运费", "我说怎么这么贵", "我说的是不是对", "不是退货是什么", "我说的你听懂了吗",
])  # fmt: skip
def test_what_denies_nothing_of_the_knowledge_base_is_as_it_is(text: str, contents: Contents) -> None:
    assert find_denied(normalise(text), [PAID], contents) is None


@pytest.mark.parametrize(
    ("question", "text", "whole"),
    [
        ("退货要几天", "不是退货，是换货", "换货要几天"),
        ("退货慢了", "不是退货是发票慢", "发票慢了"),
        ("运费多少", "我说的是退货运费", "退货运费多少"),
        ("安装要钱吗", "不是退货，是发票", "发票安装要钱吗"),
        ("退货要几天", "不是退货，是发票什么时候能开出来", ""),
    ],
)
def test_a_bare_thing_takes_the_place_of_the_other_in_the_question(
    question: str, text: str, whole: str, contents: Contents
) -> None:
    found = find_denied(normalise(text), [PAID.model_copy(update={"user": question})], contents)
    assert found is not None
    assert found.whole == whole


def test_what_is_wrong_with_a_thing_is_told_apart_and_the_thing_stays(contents: Contents) -> None:
    found = find_denied(normalise("不是退货慢，是不给办"), [PAID], contents)
    assert found == Denied("", "退货不给办")


def test_first_of_all_both_must_be_named(contents: Contents) -> None:
    assert find_denied("我要的是发票不是退货", [], contents) == Denied("退货", "发票")
    assert find_denied("我问的是发票", [], contents) is None


@pytest.mark.parametrize("kind", ["order_status", "smalltalk", "handoff"])
def test_only_a_reply_that_may_have_mistaken_it_is_set_right(kind: ReplyKind, contents: Contents) -> None:
    assert find_denied("不是退货", [PAID.model_copy(update={"kind": kind})], contents) is None
    assert find_denied("不是退货", [], contents) is None


def test_candidates_about_what_is_not_meant_go_but_for_those_about_both() -> None:
    asked = [Candidate(faq_id=q, question=q, score=0.5, confidence=0.5) for q in ("退货运费", "换货要多久", "退货和换货")]
    assert [one.question for one in without_denied(asked, Denied("退货", "换货"))] == ["换货要多久", "退货和换货"]
    assert [one.question for one in without_denied(asked, Denied("", "换货", told="退货运费"))] == [
        "换货要多久",
        "退货和换货",
        "退货运费",
    ]


def test_after_a_no_stands_what_is_meant() -> None:
    assert [after_no(form) for form in ("不对,第二个", "都不是 门锁那个")] == ["第二个", "门锁那个"]
    assert [after_no(form) for form in ("不是", "不急")] == ["不是", "不急"]


@pytest.mark.parametrize("no", ["不是", "都不是啊", "不对", "这个不是"])
def test_a_no_to_an_answer_is_regretted_and_the_second_calls_a_human(small_kb: KnowledgeBase, no: str) -> None:
    bot, session = Chatbot(small_kb), Session(customer_id="u", turns=[PAID])
    first, second = bot.reply(session, no), bot.reply(session, "也不是这个")
    assert (first.kind, first.trace.rule, second.kind) == ("fallback", "answer_refused", "handoff")


def test_the_thing_that_is_meant_instead_is_answered(small_kb: KnowledgeBase) -> None:
    session = Session(customer_id="u", turns=[PAID])
    assert Chatbot(small_kb).reply(session, "我问的不是运费，是发票怎么开").faq_id == "invoice"


@pytest.mark.parametrize("no", ["不是", "不是这个啊"])
def test_a_no_to_the_question_for_a_number_ends_the_task(small_kb: KnowledgeBase, no: str) -> None:
    session = Session(customer_id="u")
    session.turns.append(Turn(user="查单", kind="ask_slot", rule="task_intent", task="order_progress", slot="phone", reply="…"))
    reply = Chatbot(small_kb).reply(session, no)
    assert (reply.kind, session.turns[-1].task) == ("smalltalk", None)
    assert "弄错" in reply.text or "理解错" in reply.text
