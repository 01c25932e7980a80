"""The voice of the customer: surges, clusters, and what accepting suggestions is worth.

    python benchmarks/voice.py surges clusters suggest --out benchmarks/results/voice.json

- surges: ten simulated years of 200 questions with weekdays, sales days and growth; known surges of 2 to 8 times and new
  questions; and the same years without any. Recall, delay, false alarms a month.
- clusters: the questions of the 20 trades of data/corpus that the bundled encoder was not trained on, whose intents are the
  known groups; and 100,000 messages on one core, without encoding.
- suggest: most similar questions of data/faq.csv are taken away and half of those asked by simulated customers, among others
  that it can't answer (`voice_replay.py`); the suggestions are reviewed with one half of the cases, and measured on the same
  messages asked again, and on what was never asked: the other half of the cases and of the questions taken away.

A part that is not named keeps its figures in the file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, homogeneity_completeness_v_measure

from csbot.analytics.clusters import cluster
from csbot.analytics.surges import Counts, SurgeRules, surges
from csbot.encoders import load_encoder
from csbot.text import query_form
from voice_replay import replayed

ROOT = Path(__file__).resolve().parents[1]
FIRST = date(2025, 1, 6)
DAYS, QUESTIONS, YEARS = 365, 200, 10
WEEK = np.array([1.2, 1.05, 1.0, 1.0, 1.1, 0.85, 0.7])
DISPERSION = 1.5


def year(seed: int, planted: bool) -> tuple[Counts, list[tuple[str, int, int, float]]]:
    """A year of counts, and its surges as (question, day, days, how many times its usual rate; 0: a new question)."""
    rng = np.random.default_rng(seed)
    rate = np.exp(rng.uniform(np.log(0.05), np.log(30), QUESTIONS))
    day = np.arange(DAYS)[:, None]
    own_week = np.exp(rng.normal(0, 0.15, (7, QUESTIONS)))
    mean = rate * WEEK[day % 7] * own_week[day[:, 0] % 7] * (1 + 0.5 * day / DAYS)
    mean = mean * np.where(rng.random((DAYS, 1)) < 0.02, 3.0, 1.0)
    known = []
    if planted:
        for _ in range(40):
            q, start, length = int(rng.integers(QUESTIONS)), int(rng.integers(80, DAYS - 10)), int(rng.integers(1, 8))
            times = float(rng.choice([2.0, 3.0, 5.0, 8.0]))
            mean[start : start + length, q] *= times
            known.append((f"q{q}", start, length, times))
        for n in range(10):  # a new product whose clock nobody can set
            start = int(rng.integers(80, DAYS - 10))
            mean = np.hstack([mean, np.zeros((DAYS, 1))])
            mean[start : start + 5, -1] = rng.uniform(5, 15)
            known.append((f"new{n}", start, 5, 0.0))
    asked = rng.poisson(rng.gamma(mean / (DISPERSION - 1) + 1e-12, DISPERSION - 1)).astype(float)
    keys = tuple([f"q{i}" for i in range(QUESTIONS)] + [f"new{n}" for n in range(mean.shape[1] - QUESTIONS)])
    return Counts(keys, FIRST, asked), known


def measure_surges() -> dict[str, Any]:
    rules = SurgeRules()
    months = YEARS * (DAYS - 21) / 30.4
    null_days = sum(one.days for seed in range(YEARS) for one in surges(year(seed, False)[0], rules))
    found: dict[str, list[tuple[bool, int]]] = {}
    false = 0
    for seed in range(YEARS):
        counts, known = year(seed, True)
        alarms = [(one.key, (one.first - FIRST).days, (one.last - FIRST).days) for one in surges(counts, rules)]
        usual = counts.asked.mean(axis=0)
        for key, start, length, times in known:
            hits = [max(first, start) for k, first, last in alarms if k == key and first < start + length and last >= start]
            size = usual[counts.keys.index(key)]
            often = "new" if not times else "1-5 a day" if 1 <= size < 5 else "5+ a day" if size >= 5 else "<1 a day"
            for name in (f"×{times:g}, {often}" if times else "new question", "all"):
                found.setdefault(name, []).append((bool(hits), min(hits) - start if hits else 0))
        false += sum(
            not any(k == key and first < s + n + 2 and last >= s - 1 for k, s, n, _ in known) for key, first, last in alarms
        )
    rows = {
        name: {
            "surges": len(rows),
            "recall": round(sum(hit for hit, _ in rows) / len(rows), 3),
            "delay_days": round(float(np.mean([delay for hit, delay in rows if hit])), 2) if any(h for h, _ in rows) else None,
        }
        for name, rows in sorted(found.items())
    }
    return {
        "rules": rules.model_dump(), "years": YEARS, "questions": QUESTIONS, "dispersion": DISPERSION,
        "null_alarms_per_month": round(null_days / months, 3), "false_alarms_per_month": round(false / months, 3),
        "found": rows,
    }  # fmt: skip


def agreement(groups: list[str], labels: np.ndarray) -> dict[str, float]:
    parts = homogeneity_completeness_v_measure(groups, labels)
    figures = dict(zip(("homogeneity", "completeness", "v_measure"), parts, strict=True))
    figures |= {"adjusted_rand": adjusted_rand_score(groups, labels), "ami": adjusted_mutual_info_score(groups, labels)}
    return {name: round(float(value), 3) for name, value in figures.items()}


def held_back() -> tuple[list[str], list[str]]:
    """Questions and their groups."""
    lines = (ROOT / "data/corpus/held_back.txt").read_text(encoding="utf-8").splitlines()
    trades = {line for line in lines if line and not line.startswith("#")}
    texts: dict[str, str] = {}
    for path in sorted((ROOT / "data/corpus").glob("part*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["trade"] in trades and "intent" in row:
                for text in (row["question"], *row["formal"], *row["colloquial"]):
                    texts.setdefault(query_form(text), f"{row['trade']}/{row['intent']}")
    return list(texts), list(texts.values())


def measure_clusters() -> dict[str, Any]:
    import faiss

    faiss.omp_set_num_threads(1)
    texts, groups = held_back()
    vectors = load_encoder(threads=1).encode(texts)
    labels = cluster(vectors)
    sizes = np.bincount(labels)
    large = np.flatnonzero(sizes >= 5)
    largest_group = [np.unique(np.array(groups)[labels == one], return_counts=True)[1].max() for one in large]
    rng = np.random.default_rng(0)
    rows = rng.integers(len(vectors), size=100_000)
    many = vectors[rows] + rng.normal(size=(100_000, vectors.shape[1])).astype(np.float32) * 0.3 / vectors.shape[1] ** 0.5
    many = (many / np.linalg.norm(many, axis=1, keepdims=True)).astype(np.float32)
    cpu, clock = time.process_time(), time.perf_counter()
    found = cluster(many)
    return {
        "messages": len(texts), "groups": len(set(groups)), "clusters": int(labels.max()) + 1, **agreement(groups, labels),
        "everything_alone": agreement(groups, np.arange(len(texts))),
        "clusters_of_five": len(large), "messages_in_them": int(sizes[large].sum()),
        "purity_of_them": round(float(sum(largest_group) / sizes[large].sum()), 3),
        "at_100000": {
            "cpu_s": round(time.process_time() - cpu, 1), "clock_s": round(time.perf_counter() - clock, 1),
            "clusters": int(found.max()) + 1, **agreement([groups[row] for row in rows], found),
        },
    }  # fmt: skip


PARTS = {"surges": measure_surges, "clusters": measure_clusters, "suggest": replayed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=" ".join(PARTS))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    result = json.loads(args.out.read_text(encoding="utf-8")) if args.out and args.out.exists() else {}
    result["at"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
    result["hardware"] = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    result["encoder"] = load_encoder().fingerprint
    for part in args.parts:
        result[part] = PARTS[part]()
        print(part, json.dumps(result[part], indent=1, ensure_ascii=False))
        if args.out:
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
