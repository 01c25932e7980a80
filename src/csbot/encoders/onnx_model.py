"""The ONNX file of an encoder, written from BERT weights and read back into them. Needs the package ``onnx`` (extra ``train``).

The graph is BERT, the mean over the pieces and unit length, in the operators that ONNX Runtime runs fused on a CPU. In int8,
weights have one scale per output channel; activations have one fixed scale per tensor, measured beforehand, so that a text's
vector does not depend on what it is batched with. Channels with large activations are first made smaller and their weights
larger (SmoothQuant, Xiao et al. 2022): s_j = max|x_j|^α / max|w_j|^(1-α); α = 0.8 measured best (benchmarks/encoder/README.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from csbot.errors import InputError, MissingDependency

Weights = dict[str, npt.NDArray[np.float32]]
"""Arrays by the names that BERT has in transformers (``encoder.layer.0.attention.self.query.weight``)."""

ALPHA = 0.8
OPSET = 17
EMBEDDING = "embeddings.word_embeddings.weight"


@dataclass(frozen=True)
class Shape:
    """What the weights don't tell: attention heads, and the term that keeps layer normalisation from dividing by 0."""

    heads: int
    epsilon: float


@dataclass(frozen=True)
class Range:
    """What one activation tensor was seen to hold: least and greatest value of each channel, (channels,) float32."""

    least: npt.NDArray[np.float32]
    greatest: npt.NDArray[np.float32]


Ranges = dict[str, Range]
"""By the name of the linear layer (or merged layers) that the activations go into."""


def layers_of(weights: Weights) -> int:
    return 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))


def write_fp32(weights: Weights, path: Path, shape: Shape) -> None:
    """Write the graph with its weights as they are."""
    graph = _Graph(None, shape)
    graph.onnx.save(_build(graph, weights), path)


def write_int8(weights: Weights, ranges: Ranges, path: Path, shape: Shape) -> None:
    """Write the graph with int8 weights and activations; ``ranges`` come from `measure` on texts like those to be encoded."""
    weights, ranges = _smoothed(weights, ranges)
    graph = _Graph(ranges, shape)
    graph.onnx.save(_build(graph, weights), path)


def sites(weights: Weights) -> list[str]:
    """Names of the activations whose ranges are needed."""
    parts = ("attention.self", "attention.output.dense", "intermediate.dense", "output.dense")
    return [f"encoder.layer.{i}.{part}" for i in range(layers_of(weights)) for part in parts]


def measure(weights: Weights, batches: Iterable[Mapping[str, Any]], shape: Shape) -> Ranges:
    """Ranges of the activations over ``batches`` of ``input_ids`` and ``attention_mask`` (n, s) int64; padding is left out."""
    import onnxruntime

    graph = _Graph(None, shape)
    model = _build(graph, weights, outputs=sites(weights))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = sites(weights)
    ranges: Ranges = {}
    for batch in batches:
        kept = np.asarray(batch["attention_mask"]).astype(bool)
        for site, values in zip(names, session.run([f"{name}.input" for name in names], dict(batch)), strict=True):
            least, greatest = values[kept].min(axis=0), values[kept].max(axis=0)
            known = ranges.get(site)
            if known:
                least, greatest = np.minimum(least, known.least), np.maximum(greatest, known.greatest)
            ranges[site] = Range(least, greatest)
    return ranges


def read_weights(path: Path) -> Weights:
    """BERT weights rebuilt from a file that this module wrote.

    int8 weights come back as the numbers they stand for, smoothing undone, so that the rebuilt model computes what the int8 one
    does but for its rounded activations.

    :raises InputError: the file is no such model.
    """
    onnx = _onnx()
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf's errors share no base class
        raise InputError(f"{path} 不是 ONNX 模型：{error} | not an ONNX model", path=path) from None
    stored = {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}
    weights: Weights = {}
    for name, value in stored.items():
        kind = name.rsplit("/", 1)
        if len(kind) == 1 and name.startswith(("embeddings.", "encoder.")):
            weights[name] = value.astype(np.float32)
        elif kind[-1] == "int8":
            layer = kind[0]
            full = value.astype(np.float32) * stored[f"{layer}/scale"]
            if layer != EMBEDDING:
                site = layer.removesuffix(".weight").removesuffix(".qkv")
                full = (full * stored[f"{site}/smooth"][:, None] if f"{site}/smooth" in stored else full).T
            weights[layer] = np.ascontiguousarray(full)
    if EMBEDDING not in weights:
        raise InputError(f"{path} 不是 csbot 写出的编码器 | not an encoder that csbot wrote", path=path)
    return _unmerged(weights)


def _unmerged(weights: Weights) -> Weights:
    """Query, key and value apart again."""
    for i in range(layers_of(weights)):
        base = f"encoder.layer.{i}.attention.self"
        for kind in ("weight", "bias"):
            parts = np.split(weights.pop(f"{base}.qkv.{kind}"), 3)
            weights |= {
                f"{base}.{part}.{kind}": np.ascontiguousarray(v)
                for part, v in zip(("query", "key", "value"), parts, strict=True)
            }
    return weights


def _merged(weights: Weights, layer: str, kind: str) -> npt.NDArray[np.float32]:
    return np.concatenate([weights[f"{layer}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")])


def _smoothing(weights: Weights, site: str, seen: Range) -> npt.NDArray[np.float32]:
    """Divisor of each channel of an activation, (channels,), of geometric mean 1."""
    matrix = (
        weights[f"{site}.weight"]
        if f"{site}.weight" in weights
        else _merged(weights, site.removesuffix(".attention.self"), "weight")
    )
    activation = np.maximum(np.maximum(np.abs(seen.least), np.abs(seen.greatest)), 1e-4)
    weight = np.maximum(np.abs(matrix).max(axis=0), 1e-4)
    divisor = activation**ALPHA / weight ** (1 - ALPHA)
    return np.asarray(divisor / np.exp(np.log(divisor).mean()), np.float32)


def _smoothed(weights: Weights, ranges: Ranges) -> tuple[Weights, Ranges]:
    """Values divided and output weights multiplied per channel: that site needs no operator of its own."""
    weights, ranges = dict(weights), dict(ranges)
    for i in range(layers_of(weights)):
        value, site = f"encoder.layer.{i}.attention.self.value", f"encoder.layer.{i}.attention.output.dense"
        divisor = _smoothing(weights, site, ranges[site])
        weights[f"{value}.weight"] = weights[f"{value}.weight"] / divisor[:, None]
        weights[f"{value}.bias"] = weights[f"{value}.bias"] / divisor
        weights[f"{site}.weight"] = weights[f"{site}.weight"] * divisor[None, :]
        ranges[site] = Range(ranges[site].least / divisor, ranges[site].greatest / divisor)
    return weights, ranges


class _Graph:
    """Collects nodes and initializers. ``ranges`` None: fp32."""

    def __init__(self, ranges: Ranges | None, shape: Shape) -> None:
        self.onnx = _onnx()
        self.shape = shape
        self.ranges = ranges
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(value, dtype), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, *, fused: bool = False, **attributes: Any) -> str:
        domain = "com.microsoft" if fused else ""
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def linear(self, x: str, site: str, name: str, weight: Any, bias: Any, weights: Weights) -> str:
        """x (b, s, in) → (b, s, out), in int8 where ranges are known."""
        bias_name = self.constant(f"{name}.bias", bias)
        if self.ranges is None:
            x = self.node("Identity", [x], f"{site}.input")
            product = self.node("MatMul", [x, self.constant(f"{name}.weight/fp32", weight.T)], f"{name}/product")
            return self.node("Add", [product, bias_name], f"{name}/out")
        seen, matrix = self.ranges[site], weight.T
        if not site.endswith("attention.output.dense"):
            divisor = _smoothing(weights, site, seen)
            x = self.node("Mul", [x, self.constant(f"{site}/smooth", 1 / divisor)], f"{site}/smoothed")
            seen, matrix = Range(seen.least / divisor, seen.greatest / divisor), matrix * divisor[:, None]
        greatest, least = max(float(seen.greatest.max()), 0.0), min(float(seen.least.min()), 0.0)
        scale = (greatest - least) / 255
        x_scale = self.constant(f"{site}/x_scale", scale)
        x_zero = self.constant(f"{site}/x_zero", round(-least / scale), np.uint8)
        quantised = self.node("QuantizeLinear", [x, x_scale, x_zero], f"{site}/quantised")
        scales = np.abs(matrix).max(axis=0) / 127
        int8 = self.constant(f"{name}.weight/int8", np.clip(np.round(matrix / scales), -127, 127), np.int8)
        w_scale = self.constant(f"{name}.weight/scale", scales)
        w_zero = self.constant(f"{name}.weight/zero", np.zeros(len(scales)), np.int8)
        inputs = [quantised, int8, x_scale, w_scale, x_zero, w_zero, bias_name]
        return self.node("MatMulIntegerToFloat", inputs, f"{name}/out", fused=True)

    def normalised(self, inputs: list[str], name: str, weights: Weights) -> str:
        """Layer normalisation of a sum of two (``SkipLayerNormalization``, which does both, is six times slower)."""
        gain, bias = (self.constant(f"{name}.{kind}", weights[f"{name}.{kind}"]) for kind in ("weight", "bias"))
        total = self.node("Add", inputs, f"{name}/sum")
        return self.node("LayerNormalization", [total, gain, bias], f"{name}/out", epsilon=self.shape.epsilon)


def _build(graph: _Graph, weights: Weights, outputs: list[str] | None = None) -> Any:
    hidden = weights[EMBEDDING].shape[1]
    x = _embedded(graph, weights)
    mask = graph.node("Cast", ["attention_mask"], "mask", to=graph.onnx.TensorProto.INT32)
    for i in range(layers_of(weights)):
        x = _layer(graph, weights, f"encoder.layer.{i}", x, mask)
    _pooled(graph, x)
    helper, kinds = graph.onnx.helper, graph.onnx.TensorProto
    inputs = [helper.make_tensor_value_info(name, kinds.INT64, ["b", "s"]) for name in ("input_ids", "attention_mask")]
    results = [helper.make_tensor_value_info("embedding", kinds.FLOAT, ["b", hidden])]
    results += [helper.make_tensor_value_info(f"{site}.input", kinds.FLOAT, None) for site in outputs or []]
    made = helper.make_graph(graph.nodes, "encoder", inputs, results, graph.constants)
    versions = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(made, opset_imports=versions, ir_version=8, producer_name="csbot")


def _embedded(graph: _Graph, weights: Weights) -> str:
    table = weights[EMBEDDING]
    if graph.ranges is None:
        words = graph.node("Gather", [graph.constant(EMBEDDING, table), "input_ids"], "words")
    else:
        scale = np.abs(table).max(axis=1, keepdims=True) / 127 + 1e-12
        rows = graph.node(
            "Gather", [graph.constant(f"{EMBEDDING}/int8", np.round(table / scale), np.int8), "input_ids"], "rows"
        )
        scales = graph.node("Gather", [graph.constant(f"{EMBEDDING}/scale", scale), "input_ids"], "row_scales")
        cast = graph.node("Cast", [rows], "rows_float", to=graph.onnx.TensorProto.FLOAT)
        words = graph.node("Mul", [cast, scales], "words")
    positions = graph.constant("embeddings.position_embeddings.weight", weights["embeddings.position_embeddings.weight"])
    kinds = graph.constant("embeddings.token_type_embeddings.weight", weights["embeddings.token_type_embeddings.weight"])
    shape = graph.node("Shape", ["input_ids"], "shape")
    end = graph.node("Gather", [shape, graph.constant("one", [1], np.int64)], "length")
    first = graph.node("Slice", [positions, graph.constant("zero", [0], np.int64), end, "zero"], "positions")
    kind = graph.node("Gather", [kinds, graph.constant("first_kind", 0, np.int64)], "kind")
    placed = graph.node("Add", [first, kind], "placed")
    return graph.normalised([words, placed], "embeddings.LayerNorm", weights)


def _layer(graph: _Graph, weights: Weights, name: str, x: str, mask: str) -> str:
    own = f"{name}.attention.self"
    merged = graph.linear(x, own, f"{own}.qkv", _merged(weights, name, "weight"), _merged(weights, name, "bias"), weights)
    parts = [f"{own}/{part}" for part in ("query", "key", "value")]
    graph.nodes.append(graph.onnx.helper.make_node("Split", [merged], parts, axis=2, name=f"{own}/split"))
    mixed = graph.node("MultiHeadAttention", [*parts, "", mask], f"{own}/mixed", fused=True, num_heads=graph.shape.heads)

    def dense(value: str, site: str) -> str:
        return graph.linear(value, site, site, weights[f"{site}.weight"], weights[f"{site}.bias"], weights)

    x = graph.normalised([x, dense(mixed, f"{name}.attention.output.dense")], f"{name}.attention.output.LayerNorm", weights)
    wide = graph.node("Gelu", [dense(x, f"{name}.intermediate.dense")], f"{name}/gelu", fused=True)
    return graph.normalised([x, dense(wide, f"{name}.output.dense")], f"{name}.output.LayerNorm", weights)


def _pooled(graph: _Graph, x: str) -> None:
    """Mean over the pieces, then unit length (the sum serves as well as the mean: its length is taken off)."""
    mask = graph.node("Cast", ["attention_mask"], "mask_float", to=graph.onnx.TensorProto.FLOAT)
    column = graph.node("Unsqueeze", [mask, graph.constant("last", [2], np.int64)], "mask_column")
    total = graph.node("ReduceSum", [graph.node("Mul", [x, column], "masked"), "one"], "total", keepdims=0)
    graph.node("LpNormalization", [total], "embedding", axis=1, p=2)


def _onnx() -> Any:
    try:
        import onnx
        import onnx.numpy_helper
    except ImportError:
        raise MissingDependency("onnx", what="读写编码器模型", pip="onnx") from None
    return onnx
