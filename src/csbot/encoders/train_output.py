"""The directory that a training leaves behind: a model for sentence-transformers and csbot, with its report, or nothing."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from csbot.encoders.checkpoint import CHECKPOINT_FILE
from csbot.encoders.export import MEASURED_TEXTS, write_onnx
from csbot.encoders.onnx import MODEL_FILE, OnnxEncoder
from csbot.encoders.student import Student
from csbot.encoders.train_data import TrainingData, Validation, own_texts
from csbot.encoders.train_report import Standing, TrainReport, standing
from csbot.encoders.train_settings import Settings
from csbot.errors import InputError

LEAST_COSINE = 0.98
"""Mean cosine of int8 to torch vectors below which the ONNX model is not written: then the model is none that csbot's graph
computes (another pooling, a prefix) or does not bear int8. The bundled encoder has 0.997."""
REPORT_FILE = "training.json"
Written = tuple[Standing | None, float | None, tuple[str, ...]]
"""How the int8 model stands, its mean cosine to torch (both None where there is none), what the user should know."""


def check_place(out: Path) -> None:
    """:raises InputError: ``out`` can't be written to, or holds something else than the checkpoint of a training."""
    nearest = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise InputError(f"{out} 不能写入 | can't be written to", path=out)
    if out.is_dir() and not (out / CHECKPOINT_FILE).exists() and any(out.iterdir()):
        raise InputError(f"{out} 不是空目录，请换一个 | the directory is not empty: choose another", path=out)


def write_model(student: Student, out: Path, data: TrainingData, validation: Validation, settings: Settings) -> Written:
    """Write the model to ``out``; a BERT in int8 ONNX too. From here on nothing stops it but a kill.

    :raises InputError: it can't be written.
    """
    student.stop = lambda: False
    try:
        return _write(student, out, _sample(own_texts(data), settings.seed), validation, settings.threads)
    except OSError as error:
        what = f"无法写入 {out}：{error}；断点还在，请再次运行 | can't write; the checkpoint is kept, run it again"
        raise InputError(what, path=out) from None


def finish(out: Path, report: TrainReport | None) -> None:
    """Take the checkpoint away; what is left is a model with its report, or nothing."""
    if report:
        (out / REPORT_FILE).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (out / CHECKPOINT_FILE).unlink(missing_ok=True)
    if not any(out.iterdir()):
        out.rmdir()


def _write(student: Student, out: Path, sample: Sequence[str], validation: Validation, threads: int) -> Written:
    """Write beside ``out``'s checkpoint, then move part by part: a writing that is cut off is done again."""
    new = out / ".new"
    shutil.rmtree(new, ignore_errors=True)
    student.save(new)
    try:
        found: Written = (*_add_onnx(student, new, sample, validation, threads), ())
    except InputError as error:
        found = None, None, (f"只写了 sentence-transformers 形式 | only the sentence-transformers form is written: {error}",)
    for part in sorted(new.iterdir()):
        if (out / part.name).is_dir():
            shutil.rmtree(out / part.name)
        part.replace(out / part.name)
    new.rmdir()
    return found


def _add_onnx(
    student: Student, place: Path, sample: Sequence[str], validation: Validation, threads: int
) -> tuple[Standing, float]:
    """Put the int8 file into ``place``. :raises InputError: the model is none that csbot's graph computes."""
    with tempfile.TemporaryDirectory(dir=place) as directory:
        encoder = OnnxEncoder(Path(directory), threads=threads)
        write_onnx(place, encoder.directory, sample)
        cosine = float((encoder.encode(sample) * student.vectors(sample)).sum(axis=1).mean())
        if cosine < LEAST_COSINE:
            raise InputError(f"int8 与原模型的余弦只有 {cosine:.3f} | int8 strays from the model, cosine {cosine:.3f}")
        (encoder.directory / MODEL_FILE).replace(place / MODEL_FILE)
    return standing(OnnxEncoder(place, threads=threads).encode, validation), round(cosine, 4)


def _sample(texts: Sequence[str], seed: int) -> list[str]:
    return random.Random(seed).sample(texts, min(MEASURED_TEXTS, len(texts)))
