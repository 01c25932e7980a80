"""`tune`: calibration and thresholds fitted to a target precision, with what to expect of them and how sure that is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from csbot.bot import Chatbot
from csbot.encoders.base import Progress
from csbot.errors import InputError
from csbot.evaluation.cases import Case, read_cases
from csbot.evaluation.held_back import Counted, Fit, HeldBack, count, held_back, log_loss, next_batch, optimism
from csbot.evaluation.intervals import Terms
from csbot.evaluation.metrics import BINS
from csbot.evaluation.shrinkage import Choice, choose_answer, choose_clarify, fit_shrunk
from csbot.evaluation.trials import Trials, trials_of_cases, trials_of_questions
from csbot.kb.calibration import Calibration, Linear, Matrix
from csbot.kb.knowledge_base import KnowledgeBase

LEAST_CASES = 20
"""Fewer labelled messages can't place a threshold: all of them answered rightly would show a precision of 0.97 at best."""


class Expected(BaseModel):
    """A rate, and the 95 % interval in which it will lie over as many new messages of the same kind."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float


class Figures(BaseModel):
    """What a calibration with its thresholds gives on messages that it was not fitted on.

    :ivar ece: calibration error of the best candidate's confidence, 10 equal bins. :ivar log_loss: mean, lower is better.
    """

    model_config = ConfigDict(frozen=True)

    answer: float
    clarify: float
    precision: Expected
    resolution: Expected
    ece: float
    log_loss: float


class TuneReport(BaseModel):
    """What `tune` found.

    :ivar source: ``cases``, or ``questions`` where there were none: the knowledge base's own, each left out in turn.
    :ivar reached: the target is met with the assurance of `csbot.evaluation.shrinkage`; else ``calibration`` comes nearest.
    :ivar bound: the precision that is met with that assurance. :ivar refitted: confidence too, not the thresholds alone.
    :ivar calibration: to be stored with the knowledge base; it names its encoder.
    :ivar before: the calibration and thresholds in force. :ivar after: those of ``calibration``.
    :ivar warnings: what the user should know before storing it: whatever gets worse, above all.
    """

    model_config = ConfigDict(frozen=True)

    target_precision: float
    source: Literal["cases", "questions"]
    cases: int
    in_scope: int
    reached: bool
    bound: float
    refitted: bool
    before: Figures
    after: Figures
    warnings: list[str]
    calibration: Calibration


def tune(
    bot: Chatbot | KnowledgeBase,
    cases: str | os.PathLike[str] | Sequence[Case] | None = None,
    *,
    target_precision: float = 0.95,
    seed: int = 0,
    progress: bool | Progress = False,
) -> TuneReport:
    """Fit calibration and thresholds to labelled messages: precision at least the target, then the most resolution.

    Confidence is refitted only where that lowers the log-loss of messages held back. Without labelled cases only the threshold
    moves, and only upwards: a knowledge base's own questions are easier than customers' messages.

    :param cases: a ``.jsonl`` file or `Case` objects; None: the knowledge base's own questions.
    :param target_precision: right answers ÷ answers, above 0 and below 1.
    :param seed: of the folds.
    :raises InputError: the target is no share, there are too few cases or none of them is answered rightly, a case expects an
        FAQ that isn't there, or the encoder can't run.
    """
    if not 0 < target_precision < 1:
        raise InputError(f"目标准确率须在 0 与 1 之间，得到 {target_precision} | the target must lie between 0 and 1")
    chatbot = bot if isinstance(bot, Chatbot) else Chatbot(bot)
    if cases is None:
        trials = trials_of_questions(chatbot, seed=seed, progress=progress)
        return tune_trials(chatbot, trials, "questions", target_precision, seed)
    ids = {faq.id for faq in chatbot.kb.contents.faqs}
    labelled = read_cases(cases, ids) if isinstance(cases, (str, os.PathLike)) else list(cases)
    if unknown := sorted({case.expect.faq_id for case in labelled if case.expect.faq_id is not None} - ids):
        raise InputError(
            f"用例期望的 faq_id 不在知识库中：{'、'.join(unknown[:5])} | expected FAQs are not in the knowledge base"
        )
    return tune_trials(chatbot, trials_of_cases(chatbot, labelled, progress), "cases", target_precision, seed)


def tune_trials(
    bot: Chatbot, trials: Trials, source: Literal["cases", "questions"], target: float, seed: int = 0
) -> TuneReport:
    """`tune` for messages that were ranked before. :raises InputError: too few, or none whose best candidate is right."""
    contents, margin = bot.kb.contents, bot.config.bands.ambiguity_margin
    now, policy = contents.calibration, bot.policy(contents, degraded=False)
    base = now.before_tuning() if source == "cases" else now  # a tuned one may have been fitted to these very cases
    if len(trials) < LEAST_CASES or not (trials.open & trials.right).any():
        raise InputError(
            f"{len(trials)} 条用例中有 {int((trials.open & trials.right).sum())} 条能答对，太少，至少要 {LEAST_CASES} 条用例"
            " | too few labelled messages, or none whose best candidate is right"
        )
    asis = HeldBack(trials.confidence(now.confidence), trials.answerable(now.confidence, margin))
    fit: Fit = _keep(base.confidence)
    judged = held_back(trials, fit, margin, seed)
    if source == "cases":
        refit = partial(fit_shrunk, base=base.confidence)
        fitted = held_back(trials, refit, margin, seed)
        if log_loss(trials, fitted.confidence) < log_loss(trials, judged.confidence):
            judged, fit = fitted, refit
    choice = choose_answer(*judged, trials.right, target)
    fallen = optimism(trials, fit, target, margin, seed)
    if source == "questions" and choice.threshold < policy.answer:
        choice = Choice(policy.answer, choice.bound, choice.reached)
    clarify = min(base.clarify, choice.threshold)
    if source == "cases":
        clarify = choose_clarify(trials, judged.confidence, choice.threshold, base.clarify)
    before = _figures(trials, asis, policy.answer, policy.clarify, 0.0)
    after = _figures(trials, judged, choice.threshold, clarify, fallen)
    said = f"csbot tune: {len(trials)} {source}, target precision {target:g}; before: {base.fitted_on}"
    model = fit(trials)
    calibration = now.tuned_to(model, choice.threshold, clarify, said)
    return TuneReport(
        target_precision=target, source=source, cases=len(trials), in_scope=int(trials.in_scope.sum()), reached=choice.reached,
        bound=choice.bound, refitted=model != base.confidence, before=before, after=after,
        warnings=_warnings(bot, trials, source, before, after), calibration=calibration,
    )  # fmt: skip


def _keep(model: Linear) -> Fit:
    return lambda _: model


def _figures(trials: Trials, judged: HeldBack, answer: float, clarify: float, fallen: float) -> Figures:
    """:param fallen: what choosing the threshold on these very messages has flattered precision by."""
    answered = judged.answerable & (judged.confidence >= answer)
    counted = count(trials, judged, answer)
    precision = max(0.0, counted.precision - fallen)
    low, high = next_batch(precision * counted.answers, trials.right[answered], trials.groups[answered])
    inside = trials.in_scope
    resolved_low, resolved_high = next_batch(counted.right, (answered & trials.right)[inside], trials.groups[inside])
    return Figures(
        answer=answer,
        clarify=clarify,
        precision=Expected(value=precision, low=low, high=high),
        resolution=Expected(value=_resolution(counted), low=resolved_low, high=resolved_high),
        ece=_calibration_error(trials, judged.confidence),
        log_loss=log_loss(trials, judged.confidence),
    )


def _resolution(counted: Counted) -> float:
    return counted.right / counted.in_scope if counted.in_scope else 0.0


def _calibration_error(trials: Trials, confidence: Matrix) -> float:
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    parts = np.zeros((len(trials), BINS))
    parts[np.arange(len(trials)), places] = confidence - trials.right
    above, below = Terms(parts, np.ones(len(trials))).ratio()
    return above / below


def _warnings(bot: Chatbot, trials: Trials, source: str, before: Figures, after: Figures) -> list[str]:
    found = []
    if source == "questions":
        found.append(
            "没有用例：以上是知识库自己的问法轮流抽走后的估计，客户的话更难，请尽快积累用例（csbot tune --cases）"
            " | without cases this is leave-one-out over the knowledge base's own wording; customers' messages are harder"
        )
    if trials.in_scope.all():
        found.append(
            "没有域外用例：对没有答案的问题，准确率没有保证 | no out-of-scope case: precision holds for in-scope messages only"
        )
    if source == "cases" and bot.kb.contents.calibration.tuned:
        found.append(
            "现在的校准是调校过的：若当时用的就是这些用例，「现在」一列偏乐观；新的一次从出厂校准算起"
            " | what is in force was tuned before: if on these cases, its figures flatter it"
        )
    conflicts = int((trials.open & trials.exact & ~trials.right).sum())
    if conflicts:
        found.append(
            f"{conflicts} 条用例与知识库的问法逐字相同，却标为别的知识或域外，任何阈值都会答它们：请检查标注 | "
            "cases that equal a question of another FAQ word for word are answered at any threshold: check their labels"
        )
    if bot.config.bands.answer is not None or bot.config.bands.clarify is not None:
        found.append("配置里写了 bands，调校的阈值不会生效 | the settings fix the thresholds: those found here won't be used")
    worse = [
        f"{name} {old:.3f} → {new:.3f}"
        for name, old, new, larger_is_better in (
            ("准确率 precision", before.precision.value, after.precision.value, True),
            ("解决率 resolution", before.resolution.value, after.resolution.value, True),
            ("校准误差 ece", before.ece, after.ece, False),
        )
        if (old - new if larger_is_better else new - old) > 0.0005
    ]
    if worse:
        found.append(f"比现在差：{'；'.join(worse)} | worse than now, on messages held back")
    return found
