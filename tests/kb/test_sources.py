"""Reading FAQ files of four kinds as people make them: Chinese titles, BOM, GB18030, lists, dates."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pytest

from csbot.kb.records import HEADERS
from csbot.kb.sources import coerce, read_faqs
from csbot.models import CHINA, Faq

CHINESE = "编号,标准问,相似问,答案,分类,标签,状态\nf1,多久发货,几天发货|什么时候发,48 小时内,物流,发货|时效,草稿\n"
EXPECTED = Faq(
    id="f1", question="多久发货", similar=("几天发货", "什么时候发"), answer="48 小时内", category="物流",
    tags=("发货", "时效"), status="draft",
)  # fmt: skip


def write(place: Path, text: str | bytes) -> Path:
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_with_chinese_titles_is_read_in_utf8_with_or_without_bom_and_in_gb18030(tmp_path: Path, encoding: str) -> None:
    assert read_faqs(write(tmp_path / "a.csv", CHINESE.encode(encoding))) == [EXPECTED]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_jsonl_and_yaml_take_chinese_keys_and_the_same_encodings(tmp_path: Path, encoding: str) -> None:
    lines = '{"编号": "f1", "标准问": "多久发货", "相似问": ["几天发货", "什么时候发"], "答案": "48 小时内", "分类": "物流",'
    lines += ' "标签": "发货|时效", "状态": "未发布"}\n\n'
    assert read_faqs(write(tmp_path / "a.jsonl", lines.encode(encoding))) == [EXPECTED]
    entry = "- {编号: f1, 标准问: 多久发货, 相似问: [几天发货, 什么时候发], 答案: 48 小时内, 分类: 物流,"
    entry += " 标签: 发货|时效, 状态: draft}\n"
    assert read_faqs(write(tmp_path / "a.yml", entry.encode(encoding))) == [EXPECTED]


def test_a_workbook_is_read_from_its_first_sheet_with_numbers_as_people_see_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["编号", "标准问", "相似问", "答案", None, "失效时间"])
    book.worksheets[0].append([12, "多久发货", "几天发货\n什么时候发", 48.0, "备注不读", datetime(2026, 1, 1, 18)])
    book.worksheets[0].append([None] * 6)
    book.worksheets[0].append([None, "怎么退货", None, "七天内", None, None])
    book.create_sheet("别的").append(["不", "读"])
    book.save(tmp_path / "a.xlsx")
    first, second = read_faqs(tmp_path / "a.xlsx")
    assert (first.id, first.similar, first.answer) == ("12", ("几天发货", "什么时候发"), "48")
    assert first.valid_until == datetime(2026, 1, 1, 18, tzinfo=CHINA)
    assert (second.question, second.similar) == ("怎么退货", ())


@pytest.mark.parametrize("title", sorted(HEADERS))
def test_each_chinese_title_stands_for_its_field(tmp_path: Path, title: str) -> None:
    values = {"channel_answers": '{"wechat": "微信答"}', "status": "停用", "action": "order_progress"}
    values |= {"valid_from": "2020-01-01", "valid_until": "2030-01-01"}
    value = values.get(HEADERS[title], "值")
    others = [field for field in ("question", "answer") if field != HEADERS[title]]
    text = ",".join([title, *others]) + "\n" + ",".join(['"' + value.replace('"', '""') + '"', *["别的"] * len(others)]) + "\n"
    (faq,) = read_faqs(write(tmp_path / "a.csv", text))
    untouched = Faq(id="x", question="别的", answer="别的")
    assert getattr(faq, HEADERS[title]) != getattr(untouched, HEADERS[title])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_of_a_csv_is_told_by_its_title_line(tmp_path: Path, separator: str) -> None:
    text = separator.join(["id", "question", "answer"]) + "\n" + separator.join(["a", "问", "答"]) + "\n"
    assert read_faqs(write(tmp_path / "a.csv", text)) == [Faq(id="a", question="问", answer="答")]


def test_cells_of_a_csv_may_hold_line_breaks_quotes_and_separators(tmp_path: Path) -> None:
    text = 'id,question,similar,answer\r\na,"退货,换货？","说""退""\n要退","第一步\n第二步"\r\n\r\n,,,\r\n'
    (faq,) = read_faqs(write(tmp_path / "a.csv", text))
    assert (faq.question, faq.similar, faq.answer) == ("退货,换货？", ('说"退"', "要退"), "第一步\n第二步")


def test_list_cells_split_on_bars_of_both_widths_and_keep_escaped_ones(tmp_path: Path) -> None:
    (faq,) = read_faqs(write(tmp_path / "a.csv", "question,similar,answer\n问,一|二｜三 | |a\\|b,答\n"))
    assert faq.similar == ("一", "二", "三", "a|b")


def test_an_entry_without_id_gets_one_from_its_question_the_same_in_every_file(tmp_path: Path) -> None:
    first = read_faqs(write(tmp_path / "a.csv", "question,answer\n多久发货,两天\n怎么退货,七天\n"))
    second = read_faqs(write(tmp_path / "b.jsonl", '{"question": "怎么退货", "answer": "改了"}\n'))
    assert first[1].id == second[0].id
    assert first[0].id != first[1].id
    assert coerce([{"question": "怎么退货", "answer": "x"}])[0].id == second[0].id


@pytest.mark.parametrize("value", ["2026-12-31", date(2026, 12, 31)])
def test_a_bare_last_day_lasts_until_its_midnight_and_a_first_day_begins_with_it(value: object) -> None:
    (faq,) = coerce([{"question": "问", "answer": "答", "valid_from": value, "valid_until": value}])
    assert faq.valid_from == datetime(2026, 12, 31, tzinfo=CHINA)
    assert faq.valid_until == datetime(2027, 1, 1, tzinfo=CHINA)
    assert faq.is_valid(datetime(2026, 12, 31, 23, 59, tzinfo=CHINA))
    assert not faq.is_valid(datetime(2027, 1, 1, tzinfo=CHINA))


def test_a_date_in_a_workbook_means_what_it_means_in_a_csv(tmp_path: Path) -> None:
    """Excel keeps a date as its midnight; it is still the last day."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["标准问", "答案", "失效时间", "标签"])
    book.worksheets[0].append(["问", "答", datetime(2026, 12, 31), datetime(2026, 5, 1)])
    book.save(tmp_path / "a.xlsx")
    (faq,) = read_faqs(tmp_path / "a.xlsx")
    assert faq.valid_until == datetime(2027, 1, 1, tzinfo=CHINA)
    assert faq.tags == ("2026-05-01",)


def test_the_last_day_of_year_9999_means_that_there_is_no_end() -> None:
    assert coerce([{"question": "问", "answer": "答", "valid_until": "9999-12-31"}])[0].valid_until is None


def test_a_moment_with_its_zone_is_kept_to_the_second() -> None:
    (faq,) = coerce([{"question": "问", "answer": "答", "valid_until": "2026-12-31T08:00:00+08:00"}])
    assert faq.valid_until == datetime(2026, 12, 31, 8, tzinfo=timezone(timedelta(hours=8)))


def test_yaml_dates_numbers_and_empty_values_are_taken_as_meant(tmp_path: Path) -> None:
    text = "- id: 7\n  question: 问\n  answer: 答\n  similar:\n  category: null\n  valid_until: 2026-12-31\n"
    (faq,) = read_faqs(write(tmp_path / "a.yaml", text))
    assert (faq.id, faq.similar, faq.category) == ("7", (), "")
    assert faq.valid_until == datetime(2027, 1, 1, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("word", "status"),
    [("生效", "active"), ("", "active"), ("待生效", "draft"), ("已失效", "archived"), (" Archived ", "archived")],
)
def test_status_words_of_chinese_tools_are_understood(word: str, status: str) -> None:
    assert coerce([{"question": "问", "answer": "答", "status": word}])[0].status == status


def test_objects_and_dicts_are_taken_as_they_are(faqs: list[Faq]) -> None:
    assert coerce(faqs) == faqs
    assert coerce([faq.model_dump(mode="json") for faq in faqs]) == faqs


def test_the_sample_file_is_read_whole() -> None:
    path = Path(__file__).parents[2] / "data" / "faq.csv"
    read = read_faqs(path)
    assert len({faq.id for faq in read}) == len(read) >= 120
    assert all(faq.answer for faq in read if not faq.action)
