"""The linter: each rule fires where it should, and only there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from csbot import Faq
from csbot.kb.lint import ANSWER_CHARS, QUESTION_CHARS, Finding, Rule, lint_faqs
from csbot.models import CHINA

NOW = datetime(2026, 6, 1, tzinfo=CHINA)
RETURN = Faq(id="return", question="怎么申请退货", similar=("东西不想要了能退吗",), answer="在订单详情申请。")
INVOICE = Faq(id="invoice", question="发票怎么开", similar=("能开增值税专用发票吗",), answer="在订单详情申请开票。")
LOCK = Faq(id="lock", question="门锁没电了怎么开门", similar=("指纹锁电池耗尽进不了家", "门锁没电怎么办"), answer="应急供电。")


def findings(rule: Rule, *faqs: Faq) -> list[tuple[str, str, str | None]]:
    """(level, FAQ, other FAQ) of what the rule found."""
    return [(f.level, f.faq_id, f.other) for f in lint_faqs(faqs, now=NOW) if f.rule == rule]


def changed(faq: Faq, **fields: object) -> Faq:
    return Faq.model_validate(faq.model_dump() | fields)


def test_nothing_is_found_in_a_clean_knowledge_base() -> None:
    assert lint_faqs([RETURN, INVOICE, LOCK], now=NOW) == []
    assert lint_faqs([], now=NOW) == []


def test_the_same_question_with_different_answers_is_an_error() -> None:
    twin = Faq(id="twin", question="退货流程", similar=("怎么申请退货？",), answer="打电话。")
    assert findings("contradicting_answers", RETURN, INVOICE, twin) == [("error", "twin", "return")]
    assert findings("duplicate_question", RETURN, INVOICE, twin) == []


def test_the_same_question_with_the_same_answer_is_a_warning() -> None:
    twin = Faq(id="twin", question="退货流程", similar=("怎麼申請退貨",), answer=RETURN.answer + "\n")
    assert findings("duplicate_question", RETURN, INVOICE, twin) == [("warning", "twin", "return")]
    assert findings("contradicting_answers", RETURN, INVOICE, twin) == []


def test_an_old_version_of_an_faq_does_not_contradict_the_new_one() -> None:
    """Archived, draft and expired entries are never answered; the same question may stand in them."""
    old = changed(RETURN, id="old", answer="旧答案", status="archived")
    draft = changed(RETURN, id="draft", answer="新答案", status="draft")
    expired = changed(RETURN, id="expired", answer="去年的", valid_until="2026-05-31")
    found = lint_faqs([old, draft, expired, RETURN, INVOICE], now=NOW)
    assert {(f.rule, f.faq_id) for f in found} == {("expired", "expired")}


def test_a_question_that_is_twice_in_one_faq_is_repeated() -> None:
    twice = changed(RETURN, similar=("怎么申请退货？？", "东西不想要了能退吗"))
    assert findings("repeated_question", twice, INVOICE) == [("warning", "return", None)]


def test_questions_that_say_the_same_in_other_words_are_near_duplicates_once_per_pair() -> None:
    near = Faq(id="near", question="如何申请退货", similar=("怎样申请退货",), answer="在订单详情申请。")
    assert findings("near_duplicate", RETURN, INVOICE, near) == [("warning", "return", "near")]


def test_a_question_that_another_faq_would_answer_is_stolen() -> None:
    wrong = changed(INVOICE, similar=(*INVOICE.similar, "指纹锁电池耗尽了进不了家门"))
    assert ("warning", "invoice", "lock") in findings("stolen_question", RETURN, wrong, LOCK)


@pytest.mark.parametrize(
    ("length", "found"), [(QUESTION_CHARS, []), (QUESTION_CHARS + 1, [("warning", "long", None)])], ids=["at", "above"]
)
def test_a_standard_question_above_the_limit_is_overlong(length: int, found: list[object]) -> None:
    long = Faq(id="long", question=("橱柜安装预约时间怎么改" * 10)[:length], similar=("改约",), answer="点改约。")
    assert findings("overlong_question", long, INVOICE) == found


@pytest.mark.parametrize(("length", "found"), [(ANSWER_CHARS, []), (ANSWER_CHARS + 1, [("warning", "return", None)])])
def test_an_answer_above_the_limit_is_overlong(length: int, found: list[object]) -> None:
    assert findings("overlong_answer", changed(RETURN, answer="退" * length), INVOICE) == found


@pytest.mark.parametrize("blank", ["", "  ", "😭", "？？"])
def test_a_similar_question_without_text_is_blank(blank: str) -> None:
    assert findings("blank_similar", changed(RETURN, similar=("能退吗", blank)), INVOICE) == [("warning", "return", None)]


def test_an_faq_without_similar_questions_is_hard_to_hit() -> None:
    assert findings("no_similar", changed(RETURN, similar=()), INVOICE) == [("warning", "return", None)]


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"valid_until": NOW}, {"expired"}),
        ({"valid_until": NOW + timedelta(seconds=1)}, set()),
        ({"valid_from": NOW}, set()),
        ({"valid_from": NOW + timedelta(seconds=1)}, {"not_yet_valid"}),
    ],
)
def test_dates_are_held_against_the_given_moment(fields: dict[str, object], rules: set[str]) -> None:
    found = lint_faqs([changed(RETURN, **fields), INVOICE, LOCK], now=NOW)
    assert {(f.rule, f.faq_id, f.level) for f in found} == {(rule, "return", "warning") for rule in rules}


def test_a_relation_to_nothing_is_an_error_and_one_to_an_faq_is_not() -> None:
    related = changed(RETURN, related=("invoice", "absent"))
    assert findings("unknown_related", related, INVOICE) == [("error", "return", "absent")]


def test_errors_come_first_and_each_says_what_and_where() -> None:
    related = changed(LOCK, related=("absent",), similar=())
    found: Sequence[Finding] = lint_faqs([changed(RETURN, similar=()), INVOICE, related], now=NOW)
    assert [(f.level, f.faq_id) for f in found] == [("error", "lock"), ("warning", "return"), ("warning", "lock")]
    assert "absent" in found[0].what


def test_the_work_is_reported_and_the_encoder_may_be_chosen(counting: object) -> None:
    seen: list[tuple[int, int]] = []
    lint_faqs([RETURN, INVOICE], encoder=counting, now=NOW, progress=lambda done, total: seen.append((done, total)))  # type: ignore[arg-type]
    assert seen[-1] == (4, 4)  # four questions asked, each left out
    assert "发票怎么开" in counting.seen  # type: ignore[attr-defined]
