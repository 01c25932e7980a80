"""Merchants' tasks are recognised from a few example utterances, by the encoder or by words alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from csbot import KnowledgeBase
from csbot.encoders.base import Vectors
from csbot.kb.task_matcher import TaskMatcher
from csbot.text import query_form

SAMPLE = yaml.safe_load((Path(__file__).parents[2] / "data/tasks/fault_report.yaml").read_text(encoding="utf-8"))
REPORT = "fault_report"
STARTS = 0.4
"""`DialogueConfig.task_intent`, from which a task starts."""

MEANT = (
    "报修", "我想报修", "帮忙报修一下", "你好我家锁坏了需要维修", "给我派个维修师傅", "可以上门来修吗 柜门掉了", "登记故障",
    "指纹锁失灵了 你们安排人来修吧", "我要申请维修服务", "橱柜抽屉坏了要报修", "哪个师傅能过来帮我看看柜子", "约一个上门修理",
    "坏了 要修", "家里的锁打不开了快派人来", "麻烦帮我报一下维修", "需要售后师傅上门", "上门维修预约一下",
    "柜子门歪了找人来调一下", "请帮我提交维修申请", "我要修门锁", "喊个人来修下吊柜", "衣柜抽屉轨道断了，帮我安排维修师傅",
    "东西用坏了想让你们修", "给登记个保修上门", "约师傅修拉篮", "这个坏了你们来修吧", "想预约一下师傅上门检查门锁", "我要保修",
    "台面开裂了叫师傅过来处理", "帮我下个报修单",
)  # fmt: skip
"""Written apart from the examples of the sample task."""
ELSE = (
    "质保期是几年", "保修卡丢了怎么办", "门锁没电了怎么开门", "柜门铰链松了怎么调", "过保了还能修吗", "指纹识别不了怎么办",
    "安装师傅几点到", "怎么预约安装", "我要退货", "我要换货", "我要投诉你们师傅", "安装费多少钱", "门锁一直报警怎么关",
    "抽屉卡住了怎么处理", "转人工", "我想买配件自己换", "柜子发霉怎么办", "收到的货坏了能退吗", "快递把箱子摔坏了",
    "上门费怎么算", "维修师傅态度很差", "保修从哪天算", "我要开发票", "帮我查一下订单", "门锁怎么连wifi",
    "我要改安装时间", "取消上门",
)  # fmt: skip


def matcher(count: int = 30) -> TaskMatcher:
    return TaskMatcher({REPORT: SAMPLE["examples"][:count]}, {REPORT: SAMPLE["unlike"]})


def found(kb: KnowledgeBase, tasks: TaskMatcher, texts: Sequence[str], *, words: bool = False) -> list[str]:
    """Those of the texts for which the task would start."""
    forms = [query_form(text) for text in texts]
    vectors = kb.encode(forms)
    assert vectors is not None
    seen = [None] * len(forms) if words else list(vectors)
    sure = [tasks.probabilities(form, v, kb.contents, kb.encode)[REPORT] for form, v in zip(forms, seen, strict=True)]
    return [text for text, p in zip(texts, sure, strict=True) if p >= STARTS]


@pytest.mark.parametrize(("examples", "least"), [(30, 25), (15, 23), (8, 17)])
def test_other_wordings_are_recognised_from_a_few_examples(sample_kb: KnowledgeBase, examples: int, least: int) -> None:
    """Of 30; 28, 27 and 22 when this was written."""
    assert len(found(sample_kb, matcher(examples), MEANT)) >= least


def test_other_matters_are_not_taken_for_the_task(sample_kb: KnowledgeBase) -> None:
    assert len(found(sample_kb, matcher(), ELSE)) <= 2


def test_without_an_encoder_words_recognise_it_too(sample_kb: KnowledgeBase) -> None:
    """Of 30; 27 when this was written."""
    assert len(found(sample_kb, matcher(), MEANT, words=True)) >= 20
    assert len(found(sample_kb, matcher(), ELSE, words=True)) <= 2


def test_the_questions_of_the_knowledge_base_are_not_taken_for_the_task(sample_kb: KnowledgeBase) -> None:
    """But for those on how to report a fault, which are the same matter."""
    own = {q for faq in sample_kb.faqs if faq.category != "维修与保修" for q in faq.questions}
    assert len(found(sample_kb, matcher(), sorted(own))) <= 0.01 * len(own)


@pytest.mark.parametrize("words", [False, True])
def test_an_example_is_certain(small_kb: KnowledgeBase, words: bool) -> None:
    text = SAMPLE["examples"][4]
    vector = None if words else small_kb.encode([query_form(text)])
    assert matcher().probabilities(
        query_form(text), None if vector is None else vector[0], small_kb.contents, small_kb.encode
    ) == {REPORT: 1.0}


def test_a_request_is_not_drowned_by_what_is_told_with_it(small_kb: KnowledgeBase) -> None:
    told = "我要报修，我家住文二路9号，去年双十一买的，一直用得好好的，昨天孩子放学回家开不了门"
    assert found(small_kb, matcher(), [told]) == [told]


def test_several_tasks_are_told_apart(small_kb: KnowledgeBase) -> None:
    cancel = (
        "取消安装", "我要取消上门安装", "安装不做了帮我取消", "把安装预约取消掉", "不用来装了", "取消明天的安装",
        "安装先取消吧", "帮我撤掉安装单",
    )  # fmt: skip
    tasks = TaskMatcher({REPORT: SAMPLE["examples"], "cancel_install": cancel})
    for text, name in (("我想报修", REPORT), ("帮我取消安装", "cancel_install")):
        vector = small_kb.encode([text])
        assert vector is not None
        sure = tasks.probabilities(text, vector[0], small_kb.contents, small_kb.encode)
        assert max(sure, key=lambda one: sure[one]) == name
        assert sure[name] >= STARTS


class Counting:
    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb, self.calls = kb, 0

    def __call__(self, texts: Sequence[str]) -> Vectors | None:
        self.calls += 1
        return self.kb.encode(texts)


def test_it_is_fitted_once_for_each_version_and_its_examples_are_encoded_once(fresh_kb: KnowledgeBase) -> None:
    tasks, encode = matcher(), Counting(fresh_kb)
    heads = tasks.fit(fresh_kb.contents, encode)
    assert tasks.fit(fresh_kb.contents, encode) is heads
    changed = fresh_kb.update(upsert=[{"id": "new", "question": "怎么报修", "answer": "在小程序里提交。"}])
    assert tasks.fit(changed.contents, encode) is not heads
    assert encode.calls == 1


def test_a_bot_without_tasks_encodes_nothing(small_kb: KnowledgeBase) -> None:
    def fail(texts: Sequence[str]) -> Vectors | None:
        raise AssertionError(texts)

    tasks = TaskMatcher({})
    assert tasks.fit(small_kb.contents, fail) == {}
    assert tasks.probabilities("我要报修", None, small_kb.contents, fail) == {}


def test_where_the_encoder_stops_words_go_on(small_kb: KnowledgeBase) -> None:
    vector = small_kb.encode(["我想报修"])
    assert vector is not None
    sure = matcher().probabilities("我想报修", vector[0], small_kb.contents, lambda texts: None)
    assert sure == matcher().probabilities("我想报修", None, small_kb.contents, lambda texts: None)
