"""`evaluate` runs a bot on cases and dialogues as customers would, and reports what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csbot import Chatbot, KnowledgeBase, Session, evaluate
from csbot.config import BotConfig
from csbot.errors import InputError
from csbot.evaluation.cases import Case, Dialogue, read_cases
from csbot.evaluation.run import NAMES, run_cases

DATA = Path(__file__).parents[2] / "data"


def case(text: str, *tags: str, **expect: object) -> Case:
    return Case.model_validate({"text": text, "expect": expect, "tags": tags})


RIGHT = case("运费怎么算", "plain", faq_id="ship-fee")
WRONG = case("怎么退货", "plain", "hard", faq_id="refund")
HUMAN = case("转人工", "wish", intent="human_handoff")
ORDER = case("QH202611030012到哪了", "order", intent="order_progress")
TALK = Dialogue.model_validate(
    {"id": "d", "turns": [{"user": "你好", "expect": {"kind": "smalltalk"}}, {"user": "包邮吗", "expect": {"kind": "answer"}}]}
)


def test_exact_questions_are_matched_and_resolved(small_kb: KnowledgeBase) -> None:
    faqs = [faq for faq in small_kb.faqs if faq.id != "gone"]
    report = evaluate(small_kb, [case(question, faq_id=faq.id) for faq in faqs for question in faq.questions])
    assert (report.match_rate, report.resolution_rate, report.top1, report.precision) == (1.0, 1.0, 1.0, 1.0)
    assert report.errors == []


def test_a_wrong_case_is_listed_with_what_came_instead(small_kb: KnowledgeBase) -> None:
    report = evaluate(small_kb, [RIGHT, WRONG])
    (error,) = report.errors
    assert (error["text"], error["expect"], error["kind"], error["faq_id"]) == (
        "怎么退货",
        {"faq_id": "refund"},
        "answer",
        "return",
    )
    assert error["tags"] == ["plain", "hard"]
    assert report.resolution_rate == 0.5


def test_each_tag_is_measured_alone(small_kb: KnowledgeBase) -> None:
    by_tag = evaluate(small_kb, [RIGHT, WRONG, HUMAN, ORDER]).by_tag
    assert {tag: set(found) & {"resolution_rate", "handoff_recall", "task_recall"} for tag, found in by_tag.items()} == {
        "plain": {"resolution_rate"}, "hard": {"resolution_rate"}, "wish": {"handoff_recall"}, "order": {"task_recall"},
    }  # fmt: skip
    assert (by_tag["plain"]["resolution_rate"].value, by_tag["hard"]["resolution_rate"].value) == (0.5, 0.0)


def test_each_case_is_the_first_message_of_a_new_customer(small_kb: KnowledgeBase) -> None:
    """Three misses in a row would call a human if they came from one."""
    strict = BotConfig(
        bands={"answer": 1.0, "clarify": 1.0}, dialogue={"task_intent": 1.0, "handoff_wish": 1.0, "miss_limit": 2}
    )
    report = evaluate(Chatbot(small_kb, config=strict), [case("今天苏州下雨吗", out_of_scope=True)] * 3)
    assert report.oos_rejection == 1.0
    assert report.errors == []


def test_a_dialogue_is_one_session(small_kb: KnowledgeBase) -> None:
    turns = [
        {"user": "我想查订单", "expect": {"kind": "ask_slot", "slot": "phone"}},
        {"user": "13800000001", "expect": {"kind": "ask_slot", "slot": "name"}},
        {"user": "算了", "expect": {"kind": "smalltalk"}},
    ]
    bot = Chatbot(small_kb, orders=DATA / "orders.json")
    report = evaluate(bot, dialogues=[Dialogue.model_validate({"id": "one", "turns": turns}), TALK])
    assert report.errors == []
    assert (report.dialogue_success, report.turn_accuracy) == (1.0, 1.0)


def test_a_wrong_turn_is_listed_with_its_dialogue(small_kb: KnowledgeBase) -> None:
    turns = [{"user": "你好", "expect": {"kind": "smalltalk"}}, {"user": "包邮吗", "expect": {"kind": "handoff"}}]
    report = evaluate(small_kb, dialogues=[Dialogue.model_validate({"id": "d", "turns": turns})])
    (error,) = report.errors
    assert {name: error[name] for name in ("dialogue", "turn", "text", "kind", "faq_id")} == {
        "dialogue": "d", "turn": 2, "text": "包邮吗", "kind": "answer", "faq_id": "ship-fee",
    }  # fmt: skip
    assert (report.dialogue_success, report.turn_accuracy) == (0.0, 0.5)


def test_files_and_objects_give_the_same_report(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    cases, dialogues = tmp_path / "cases.jsonl", tmp_path / "dialogues.jsonl"
    cases.write_text("".join(one.model_dump_json(exclude_defaults=True) + "\n" for one in (RIGHT, WRONG)), encoding="utf-8")
    dialogues.write_text(TALK.model_dump_json(exclude_defaults=True) + "\n", encoding="utf-8")
    from_files, from_objects = evaluate(small_kb, cases, dialogues), evaluate(small_kb, [RIGHT, WRONG], [TALK])
    assert from_files.model_dump(exclude={"seconds"}) == from_objects.model_dump(exclude={"seconds"})


def test_expecting_an_faq_that_is_not_there_is_an_error_that_names_it(small_kb: KnowledgeBase) -> None:
    with pytest.raises(InputError, match="no-such") as caught:
        evaluate(small_kb, [RIGHT, case("x", faq_id="no-such"), case("y", faq_id="nor-this")])
    assert "nor-this" in str(caught.value)


def test_neither_cases_nor_dialogues_is_an_error(small_kb: KnowledgeBase) -> None:
    with pytest.raises(InputError, match="cases"):
        evaluate(small_kb)


def test_no_cases_at_all_give_no_indicators(small_kb: KnowledgeBase) -> None:
    report = evaluate(small_kb, [])
    assert (report.indicators, report.errors, report.match_rate) == ({}, [], None)


def test_indicators_are_attributes_and_unknown_ones_are_not(small_kb: KnowledgeBase) -> None:
    report = evaluate(small_kb, [RIGHT])
    assert (report.match_rate, report.oos_rejection, report.dialogue_success) == (1.0, None, None)
    with pytest.raises(AttributeError):
        _ = report.match_rat


def test_the_json_has_value_numerator_and_denominator_of_each(small_kb: KnowledgeBase) -> None:
    data = json.loads(evaluate(small_kb, [RIGHT, WRONG], [TALK]).to_json())
    assert set(data) >= {"indicators", "by_tag", "errors", "kb_version", "encoder", "degraded"}
    assert data["indicators"]["resolution_rate"] == {"numerator": 1.0, "denominator": 2.0, "value": 0.5}
    assert set(data["indicators"]) <= set(NAMES)


def test_progress_is_told_up_to_the_last_case(small_kb: KnowledgeBase) -> None:
    told: list[tuple[int, int]] = []
    evaluate(small_kb, [RIGHT, WRONG, HUMAN], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    "text",
    ["我叫林晓燕，电话13800000001，想把东西退了", "你好，请问锁没电了咋办，谢谢", "QH202611030012到哪了", "转人工", "😀"],
)
def test_a_case_is_treated_as_a_customers_message_is(small_kb: KnowledgeBase, text: str) -> None:
    bot = Chatbot(small_kb, orders=DATA / "orders.json")
    (outcome,), reply = run_cases(bot, [case(text, out_of_scope=True)]), bot.reply(Session(customer_id="u"), text)
    assert (outcome.kind, outcome.faq_id, outcome.intent) == (reply.kind, reply.faq_id, reply.trace.intent)
    assert outcome.confidence == reply.confidence


def test_the_samples_cases_expect_faqs_that_exist_and_give_every_indicator(sample_kb: KnowledgeBase) -> None:
    cases = read_cases(DATA / "cases.jsonl")
    few = [one for number, one in enumerate(cases) if number % 12 == 0 or one.expect.intent]
    report = evaluate(Chatbot(sample_kb, orders=DATA / "orders.json"), few, DATA / "dialogues.jsonl")
    assert {one.expect.faq_id for one in cases} - {None} <= {faq.id for faq in sample_kb.faqs}
    assert set(report.indicators) == set(NAMES) - ({"clarify_hit_rate"} - set(report.indicators))
