"""The gate stops what it should, names it, lets harmless changes pass, and never cries wolf."""

from __future__ import annotations

import random
from pathlib import Path
from xml.etree import ElementTree

import pytest
from runs import cases_of, move_similar, run

from csbot import Faq, KnowledgeBase
from csbot.errors import ConfigError
from csbot.evaluation.cases import Case
from csbot.evaluation.compare import compare
from csbot.evaluation.gates import GateResult, Gates, check
from csbot.evaluation.report import EvalReport
from csbot.evaluation.summaries import junit, markdown

DATA = Path(__file__).parents[2] / "data"
STRICT = Gates.model_validate({
    "minimum": {"resolution_rate": 0.9, "precision": 0.8},
    "maximum": {"ece": 0.5},
    "max_drop": {"resolution_rate": 0.0, "precision": 0.02, "ece": 0.05},
    "protected": {"faqs": ["return", "invoice"], "minimum": 1.0},
    "regressions": {"newly_wrong": 0, "lost": 0, "deleted_faqs": 0, "significant": 0.05},
})  # fmt: skip


@pytest.fixture(scope="module")
def old(small_kb: KnowledgeBase) -> EvalReport:
    return run(small_kb, cases_of(small_kb))


def gate(old: EvalReport, new: EvalReport, rules: Gates = STRICT, seed: int = 0) -> GateResult:
    return check(rules, new, compare(old, new, seed=seed))


def failed(result: GateResult) -> dict[str, str]:
    """Details of the failed rules."""
    return {f"{one.group}: {one.rule}": one.detail for one in result.of("failed")}


def test_twenty_similar_questions_moved_to_wrong_faqs_are_stopped(small_kb: KnowledgeBase, old: EvalReport) -> None:
    kb, moved = move_similar(small_kb, 20)
    found = failed(gate(old, run(kb, cases_of(small_kb))))
    assert {"minimum: resolution_rate >= 0.9", "max_drop: resolution_rate drop <= 0"} <= set(found)
    assert {"regressions: newly_wrong <= 0", "regressions: lost <= 0"} <= set(found)
    assert any(question in found["regressions: lost <= 0"] for question in moved)
    assert "resolution_rate" in found["regressions: no significant fall (p < 0.05)"]


def test_a_lowered_threshold_is_stopped(small_kb: KnowledgeBase, old: EvalReport) -> None:
    found = failed(gate(old, run(small_kb, cases_of(small_kb), answer=0.0, clarify=0.0)))
    assert {"regressions: newly_wrong <= 0", "max_drop: precision drop <= 0.02"} <= set(found)
    assert "out_of_scope" in found["regressions: newly_wrong <= 0"]


def test_a_deleted_faq_is_stopped_by_name(small_kb: KnowledgeBase, old: EvalReport) -> None:
    found = failed(gate(old, run(small_kb.update(delete=["invoice"]), cases_of(small_kb), known=old)))
    assert "invoice" in found["regressions: deleted_faqs <= 0"]
    assert "发票怎么开" in found["protected: invoice"]
    assert "protected: return" not in found


def test_a_protected_faq_that_loses_one_question_is_stopped_where_nothing_else_is(
    small_kb: KnowledgeBase, old: EvalReport
) -> None:
    faq = next(faq for faq in small_kb.faqs if faq.id == "pay")
    kb = small_kb.update(upsert=[
        Faq(**(faq.model_dump() | {"similar": (*faq.similar, "不喜欢想退掉")})),
        Faq(id="return", question="怎么退货", similar=("七天无理由怎么申请",), answer="签收后 7 天内申请。"),
    ])  # fmt: skip
    rules = Gates.model_validate({"max_drop": {"resolution_rate": 0.1}, "protected": {"faqs": ["return", "invoice"]}})
    found = failed(gate(old, run(kb, cases_of(small_kb)), rules))
    assert set(found) == {"protected: return"}
    assert "不喜欢想退掉" in found["protected: return"]


def test_harmless_changes_pass(small_kb: KnowledgeBase, old: EvalReport) -> None:
    """A tag, a category, an answer spelt out, one more similar question of its own, and an FAQ of another matter."""
    faqs = {faq.id: faq.model_dump() for faq in small_kb.faqs}
    kb = small_kb.update(upsert=[
        Faq(**(faqs["return"] | {"tags": ("售后",), "category": "退换货"})),
        Faq(**(faqs["pay"] | {"similar": (*faqs["pay"]["similar"], "能用花呗吗")})),
        Faq(**(faqs["measure"] | {"answer": "首次测量免费，不收任何费用。"})),
        Faq(id="recycle", question="旧家具能回收吗", answer="可以，请联系客服预约。"),
    ])  # fmt: skip
    result = gate(old, run(kb, cases_of(small_kb)))
    assert failed(result) == {}
    assert result.passed


def test_twenty_null_changes_give_no_false_stop(small_kb: KnowledgeBase, old: EvalReport) -> None:
    """Other seeds, other orders of the cases, other orders of the FAQs."""
    cases = cases_of(small_kb)
    for seed in range(20):
        shuffled = random.Random(seed).sample(cases, len(cases))
        faqs = random.Random(seed).sample(small_kb.faqs, len(small_kb.faqs))
        kb = KnowledgeBase.build(faqs, encoder=small_kb.encoder, previous=small_kb) if seed % 4 == 0 else small_kb
        assert failed(gate(old, run(kb, shuffled, seed=seed), seed=seed)) == {}, seed


def test_without_a_baseline_the_rules_that_need_one_are_skipped_and_say_so(old: EvalReport) -> None:
    result = check(STRICT, old)
    assert result.passed
    assert {one.rule for one in result.of("skipped")} == {
        "resolution_rate 0", "precision 0.02", "ece 0.05", "newly_wrong 0", "lost 0", "deleted_faqs 0", "significant 0.05",
        "lost cases",
    }  # fmt: skip
    assert {one.group for one in result.of("passed")} == {"minimum", "maximum", "protected"}


def test_limits_are_met_at_the_limit_itself(old: EvalReport) -> None:
    value, ece = old.resolution_rate, old.ece
    assert check(Gates(minimum={"resolution_rate": value}, maximum={"ece": ece}), old).passed
    assert not check(Gates(maximum={"ece": ece - 1e-6}), old).passed


def test_an_indicator_that_no_case_measures_fails(old: EvalReport) -> None:
    found = failed(check(Gates(minimum={"task_recall": 0.0}, protected={"faqs": ["nobody"]}), old))
    assert set(found) == {"minimum: task_recall >= 0", "protected: nobody"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[minimum]\nresolutionrate = 0.8", "resolutionrate"),
        ("[minimum]\nprecision = 80", "80"),
        ("[minimums]\nprecision = 0.8", "minimums"),
        ("[regressions]\nnewly_wrong = -1", "newly_wrong"),
        ("[protected]\nfaqs = 'a'", "faqs"),
        ("[minimum", "gates.toml"),
        (None, "gates.toml"),
        (b"\xff\xfe\x00", "gates.toml"),
    ],
)
def test_a_wrong_file_of_gates_is_an_error_that_names_it_and_the_rule(
    tmp_path: Path, text: str | bytes | None, said: str
) -> None:
    path = tmp_path / "gates.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=said) as caught:
        Gates.read(path)
    assert "gates.toml" in str(caught.value)


def test_the_example_in_the_docstring_and_the_samples_gates_are_read() -> None:
    from csbot.evaluation import gates

    example = gates.__doc__.split("::\n", 1)[1].replace("\n    ", "\n").strip()
    path = DATA / "gates.toml"
    assert Gates.model_validate(gates.tomllib.loads(example)).regressions.lost == 5
    assert Gates.read(path).minimum


NASTY = "x]]>&<b>|`@all`\u0000\u000b|"


@pytest.fixture(scope="module")
def nasty(small_kb: KnowledgeBase) -> tuple[EvalReport, GateResult, object]:
    """A run in which a case with marks of every kind goes wrong."""
    cases = [*cases_of(small_kb), Case.model_validate({"text": "怎么退货" + NASTY, "expect": {"faq_id": "return"}})]
    old = run(small_kb, cases)
    lost = [o.model_copy(update={"kind": "answer", "faq_id": "pay"}) if NASTY in o.case.text else o for o in old.outcomes]
    right = [o.model_copy(update={"kind": "answer", "faq_id": "return"}) if NASTY in o.case.text else o for o in old.outcomes]
    new = old.model_copy(update={"outcomes": lost})
    comparison = compare(old.model_copy(update={"outcomes": right}), new)
    return new, check(STRICT, new, comparison), comparison


def test_junit_has_one_case_per_rule_and_is_xml_whatever_customers_write(nasty: tuple) -> None:
    _, result, _ = nasty
    root = ElementTree.fromstring(junit(result))
    suite = root.find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == (str(len(result.checks)), str(len(result.of("failed"))))
    assert [case.get("name") for case in suite] == [one.rule for one in result.checks]
    text = "".join(failure.text for failure in root.iter("failure"))
    assert "]]>&<b>|`@all`" in text


def test_skipped_rules_are_skipped_in_junit(old: EvalReport) -> None:
    root = ElementTree.fromstring(junit(check(STRICT, old)))
    assert len(list(root.iter("skipped"))) == 8
    assert root.get("failures") == "0"


def test_markdown_names_what_failed_and_escapes_what_customers_write(nasty: tuple) -> None:
    report, result, comparison = nasty
    text = markdown(report, result, comparison)
    assert "❌" in text
    assert "newly\\_wrong" in text
    assert "<b>" not in text.replace("<sub>", "")
    line = next(line for line in text.splitlines() if line.startswith("| 怎么退货x"))
    assert line.replace("\\|", "").count("|") == 6
    assert "`@all`" not in text


def test_markdown_without_gate_or_baseline_lists_the_indicators(old: EvalReport) -> None:
    text = markdown(old)
    assert f"{old.indicators['resolution_rate'].numerator:g} / {old.indicators['resolution_rate'].denominator:g}" in text
    assert "❌" not in text
