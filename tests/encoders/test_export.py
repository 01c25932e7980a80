"""An encoder as files: ONNX for csbot, a directory for sentence-transformers, and the way back, with the same vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import topics, write_tiny

from csbot.encoders import load_encoder, onnx_model
from csbot.encoders.export import WEIGHTS_FILE, bundled_directory, export_model, write_onnx
from csbot.encoders.onnx import CONFIG_FILE, MODEL_FILE, TOKENIZER_FILE, OnnxEncoder
from csbot.errors import EncoderError, InputError

TEXTS = [text for topic in topics() for text in topic.texts][:60]
MIXED = ["iPhone 15 能分期吗", "WiFi 配网失败", "12306 退票", "SKU-A1024 有货没", "請問退貨怎麼弄", "好", "退货" * 60]


def torch_vectors(directory: Path, texts: list[str]) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(directory), device="cpu")
    return model.encode(texts, normalize_embeddings=True, show_progress_bar=False)


def write_fp32(directory: Path, weights: onnx_model.Weights, tokenizer: Path, shape: onnx_model.Shape) -> OnnxEncoder:
    directory.mkdir()
    onnx_model.write_fp32(weights, directory / MODEL_FILE, shape)
    (directory / TOKENIZER_FILE).write_bytes((tokenizer / TOKENIZER_FILE).read_bytes())
    return OnnxEncoder(directory, threads=1)


def shape_of(directory: Path) -> onnx_model.Shape:
    settings = json.loads((directory / CONFIG_FILE).read_text("utf-8"))
    return onnx_model.Shape(heads=settings["heads"], epsilon=settings["epsilon"])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny")).parent


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled encoder as a sentence-transformers model."""
    out = tmp_path_factory.mktemp("bundled") / "model"
    export_model(out)
    return out


def test_the_bundled_encoder_exported_gives_its_own_vectors(exported: Path) -> None:
    cosines = (torch_vectors(exported, [*TEXTS, *MIXED]) * load_encoder().encode([*TEXTS, *MIXED])).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.95


def test_the_bundled_weights_in_fp32_are_those_of_torch(exported: Path, tmp_path: Path) -> None:
    source = bundled_directory()
    fp32 = write_fp32(tmp_path / "fp32", onnx_model.read_weights(source / MODEL_FILE), source, shape_of(source))
    cosines = (torch_vectors(exported, [*TEXTS, *MIXED]) * fp32.encode([*TEXTS, *MIXED])).sum(axis=1)
    assert cosines.min() >= 0.999


def test_every_weight_comes_back_within_a_step_of_int8(tiny: Path) -> None:
    """Value and output of attention are smoothed against each other: what comes back is their product."""
    raw, back = load_file(tiny / "raw" / WEIGHTS_FILE), onnx_model.read_weights(tiny / "onnx" / MODEL_FILE)
    assert set(back) == set(raw)
    for name, value in raw.items():
        assert back[name].shape == value.shape
        if not any(part in name for part in ("attention.self.value", "attention.output.dense.weight")):
            assert np.abs(back[name] - value).max() <= np.abs(value).max() / 127 * 4, name
    for i in range(2):
        attention = f"encoder.layer.{i}.attention"
        ours, theirs = (w[f"{attention}.output.dense.weight"] @ w[f"{attention}.self.value.weight"] for w in (back, raw))
        assert np.linalg.norm(ours - theirs) < 0.02 * np.linalg.norm(theirs)


def test_fp32_is_exact_and_int8_near(tiny: Path, tmp_path: Path) -> None:
    fp32 = write_fp32(tmp_path / "fp32", load_file(tiny / "raw" / WEIGHTS_FILE), tiny / "onnx", shape_of(tiny / "onnx"))
    int8 = OnnxEncoder(tiny / "onnx", threads=1)
    torch32 = torch_vectors(tiny / "model", TEXTS)
    assert (fp32.encode(TEXTS) * int8.encode(TEXTS)).sum(axis=1).mean() >= 0.99
    assert (int8.encode(TEXTS) * torch32).sum(axis=1).mean() >= 0.99


def test_a_vector_does_not_depend_on_its_batch(tiny: Path) -> None:
    encoder = OnnxEncoder(tiny / "onnx", threads=1)
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.9999


def test_a_directory_with_the_onnx_file_is_loaded_without_torch(tiny: Path) -> None:
    encoder = load_encoder(str(tiny / "onnx"), threads=1)
    assert isinstance(encoder, OnnxEncoder)
    assert encoder.encode(TEXTS).shape == (len(TEXTS), 64)
    assert not isinstance(load_encoder(str(tiny / "model")), OnnxEncoder)


def test_the_exported_model_has_the_same_fingerprint_each_time_it_is_loaded(tiny: Path) -> None:
    assert load_encoder(str(tiny / "model")).fingerprint == load_encoder(str(tiny / "model")).fingerprint


def test_a_directory_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("我的")
    with pytest.raises(InputError, match="不是空目录"):
        export_model(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_onnx_file_of_someone_else_is_refused(tiny: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / CONFIG_FILE).write_bytes((tiny / "onnx" / CONFIG_FILE).read_bytes())
    (source / MODEL_FILE).write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=MODEL_FILE):
        export_model(tmp_path / "out", source)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("change", [{"model_type": "roberta"}, {"hidden_act": "relu"}])
def test_a_model_that_is_no_bert_with_gelu_is_refused(tiny: Path, tmp_path: Path, change: dict[str, str]) -> None:
    config = json.loads((tiny / "raw" / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / WEIGHTS_FILE).write_bytes((tiny / "raw" / WEIGHTS_FILE).read_bytes())
    with pytest.raises(InputError, match="只能导出 BERT"):
        write_onnx(tmp_path, tmp_path / "out", TEXTS)


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="不是 BERT 模型目录"):
        write_onnx(tmp_path, tmp_path / "out", TEXTS)
    with pytest.raises((EncoderError, InputError)):
        load_encoder(str(tmp_path / "absent")).encode(["好"])
