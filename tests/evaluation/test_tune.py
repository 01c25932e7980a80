"""`tune`: what it promises, what it refuses, and what it says before anything gets worse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import csbot.encoders
from csbot import BotConfig, Chatbot, KnowledgeBase, evaluate
from csbot.encoders.onnx import MODEL_FILE, OnnxEncoder
from csbot.errors import EncoderMismatch, InputError
from csbot.evaluation.cases import Case
from csbot.evaluation.trials import trials_of_cases
from csbot.evaluation.tune import LEAST_CASES, TuneReport, tune
from labelled_messages import labelled


def case(text: str, **expect: object) -> Case:
    return Case.model_validate({"text": text, "expect": expect})


@pytest.fixture(scope="module")
def tuned(small_kb: KnowledgeBase) -> TuneReport:
    return tune(small_kb, labelled(), target_precision=0.9)


def test_what_is_in_force_is_measured_as_an_evaluation_measures_it(small_kb: KnowledgeBase, tuned: TuneReport) -> None:
    report = evaluate(small_kb, labelled())
    assert tuned.before.precision.value == pytest.approx(report.precision)
    assert tuned.before.resolution.value == pytest.approx(report.resolution_rate)
    assert (tuned.cases, tuned.in_scope) == (47, 34)


@pytest.mark.parametrize("answer", [0.2, 0.6, 0.9])
def test_trials_say_of_any_threshold_what_an_evaluation_says(small_kb: KnowledgeBase, answer: float) -> None:
    """With messages that confidence does not decide among them: courtesy, a wish for a human, an exact question, noise."""
    cases = [
        *labelled(), case("谢谢", out_of_scope=True), case("转人工", intent="human_handoff"), case("asdf", out_of_scope=True),
        case("发票怎么开", faq_id="invoice"), case("门锁", out_of_scope=True),
        case("查一下订单到哪了", intent="order_progress"),
    ]  # fmt: skip
    bot = Chatbot(small_kb, config=BotConfig(bands={"answer": answer, "clarify": 0.1}))
    found, report = trials_of_cases(bot, cases), evaluate(bot, cases)
    model, margin = small_kb.contents.calibration.confidence, bot.config.bands.ambiguity_margin
    answered = found.answerable(model, margin) & (found.confidence(model) >= answer)
    precision = report.indicators["precision"]
    assert (answered.sum(), (answered & found.right).sum()) == (precision.denominator, precision.numerator)


def test_the_tuned_thresholds_are_the_ones_that_answer(small_kb: KnowledgeBase, tuned: TuneReport) -> None:
    assert tuned.reached
    report = evaluate(small_kb.recalibrated(tuned.calibration), labelled())
    assert (report.versions.answer, report.versions.clarify) == (tuned.after.answer, tuned.after.clarify)
    assert report.precision >= 0.9


def test_every_expectation_lies_within_its_interval(tuned: TuneReport) -> None:
    for figures in (tuned.before, tuned.after):
        for rate in (figures.precision, figures.resolution):
            assert 0 <= rate.low <= rate.value <= rate.high <= 1
        assert 0 <= figures.clarify <= figures.answer <= 1


def test_a_higher_target_asks_for_a_higher_threshold(small_kb: KnowledgeBase) -> None:
    low, high = (tune(small_kb, labelled(), target_precision=target).after.answer for target in (0.7, 0.93))
    assert low < high


def test_the_same_cases_and_seed_give_the_same_report(small_kb: KnowledgeBase, tuned: TuneReport) -> None:
    assert tune(small_kb, labelled(), target_precision=0.9) == tuned
    assert tune(small_kb, labelled(), target_precision=0.9, seed=0).calibration == tuned.calibration


def test_a_second_tuning_starts_from_what_was_shipped_and_says_that_the_first_is_flattered(
    small_kb: KnowledgeBase, tuned: TuneReport
) -> None:
    """Labelled cases would count twice else."""
    again = tune(small_kb.recalibrated(tuned.calibration), labelled(), target_precision=0.9)
    assert again.calibration == tuned.calibration
    assert any("偏乐观" in warning for warning in again.warnings)
    assert again.calibration.before_tuning() == small_kb.contents.calibration


def test_a_target_that_can_not_be_met_is_not_reached(small_kb: KnowledgeBase) -> None:
    """A third of the labels are of the next FAQ."""
    cases = labelled()
    ids = sorted({one.expect.faq_id for one in cases if one.expect.faq_id})
    wrong = [
        case(one.text, faq_id=ids[(ids.index(one.expect.faq_id) + 1) % len(ids)]) if one.expect.faq_id and i % 3 == 0 else one
        for i, one in enumerate(cases)
    ]
    report = tune(small_kb, wrong, target_precision=0.97)
    assert not report.reached
    assert report.bound < 0.97
    assert any(warning.startswith("比现在差") for warning in report.warnings)


def test_without_cases_only_the_threshold_moves_and_only_upwards(small_kb: KnowledgeBase) -> None:
    """Leave-one-out over its own questions, beside the shipped utterances of other trades."""
    now = small_kb.contents.calibration
    for target in (0.5, 0.97):
        report = tune(small_kb, target_precision=target)
        assert report.source == "questions"
        assert report.cases > 33
        assert report.in_scope == 33  # eleven valid FAQs with three questions each
        assert report.calibration.confidence == now.confidence
        assert report.calibration.answer >= now.answer
        assert not report.refitted
        assert any("没有用例" in warning for warning in report.warnings)


def test_a_label_that_contradicts_a_question_word_for_word_is_pointed_at(small_kb: KnowledgeBase, tuned: TuneReport) -> None:
    report = tune(small_kb, [*labelled(), case("发票怎么开", faq_id="return"), case("包邮吗", out_of_scope=True)])
    assert any(warning.startswith("2 条用例与知识库的问法逐字相同") for warning in report.warnings)
    assert not any("逐字相同" in warning for warning in tuned.warnings)


def test_cases_that_are_all_in_scope_promise_nothing_of_other_questions(small_kb: KnowledgeBase, tuned: TuneReport) -> None:
    report = tune(small_kb, [one for one in labelled() if one.expect.faq_id])
    assert any("没有域外用例" in warning for warning in report.warnings)
    assert not any("没有域外用例" in warning for warning in tuned.warnings)


def test_thresholds_fixed_in_the_settings_are_said_to_win(small_kb: KnowledgeBase) -> None:
    report = tune(Chatbot(small_kb, config=BotConfig(bands={"answer": 0.5})), labelled(), target_precision=0.9)
    assert any("bands" in warning for warning in report.warnings)
    assert report.before.answer == 0.5


@pytest.mark.parametrize("target", [0.0, 1.0, 2.0, -0.1, float("nan")])
def test_a_target_that_is_no_share_is_refused(small_kb: KnowledgeBase, target: float) -> None:
    with pytest.raises(InputError, match="目标准确率"):
        tune(small_kb, labelled(), target_precision=target)


def test_too_few_cases_are_refused_and_how_many_are_needed_is_said(small_kb: KnowledgeBase) -> None:
    with pytest.raises(InputError, match=f"至少要 {LEAST_CASES} 条"):
        tune(small_kb, labelled()[: LEAST_CASES - 1])
    assert tune(small_kb, labelled()[:LEAST_CASES], target_precision=0.5).cases == LEAST_CASES


def test_cases_none_of_which_is_answered_rightly_are_refused(small_kb: KnowledgeBase) -> None:
    with pytest.raises(InputError, match="none whose best candidate is right"):
        tune(small_kb, [one for one in labelled() if not one.expect.faq_id] * 2)


def test_an_faq_that_is_not_there_is_named(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody"):
        tune(small_kb, [*labelled(), case("谁", faq_id="nobody")])
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps({"text": "谁", "expect": {"faq_id": "nobody"}}), encoding="utf-8")
    with pytest.raises(InputError, match="nobody"):
        tune(small_kb, file)


def test_without_a_running_encoder_there_is_nothing_to_tune(small_saved: Path, tmp_path: Path) -> None:
    bundled = Path(csbot.encoders.__file__).parent / "bundled"
    shutil.copytree(bundled, tmp_path / "encoder", ignore=shutil.ignore_patterns(MODEL_FILE))
    with pytest.warns(RuntimeWarning):
        kb = KnowledgeBase.load(small_saved, encoder=OnnxEncoder(tmp_path / "encoder"))
    with pytest.raises(InputError, match="编码器不可用"):
        tune(kb, labelled())


def test_a_calibration_of_another_encoder_is_refused(hash_kb: KnowledgeBase, tuned: TuneReport) -> None:
    with pytest.raises(EncoderMismatch):
        hash_kb.recalibrated(tuned.calibration)


def test_an_encoder_of_ones_own_is_tuned_like_any_other(hash_kb: KnowledgeBase) -> None:
    report = tune(hash_kb, labelled(), target_precision=0.6)
    assert report.calibration.encoder == hash_kb.contents.encoder_fingerprint
    assert report.reached
    assert hash_kb.recalibrated(report.calibration).contents.calibration.answer == report.after.answer
