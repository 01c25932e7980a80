"""Case and dialogue files: all faults are listed, by line and field; what is right is read as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from csbot.errors import InputError, SourceError
from csbot.evaluation.cases import Case, Dialogue, read_cases, read_dialogues

DATA = Path(__file__).parents[2] / "data"
RIGHT = {"text": "多久发货", "expect": {"faq_id": "ship-time"}}
TURN = {"user": "你好", "expect": {"kind": "smalltalk"}}


def write(path: Path, *rows: Any) -> Path:
    """One row a line; a str is written as it is."""
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def faults(path: Path) -> list[tuple[int | None, str | None]]:
    with pytest.raises(SourceError) as caught:
        read_cases(path)
    return [(fault.line, fault.field) for fault in caught.value.faults]


def test_each_kind_of_expectation_is_read(tmp_path: Path) -> None:
    expectations = [
        {"faq_id": "ship-time"}, {"intent": "order_progress"}, {"intent": "human_handoff"}, {"out_of_scope": True},
    ]  # fmt: skip
    file = write(tmp_path / "cases.jsonl", *({"text": "x", "expect": e, "tags": ["t"]} for e in expectations))
    cases = read_cases(file)
    assert [case.expect.model_dump(exclude_defaults=True) for case in cases] == expectations
    assert all(case.tags == ("t",) for case in cases)


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    assert read_cases(write(tmp_path / "cases.jsonl", "", RIGHT, "   ", RIGHT)) == [Case.model_validate(RIGHT)] * 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_usual_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(json.dumps(RIGHT, ensure_ascii=False).encode(encoding))
    assert read_cases(file)[0].text == "多久发货"


def test_every_fault_of_a_file_is_listed_with_its_line_and_field(tmp_path: Path) -> None:
    file = write(
        tmp_path / "cases.jsonl",
        RIGHT,
        "{broken",
        {"text": "x"},
        {"text": "x", "expect": {}},
        RIGHT,
        {"text": "x", "expect": {"faq_id": "a", "out_of_scope": True}},
        {"text": "x", "expect": {"intent": "refund"}},
        {"text": 3, "expect": {"faq_id": "a"}, "tag": []},
        ["text"],
        "null",
    )
    assert faults(file) == [
        (2, None), (3, "expect"), (4, "expect"), (6, "expect"), (7, "expect.intent"), (8, "text"), (8, "tag"), (9, None), (10,
        None),
    ]  # fmt: skip


def test_the_message_of_the_error_names_file_and_lines(tmp_path: Path) -> None:
    file = write(tmp_path / "cases.jsonl", RIGHT, "{broken", {"text": "x"})
    with pytest.raises(SourceError) as caught:
        read_cases(file)
    assert all(part in str(caught.value) for part in (str(file), "第 2 行", "第 3 行", "expect"))
    assert (caught.value.path, caught.value.line) == (str(file), 2)


def test_json_nested_beyond_measure_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    assert faults(write(tmp_path / "cases.jsonl", "[" * 100_000)) == [(1, None)]


@pytest.mark.parametrize(
    "content", [b"", b"  \n\n", b"\x00\x01\x02", b'{"text": "\xff\xff\xff"}'], ids=["empty", "blank", "binary", "bytes"]
)
@pytest.mark.parametrize("read", [read_cases, read_dialogues])
def test_a_file_without_readable_text_is_refused(tmp_path: Path, content: bytes, read: Any) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("read", [read_cases, read_dialogues])
def test_an_absent_file_is_named(tmp_path: Path, read: Any) -> None:
    with pytest.raises(InputError, match=r"nowhere\.jsonl"):
        read(tmp_path / "nowhere.jsonl")


def test_a_dialogue_may_expect_any_of_several_values(tmp_path: Path) -> None:
    expect = {"kind": ["answer", "clarify"], "faq_id": ["a", "b"], "slot": None}
    file = write(tmp_path / "d.jsonl", {"id": "d", "turns": [TURN, {"user": "x", "expect": expect}]})
    (dialogue,) = read_dialogues(file)
    assert dialogue.turns[1].expect.kind == ["answer", "clarify"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"id": "d", "turns": []}, "turns"),
        ({"id": "d"}, "turns"),
        ({"turns": [TURN]}, "id"),
        ({"id": "d", "turns": [{"user": "x", "expect": {}}, TURN]}, "turns.0.expect.kind"),
        ({"id": "d", "turns": [TURN, {"user": "x", "expect": {"kind": "answer", "faq": "a"}}]}, "turns.1.expect.faq"),
        ({"id": "d", "turns": [TURN, {"user": "x", "expect": {"kind": "anwser"}}]}, "turns.1.expect.kind"),
        ({"id": "d", "turns": [TURN, {"user": "x", "expect": {"kind": ["answer", "clarfy"]}}]}, "turns.1.expect.kind"),
        ({"id": "d", "turns": [TURN, {"user": "x", "expect": {"kind": []}}]}, "turns.1.expect.kind"),
        ({"id": "d", "turns": [TURN, {"user": "x", "expect": {"kind": "answer", "faq_id": [1]}}]}, "turns.1.expect.faq_id"),
        ({"id": "d", "turns": [TURN | {"usr": "x"}]}, "turns.0.usr"),
        ({"id": "d", "turns": [TURN], "tag": []}, "tag"),
    ],
)
def test_faults_of_a_dialogue_are_named_by_turn(tmp_path: Path, row: dict[str, Any], field: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_dialogues(write(tmp_path / "d.jsonl", row))
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [(1, field)]


def test_a_kind_that_is_misspelt_is_named_with_those_there_are(tmp_path: Path) -> None:
    file = write(tmp_path / "d.jsonl", {"id": "d", "turns": [{"user": "x", "expect": {"kind": "anwser"}}]})
    with pytest.raises(SourceError, match=r"d\.jsonl[^\0]*第 1 行，字段 turns\.0\.expect\.kind：没有 anwser.*answer、clarify"):
        read_dialogues(file)


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "x", "expect": {"faq_id": "a", "faq_id": "b"}}',
        '{"text": "x", "expect": {"faq_id": "a"}, "expect": {"out_of_scope": true}}',
    ],
)
def test_a_key_that_stands_twice_in_a_row_is_a_fault(tmp_path: Path, line: str) -> None:
    with pytest.raises(SourceError, match=r"第 2 行：.*键重复：(faq_id|expect)"):
        read_cases(write(tmp_path / "cases.jsonl", RIGHT, line))


def test_an_faq_that_is_not_there_is_a_fault_of_its_line_where_it_is_known_which_are(tmp_path: Path) -> None:
    file = write(
        tmp_path / "cases.jsonl",
        RIGHT,
        {"text": "x", "expect": {"faq_id": "gone"}},
        {"text": "y", "expect": {"out_of_scope": True}},
    )
    assert len(read_cases(file)) == 3
    assert len(read_cases(file, {"ship-time", "gone"})) == 3
    with pytest.raises(SourceError, match="gone") as caught:
        read_cases(file, {"ship-time"})
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [(2, "expect.faq_id")]


def test_an_faq_of_a_dialogue_that_is_not_there_is_named_by_turn(tmp_path: Path) -> None:
    turns = [TURN, {"user": "x", "expect": {"kind": "answer", "faq_id": ["ship-time", "gone"]}}]
    file = write(tmp_path / "d.jsonl", {"id": "d", "turns": turns}, {"id": "e", "turns": [TURN]})
    assert len(read_dialogues(file, ["ship-time", "gone"])) == 2
    with pytest.raises(SourceError) as caught:
        read_dialogues(file, ["ship-time"])
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [(1, "turns.1.expect.faq_id")]


def test_the_sample_files_are_as_many_as_promised() -> None:
    cases, dialogues = read_cases(DATA / "cases.jsonl"), read_dialogues(DATA / "dialogues.jsonl")
    assert len(cases) >= 400
    assert len(dialogues) >= 20
    assert len({dialogue.id for dialogue in dialogues}) == len(dialogues)
    assert len({case.text for case in cases}) == len(cases)
    assert all(isinstance(dialogue, Dialogue) for dialogue in dialogues)
