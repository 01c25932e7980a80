"""From a trained directory to the two files that ship: ``model_int8.onnx`` and ``tokenizer.json``.

The graph is BERT, mean pooling and unit norm. Weights of the linear layers become int8 per channel, activations are quantised
as they come (dynamic); embeddings become int8 per tensor.

    python benchmarks/encoder/export.py --model var/encoder/trained --out src/csbot/encoders/bundled
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import AutoModel


class Pooled(torch.nn.Module):
    """BERT, the mean over its pieces, unit length."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.bert = AutoModel.from_pretrained(directory, add_pooling_layer=False, attn_implementation="eager").eval()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)


def export_fp32(directory: Path, path: Path) -> None:
    """Write the fp32 graph."""
    ids = torch.tensor([[0, 5, 6, 2], [0, 7, 2, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    axes = {"input_ids": {0: "b", 1: "s"}, "attention_mask": {0: "b", 1: "s"}, "embedding": {0: "b"}}
    torch.onnx.export(
        Pooled(directory), (ids, mask), str(path), input_names=["input_ids", "attention_mask"], output_names=["embedding"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip


def quantise(fp32: Path, path: Path, keep: list[str] | None = None) -> None:
    """int8 weights per channel; nodes whose name contains one of ``keep`` stay fp32."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
        names = [node.name for node in onnx.load(prepared).graph.node]
        excluded = [name for name in names if any(part in name for part in keep or [])]
        options: dict[str, Any] = {"MatMulConstBOnly": True}
        quantize_dynamic(
            str(prepared), str(path), per_channel=True, reduce_range=False, weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gather"], nodes_to_exclude=excluded, extra_options=options,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--keep", nargs="*", default=[])
    parser.add_argument("--fp32", type=Path, help="also keep the fp32 graph here")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        fp32 = args.fp32 or Path(folder) / "fp32.onnx"
        export_fp32(args.model, fp32)
        quantise(fp32, args.out / "model_int8.onnx", args.keep)
    tokenizer = json.loads((args.model / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["truncation"], tokenizer["padding"] = None, None
    (args.out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    if (args.model / "card.json").exists():
        shutil.copy(args.model / "card.json", args.out / "config.json")
    for name in ("model_int8.onnx", "tokenizer.json"):
        print(f"{args.out / name}: {(args.out / name).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
