"""What `csbot tune` promises on half of a labelled set, and what it keeps on the other half; calibrators side by side.

    python benchmarks/tune.py --public ../shared/data/faq_lcqmc_dev --out benchmarks/results/tune.json

Messages are ranked once (most of the time); everything else is tried on arrays. A split parts the FAQs, so that no FAQ of the
half that is measured was tuned on; the smaller numbers of cases are drawn from the other half. Only aggregates are written.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from calibrators import CALIBRATORS, calibration_gap, compared
from csbot import Chatbot, KnowledgeBase
from csbot.evaluation.cases import read_cases
from csbot.evaluation.held_back import HeldBack, count, log_loss
from csbot.evaluation.trials import Trials, trials_of_cases, trials_of_questions
from csbot.evaluation.tune import TuneReport, tune_trials
from csbot.kb.calibration import Calibration

TARGETS = (0.95, 0.90, 0.85)
COMPARED_AT = 0.90
"""Target of the comparison of calibrators: one that can be met."""
SIZES = (30, 100, 300, 1000, None)
"""Cases to tune on; None: the whole half."""
SPLITS = 10


class Achieved(NamedTuple):
    """What thresholds give on messages that they were not chosen on."""

    precision: float
    resolution: float
    ece: float
    log_loss: float


class Kept(NamedTuple):
    """One promise and what came of it; ``default``: on the same messages, without tuning."""

    report: TuneReport
    tuned: Achieved
    default: Achieved


def halves(trials: Trials, seed: int) -> tuple[Trials, Trials]:
    groups = np.random.default_rng(seed).permutation(np.unique(trials.groups))
    mine = np.isin(trials.groups, groups[: len(groups) // 2])
    return trials.take(mine), trials.take(~mine)


def some(trials: Trials, size: int | None, seed: int) -> Trials:
    if size is None:
        return trials
    return trials.take(np.sort(np.random.default_rng(seed).permutation(len(trials))[:size]))


def measure(trials: Trials, calibration: Calibration, margin: float) -> Achieved:
    model = calibration.confidence
    judged = HeldBack(trials.confidence(model), trials.answerable(model, margin))
    counted = count(trials, judged, calibration.answer)
    return Achieved(
        counted.precision,
        counted.right / counted.in_scope,
        calibration_gap(trials, judged.confidence),
        log_loss(trials, judged.confidence),
    )


def tried(bot: Chatbot, trials: Trials, target: float, size: int | None) -> Iterator[Kept]:
    margin = bot.config.bands.ambiguity_margin
    for split in range(SPLITS):
        half, other = halves(trials, split)
        report = tune_trials(bot, some(half, size, split), "cases", target, seed=split)
        yield Kept(report, measure(other, report.calibration, margin), measure(other, bot.kb.contents.calibration, margin))


def summary(kept: Sequence[Kept], target: float) -> dict[str, Any]:
    """Means over the splits; what `csbot tune` refuses to store is counted, and left out of the figures of those reached."""
    reached = [one for one in kept if one.report.reached]

    def mean(of: Callable[[Kept], float], over: Sequence[Kept] = reached) -> float | None:
        return round(float(np.mean([of(one) for one in over])), 4) if over else None

    def share(holds: Callable[[Kept], bool]) -> str:
        return f"{sum(map(holds, reached))}/{len(reached)}"

    return {
        "cases": round(float(np.mean([one.report.cases for one in kept]))),
        "reached": f"{len(reached)}/{len(kept)}",
        "refitted": share(lambda k: k.report.refitted),
        "threshold": mean(lambda k: k.report.after.answer),
        "promised_precision": mean(lambda k: k.report.after.precision.value),
        "precision": mean(lambda k: k.tuned.precision),
        "precision_lowest": round(min(one.tuned.precision for one in reached), 4) if reached else None,
        "precision_in_interval": share(
            lambda k: k.report.after.precision.low <= k.tuned.precision <= k.report.after.precision.high
        ),
        "at_target": share(lambda k: k.tuned.precision >= target),
        "promised_resolution": mean(lambda k: k.report.after.resolution.value),
        "resolution": mean(lambda k: k.tuned.resolution),
        "resolution_in_interval": share(
            lambda k: k.report.after.resolution.low <= k.tuned.resolution <= k.report.after.resolution.high
        ),
        "ece": mean(lambda k: k.tuned.ece),
        "log_loss": mean(lambda k: k.tuned.log_loss),
        "worse_than_default_unsaid": sum(  # the estimate said better, and on the other half both figures were worse
            k.tuned.precision < k.default.precision - 0.005 and k.tuned.resolution < k.default.resolution - 0.005
            for k in reached
        ),
        "default_precision": mean(lambda k: k.default.precision, kept),
        "default_resolution": mean(lambda k: k.default.resolution, kept),
        "default_ece": mean(lambda k: k.default.ece, kept),
        "default_log_loss": mean(lambda k: k.default.log_loss, kept),
    }


def without_cases(bot: Chatbot, trials: Trials, target: float) -> dict[str, Any]:
    """Tuned on the knowledge base's own questions, measured on all cases."""
    report = tune_trials(bot, trials_of_questions(bot, progress=True), "questions", target)
    achieved = measure(trials, report.calibration, bot.config.bands.ambiguity_margin)
    return {
        "target": target,
        "questions": report.cases,
        "reached": report.reached,
        "threshold": report.after.answer,
        "promised_precision": round(report.after.precision.value, 4),
        **{name: round(value, 4) for name, value in achieved._asdict().items()},
    }


PROMISES = {
    "cases": "用例 cases",
    "reached": "达到目标 reached",
    "promised_precision": "说的准确率 expected precision",
    "precision": "实得准确率 precision",
    "precision_in_interval": "在区间内 within",
    "at_target": "不低于目标 at target",
    "promised_resolution": "说的解决率 expected resolution",
    "resolution": "实得解决率 resolution",
    "resolution_in_interval": "在区间内 within",
    "default_precision": "默认准确率 default precision",
    "default_resolution": "默认解决率 default resolution",
}
COMPARED = {
    "cases": "用例 cases",
    "calibrator": "校准 calibrator",
    "log_loss": "对数损失 log-loss",
    "ece": "ECE",
    "assurance_kept": "80 % 把握：守住 assurance: kept",
    "assurance_precision": "准确率 precision",
    "assurance_resolution": "解决率 resolution",
    "risk_control_kept": "共形：守住 conformal: kept",
    "risk_control_precision": "准确率 precision",
    "risk_control_resolution": "解决率 resolution",
}
"""Columns of the tables in docs/evaluation.md."""


def table(title: str, columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> None:
    print(f"\n{title}\n\n| {' | '.join(columns.values())} |\n|{'---|' * len(columns)}")
    for row in rows:
        cells = [
            "–" if row[name] is None else f"{row[name]:.3f}" if isinstance(row[name], float) else row[name] for name in columns
        ]
        print(f"| {' | '.join(map(str, cells))} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, required=True, help="directory with kb.jsonl and cases.jsonl")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if not (args.public / "cases.jsonl").exists():
        print(f"{args.public}: no labelled set here, nothing was measured")
        sys.exit(0)
    started = time.perf_counter()
    kb = KnowledgeBase.build(args.public / "kb.jsonl", progress=True)
    bot, cases = Chatbot(kb), read_cases(args.public / "cases.jsonl")
    trials = trials_of_cases(bot, cases, progress=True)
    ranked = time.perf_counter()
    promises = []
    for target in TARGETS:
        rows = [summary(list(tried(bot, trials, target, size)), target) for size in SIZES]
        table(f"target precision {target}", PROMISES, rows)
        promises.append({"target": target, "sizes": rows})
    parts = partial(compared, bot.kb.contents.calibration, bot.config.bands.ambiguity_margin, COMPARED_AT)
    calibrators = []
    for size in SIZES:
        pairs = [(some(half, size, split), other) for split in range(SPLITS) for half, other in (halves(trials, split),)]
        calibrators += [parts(pairs, name) for name in CALIBRATORS]
    table(f"calibrators and rules, target precision {COMPARED_AT}", COMPARED, calibrators)
    own = without_cases(bot, trials, TARGETS[0])
    print(f"\nwithout cases: {json.dumps(own)}")
    print(f"{ranked - started:.0f} s to encode and rank, {time.perf_counter() - ranked:.0f} s for all the rest")
    result = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "hardware": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "data": args.public.name,
        "encoder": kb.contents.encoder_fingerprint,
        "faqs": len(kb),
        "cases": len(trials),
        "in_scope": int(trials.in_scope.sum()),
        "splits": SPLITS,
        "promises": promises,
        "calibrators": {"target": COMPARED_AT, "rows": calibrators},
        "without_cases": own,
    }
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
