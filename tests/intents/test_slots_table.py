"""How well slots are found in messages written as customers type them: precision and recall of each, over a table.

``slot_messages.jsonl`` was written before the code and grew by what further rounds showed; ``slot_messages_last.jsonl`` was
written after it. Each line has ``text``, ``asked`` where a slot was asked for, ``slots`` (a list where one stands twice) and
``withdrawn``.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from csbot.intents.slots import read_slots
from csbot.models import CHINA

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 18, 10, tzinfo=CHINA)
"""A Wednesday, at ten in the morning."""

TABLES = ("slot_messages.jsonl", "slot_messages_last.jsonl")
NAMES = ("phone", "phone_last4", "order_id", "name", "date", "withdrawn")
LEAST = 0.98

Pair = tuple[str, str]


@cache
def rows(*names: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for name in names for line in (HERE / name).read_text(encoding="utf-8").splitlines())


def wanted(row: dict[str, Any]) -> Counter[Pair]:
    values = ((name, [value] if isinstance(value, str) else value) for name, value in row["slots"].items())
    return Counter(
        [(name, one) for name, many in values for one in many] + [("withdrawn", one) for one in row.get("withdrawn", [])]
    )


def found(row: dict[str, Any]) -> Counter[Pair]:
    reading = read_slots(row["text"], asked=row.get("asked"), now=NOW)
    return Counter([(slot.name, slot.value) for slot in reading.slots] + [("withdrawn", one) for one in reading.withdrawn])


@pytest.mark.parametrize("name", NAMES)
def test_precision_and_recall_of_a_slot(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    right = false = missed = 0
    with capsys.disabled():
        for row in rows(*TABLES):
            want, got = (
                Counter({pair: n for pair, n in side.items() if pair[0] == name}) for side in (wanted(row), found(row))
            )
            right += (want & got).total()
            false += (got - want).total()
            missed += (want - got).total()
            if want != got:
                print(f"\n{row['text']!r} asked={row.get('asked')}: {name} 应为 {sorted(want)}，得到 {sorted(got)}")
    assert right + missed >= 15
    precision, recall = right / (right + false), right / (right + missed)
    assert (precision >= LEAST, recall >= LEAST) == (True, True), f"{name}: {precision=:.3f} {recall=:.3f}"


def test_the_table_is_as_large_and_as_mixed_as_it_says() -> None:
    keys = {(row["text"], row.get("asked")) for row in rows(*TABLES)}
    without = [row for row in rows(*TABLES) if not row["slots"] and "withdrawn" not in row]
    assert (len(keys) == len(rows(*TABLES)), len(keys) >= 300, len(without) >= 60) == (True, True, True)


@pytest.mark.parametrize("table", TABLES)
def test_every_value_of_a_row_is_one_that_the_slot_can_have(table: str) -> None:
    """A slip in the table would hide as a miss, or as a hit, of the code."""
    shapes = {"phone": 11, "phone_last4": 4}
    for row in rows(table):
        assert set(row) <= {"text", "asked", "slots", "withdrawn"}, row
        for name, value in wanted(row):
            assert name in NAMES, row
            assert name not in shapes or (len(value) == shapes[name] and value.isdecimal()), row
            assert name != "date" or datetime.fromisoformat(value), row


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("ahead", ["", "😀", "㍿，"])
def test_the_form_of_the_characters_changes_nothing(wide: bool, ahead: str) -> None:
    """Full width, and characters that NFKC makes longer, ahead of the message: the same values, and spans that hold them."""
    table = {code: code + 0xFEE0 for code in range(0x30, 0x3A)} if wide else {}
    for row in rows(*TABLES):
        if ahead and not row["slots"]:
            continue
        text = ahead + row["text"].translate(table)
        plain = read_slots(row["text"], asked=row.get("asked"), now=NOW).slots
        reading = read_slots(text, asked=row.get("asked"), now=NOW).slots
        if not ahead or row.get("asked") is None:
            assert [(slot.name, slot.value) for slot in reading] == [(slot.name, slot.value) for slot in plain], text
            moved = [(start + len(ahead), end + len(ahead)) for start, end in (slot.span for slot in plain)]
            assert [slot.span for slot in reading] == moved
