"""A BERT encoder as files: the two that csbot runs, and the directory that sentence-transformers reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from csbot.encoders import onnx_model
from csbot.encoders.onnx import CONFIG_FILE, MAX_PIECES, MODEL_FILE, TOKENIZER_FILE
from csbot.errors import InputError, MissingDependency

WEIGHTS_FILE = "model.safetensors"
MEASURED_TEXTS = 1200
"""Texts over which the ranges of the activations are taken; more changed nothing."""


def bundled_directory() -> Path:
    """Where the encoder that ships with csbot lies."""
    return Path(str(resources.files("csbot.encoders") / "bundled"))


def export_model(out: Path, source: Path | None = None) -> None:
    """Write a directory with csbot's files (default: the bundled encoder) as a sentence-transformers model.

    ``SentenceTransformer(str(out))`` then gives the ONNX encoder's vectors, but for the rounding of activations in int8.

    :raises InputError: ``out`` holds something already. :raises MissingDependency: ``onnx`` or ``safetensors`` is absent.
    """
    source = source or bundled_directory()
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} 不是空目录 | the directory is not empty", path=out)
    weights = onnx_model.read_weights(source / MODEL_FILE)
    settings = json.loads((source / CONFIG_FILE).read_text("utf-8"))
    shape = onnx_model.Shape(heads=settings["heads"], epsilon=settings["epsilon"])
    write_sentence_transformers(out, weights, source / TOKENIZER_FILE, shape)


def write_sentence_transformers(out: Path, weights: onnx_model.Weights, tokenizer: Path, shape: onnx_model.Shape) -> None:
    """Write BERT weights and a ``tokenizer.json`` as a sentence-transformers model: mean over the pieces, unit length.

    :raises MissingDependency: ``safetensors`` is absent.
    """
    out.mkdir(parents=True, exist_ok=True)
    _safetensors().save_file(weights, out / WEIGHTS_FILE, metadata={"format": "pt"})
    shutil.copy(tokenizer, out / TOKENIZER_FILE)
    for name, value in _sentence_transformers_files(weights, shape).items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def write_onnx(model: Path, out: Path, texts: Sequence[str], *, card: dict[str, Any] | None = None) -> None:
    """Write ``model_int8.onnx``, ``tokenizer.json`` and ``config.json`` from a directory of BERT weights.

    :param model: directory with ``model.safetensors``, ``config.json`` and ``tokenizer.json``; mean pooling.
    :param texts: like those to be encoded; `MEASURED_TEXTS` of them are enough. :param card: added to ``config.json``.
    :raises InputError: the directory holds no BERT.
    """
    weights, shape = read_bert(model)
    tokenizer = json.loads((model / TOKENIZER_FILE).read_text("utf-8"))
    tokenizer["truncation"], tokenizer["padding"] = None, None
    out.mkdir(parents=True, exist_ok=True)
    (out / TOKENIZER_FILE).write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    ranges = onnx_model.measure(weights, _batches(out / TOKENIZER_FILE, texts), shape)
    onnx_model.write_int8(weights, ranges, out / MODEL_FILE, shape)
    settings = {"heads": shape.heads, "epsilon": shape.epsilon, "pooling": "mean", "prefix": "", **(card or {})}
    (out / CONFIG_FILE).write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def read_bert(directory: Path) -> tuple[onnx_model.Weights, onnx_model.Shape]:
    """Weights and shape of a BERT that transformers saved.

    :raises InputError: the directory holds none, or one with another activation than gelu.
    """
    try:
        config = json.loads((directory / "config.json").read_text("utf-8"))
        stored = _safetensors().load_file(directory / WEIGHTS_FILE)
    except (OSError, ValueError) as error:
        raise InputError(f"{directory} 不是 BERT 模型目录：{error} | not a directory of a BERT model", path=directory) from None
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise InputError(f"{directory}：只能导出 BERT（gelu） | only BERT with gelu can be exported", path=directory)
    named = {name.removeprefix("bert."): value for name, value in stored.items()}
    weights = {name: value for name, value in named.items() if name.startswith(("embeddings.", "encoder."))}
    return weights, onnx_model.Shape(heads=int(config["num_attention_heads"]), epsilon=float(config["layer_norm_eps"]))


def _batches(tokenizer_file: Path, texts: Iterable[str], size: int = 16) -> Iterator[dict[str, Any]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_PIECES)
    rows = sorted((encoding.ids for encoding in tokenizer.encode_batch(list(texts))), key=len)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        ids = np.ones((len(part), max(map(len, part))), np.int64)
        mask = np.zeros_like(ids)
        for i, row in enumerate(part):
            ids[i, : len(row)], mask[i, : len(row)] = row, 1
        yield {"input_ids": ids, "attention_mask": mask}


def _sentence_transformers_files(weights: onnx_model.Weights, shape: onnx_model.Shape) -> dict[str, Any]:
    """The JSON files beside weights and tokenizer, by their names in the directory."""
    pieces, hidden = weights[onnx_model.EMBEDDING].shape
    package = "sentence_transformers.models"
    modules = [
        ("0", "", f"{package}.Transformer"),
        ("1", "1_Pooling", f"{package}.Pooling"),
        ("2", "2_Normalize", f"{package}.Normalize"),
    ]
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "vocab_size": pieces,
            "hidden_size": hidden,
            "num_hidden_layers": onnx_model.layers_of(weights),
            "num_attention_heads": shape.heads,
            "intermediate_size": len(weights["encoder.layer.0.intermediate.dense.bias"]),
            "max_position_embeddings": len(weights["embeddings.position_embeddings.weight"]),
            "type_vocab_size": len(weights["embeddings.token_type_embeddings.weight"]),
            "layer_norm_eps": shape.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": 1,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>",
            "pad_token": "<pad>", "unk_token": "<unk>", "model_max_length": MAX_PIECES,
        },
        "modules.json": [{"idx": int(i), "name": i, "path": path, "type": kind} for i, path, kind in modules],
        "sentence_bert_config.json": {
            "max_seq_length": MAX_PIECES, "do_lower_case": False, "model_args": {"add_pooling_layer": False},
        },
        "1_Pooling/config.json": {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
    }  # fmt: skip


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingDependency("safetensors", what="读写模型权重", pip="safetensors") from None
    return safetensors.numpy
