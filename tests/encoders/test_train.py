"""Training a real, tiny encoder: it learns, repeats itself, stops and resumes, and writes only what helps."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import data, topics, validation, weights_of, write_tiny

from csbot.encoders import load_encoder
from csbot.encoders.checkpoint import CHECKPOINT_FILE, read_position
from csbot.encoders.onnx import OnnxEncoder
from csbot.encoders.train import Hooks, Settings, Step, TrainReport, train
from csbot.encoders.train_data import PairFile, TrainingData, Validation
from csbot.errors import InputError

TEXTS = [text for topic in topics() for text in topic.texts]
SHORT = Settings(steps=4, batch=8, rate=1e-3, threads=1, seed=5)
LONG = Settings(steps=80, batch=16, rate=3e-3, threads=1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def trained(base: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainReport, Path]:
    out = tmp_path_factory.mktemp("trained") / "model"
    return train(data(), validation(), out, base=base, settings=LONG), out


def run(out: Path, base: str, settings: Settings = SHORT, **more: Any) -> TrainReport:
    """A short training that is written whether it helped or not."""
    return train(data(), validation(), out, base=base, settings=settings, must_help=False, **more)


def stop_after(steps: int) -> Hooks:
    done: list[Step] = []
    return Hooks(stop=lambda: len(done) >= steps, on_step=done.append)


def sentence_vectors(directory: str) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(directory, device="cpu").encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)


def test_customers_words_are_learned_and_the_report_says_so(trained: tuple[TrainReport, Path]) -> None:
    report, _ = trained
    (measure,) = report.measures
    assert report.outcome == "helped"
    assert measure.queries == 2 * len(topics())
    assert measure.top1.after > measure.top1.before + 0.2
    assert report.p_value is not None and report.p_value < 0.05
    assert (report.steps, report.topics) == (80, len(topics()))


def test_the_model_loads_in_sentence_transformers_and_in_csbot_with_the_same_vectors(
    trained: tuple[TrainReport, Path],
) -> None:
    report, out = trained
    encoder = load_encoder(str(out), threads=1)
    assert isinstance(encoder, OnnxEncoder)
    cosines = (encoder.encode(TEXTS) * sentence_vectors(str(out))).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert report.onnx_cosine is not None and report.onnx_cosine >= 0.99
    assert not (out / CHECKPOINT_FILE).exists()
    assert TrainReport.model_validate_json((out / "training.json").read_text("utf-8")) == report


def test_the_figures_of_the_int8_model_are_reported_beside_torch(trained: tuple[TrainReport, Path]) -> None:
    (measure,) = trained[0].measures
    assert measure.top1.int8 == pytest.approx(measure.top1.after, abs=0.07)


def test_a_trained_model_can_be_trained_on(trained: tuple[TrainReport, Path], tmp_path: Path) -> None:
    report = run(tmp_path / "more", str(trained[1]))
    assert report.measures[0].top1.before == trained[0].measures[0].top1.after


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(base: str, tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("same", 5), ("other", 6)):
        run(tmp_path / name, base, replace(SHORT, seed=seed))
    one, same, other = (weights_of(tmp_path / name) for name in ("one", "same", "other"))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_stopping_and_resuming_gives_the_weights_of_an_uninterrupted_training(base: str, tmp_path: Path) -> None:
    run(tmp_path / "through", base)
    for steps in (1, 2):
        report = run(tmp_path / "stopped", base, hooks=stop_after(steps))
        assert report.outcome == "interrupted"
    assert report.steps == 3
    stages: list[str] = []
    assert run(tmp_path / "stopped", base, hooks=Hooks(on_stage=stages.append)).steps == 4
    assert "resume" in stages
    through, stopped = weights_of(tmp_path / "through"), weights_of(tmp_path / "stopped")
    assert all(torch.equal(through[name], stopped[name]) for name in through)


def test_a_stop_before_the_first_step_loses_nothing_and_writes_no_model(base: str, tmp_path: Path) -> None:
    report = run(tmp_path / "out", base, hooks=Hooks(stop=lambda: True))
    assert (report.outcome, report.steps) == ("interrupted", 0)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("settings", "material", "shown"),
    [
        (replace(SHORT, rate=2e-3), data(), "rate：0.001 → 0.002"),
        (replace(SHORT, steps=9), data(), "steps：4 → 9"),
        (SHORT, replace(data(), unlabelled=("别的话",) * 20), "data："),
    ],
)
def test_a_checkpoint_of_other_settings_or_data_is_refused_and_kept(
    base: str, tmp_path: Path, settings: Settings, material: TrainingData, shown: str
) -> None:
    out = tmp_path / "out"
    run(out, base, hooks=stop_after(2))
    before = (out / CHECKPOINT_FILE).read_bytes()
    with pytest.raises(InputError, match=shown):
        train(material, validation(), out, base=base, settings=settings)
    assert (out / CHECKPOINT_FILE).read_bytes() == before


def test_a_checkpoint_of_another_base_is_refused(base: str, tmp_path: Path) -> None:
    run(tmp_path / "out", base, hooks=stop_after(2))
    other = str(write_tiny(tmp_path / "other", seed=1))
    with pytest.raises(InputError, match="base："):
        run(tmp_path / "out", other)


def test_a_damaged_checkpoint_is_refused_with_what_to_do(base: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, base, hooks=stop_after(2))
    file = out / CHECKPOINT_FILE
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"已损坏.*请删除"):
        run(out, base)


def test_minutes_end_a_training_and_survive_a_stop(base: str, tmp_path: Path) -> None:
    settings = replace(SHORT, minutes=0.02)
    assert run(tmp_path / "out", base, settings, hooks=stop_after(1)).outcome == "interrupted"
    position = read_position(tmp_path / "out")
    assert position is not None and position["spent_s"] > 0
    report = run(tmp_path / "out", base, settings)
    assert report.outcome != "interrupted"
    assert report.seconds >= 1.2


def test_what_does_not_help_leaves_nothing_behind(base: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = train(data(), validation(), out, base=base, settings=replace(SHORT, steps=1, rate=1e-9))
    assert report.outcome == "no_help"
    assert report.measures[0].top1.before == report.measures[0].top1.after
    assert not out.exists()


def test_a_directory_with_something_else_in_it_is_refused_and_left_alone(base: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("我的")
    with pytest.raises(InputError, match="不是空目录"):
        run(tmp_path, base)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_training_that_diverges_says_so_and_writes_no_model(base: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="减小学习率"):
        run(tmp_path / "out", base, replace(SHORT, rate=1e30))
    assert not (tmp_path / "out").exists()


def test_a_place_that_can_not_hold_a_directory_is_refused_before_training(base: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("我的")
    for out in (tmp_path / "file", tmp_path / "file" / "model"):
        with pytest.raises(InputError, match="不能写入"):
            run(out, base)
    assert (tmp_path / "file").read_text() == "我的"


def test_a_stop_while_the_model_is_written_comes_too_late(base: str, tmp_path: Path) -> None:
    stages: list[str] = []
    hooks = Hooks(stop=lambda: "write" in stages, on_stage=stages.append)
    assert run(tmp_path / "out", base, hooks=hooks).outcome != "interrupted"
    assert load_encoder(str(tmp_path / "out")).encode(TEXTS).shape == (len(TEXTS), 64)


def test_a_writing_that_was_cut_off_is_done_again(base: str, tmp_path: Path) -> None:
    """Parts of a model beside the checkpoint: what a kill between two moves leaves."""
    out = tmp_path / "out"
    run(out, base, hooks=stop_after(3))
    for place in (out / "1_Pooling", out / ".new" / "1_Pooling"):
        place.mkdir(parents=True)
        (place / "config.json").write_text("{")
    assert run(out, base).steps == 4
    assert sentence_vectors(str(out)).shape == (len(TEXTS), 64)
    assert not (out / ".new").exists()


def test_refused_data_write_nothing(base: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有训练数据"):
        train(TrainingData(), Validation(), tmp_path / "out", base=base)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("settings", [{"steps": 0}, {"minutes": 0.0}, {"rate": float("nan")}, {"batch": 0}, {"threads": -1}])
def test_settings_out_of_range_are_refused_by_name(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        Settings(**settings)


def test_labelled_pairs_alone_train_and_are_measured_by_spearman(base: str, tmp_path: Path) -> None:
    rows = [(t.questions[0], other.asked[0], float(t is other)) for t in topics() for other in topics()[:4]]
    rows += [(t.questions[i], t.asked[i], 1.0) for t in topics() for i in range(3)]
    file, grades = PairFile("对", tuple(rows)), PairFile("分", tuple((a, b, 2 + 3 * label) for a, b, label in rows), 4)
    report = train(
        TrainingData(pairs=(file, grades)),
        replace(validation(), pairs=(file, grades)),
        tmp_path / "out",
        base=base,
        settings=replace(LONG, steps=12),
        must_help=False,
    )
    assert [part.name for part in report.pairs] == ["对", "分"]
    assert all(part.spearman.after > part.spearman.before for part in report.pairs)


def test_progress_tells_loss_rate_and_time_left(base: str, tmp_path: Path) -> None:
    seen: list[Step] = []
    run(tmp_path / "out", base, hooks=Hooks(on_step=seen.append))
    assert [(step.step, step.steps) for step in seen] == [(i, 4) for i in range(1, 5)]
    assert all(set(step.terms) == {"match", "distil"} and step.loss > 0 for step in seen)
    assert seen[0].rate == pytest.approx(1e-3) and seen[-1].rate == pytest.approx(1e-3 / 4)
    assert seen[-1].left_s == 0 < seen[0].left_s


def test_a_model_that_is_no_bert_is_written_for_sentence_transformers_only(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer

    from csbot.encoders.export import bundled_directory

    tokenizer = Tokenizer.from_file(str(bundled_directory() / "tokenizer.json"))
    weights = np.random.default_rng(0).normal(size=(tokenizer.get_vocab_size(), 16)).astype(np.float32)
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    SentenceTransformer(modules=[static], device="cpu").save(str(tmp_path / "static"))
    report = run(tmp_path / "out", str(tmp_path / "static"))
    assert report.onnx_cosine is None
    assert any("只写了 sentence-transformers 形式" in notice for notice in report.notices)
    assert sorted(tmp_path.glob("out/*.onnx")) == []
    np.testing.assert_allclose(
        load_encoder(str(tmp_path / "out")).encode(TEXTS), sentence_vectors(str(tmp_path / "out")), atol=1e-5
    )


@pytest.mark.parametrize("package", ["sentence_transformers", "onnx", "pypinyin"])
def test_a_missing_package_is_named_with_the_pip_line(package: str, tmp_path: Path) -> None:
    script = (
        f"import sys; sys.modules['{package}'] = None\n"
        "from pathlib import Path\n"
        "from csbot.encoders.train import train\n"
        "from csbot.encoders.train_data import TrainingData, Validation\n"
        "from csbot.errors import MissingDependency\n"
        f"try: train(TrainingData(), Validation(), Path({str(tmp_path / 'out')!r}))\n"
        "except MissingDependency as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert f"pip install {package.replace('_', '-')}" in done.stdout, done.stderr
