"""`train`: fine-tune an encoder on FAQs, a corpus, confirmed answers and labelled pairs, and write it only if that helped.

The recipe is that of the bundled encoder (docs/training.md): InfoNCE among neighbours, order of labelled pairs, relational
distillation from the untuned model, moving average of the weights. Nothing heavy is imported before `train` is called.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from csbot.encoders.export import MEASURED_TEXTS, write_onnx
from csbot.encoders.onnx import MODEL_FILE, OnnxEncoder
from csbot.encoders.train_data import TrainingData, Validation, check, digest, own_texts
from csbot.encoders.train_report import Standing, TrainReport, compare, measures, standing
from csbot.encoders.train_settings import Hooks, Settings, Step
from csbot.errors import InputError, MissingDependency

if TYPE_CHECKING:
    from csbot.encoders.student import Student

__all__ = ["Hooks", "Settings", "Step", "TrainReport", "train"]

LEAST_COSINE = 0.98
"""Mean cosine of int8 to torch vectors below which the ONNX model is not written: then the model is none that csbot's graph
computes (another pooling, a prefix) or does not bear int8. The bundled encoder has 0.99."""
REPORT_FILE = "training.json"
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
    _check_place(out)
    from csbot.encoders.student import Stopped, Student
    from csbot.encoders.train_run import Run

    student = Student(base, hooks.stop, settings.threads)
    identity = {name: value for name, value in asdict(settings).items() if name != "threads"}
    identity |= {"base": student.fingerprint(), "data": digest(data, validation), "format": FORMAT}
    identity |= {"teacher": teacher, "teacher_prefix": teacher_prefix}
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
    int8: Standing | None = None
    cosine: float | None = None
    notices: tuple[str, ...] = ()
    if helped or not must_help:
        hooks.on_stage("write")
        int8, cosine, notices = _write(student, out, own_texts(data), validation, settings)
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
        onnx_cosine=cosine,
        notices=notices,
    )
    _finish(out, report if helped or not must_help else None)
    return report


def _require_packages() -> None:
    if missing := [name for package, name in PACKAGES.items() if find_spec(package) is None]:
        raise MissingDependency("、".join(missing), what="训练编码器", pip=" ".join(missing))


def _check_place(out: Path) -> None:
    from csbot.encoders.checkpoint import CHECKPOINT_FILE

    if out.exists() and not out.is_dir():
        raise InputError(f"{out} 不是目录 | not a directory", path=out)
    if out.is_dir() and not (out / CHECKPOINT_FILE).exists() and any(out.iterdir()):
        raise InputError(f"{out} 不是空目录，请换一个 | the directory is not empty: choose another", path=out)


def _sample(texts: Sequence[str], size: int, seed: int) -> tuple[str, ...]:
    return tuple(random.Random(seed).sample(texts, min(size, len(texts))))


def _write(
    student: Student, out: Path, texts: Sequence[str], validation: Validation, settings: Settings
) -> tuple[Standing | None, float | None, tuple[str, ...]]:
    """Write the model; a BERT in int8 ONNX too. Its standing, its mean cosine to torch, and what the user should know."""
    new = out / ".new"
    shutil.rmtree(new, ignore_errors=True)
    student.save(new)
    encoder = OnnxEncoder(new / "onnx", threads=settings.threads)
    sample = _sample(texts, MEASURED_TEXTS, settings.seed)
    found: tuple[Standing | None, float | None, tuple[str, ...]]
    try:
        write_onnx(new, encoder.directory, sample)
        cosine = float((encoder.encode(sample) * student.vectors(sample)).sum(axis=1).mean())
        if cosine < LEAST_COSINE:
            raise InputError(f"int8 与原模型的余弦只有 {cosine:.3f} | int8 strays from the model, cosine {cosine:.3f}")
        (encoder.directory / MODEL_FILE).replace(new / MODEL_FILE)
        found = standing(OnnxEncoder(new, threads=settings.threads).encode, validation), round(cosine, 4), ()
    except InputError as error:
        found = None, None, (f"只写了 sentence-transformers 形式 | only the sentence-transformers form is written: {error}",)
    shutil.rmtree(encoder.directory, ignore_errors=True)
    for part in sorted(new.iterdir()):
        if (out / part.name).is_dir():
            shutil.rmtree(out / part.name)  # of a writing that was cut off
        part.replace(out / part.name)
    new.rmdir()
    return found


def _finish(out: Path, report: TrainReport | None) -> None:
    """Take the checkpoint away; what is left is a model with its report, or nothing."""
    from csbot.encoders.checkpoint import CHECKPOINT_FILE

    if report:
        (out / REPORT_FILE).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (out / CHECKPOINT_FILE).unlink(missing_ok=True)
    if not any(out.iterdir()):
        out.rmdir()
