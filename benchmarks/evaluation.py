"""How much of an evaluation is not the encoder: `evaluate` beside encoding the same texts, in the same run, in turn.

    python benchmarks/evaluation.py --public ../shared/data/faq_lcqmc_dev --out benchmarks/results/evaluation.json

Without ``--public`` the sample data are used, its cases repeated with a number each. The share is taken of processor time,
which what else runs on the machine disturbs least; the clock's is printed beside it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmark_report import publish
from csbot import Chatbot, KnowledgeBase, evaluate
from csbot.encoders import load_encoder
from csbot.evaluation.cases import Case, read_cases
from csbot.intents.matters import matter_of
from csbot.intents.slots import find_slots

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 1.5


def load(public: Path | None, count: int) -> tuple[KnowledgeBase, list[Case]]:
    if public is not None:
        return KnowledgeBase.build(public / "kb.jsonl"), read_cases(public / "cases.jsonl")[:count]
    cases = read_cases(ROOT / "data/cases.jsonl")
    rows = [one.model_copy(update={"text": f"{one.text}（{i // len(cases)}）"}) for i, one in enumerate(cases * 7)]
    return KnowledgeBase.build(ROOT / "data/faq.csv"), rows[:count]


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the processor and of the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, help="directory with kb.jsonl and cases.jsonl")
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    kb, cases = load(args.public, args.cases)
    bot, encoder = Chatbot(kb), load_encoder(threads=1)
    bot.kb.encoder = encoder
    forms = [matter_of(case.text, find_slots(case.text)) for case in cases]
    evaluate(bot, cases[:64])
    rounds = []
    for _ in range(args.rounds):
        (raw_cpu, raw), (cpu, clock) = timed(lambda: encoder.encode(forms)), timed(lambda: evaluate(bot, cases))
        rounds.append({"encode_cpu_s": raw_cpu, "encode_s": raw, "eval_cpu_s": cpu, "eval_s": clock})
    result = {
        "encoder": encoder.fingerprint,
        "cases": len(cases),
        "faqs": len(kb),
        "ratio_cpu": round(statistics.median(one["eval_cpu_s"] / one["encode_cpu_s"] for one in rounds), 3),
        "ratio_clock": round(statistics.median(one["eval_s"] / one["encode_s"] for one in rounds), 3),
        "limit": LIMIT,
        "rounds": [{name: round(value, 2) for name, value in one.items()} for one in rounds],
    }
    publish(result, args.out)


if __name__ == "__main__":
    main()
