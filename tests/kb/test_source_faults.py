"""Bad FAQ files: every fault at once, each with its line and field, and one clear message for a file that is no text."""

from __future__ import annotations

import json
import random
from pathlib import Path

import openpyxl
import pytest

from csbot.errors import InputError, SourceError
from csbot.kb import sources
from csbot.kb.export import write_faqs
from csbot.kb.sources import coerce, read_faqs
from csbot.models import Faq


def faults(place: Path, text: str | bytes) -> list[tuple[int | None, str | None]]:
    """(line, field) of every fault found."""
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError, match=place.name) as caught:
        read_faqs(place)
    return [(fault.line, fault.field) for fault in caught.value.faults]


def test_all_faults_of_a_csv_are_reported_at_once_by_line_and_field(tmp_path: Path) -> None:
    text = (
        "id,question,answer,status,valid_until,channel_answers,colour\n"
        "a,问一,答,active,2026-12-31,,\n"
        "b,,答,,,,\n"
        "c,问三,,,,,\n"
        "a,问四,答,,,,\n"
        "d,问五,答,明天,,,\n"
        "e,问六,答,,不是日期,,\n"
        "f,问七,答,,,微信,\n"
        "g,问八,答,,,,红,多一格\n"
    )
    assert faults(tmp_path / "kb.csv", text) == [
        (1, "colour"), (3, "question"), (4, None), (5, "id"), (6, "status"), (7, "valid_until"), (8, "channel_answers"),
        (9, None),
    ]  # fmt: skip


def test_a_broken_line_in_the_middle_of_jsonl_hides_no_other_fault(tmp_path: Path) -> None:
    good = '{"id": "%s", "question": "问", "answer": "答"}'
    lines = [good % "a", '{"id": "b", "question": ', "[1, 2]", '"text"', good % "c", '{"id": "d", "answer": "答", "colour": 1}']
    found = faults(tmp_path / "kb.jsonl", "\n".join([*lines, "", good % "a"]))
    assert found == [(2, None), (3, None), (4, None), (6, "question"), (6, "colour"), (8, "id")]


def test_faults_of_yaml_carry_the_line_of_their_entry(tmp_path: Path) -> None:
    text = "- question: 问\n  answer: 答\n- just text\n-\n  question: 问二\n  answer: ''\n- {question: [a], answer: 1}\n"
    assert faults(tmp_path / "kb.yaml", text) == [(3, None), (5, None), (7, "question"), (7, "answer")]


@pytest.mark.parametrize(
    ("text", "line"), [("- question: 问\n  answer: [答\n", 3), ("question: 问\n", 1), ("- a\n\tb: c\n", 2), ("# 空的\n", 1)]
)
def test_what_is_no_yaml_list_is_a_fault_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    assert faults(tmp_path / "kb.yaml", text) == [(line, None)]


def test_faults_of_a_workbook_carry_the_row_that_excel_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["标准问", "答案", "状态", "颜色"], ["问", "答", None, None], [None] * 4, ["问二", None, "明天", None]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "kb.xlsx")
    assert faults(tmp_path / "kb.xlsx", (tmp_path / "kb.xlsx").read_bytes()) == [(1, "颜色"), (4, "status")]


def test_a_file_without_a_question_column_says_so(tmp_path: Path) -> None:
    assert faults(tmp_path / "kb.csv", "编号,答案\na,答\n") == [(1, "question")]


def test_a_column_that_is_there_twice_is_a_fault(tmp_path: Path) -> None:
    assert faults(tmp_path / "kb.csv", "标准问,question,答案\n问,问,答\n") == [(1, "question")]


def test_an_open_quote_is_a_fault_of_the_csv(tmp_path: Path) -> None:
    assert faults(tmp_path / "kb.csv", 'question,answer\n问,"答\n问二,答\n')[0][1] is None


def test_dates_that_cross_are_a_fault(tmp_path: Path) -> None:
    text = "question,answer,valid_from,valid_until\n问,答,2026-02-01,2026-01-01\n"
    assert faults(tmp_path / "kb.csv", text) == [(2, None)]


def test_the_message_shows_the_wrong_value_and_the_known_fields(tmp_path: Path) -> None:
    (tmp_path / "kb.jsonl").write_text('{"question": "问", "answer": "答", "status": "明天"}\n{"q": "问"}\n', encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_faqs(tmp_path / "kb.jsonl")
    message = str(caught.value)
    assert "'明天'" in message
    assert "question" in message
    assert "第 2 行" in message


def test_faults_of_rows_given_by_a_program_are_numbered_from_one() -> None:
    with pytest.raises(SourceError) as caught:
        good = Faq(id="a", question="问", answer="答")
        coerce([good, {"question": " ", "answer": "答"}, 3, {"id": "a", "question": "问", "answer": "b"}])  # type: ignore[list-item]
    assert {(fault.line, fault.field) for fault in caught.value.faults} == {(2, "question"), (3, None), (4, "id")}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kb.jsonl", '{"question": "问", "answer": "答", "id": ' + "1" * 5000 + "}\n"),
        ("kb.jsonl", "[" * 100_000),
        ("kb.yaml", "- {question: 问, answer: 答, valid_until: 2026-13-45}\n"),
        ("kb.yaml", "[" * 3000),
        ("kb.csv", "question,answer\n问," + "答" * 200_000 + "\n"),
    ],
    ids=["huge number", "deep json", "impossible date", "deep yaml", "huge cell"],
)
def test_text_that_makes_a_parser_give_up_is_one_fault(tmp_path: Path, name: str, text: str) -> None:
    assert len(faults(tmp_path / name, text)) == 1


def test_text_that_cannot_be_stored_is_a_fault() -> None:
    with pytest.raises(SourceError, match="第 2 行"):
        coerce([{"question": "问", "answer": "答"}, {"question": "问二", "answer": "半个表情\ud83d"}])


@pytest.mark.parametrize("suffix", sources.SUFFIXES)
@pytest.mark.parametrize("content", [b"", b" \n\r\n "])
def test_an_empty_file_is_one_clear_error(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f"kb{suffix}").write_bytes(content)
    with pytest.raises(InputError, match=rf"kb\{suffix} 是空文件"):
        read_faqs(tmp_path / f"kb{suffix}")


@pytest.mark.parametrize("suffix", sources.SUFFIXES)
def test_a_missing_file_and_a_directory_are_clear_errors(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match="找不到文件"):
        read_faqs(tmp_path / f"kb{suffix}")
    (tmp_path / f"kb{suffix}").mkdir()
    with pytest.raises(InputError, match="无法读取"):
        read_faqs(tmp_path / f"kb{suffix}")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".yaml"])
def test_a_binary_file_is_no_text(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"kb{suffix}").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="二进制"):
        read_faqs(tmp_path / f"kb{suffix}")


def test_text_in_an_unknown_encoding_names_the_line_of_the_first_wrong_byte(tmp_path: Path) -> None:
    (tmp_path / "kb.csv").write_bytes("question,answer\n问,答\n".encode() + b"\xff\xff,x\n")
    with pytest.raises(InputError, match="第 3 行") as caught:
        read_faqs(tmp_path / "kb.csv")
    assert caught.value.line == 3


@pytest.mark.parametrize("content", [b"not a workbook", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_workbook_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kb.xlsx").write_bytes(content)
    with pytest.raises(InputError, match="不是有效的 xlsx"):
        read_faqs(tmp_path / "kb.xlsx")


def test_a_damaged_workbook_is_read_or_refused_but_never_a_traceback(tmp_path: Path, faqs: list[Faq]) -> None:
    rng, place = random.Random(0), tmp_path / "kb.xlsx"
    write_faqs(faqs, place)
    whole, refused = place.read_bytes(), 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 3, 20])):
            data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
        place.write_bytes(data)
        try:
            read_faqs(place)
        except InputError as error:
            assert "kb.xlsx" in str(error)
            refused += 1
    assert refused


@pytest.mark.parametrize("text", ["question,answer\n", "question,answer\n,\n"])
def test_a_file_with_titles_only_has_no_faq(tmp_path: Path, text: str) -> None:
    (tmp_path / "kb.csv").write_text(text)
    with pytest.raises(InputError, match="没有任何知识"):
        read_faqs(tmp_path / "kb.csv")


def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.jsonl \.csv"):
        read_faqs(tmp_path / "kb.docx")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "kb.csv").open("wb") as file:
        file.truncate(sources.MAX_BYTES + 1)
    with pytest.raises(InputError, match="超过上限"):
        read_faqs(tmp_path / "kb.csv")


BOMB = "{first}&a [哈, 哈, 哈, 哈, 哈, 哈, 哈, 哈, 哈]\n" + "".join(
    f"{{next}}&{one} [{', '.join([f'*{before}'] * 9)}]\n" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine levels of nine aliases each: a few hundred characters that stand for 400 million."""


def test_aliases_that_stand_for_far_more_than_is_written_are_one_fault(tmp_path: Path) -> None:
    text = BOMB.replace("{first}", "- ").replace("{next}", "- ")
    found = faults(tmp_path / "kb.yaml", text + "- {question: 问, answer: 答, similar: *i}\n")
    assert found == [(1, None)]
    pairs = zip("abcdefgh", "bcdefghi", strict=True)
    merged = "- &a {x: 1}\n" + "".join(f"- &{b} {{<<: [{', '.join([f'*{a}'] * 9)}]}}\n" for a, b in pairs)
    assert faults(tmp_path / "kb.yaml", merged) == [(1, None)]


def test_an_alias_of_itself_is_one_fault(tmp_path: Path) -> None:
    assert faults(tmp_path / "kb.yaml", "- {question: 问, answer: 答}\n- &x {question: 问, answer: 答, similar: [*x]}\n") == [
        (2, None)
    ]


def test_aliases_and_merged_keys_that_a_person_writes_are_read(tmp_path: Path) -> None:
    text = "- &x {question: 问, answer: 答, tags: &t [一, 二]}\n- {<<: *x, question: 问二, related: *t}\n"
    (tmp_path / "kb.yaml").write_text(text, encoding="utf-8")
    first, second = read_faqs(tmp_path / "kb.yaml")
    assert (second.answer, second.tags, second.related) == ("答", first.tags, first.tags)


def test_a_huge_wrong_value_is_shown_by_its_beginning() -> None:
    value: list[object] = ["哈"] * 9
    for _ in range(12):
        value = [value] * 9
    with pytest.raises(SourceError) as caught:
        coerce([{"question": "问", "answer": "答", "tags": value}, {"question": value, "answer": "答"}])
    assert {(fault.line, fault.field) for fault in caught.value.faults} == {(1, f"tags.{i}") for i in range(9)} | {
        (2, "question")
    }
    assert len(str(caught.value)) < 4000


def test_an_impossible_date_has_its_line_and_hides_no_other_fault(tmp_path: Path) -> None:
    text = "- {question: 问, answer: 答}\n- {question: 问二, valid_until: 2026-13-45}\n- {question: 问三, colour: 红}\n"
    assert faults(tmp_path / "kb.yaml", text) == [(2, None), (3, "colour")]


@pytest.mark.parametrize("question", ["怎么退\ud800货", "\udfff"])
def test_half_a_character_in_a_question_without_id_is_a_fault_with_its_line(tmp_path: Path, question: str) -> None:
    (tmp_path / "kb.jsonl").write_text(json.dumps({"question": question, "answer": "答"}), encoding="utf-8")
    with pytest.raises(SourceError, match=r"第 1 行.*无法保存"):
        read_faqs(tmp_path / "kb.jsonl")


def test_a_question_that_is_there_twice_is_named_where_there_are_no_ids(tmp_path: Path) -> None:
    (tmp_path / "kb.csv").write_text("question,answer\n问,答\n问,答二\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"字段 question：标准问与第 2 行重复"):
        read_faqs(tmp_path / "kb.csv")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".yaml"])
def test_utf_16_is_named_with_what_to_do(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"kb{suffix}").write_text("question,answer\n问,答\n", encoding="utf-16")
    with pytest.raises(InputError, match=r"UTF-16.*另存为 UTF-8"):
        read_faqs(tmp_path / f"kb{suffix}")
