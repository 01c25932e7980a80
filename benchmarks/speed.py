"""Speed and memory, as ratios against the floor measured in the same run: raw encoder, raw FAISS.

python benchmarks/speed.py --out benchmarks/results/speed.json
"""

from __future__ import annotations

import argparse
import compileall
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmark_report import publish
from csbot import Chatbot, KnowledgeBase, Session
from csbot.encoders import load_encoder
from csbot.text import Lexicon, query_form

ROOT = Path(__file__).resolve().parents[1]
WARM_UP = 400
"""Other messages before those that are measured."""


def texts(count: int) -> list[str]:
    """Distinct questions of the corpus, then the same with a number, in a fixed order."""
    found: list[str] = []
    for path in sorted((ROOT / "data/corpus").glob("part*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            found += row.get("near_oos") or [row["question"], *row["formal"], *row["colloquial"]]
    distinct = list(dict.fromkeys(query_form(text) for text in found))
    return distinct[:count]


def latency() -> dict[str, Any]:
    """`reply` beside encoding the same text plus one FAISS search, message by message in turn."""
    kb = KnowledgeBase.build(ROOT / "data/faq.csv", lexicon=Lexicon())
    bot, contents = Chatbot(kb), kb.contents
    messages = [json.loads(line)["text"] for line in (ROOT / "data/cases.jsonl").read_text("utf-8").splitlines()]
    messages = [m for m in messages if len(query_form(m)) > 1][:400]

    def floor(message: str) -> None:
        contents.dense.search(kb.encoder.encode([query_form(message)]), 64)

    def encode(message: str) -> None:
        kb.encoder.encode([query_form(message)])

    def reply(message: str) -> None:
        bot.reply(Session(customer_id="bench"), message)

    warm = texts(WARM_UP)  # a process that serves has seen other customers: patterns are compiled when a message needs them
    # in turn, message by message, so that a noisy machine disturbs all three alike
    taken: dict[str, list[float]] = {"encode": [], "encode_and_faiss": [], "reply": []}
    calls = {"encode": encode, "encode_and_faiss": floor, "reply": reply}
    for message in [*warm, *messages]:
        for name, call in calls.items():
            start = time.perf_counter()
            call(message)
            taken[name].append((time.perf_counter() - start) * 1000)
    taken = {name: values[len(warm) :] for name, values in taken.items()}
    figures = {
        f"{name}_{label}_ms": round(float(np.percentile(values, q)), 3)
        for name, values in taken.items()
        for label, q in (("p50", 50), ("p99", 99))
    }
    return figures | {"reply_to_floor_p50": round(figures["reply_p50_ms"] / figures["encode_and_faiss_p50_ms"], 3)}


def indexing(count: int) -> dict[str, Any]:
    """Building a knowledge base of ``count`` questions beside the encoder's own rate on the same questions."""
    questions = texts(count)
    faqs = [
        {"id": f"f{i}", "question": group[0], "similar": group[1:], "answer": "请稍候，客服马上为您处理。"}
        for i in range(0, len(questions), 5)
        if (group := questions[i : i + 5])
    ]
    encoder = load_encoder()
    encoder.encode(questions[:64])
    start = time.perf_counter()
    encoder.encode(questions)
    raw = time.perf_counter() - start
    start = time.perf_counter()
    kb = KnowledgeBase.build(faqs)
    with tempfile.TemporaryDirectory() as folder:
        kb.save(folder)
    built = time.perf_counter() - start
    return {
        "questions": len(questions),
        "encoder_questions_per_s": round(len(questions) / raw),
        "index_questions_per_s": round(len(questions) / built),
        "index_texts_per_s": round((len(questions) + len(faqs)) / built),
        "index_to_encoder_texts": round((len(questions) + len(faqs)) / built / (len(questions) / raw), 3),
        "index_to_encoder_questions": round(raw / built, 3),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def cold_start(runs: int = 5) -> dict[str, Any]:
    """`import csbot` on top of the interpreter, and a whole `csbot ask`, as processes."""

    def seconds(*command: str) -> float:
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    compileall.compile_dir(str(ROOT / "src"), quiet=1)  # as pip and `make` do, also where PYTHONDONTWRITEBYTECODE is set
    with tempfile.TemporaryDirectory() as folder:
        KnowledgeBase.build(ROOT / "data/faq.csv").save(folder)
        csbot = str(Path(sys.executable).with_name("csbot"))
        bare = seconds(sys.executable, "-c", "pass")
        return {
            "import_csbot_s": round(seconds(sys.executable, "-c", "import csbot") - bare, 3),
            "ask_cold_s": round(seconds(csbot, "ask", "--kb", folder, "快递还没到"), 3),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--questions", type=int, default=20_000)
    args = parser.parse_args()
    result = {
        "encoder": load_encoder().fingerprint,
        "cold_start": cold_start(),
        "latency": latency(),
        "indexing": indexing(args.questions),
    }
    publish(result, args.out)


if __name__ == "__main__":
    main()
