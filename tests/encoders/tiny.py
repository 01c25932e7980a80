"""A tiny real encoder, and an FAQ collection that it can learn: customers use other words than the standard questions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from csbot.encoders.export import WEIGHTS_FILE, bundled_directory, export_model, write_onnx
from csbot.encoders.held_back import problem_of
from csbot.encoders.onnx import TOKENIZER_FILE
from csbot.encoders.train_data import Topic, TrainingData, Validation

MATTERS = (
    ("发货", "寄出"), ("退款", "还钱"), ("发票", "票据"), ("安装", "装上"), ("测量", "量尺"), ("门锁", "指纹"),
    ("橱柜", "厨房"), ("优惠", "便宜"), ("会员", "积分"), ("地址", "住处"), ("颜色", "花色"), ("尺码", "大小"),
    ("保修", "坏了"), ("电池", "没电"), ("客服", "真人"), ("分期", "月供"),
)  # fmt: skip
"""The merchant's word and the customers' word for the same matter."""
FORMAL = ("{}怎么办理", "如何办理{}", "{}的规定是什么")
ASKED = ("那个{}咋弄啊", "想问{}的事", "{}行不行呀", "我要{}", "{}好慢", "关于{}")
UNSEEN = ("请帮我看看{}", "{}到底怎么回事")


def write_tiny(place: Path, seed: int = 0) -> Path:
    """A random BERT of two layers behind the bundled tokenizer, as a plain sentence-transformers directory."""
    rng = np.random.default_rng(seed)
    pieces = len(json.loads((bundled_directory() / TOKENIZER_FILE).read_text("utf-8"))["model"]["vocab"])
    hidden, wide = 64, 128
    weights = {
        "embeddings.word_embeddings.weight": rng.normal(0, 1, (pieces, hidden)),
        "embeddings.position_embeddings.weight": rng.normal(0, 0.1, (128, hidden)),
        "embeddings.token_type_embeddings.weight": rng.normal(0, 0.1, (2, hidden)),
    }
    shapes = {f"attention.self.{part}": (hidden, hidden) for part in ("query", "key", "value")}
    shapes |= {"attention.output.dense": (hidden, hidden), "intermediate.dense": (wide, hidden), "output.dense": (hidden, wide)}
    for i in range(2):
        for name, shape in shapes.items():
            weights[f"encoder.layer.{i}.{name}.weight"] = rng.normal(0, 0.1, shape)
            weights[f"encoder.layer.{i}.{name}.bias"] = rng.normal(0, 0.1, shape[0])
    norms = ["embeddings", *(f"encoder.layer.{i}.{part}output" for i in range(2) for part in ("", "attention."))]
    for name in norms:
        weights[f"{name}.LayerNorm.weight"] = np.ones(hidden)
        weights[f"{name}.LayerNorm.bias"] = np.zeros(hidden)
    raw, onnx = place / "raw", place / "onnx"
    raw.mkdir(parents=True)
    save_file({name: value.astype(np.float32) for name, value in weights.items()}, raw / WEIGHTS_FILE)
    config = {"model_type": "bert", "hidden_act": "gelu", "num_attention_heads": 4, "layer_norm_eps": 1e-12}
    (raw / "config.json").write_text(json.dumps(config))
    shutil.copy(bundled_directory() / TOKENIZER_FILE, raw / TOKENIZER_FILE)
    write_onnx(raw, onnx, [question for topic in topics() for question in topic.texts])
    export_model(place / "model", onnx)
    return place / "model"


def topics() -> list[Topic]:
    return [
        Topic(
            kb="店",
            group="店",
            key=f"faq-{i}",
            meaning=f"faq-{i}",
            questions=tuple(form.format(official) for form in FORMAL),
            asked=tuple(form.format(common) for form in ASKED),
            answer=f"{official}请在订单详情里办理。",
        )
        for i, (official, common) in enumerate(MATTERS)
    ]


def data() -> TrainingData:
    return TrainingData(topics=tuple(topics()), negatives={"店": ("今天天气怎么样", "你们招人吗")})


def validation() -> Validation:
    """Customers' words in sentences that were not trained on."""
    queries = [(form.format(common), f"faq-{i}") for i, (_, common) in enumerate(MATTERS) for form in UNSEEN]
    return Validation(problems=(problem_of("没见过的问法", topics(), queries),))


def weights_of(directory: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(directory / WEIGHTS_FILE)
