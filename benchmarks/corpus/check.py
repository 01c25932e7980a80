"""Check the corpus: form, duplicates, leaks between the splits and into the evaluation cases, word overlap, lengths.

python benchmarks/corpus/check.py          # exit 1 when something is wrong
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

from csbot.kb.pairs import bigrams, dice
from csbot.text import query_form

ROOT = Path(__file__).resolve().parents[2]
FIELDS = {"trade", "intent", "question", "answer", "formal", "colloquial"}


def read() -> list[tuple[str, dict[str, Any]]]:
    paths = sorted((ROOT / "data/corpus").glob("part*.jsonl"))
    return [
        (f"{path.name}:{number}", json.loads(line))
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
    ]


def main() -> int:
    held = {line for line in (ROOT / "data/corpus/held_back.txt").read_text("utf-8").splitlines() if line[:1] != "#"}
    cases = {query_form(json.loads(line)["text"]) for line in (ROOT / "data/cases.jsonl").read_text("utf-8").splitlines()}
    faults: list[str] = []
    trades: Counter[str] = Counter()
    seen: dict[str, tuple[str, str, str]] = {}
    counts: Counter[str] = Counter()
    overlaps, lengths = [], []
    for where, row in read():
        trade = row["trade"]
        if "near_oos" in row:
            counts["near_oos"] += len(row["near_oos"])
            questions = row["near_oos"]
        else:
            if set(row) != FIELDS or len(row["formal"]) != 2 or len(row["colloquial"]) < 6:
                faults.append(f"{where}: form")
            trades[trade] += 1
            questions = [row["question"], *row["formal"], *row["colloquial"]]
            counts["questions"] += len(questions)
            standard = bigrams(query_form(row["question"]))
            overlaps += [dice(standard, bigrams(query_form(q))) for q in row["colloquial"]]
            lengths += [len(q) for q in row["colloquial"]]
        own_words = set(row.get("colloquial", questions))
        for question in questions:
            form = query_form(question)
            if form in cases and len(form) > 4:
                faults.append(f"{where}: stands in data/cases.jsonl: {question}")
            first = seen.setdefault(form, (where, trade, row.get("intent", "")))
            counts["repeated"] += first[0] != where
            crosses = (first[1] in held) != (trade in held)
            if first[0] != where and len(form) > 8 and crosses and question in own_words:
                faults.append(f"{where}: leaks between the splits ({first[0]}): {question}")
    missing = held - set(trades)
    faults += [f"held-back trade is absent: {name}" for name in missing]
    print(f"{len(trades)} trades ({len(held)} held back), {sum(trades.values())} intents, {counts['questions']} questions,")
    print(
        f"{counts['near_oos']} near out of scope, {counts['repeated']} repeated across rows (short ones such as 「几天到账」)"
    )
    print(f"character bigrams shared with the standard question: mean {mean(overlaps):.3f} (Dice)")
    print(f"length of colloquial questions: deciles {[round(q) for q in quantiles(lengths, n=10)]}")
    print("\n".join(faults) or "no faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
