"""Labelled questions become a calibration that ranks and judges them."""

from __future__ import annotations

import numpy as np
import pytest

from csbot import Faq, KnowledgeBase
from csbot.errors import InputError
from csbot.kb.contents import Contents
from csbot.kb.fitting import LEAST_QUESTIONS, Labelled, fit, label, winners
from csbot.kb.networks import sigmoid
from csbot.text import query_form

ELSEWHERE = ["今天天气怎么样", "你会唱歌吗", "股票能不能买", "附近有什么好吃的", "帮我写一首诗", "明天几点日出"]


def labelled_of(kb: KnowledgeBase, faqs: list[Faq], *, dense: bool = True) -> list[Labelled]:
    questions = [(query_form(question), faq.id) for faq in faqs for question in faq.similar]
    texts = [text for text, _ in questions] + ELSEWHERE
    vectors = kb.encode(texts)
    assert vectors is not None
    ids = [faq_id for _, faq_id in questions] + [None] * len(ELSEWHERE)
    return label(kb.contents, texts, vectors if dense else [None] * len(texts), ids)


def test_labels_point_to_the_right_candidate(small_kb: KnowledgeBase, faqs: list[Faq]) -> None:
    contents: Contents = small_kb.contents
    labelled = labelled_of(small_kb, faqs)
    in_scope = [item for item in labelled if item.in_scope]
    expected = [faq.id for faq in faqs for _ in faq.similar]
    assert [contents.faqs[int(item.evidence.faqs[item.right])].id for item in in_scope if item.right is not None] == expected
    assert [item.right for item in labelled if not item.in_scope] == [None] * len(ELSEWHERE)


def test_a_right_faq_that_is_not_there_leaves_the_question_in_scope(small_kb: KnowledgeBase) -> None:
    vectors = small_kb.encode(["多久发货"])
    assert vectors is not None
    (item,) = label(small_kb.contents, ["多久发货"], vectors, ["absent"])
    assert (item.right, item.in_scope) == (None, True)


@pytest.mark.parametrize("dense", [True, False])
def test_a_fitted_calibration_puts_the_right_faq_first_and_trusts_it_more(
    small_kb: KnowledgeBase, faqs: list[Faq], dense: bool
) -> None:
    labelled = labelled_of(small_kb, faqs, dense=dense)
    calibration = fit(labelled, encoder="e", answer=0.5, clarify=0.2, fitted_on="a test")
    assert (calibration.encoder, calibration.answer, calibration.clarify, calibration.fitted_on) == ("e", 0.5, 0.2, "a test")
    values, right, in_scope = winners(labelled, calibration)
    confidence = sigmoid(calibration.confidence(values))
    assert right[in_scope].all()  # the questions are the knowledge base's own
    assert not right[~in_scope].any()
    assert confidence[right].mean() > 0.7 > 0.4 > confidence[~right].mean()


def test_the_mean_confidence_is_the_share_that_is_right(small_kb: KnowledgeBase, faqs: list[Faq]) -> None:
    """A property of logistic regression with a free bias: calibrated on average."""
    labelled = labelled_of(small_kb, faqs)
    calibration = fit(labelled, encoder="e", answer=0.5, clarify=0.2, fitted_on="")
    values, right, _ = winners(labelled, calibration)
    assert sigmoid(calibration.confidence(values)).mean() == pytest.approx(right.mean(), abs=1e-3)


def test_too_few_questions_are_refused(small_kb: KnowledgeBase, faqs: list[Faq]) -> None:
    labelled = labelled_of(small_kb, faqs)[: LEAST_QUESTIONS - 1]
    with pytest.raises(InputError, match=str(LEAST_QUESTIONS)):
        fit(labelled, encoder="e", answer=0.5, clarify=0.2, fitted_on="")


def test_questions_all_out_of_scope_are_refused(small_kb: KnowledgeBase) -> None:
    texts = [f"{text}{i}" for text in ELSEWHERE for i in range(5)]
    vectors = small_kb.encode(texts)
    assert vectors is not None
    labelled = label(small_kb.contents, texts, np.asarray(vectors), [None] * len(texts))
    with pytest.raises(InputError, match="没有可用于拟合"):
        fit(labelled, encoder="e", answer=0.5, clarify=0.2, fitted_on="")
