"""Third step of the bundled encoder: int8 ONNX, tokenizer and settings from the trained directory.

    python benchmarks/encoder/export.py --model var/encoder/trained/model --out src/csbot/encoders/bundled

The ranges of the activations are taken over the corpus's open trades.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from csbot.encoders.export import MEASURED_TEXTS, write_onnx
from csbot.text import query_form

ROOT = Path(__file__).resolve().parents[2]


def sample_texts() -> list[str]:
    """Questions, answers and customers' words of the trades that are not held back."""
    held = set((ROOT / "data/corpus/held_back.txt").read_text("utf-8").splitlines())
    texts = []
    for path in sorted((ROOT / "data/corpus").glob("part*.jsonl")):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            if row["trade"] not in held and "near_oos" not in row:
                texts += [query_form(row["question"]), row["answer"], *map(query_form, row["colloquial"])]
    return random.Random(0).sample(sorted(set(filter(None, texts))), MEASURED_TEXTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    write_onnx(args.model, args.out, sample_texts())
    for path in sorted(args.out.glob("*.*on*")):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
