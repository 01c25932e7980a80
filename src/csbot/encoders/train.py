"""`train`: fine-tune an encoder on FAQs, a corpus, confirmed answers and labelled pairs, and write it only if that helped.

The recipe is that of the bundled encoder (docs/training.md): InfoNCE among neighbours, order of labelled pairs, relational
distillation from the untuned model, moving average of the weights. Nothing heavy is imported before `train` is called.
"""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from csbot.encoders.train_data import TrainingData, Validation, check, digest
from csbot.encoders.train_report import TrainReport, compare, measures, standing
from csbot.encoders.train_settings import Hooks, Settings, Step
from csbot.errors import MissingDependency

__all__ = ["Hooks", "Settings", "Step", "TrainReport", "train"]

FORMAT = 1
"""Of the checkpoint."""
PACKAGES = {"sentence_transformers": "sentence-transformers", "onnx": "onnx", "pypinyin": "pypinyin"}
"""What training imports beyond the light install, and the names on PyPI."""


def train(
    data: TrainingData,
    validation: Validation,
    out: Path,
    *,
    base: str = "bundled",
    settings: Settings | None = None,
    teacher: str | None = None,
    teacher_prefix: str | None = None,
    hooks: Hooks | None = None,
    must_help: bool = True,
) -> TrainReport:
    """Train ``base`` on ``data`` and write it to ``out`` if it then does better on ``validation``.

    Called again after it was stopped, with the same arguments, it goes on where it was.

    :param out: absent, empty, or with the checkpoint of the same training. A model written there loads in
        ``SentenceTransformer(out)`` and in `csbot.encoders.load_encoder`, which takes the int8 ONNX file that a BERT also gets.
    :param base: ``"bundled"``, a directory that csbot or sentence-transformers wrote, or the name of a model on its hub.
    :param teacher: the model whose likenesses unlabelled texts should keep; None: ``base`` before training.
    :param teacher_prefix: put before each text for the teacher; None: its own default prompt.
    :param must_help: False writes the model in any case.
    :raises InputError: data are absent, contradictory or too few, or ``out`` or its checkpoint belong to something else.
    :raises EncoderError: the base can't be loaded. :raises MissingDependency: a package of the extra ``train`` is absent.
    """
    settings, hooks = settings or Settings(), hooks or Hooks()
    _require_packages()
    check(data, validation)
    from csbot.encoders.student import Stopped, Student
    from csbot.encoders.train_output import check_place, finish, write_model
    from csbot.encoders.train_run import Run

    check_place(out)
    student = Student(base, hooks.stop, settings.threads)
    identity = {"teacher": teacher, "teacher_prefix": teacher_prefix, "base": student.fingerprint(), "format": FORMAT}
    identity |= {"data": digest(data, validation), **{k: v for k, v in asdict(settings).items() if k != "threads"}}
    run = Run(student, Student(teacher or base), data, settings, out, identity, teacher_prefix)
    position = run.position()
    try:
        hooks.on_stage("measure")
        before = standing(student.vectors, validation)
        if position:
            hooks.on_stage("resume")
            run.resume(position)
        hooks.on_stage("train")
        run.go(hooks)
        hooks.on_stage("measure")
        student.take_average()
        after = standing(student.vectors, validation)
    except Stopped:
        done = run.step or (position or {}).get("step", 0)
        return TrainReport(outcome="interrupted", base=base, out=str(out), steps=done, seconds=round(run.spent_s, 1))
    helped, p = compare(validation, before, after)
    written: dict[str, Any] = {}
    int8 = None
    if helped or not must_help:
        hooks.on_stage("write")
        int8, cosine, notices = write_model(student, out, data, validation, settings)
        written = {"onnx_cosine": cosine, "notices": notices}
    problems, pairs = measures(validation, before, after, int8)
    report = TrainReport(
        outcome="helped" if helped else "no_help",
        base=base,
        out=str(out),
        steps=run.step,
        seconds=round(run.spent_s, 1),
        topics=len(data.topics),
        measures=problems,
        pairs=pairs,
        p_value=round(p, 5),
        **written,
    )
    finish(out, report if written else None)
    return report


def _require_packages() -> None:
    if missing := [name for package, name in PACKAGES.items() if find_spec(package) is None]:
        raise MissingDependency("、".join(missing), what="训练编码器", pip=" ".join(missing))
