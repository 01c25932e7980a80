"""What an encoder is worth: understanding, harm elsewhere, robustness, int8 against fp32, speed. Several models in one run.

    python benchmarks/encoder/evaluate.py --public ../shared/data \
        --model new=src/csbot/encoders/bundled --model fp32=var/encoder/trained/model --model e5=var/encoder/base:query:

A model is ``name=directory`` or ``name=directory:prefix``; the directory holds csbot's files or BERT weights in fp32.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import opencc
from calibrate import held_back_rows

from csbot.encoders import onnx_model
from csbot.encoders.augment import Noise
from csbot.encoders.base import Vectors
from csbot.encoders.export import read_bert
from csbot.encoders.onnx import MODEL_FILE, TOKENIZER_FILE, OnnxEncoder
from csbot.kb.lexical import LexicalIndex
from csbot.text import Lexicon, Tokeniser, query_form

POLITE = ("你好，", "亲，在吗，", "麻烦问一下，", "请问，")
STS_FILES = ("afqmc_dev", "lcqmc_dev", "stsb_train")


class Model:
    """An encoder under test, with its prefix."""

    def __init__(self, name: str, directory: Path, prefix: str, threads: int) -> None:
        self.name, self.prefix = name, prefix
        if not (directory / MODEL_FILE).exists():
            directory = _as_fp32(directory)
        self.encoder = OnnxEncoder(directory, threads=threads)
        self._known: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self.encoder.encode([self.prefix + text for text in new]), strict=True))
        return np.array([self._known[text] for text in texts])


def _as_fp32(directory: Path) -> Path:
    """The directory's weights as an fp32 graph, in a temporary directory of csbot's form."""
    out = Path(tempfile.mkdtemp())
    weights, shape = read_bert(directory)
    onnx_model.write_fp32(weights, out / MODEL_FILE, shape)
    shutil.copy(directory / TOKENIZER_FILE, out / TOKENIZER_FILE)
    return out


class Trades:
    """The held-back trades: per trade the questions of its knowledge base, whose they are, and customers' questions."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        for row in held_back_rows():
            if "near_oos" not in row:
                self.rows.setdefault(row["trade"], []).append(row)

    def top1(self, scores: Callable[[list[str], list[str]], Any], change: Callable[[str], str] = str) -> float:
        """Share of customers' questions whose best question is of the right FAQ; ``scores`` (asked, questions)."""
        right = asked = 0
        for rows in self.rows.values():
            owners = np.array([i for i, row in enumerate(rows) for _ in (row["question"], *row["formal"])])
            questions = [query_form(text) for row in rows for text in (row["question"], *row["formal"])]
            customers = [(query_form(change(text)), i) for i, row in enumerate(rows) for text in row["colloquial"]]
            found = owners[np.argmax(scores([text for text, _ in customers], questions), axis=1)]
            right += int((found == [i for _, i in customers]).sum())
            asked += len(customers)
        return right / asked


def changes() -> dict[str, Callable[[str], str]]:
    """Ways in which the same question is typed."""
    rng = random.Random(0)
    noise, traditional = Noise([row["question"] for row in held_back_rows() if "question" in row]), opencc.OpenCC("s2t")

    def homophone(text: str) -> str:
        places = [i for i, char in enumerate(text) if len(noise.homophones.get(noise.sound.get(char, ""), [])) > 1]
        if not places:
            return text
        i = rng.choice(places)
        other = [char for char in noise.homophones[noise.sound[text[i]]] if char != text[i]]
        return text[:i] + rng.choice(other) + text[i + 1 :]

    def missing(text: str) -> str:
        i = rng.randrange(len(text))
        return text[:i] + text[i + 1 :] if len(text) > 4 else text

    return {
        "as typed": str,
        "homophone": homophone,
        "two homophones": lambda text: homophone(homophone(text)),
        "traditional": traditional.convert,
        "missing character": missing,
        "politeness": lambda text: rng.choice(POLITE) + text + "，谢谢",
    }


def spearman(a: Any, b: Any) -> float:
    """Rank correlation, ties sharing their mean rank."""
    return float(np.corrcoef(_ranks(np.asarray(a)), _ranks(np.asarray(b)))[0, 1])


def _ranks(values: Any) -> Any:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def similarity(model: Model, path: Path, most: int) -> float:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = random.Random(0).sample(rows, min(most, len(rows)))
    a, b = (model([query_form(row[side]) or row[side] for row in rows]) for side in "ab")
    return spearman((a * b).sum(axis=1), [row["label"] for row in rows])


def faq_set(model: Model, directory: Path) -> float:
    faqs = [json.loads(line) for line in (directory / "kb.jsonl").read_text("utf-8").splitlines()]
    cases = [json.loads(line) for line in (directory / "cases.jsonl").read_text("utf-8").splitlines()]
    asked = [(case["text"], case["expect"]["faq_id"]) for case in cases if case["expect"].get("faq_id")]
    questions = [(text, faq["id"]) for faq in faqs for text in (faq["question"], *faq.get("similar", ()))]
    found = np.argmax(model([query_form(t) for t, _ in asked]) @ model([query_form(t) for t, _ in questions]).T, axis=1)
    return float(np.mean([questions[i][1] == faq_id for i, (_, faq_id) in zip(found, asked, strict=True)]))


def speed(model: Model, texts: list[str]) -> tuple[float, float]:
    """Milliseconds of one query (median of 200) and short questions a second in batches."""
    taken = []
    for text in texts[:200]:
        started = time.perf_counter()
        model.encoder.encode([text])
        taken.append(time.perf_counter() - started)
    started = time.perf_counter()
    model.encoder.encode(texts)
    return float(np.median(taken)) * 1e3, len(texts) / (time.perf_counter() - started)


def words(asked: list[str], questions: list[str]) -> Any:
    tokeniser = Tokeniser(Lexicon())
    index = LexicalIndex.build([tokeniser.words(text) for text in questions])
    return np.array([index.scores(tokeniser.words(text))[0] for text in asked])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", action="append", required=True, help="name=directory[:prefix]; the first is the one in question"
    )
    parser.add_argument("--public", type=Path, help="directory with pairs/ and faq_lcqmc_dev/")
    parser.add_argument("--pairs", type=int, default=100_000, help="at most so many of each file, drawn at random")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    args = parser.parse_args()
    models = []
    for text in args.model:
        name, _, rest = text.partition("=")
        directory, _, prefix = rest.partition(":")
        models.append(Model(name, Path(directory), f"{prefix} " if prefix else "", args.threads))
    trades = Trades()
    print(f"BM25: held-back top-1 {trades.top1(words):.3f}", flush=True)
    figures: dict[str, dict[str, float]] = {}
    timing = [query_form(row["question"]) for row in held_back_rows() if "question" in row] * 4
    for model in models:
        found = {
            f"top-1, {kind}": trades.top1(lambda asked, known, m=model: m(asked) @ m(known).T, change)
            for kind, change in changes().items()
        }
        if args.public:
            pairs = {name: args.public / f"pairs/{name}.jsonl" for name in STS_FILES}
            found |= {f"Spearman {name}": similarity(model, path, args.pairs) for name, path in pairs.items()}
            found["faq_lcqmc_dev top-1"] = faq_set(model, args.public / "faq_lcqmc_dev")
        found["ms a query"], found["questions a second"] = speed(model, timing)
        own, first = model(timing), models[0](timing)
        if own.shape == first.shape:
            found[f"cosine to {models[0].name}"] = float((own * first).sum(axis=1).mean())
        figures[model.name] = {key: round(value, 4) for key, value in found.items()}
        print(json.dumps({model.name: figures[model.name]}, ensure_ascii=False), flush=True)
    if args.out:
        args.out.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
