"""`evaluate` runs a bot on cases and dialogues as customers would, and reports what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csbot import Chatbot, KnowledgeBase, Session, evaluate
from csbot.config import BotConfig
from csbot.errors import InputError
from csbot.evaluation.cases import Case, Dialogue, read_cases
from csbot.evaluation.report import NAMES, EvalReport
from csbot.evaluation.run import run_cases

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
    assert set(data) >= {"indicators", "by_tag", "by_category", "by_faq", "confusions", "errors", "versions", "degraded"}
    resolution = data["indicators"]["resolution_rate"]
    assert {name: resolution[name] for name in ("value", "numerator", "denominator", "method")} == {
        "value": 0.5, "numerator": 1.0, "denominator": 2.0, "method": "wilson",
    }  # fmt: skip
    assert set(data["indicators"]) <= set(NAMES)


def test_progress_is_told_up_to_the_last_case(small_kb: KnowledgeBase) -> None:
    told: list[tuple[int, int]] = []
    evaluate(small_kb, [RIGHT, WRONG, HUMAN], progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)
    assert told == sorted(told)


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


def test_every_case_gets_exactly_the_reply_that_a_customer_would(hash_kb: KnowledgeBase) -> None:
    """With an encoder whose vectors do not depend on the batch, down to the last digit of the confidence."""
    bot = Chatbot(hash_kb, orders=DATA / "orders.json")
    cases = [one for number, one in enumerate(read_cases(DATA / "cases.jsonl")) if number % 3 == 0]
    cases = [case(one.text, out_of_scope=True) for one in cases]
    for one, outcome in zip(cases, run_cases(bot, cases), strict=True):
        reply = bot.reply(Session(customer_id="u"), one.text)
        assert (outcome.kind, outcome.faq_id, outcome.intent) == (reply.kind, reply.faq_id, reply.trace.intent), one.text
        assert outcome.options == (tuple(c.faq_id for c in reply.candidates) if reply.kind == "clarify" else ())
        if not any(c.action for c in reply.trace.candidates):
            assert outcome.confidence == reply.confidence


def test_neither_the_number_of_threads_nor_the_order_of_the_cases_changes_anything(small_kb: KnowledgeBase) -> None:
    cases = [RIGHT, WRONG, HUMAN, ORDER, case("运费多少", faq_id="ship-fee"), case("今天天气", out_of_scope=True)]
    one, four = (evaluate(small_kb, cases, [TALK], workers=n).model_dump(exclude={"seconds"}) for n in (1, 4))
    assert one == four
    turned = evaluate(small_kb, cases[::-1], [TALK]).model_dump()
    assert turned["outcomes"][::-1] == one["outcomes"]
    assert (turned["versions"], turned["by_faq"]) == (one["versions"], one["by_faq"])
    with pytest.raises(InputError, match="workers"):
        evaluate(small_kb, cases, workers=0)


def test_the_versions_name_everything_that_the_figures_belong_to(small_kb: KnowledgeBase, fresh_kb: KnowledgeBase) -> None:
    def versions(bot: Chatbot | KnowledgeBase, cases: list[Case]) -> dict[str, object]:
        return evaluate(bot, cases, seed=7).versions.model_dump()

    base = versions(small_kb, [RIGHT])
    assert base["encoder"] == small_kb.encoder.fingerprint
    assert (base["answer"], base["seed"]) == (small_kb.contents.calibration.answer, 7)
    strict = versions(Chatbot(small_kb, config=BotConfig(bands={"answer": 0.9})), [RIGHT])
    assert {name for name in base if base[name] != strict[name]} == {"config", "answer"}
    fewer = versions(fresh_kb.update(delete=["gone"]), [RIGHT])
    assert {name for name in base if base[name] != fewer[name]} == {"knowledge"}
    assert {name for name in base if base[name] != versions(small_kb, [WRONG])[name]} == {"cases"}


def test_each_category_and_each_faq_is_measured_alone(small_kb: KnowledgeBase) -> None:
    report = evaluate(small_kb, [RIGHT, case("包邮吗", faq_id="ship-fee"), WRONG, HUMAN])
    assert {name: found["resolution_rate"].value for name, found in report.by_category.items()} == {"物流": 1.0, "未分类": 0.0}
    figures = {faq_id: one.model_dump(exclude={"question", "category"}) for faq_id, one in report.by_faq.items()}
    assert figures == {
        "ship-fee": {"cases": 2, "answered": 2, "resolved": 2, "first": 2, "answers": 2},
        "refund": {"cases": 1, "answered": 1, "resolved": 0, "first": 0, "answers": 0},
        "return": {"cases": 0, "answered": 0, "resolved": 0, "first": 0, "answers": 1},
    }
    assert report.by_faq["ship-fee"].question == "运费怎么算"
    assert (report.by_faq["refund"].precision, report.by_faq["return"].resolution_rate) == (None, None)
    assert (report.by_faq["return"].precision, report.by_faq["refund"].resolution_rate) == (0.0, 0.0)


def test_confusions_say_which_faq_took_whose_question(small_kb: KnowledgeBase) -> None:
    cases = [WRONG, case("不喜欢想退掉", faq_id="refund"), case("发什么快递", out_of_scope=True), RIGHT]
    found = [one.model_dump() for one in evaluate(small_kb, cases).confusions]
    assert found == [
        {"expected": "refund", "got": "return", "count": 2, "answered": 2},
        {"expected": "out_of_scope", "got": "ship-company", "count": 1, "answered": 1},
    ]


def test_an_error_carries_the_trace_that_says_why(small_kb: KnowledgeBase) -> None:
    (error,) = evaluate(small_kb, [RIGHT, case("我叫林晓燕，电话13800000001，怎么退货", faq_id="refund")]).errors
    assert error["trace"]["candidates"][0]["faq_id"] == "return"
    assert error["trace"]["rule"]
    assert "13800000001" not in json.dumps(error["trace"], ensure_ascii=False)


def test_a_case_of_an_faq_that_is_gone_counts_as_wrong_where_it_was_known_once(small_kb: KnowledgeBase) -> None:
    report = evaluate(small_kb, [RIGHT, case("x1", faq_id="old")], known_faqs={"old"})
    assert (report.missing_faqs, report.resolution_rate) == (["old"], 0.5)
    with pytest.raises(InputError, match="never"):
        evaluate(small_kb, [case("x", faq_id="never")], known_faqs={"old"})


def test_a_report_is_read_back_as_it_was_written(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    report = evaluate(small_kb, [RIGHT, WRONG, HUMAN, case("今天天气", out_of_scope=True)], [TALK])
    (tmp_path / "r.json").write_text(report.to_json(), encoding="utf-8")
    assert EvalReport.read(tmp_path / "r.json").to_json() == report.to_json()


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b"\xff"])
def test_a_file_that_is_no_report_is_an_error_that_names_it(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "old.json").write_bytes(content)
    with pytest.raises(InputError, match=r"old\.json"):
        EvalReport.read(tmp_path / "old.json")
