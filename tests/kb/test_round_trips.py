"""What is written is read back as it was, in all four formats."""

from __future__ import annotations

import csv
from datetime import datetime, timezone
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csbot.errors import InputError, SourceError
from csbot.kb.export import MOST_UNITS, write_faqs
from csbot.kb.records import FIELDS
from csbot.kb.sources import SUFFIXES, read_faqs
from csbot.models import Faq

CHARACTERS = st.one_of(
    st.sampled_from("退货发票门锁？|｜,;=+-@#\"'\n\t :[]{}&*%!><\\/n0aZ😀　"),
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")),
)
TEXT = st.text(CHARACTERS, min_size=1, max_size=12).filter(str.strip)
PART = TEXT.map(str.strip)
"""Parts of a list cell; space around them is no part of them."""
MOMENT = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc))


def faqs_of(part: st.SearchStrategy[str]) -> st.SearchStrategy[list[Faq]]:
    entry = st.fixed_dictionaries(
        {"question": TEXT, "answer": TEXT},
        optional={
            "similar": st.lists(part, max_size=3).map(tuple),
            "category": TEXT,
            "tags": st.lists(part, max_size=2).map(tuple),
            "related": st.lists(part, max_size=2).map(tuple),
            "status": st.sampled_from(["active", "draft", "archived"]),
            "valid_until": MOMENT,
            "channel_answers": st.dictionaries(st.sampled_from(["wechat", "web", "淘宝"]), TEXT, max_size=2),
            "action": st.just("order_progress"),
        },
    )
    return st.lists(entry, min_size=1, max_size=3).map(lambda rows: [Faq(id=f"f{i}", **row) for i, row in enumerate(rows)])


SETTINGS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("suffix", [".jsonl", ".yaml", ".yml"])
@SETTINGS
@given(faqs=faqs_of(TEXT))
def test_jsonl_and_yaml_keep_every_text_as_it_was(tmp_path: Path, suffix: str, faqs: list[Faq]) -> None:
    write_faqs(faqs, tmp_path / f"kb{suffix}")
    assert read_faqs(tmp_path / f"kb{suffix}") == faqs


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@SETTINGS
@given(faqs=faqs_of(PART))
def test_csv_and_xlsx_keep_every_text_as_it_was(tmp_path: Path, suffix: str, faqs: list[Faq]) -> None:
    write_faqs(faqs, tmp_path / f"kb{suffix}")
    assert read_faqs(tmp_path / f"kb{suffix}") == faqs


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_round_trip_keeps_the_fixture_with_all_fields_used(tmp_path: Path, suffix: str, faqs: list[Faq]) -> None:
    full = Faq(
        id="007", question="=1+1|问", similar=("a|b",), answer="答\n“案”", category="类", tags=("标|签",), status="draft",
        valid_from=datetime(2026, 1, 1, tzinfo=timezone.utc), valid_until=datetime(2027, 1, 1, tzinfo=timezone.utc),
        channel_answers={"wechat": "微信"}, related=("ship-fee",), action="order_progress",
    )  # fmt: skip
    write_faqs([*faqs, full], tmp_path / f"kb{suffix}")
    assert read_faqs(tmp_path / f"kb{suffix}") == [*faqs, full]


def test_a_csv_opens_in_excel_as_utf8_with_one_row_per_faq(tmp_path: Path, faqs: list[Faq]) -> None:
    write_faqs(faqs, tmp_path / "kb.csv")
    assert (tmp_path / "kb.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "kb.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(FIELDS)
    assert len(rows) == len(faqs) + 1


def test_a_text_that_begins_like_a_formula_stays_text_in_a_workbook(tmp_path: Path) -> None:
    write_faqs([Faq(id="a", question="=HYPERLINK(1)", answer="+86 打电话")], tmp_path / "kb.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "kb.xlsx").worksheets[0]
    assert [(sheet["B2"].value, sheet["B2"].data_type), (sheet["D2"].value, sheet["D2"].data_type)] == [
        ("=HYPERLINK(1)", "s"),
        ("+86 打电话", "s"),
    ]


def test_a_format_that_is_not_known_is_refused_and_nothing_is_written(tmp_path: Path, faqs: list[Faq]) -> None:
    with pytest.raises(InputError, match=r"kb\.docx"):
        write_faqs(faqs, tmp_path / "kb.docx")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_file_that_was_there(tmp_path: Path, faqs: list[Faq]) -> None:
    with pytest.raises(InputError, match="无法写入"):
        write_faqs(faqs, tmp_path / "absent" / "kb.csv")
    (tmp_path / "kb.csv").mkdir()
    with pytest.raises(InputError, match="无法写入"):
        write_faqs(faqs, tmp_path / "kb.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["kb.csv"]


def long_faq(units: int, **fields: object) -> Faq:
    return Faq.model_validate({"id": "long", "question": "问", "answer": "答" * units} | fields)


def test_a_text_that_fills_a_cell_is_kept_and_a_longer_one_is_refused_by_row_and_field(tmp_path: Path, faqs: list[Faq]) -> None:
    """Excel's own limit; the library would cut the rest off without a word."""
    place = tmp_path / "kb.xlsx"
    write_faqs([faqs[0], long_faq(MOST_UNITS)], place)
    assert read_faqs(place)[1].answer == "答" * MOST_UNITS
    before = place.read_bytes()
    many = long_faq(1, similar=["问" * 20_000, "说" * 20_000])
    with pytest.raises(SourceError, match="32768 个字符") as caught:
        write_faqs([faqs[0], long_faq(MOST_UNITS + 1), many], place)
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [(3, "answer"), (4, "similar")]
    assert place.read_bytes() == before


def test_a_cell_is_measured_as_excel_counts_it(tmp_path: Path) -> None:
    """A face counts twice there."""
    with pytest.raises(SourceError, match="40000"):
        write_faqs([long_faq(1, answer="😀" * 20_000)], tmp_path / "kb.xlsx")


@pytest.mark.parametrize("suffix", [".jsonl", ".yaml", ".csv"])
def test_the_other_formats_hold_a_text_of_any_length(tmp_path: Path, suffix: str) -> None:
    write_faqs([long_faq(MOST_UNITS + 1)], tmp_path / f"kb{suffix}")
    assert read_faqs(tmp_path / f"kb{suffix}") == [long_faq(MOST_UNITS + 1)]


@pytest.mark.parametrize(("suffix", "row"), [(".jsonl", 2), (".yaml", 2), (".csv", 3), (".xlsx", 3)])
def test_half_a_character_is_refused_by_row_and_field_and_nothing_is_written(
    tmp_path: Path, faqs: list[Faq], suffix: str, row: int
) -> None:
    wrong = Faq(id="half", question="问", similar=("半个\ud83d",), answer="答", channel_answers={"web": "\udc00"})
    with pytest.raises(SourceError, match="半个字符") as caught:
        write_faqs([faqs[0], wrong], tmp_path / f"kb{suffix}")
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [(row, "similar"), (row, "channel_answers")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("suffix", "answer"),
    [
        (".csv", "答\0案"), (".csv", "长" * 131_073), (".yaml", "答\x85案"), (".yml", "\x85"), (".xlsx", "答\x07案"),
        (".xlsx", "答\uffff"),
    ],
    ids=ascii,
)  # fmt: skip
def test_what_could_not_be_read_back_is_refused_and_jsonl_holds_it(tmp_path: Path, suffix: str, answer: str) -> None:
    faq = Faq(id="a", question="问", answer=f"一{answer}二")
    with pytest.raises(SourceError, match="jsonl") as caught:
        write_faqs([faq], tmp_path / f"kb{suffix}")
    assert [fault.field for fault in caught.value.faults] == ["answer"]
    assert list(tmp_path.iterdir()) == []
    write_faqs([faq], tmp_path / "kb.jsonl")
    assert read_faqs(tmp_path / "kb.jsonl") == [faq]
