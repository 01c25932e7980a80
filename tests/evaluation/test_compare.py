"""Against a baseline: what moved, by how much more than chance, and the names of those it happened to."""

from __future__ import annotations

import pytest
from runs import cases_of, move_similar, run

from csbot import KnowledgeBase, evaluate
from csbot.evaluation.cases import Case, Dialogue
from csbot.evaluation.compare import Comparison, compare
from csbot.evaluation.report import EvalReport


@pytest.fixture(scope="module")
def old(small_kb: KnowledgeBase) -> EvalReport:
    return run(small_kb, cases_of(small_kb))


def changed_sides(comparison: Comparison) -> tuple[int, int, int]:
    return len(comparison.lost), len(comparison.gained), len(comparison.newly_wrong)


def test_a_run_does_not_differ_from_itself(old: EvalReport) -> None:
    found = compare(old, old)
    assert {(change.gain, change.p) for change in found.indicators} == {(0.0, 1.0)}
    assert (found.faqs, changed_sides(found), found.versions) == ([], (0, 0, 0), {})
    assert (found.shared, found.added, found.removed) == (len(old.outcomes), 0, 0)


def test_similar_questions_moved_to_the_wrong_faq_are_named_with_who_took_them(
    small_kb: KnowledgeBase, old: EvalReport
) -> None:
    kb, moved = move_similar(small_kb, 20)
    found = compare(old, run(kb, cases_of(small_kb)))
    assert {(m.text, m.expected, m.now) for m in found.lost} >= {
        (question, owner, f"answer {other}") for question, (owner, other) in moved.items()
    }
    assert {m.text for m in found.newly_wrong} >= set(moved)
    taken = {(change.faq_id, other) for change in found.faqs for other in change.taken_by}
    assert taken >= set(moved.values())
    resolution = found.change("resolution_rate")
    assert (resolution.test, resolution.better, resolution.worse) == ("mcnemar", 0, len(found.lost))
    assert resolution.gain == pytest.approx(-len(found.lost) / len([o for o in old.outcomes if o.in_scope]))
    assert resolution.p < 1e-4
    assert set(found.versions) == {"knowledge"}


def test_a_lowered_threshold_shows_as_wrong_answers_lost_precision_and_another_config(
    small_kb: KnowledgeBase, old: EvalReport
) -> None:
    found = compare(old, run(small_kb, cases_of(small_kb), answer=0.0, clarify=0.0))
    assert {m.expected for m in found.newly_wrong} == {"out_of_scope"}
    assert all(m.now.startswith("answer ") and not m.before.startswith("answer") for m in found.newly_wrong)
    assert found.change("oos_rejection").gain < 0
    precision = found.change("precision")
    assert (precision.test, precision.better) == ("bootstrap", None)
    assert precision.low < precision.gain < 0
    assert precision.gain < precision.high
    assert found.versions["answer"][1] == "0.0"
    assert set(found.versions) == {"answer", "clarify", "config"}


def test_a_deleted_faq_is_named_with_its_cases(small_kb: KnowledgeBase, old: EvalReport) -> None:
    found = compare(old, run(small_kb.update(delete=["invoice"]), cases_of(small_kb), known=old))
    assert found.deleted_faqs == ["invoice"]
    change = found.faqs[0]
    assert (change.faq_id, change.deleted, change.cases, change.resolved_before, change.resolved_now) == (
        "invoice",
        True,
        3,
        3,
        0,
    )
    assert {m.text for m in found.lost} >= {"发票怎么开", "能开增值税专用发票吗", "我要开票"}


def test_only_cases_that_both_have_are_compared(small_kb: KnowledgeBase, old: EvalReport) -> None:
    """Two hard cases are added and one is taken away: that is no change of the bot."""
    cases = cases_of(small_kb)[1:]
    hard = [Case.model_validate({"text": text, "expect": {"faq_id": "pay"}}) for text in ("怎么退货", "运费怎么算")]
    found = compare(old, run(small_kb, cases + hard))
    assert (found.shared, found.added, found.removed) == (len(cases), 2, 1)
    assert found.change("resolution_rate").gain == 0
    assert set(found.versions) == {"cases"}


def test_a_case_with_another_label_is_another_case(small_kb: KnowledgeBase) -> None:
    def report(faq_id: str) -> EvalReport:
        return run(small_kb, [Case.model_validate({"text": "怎么退货", "expect": {"faq_id": faq_id}})])

    found = compare(report("return"), report("refund"))
    assert (found.shared, found.added, found.removed, found.lost, found.indicators) == (0, 1, 1, [], [])


def test_equal_cases_are_paired_one_by_one(small_kb: KnowledgeBase) -> None:
    one = Case.model_validate({"text": "怎么退货", "expect": {"faq_id": "return"}})
    found = compare(run(small_kb, [one, one]), run(small_kb, [one, one, one]))
    assert (found.shared, found.added, found.removed) == (2, 1, 0)


def test_dialogues_are_paired_by_turn(small_kb: KnowledgeBase) -> None:
    def report(*kinds: str) -> EvalReport:
        users = ("你好", "包邮吗", "谢谢")
        turns = [{"user": user, "expect": {"kind": ["smalltalk", "answer"]}} for user in users]
        found = evaluate(small_kb, dialogues=[Dialogue.model_validate({"id": "d", "turns": turns})])
        turned = [turn.model_copy(update={"kind": kind}) for turn, kind in zip(found.turns, kinds, strict=True)]
        return found.model_copy(update={"turns": turned})

    found = compare(report("answer", "handoff", "answer"), report("answer", "answer", "handoff"))
    assert (found.lost_turns, found.gained_turns) == (["d#3"], ["d#2"])
    accuracy, success = found.change("turn_accuracy"), found.change("dialogue_success")
    assert (accuracy.better, accuracy.worse, accuracy.gain) == (1, 1, 0)
    assert (success.old, success.new) == (0, 0)


def test_a_rise_of_the_calibration_error_is_a_loss(small_kb: KnowledgeBase, old: EvalReport) -> None:
    worse = [o.model_copy(update={"confidence": 1.0}) for o in old.outcomes]
    change = compare(old, old.model_copy(update={"outcomes": worse})).change("ece")
    assert change.new > change.old
    assert change.gain == pytest.approx(change.old - change.new)
