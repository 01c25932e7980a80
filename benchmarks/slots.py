"""Time of `csbot.intents.slots.read_slots`, which every message passes: microseconds per message, over real wordings.

python benchmarks/slots.py [FILE.jsonl]     a "text" in each line; default: the table of the slot tests
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from csbot.intents.slots import read_slots

TABLE = Path(__file__).parent.parent / "tests/intents/slot_messages.jsonl"
THIRTY = "我叫林晓燕，电话13800000001，下周三下午三点能来装吗"
ROUNDS = 100


def microseconds(text: str, asked: str | None = None) -> float:
    """The quickest of `ROUNDS` readings: what it takes where nothing else runs on the core."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        read_slots(text, asked=asked)
        times.append((time.perf_counter() - started) * 1e6)
    return min(times)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    read_slots(THIRTY)  # dictionaries and patterns are read once
    times = sorted(microseconds(row["text"], row.get("asked")) for row in rows)
    mean_length = statistics.mean(len(row["text"]) for row in rows)
    print(f"{len(rows)} messages of {mean_length:.0f} characters: median {statistics.median(times):.0f} µs, ", end="")
    print(f"p99 {times[int(len(times) * 0.99)]:.0f} µs, worst {times[-1]:.0f} µs")
    print(f"{len(THIRTY)} characters with three slots: {microseconds(THIRTY):.0f} µs")
    print(f"2000 characters: {microseconds('我在你们店里买的柜子到现在还没有装好' * 111):.0f} µs")


if __name__ == "__main__":
    main()
