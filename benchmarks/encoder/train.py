"""Step 2 of the bundled encoder: teach the pruned model to recognise a matter that customers describe without naming it.

The trainer is the library's (`csbot.encoders.train`, docs/training.md). Here are only the data: the corpus without its
held-back trades, on which before and after are measured; public pairs and utterances (``--public DIR``), which are no part
of the project; and the untuned model as teacher, with its prefix "query: ".

    python benchmarks/encoder/train.py --base var/encoder/base --out var/encoder/trained --public ../shared/data --steps 570

Stops (Ctrl-C, SIGTERM) and resumes: run the same command again.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from pathlib import Path

from csbot.encoders.held_back import hold_out_pairs, problems_of_trades
from csbot.encoders.train import Hooks, Settings, Step, train
from csbot.encoders.train_data import TrainingData, Validation, topics_of_rows
from csbot.evaluation.training_files import read_corpus, read_pairs, read_texts

ROOT = Path(__file__).resolve().parents[2]
PAIR_FILES = {"afqmc_train": 3, "atec_train": 3, "lcqmc_dev": 6, "oppo_dev": 3, "stsb_train": 4}
"""Positives of each file in a step, and as many negatives; of STS-B, whose labels are grades, twice as many pairs."""
UTTERANCES = 16_000


def read(public: Path, seed: int) -> tuple[TrainingData, Validation]:
    """Training data, and what is held back: whole trades, and a tenth of each pair file."""
    held = set(read_texts(ROOT / "data/corpus/held_back.txt"))
    rows = [row for path in sorted((ROOT / "data/corpus").glob("part*.jsonl")) for row in read_corpus(path)]
    topics, _ = topics_of_rows([row for row in rows if row["trade"] in held])
    trained, negatives = topics_of_rows([row for row in rows if row["trade"] not in held])
    pairs = [hold_out_pairs(read_pairs(public / f"pairs/{name}.jsonl", count), seed) for name, count in PAIR_FILES.items()]
    texts = [text for text in read_texts(public / "text/short_utterances.txt") if 3 < len(text) < 40]
    random.Random(0).shuffle(texts)
    data = TrainingData(tuple(trained), negatives, tuple(rest for rest, _ in pairs), tuple(texts[:UTTERANCES]))
    return data, Validation(tuple(problems_of_trades(topics)), tuple(part for _, part in pairs))


def show(step: Step) -> None:
    if step.step % 10 == 0:
        terms = " ".join(f"{name} {value:.3f}" for name, value in step.terms.items())
        pace = f"{step.step_s:.1f} s/step, {step.left_s / 60:.0f} min left"
        print(f"step {step.step}/{step.steps} {terms} rate {step.rate:.1e} {pace}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="model directory to start from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--public", type=Path, required=True, help="directory with pairs/ and text/")
    parser.add_argument("--teacher", help="untuned model, default: the base")
    parser.add_argument("--steps", type=int, default=570)
    parser.add_argument("--minutes", type=float, help="instead of steps")
    parser.add_argument("--lr", type=float, default=6e-5)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: stopped.append(number))
    data, validation = read(args.public, args.seed)
    print(f"{len({t.kb for t in data.topics})} trades, {len(data.topics)} intents", flush=True)
    report = train(
        data,
        validation,
        args.out,
        base=args.base,
        settings=Settings(args.steps, args.minutes, args.lr, batch=60, seed=args.seed, threads=args.threads),
        teacher=args.teacher,
        teacher_prefix="query: ",
        hooks=Hooks(stop=lambda: bool(stopped), on_step=show, on_stage=lambda stage: print(stage, flush=True)),
        must_help=False,
    )
    print(report.model_dump_json(indent=1))
    return 128 + stopped[0] if report.outcome == "interrupted" else 0


if __name__ == "__main__":
    sys.exit(main())
