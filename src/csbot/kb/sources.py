"""Reading FAQ files: ``.jsonl``, ``.csv``, ``.yaml``, ``.xlsx``; every fault is reported, with line and field."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

from csbot.errors import Fault, InputError, SourceError
from csbot.kb.records import FIELDS, HEADERS, LISTS, Record, split_list, to_faqs
from csbot.models import Faq
from csbot.resources import yaml_node, yaml_value

SUFFIXES = (".jsonl", ".csv", ".yaml", ".yml", ".xlsx")
MAX_BYTES = 256 * 1024 * 1024


def read_faqs(path: str | os.PathLike[str]) -> list[Faq]:
    """Read an FAQ file; the format is told by the suffix, the encoding is UTF-8 (with or without BOM) or GB18030.

    A row without id gets one from the hash of its question, so that it stays the same from file to file.

    :raises InputError: the file is absent, of another kind, empty or no text.
    :raises SourceError: rows have faults; all of them are listed.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{file}：不支持的格式，请用 {' '.join(SUFFIXES)} | unknown kind of file", path=file)
    data = read_bytes(file)
    faults: list[Fault] = []
    readers = {".jsonl": _read_jsonl, ".csv": _read_csv, ".yaml": _read_yaml, ".yml": _read_yaml, ".xlsx": _read_xlsx}
    records = list(readers[suffix](file, data, faults))
    faqs = to_faqs(records, faults)
    if faults:
        raise SourceError(file, sorted(faults, key=lambda fault: fault.line or 0))
    if not faqs:
        raise InputError(f"{file} 里没有任何知识条目 | the file has no FAQ", path=file)
    return faqs


def coerce(rows: Iterable[Faq | Mapping[str, Any]]) -> list[Faq]:
    """FAQs from objects or dicts.

    :raises SourceError: rows have faults; all of them are listed.
    """
    faults: list[Fault] = []
    records: list[Record] = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Faq):
            records.append((number, row.model_dump()))
        elif isinstance(row, Mapping):
            records.append((number, dict(row)))
        else:
            faults.append(Fault(number, None, f"应是 Faq 或字典，得到 {type(row).__name__} | must be a Faq or a dict"))
    faqs = to_faqs(records, faults)
    if faults:
        raise SourceError("(rows)", faults)
    return faqs


def read_bytes(file: Path) -> bytes:
    """Contents of a file.

    :raises InputError: absent, a directory, unreadable, empty or larger than `MAX_BYTES`.
    """
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{file} 有 {size} 字节，超过上限 {MAX_BYTES} | too large", path=file)
        data = file.read_bytes()
    except FileNotFoundError:
        raise InputError(f"找不到文件 {file}，请检查路径 | file not found, check the path", path=file) from None
    except OSError as error:
        raise InputError(f"无法读取 {file}：{error} | can't read", path=file) from None
    if not data.strip():
        raise InputError(f"{file} 是空文件 | the file is empty", path=file)
    return data


def decode(file: Path, data: bytes) -> str:
    """Text of a file in UTF-8 (with or without BOM) or GB18030.

    :raises InputError: it is neither; the message has the line of the first wrong byte.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{file} 是 UTF-16 编码，请另存为 UTF-8 | UTF-16, save it as UTF-8", path=file)
    if b"\0" in data:
        raise InputError(f"{file} 是二进制文件，不是文本 | a binary file, not text", path=file)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        raise InputError(
            f"{file} 第 {line} 行既不是 UTF-8 也不是 GB18030，请另存为 UTF-8 | neither UTF-8 nor GB18030", path=file, line=line
        ) from None


def _read_jsonl(file: Path, data: bytes, faults: list[Fault]) -> Iterator[Record]:
    for number, line in enumerate(decode(file, data).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:  # also integers of thousands of digits
            faults.append(Fault(number, None, f"不是有效的 JSON：{error} | not JSON"))
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            faults.append(Fault(number, None, "应是 JSON 对象 | must be a JSON object"))


def _read_yaml(file: Path, data: bytes, faults: list[Fault]) -> Iterator[Record]:
    import yaml

    text = decode(file, data)
    try:
        node = yaml_node(text)
    except (yaml.YAMLError, RecursionError) as error:
        faults.append(not_yaml(error))
        return
    if not isinstance(node, yaml.SequenceNode):
        faults.append(Fault(1, None, "应是一个列表 | must be a list of FAQs"))
        return
    for item in node.value:
        number = item.start_mark.line + 1
        try:
            row = yaml_value(item)
        except (yaml.YAMLError, ValueError, RecursionError) as error:  # also impossible dates
            faults.append(not_yaml(error, number))
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            faults.append(Fault(number, None, "应是键值对 | must be a mapping"))


def not_yaml(error: Exception, line: int | None = None) -> Fault:
    """The fault of a text that is no YAML, in the line that the error names, else in ``line``."""
    mark = getattr(error, "problem_mark", None)
    return Fault(mark.line + 1 if mark else line, None, f"不是有效的 YAML：{error} | not YAML")


def _read_csv(file: Path, data: bytes, faults: list[Fault]) -> Iterator[Record]:
    text = decode(file, data)
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        titles = next(reader, [])
        columns = _columns(titles, faults)
        if columns is None:
            return
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _from_cells(columns, cells, reader.line_num, faults)
    except csv.Error as error:
        faults.append(Fault(reader.line_num, None, f"CSV 有误：{error} | broken CSV"))


def _read_xlsx(file: Path, data: bytes, faults: list[Fault]) -> Iterator[Record]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    except Exception as error:  # a damaged workbook makes zip, zlib, XML and openpyxl raise whatever they like
        raise InputError(f"{file} 不是有效的 xlsx 文件：{error} | not an xlsx workbook", path=file) from None
    if not rows:
        return
    columns = _columns(["" if cell is None else str(cell) for cell in rows[0]], faults)
    if columns is None:
        return
    for number, cells in enumerate(rows[1:], start=2):
        if any(cell not in (None, "") for cell in cells):
            plain = [_plain_cell(cell) for cell in cells]
            yield number, _from_cells(columns, plain, number, faults)


def _plain_cell(cell: Any) -> str:
    """A cell as text. Excel keeps ids and phones as floats (12.0 is meant as 12) and dates as midnights."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _columns(titles: Sequence[str], faults: list[Fault]) -> list[str | None] | None:
    """Field of each column; unknown titles are faults, an empty title is a column to skip."""
    columns: list[str | None] = []
    for title in titles:
        name = title.strip().lower()
        field = name if name in FIELDS else HEADERS.get(name)
        if field is None and name:
            faults.append(Fault(1, title.strip(), f"未知的列，可用：{'、'.join(FIELDS)} 或中文表头 | unknown column"))
        if field is not None and field in columns:
            faults.append(Fault(1, title.strip(), "列重复 | this column is there twice"))
        columns.append(field)
    if "question" not in columns:
        faults.append(Fault(1, "question", "缺少“标准问/question”列 | the column is missing"))
        return None
    return columns


def _from_cells(columns: Sequence[str | None], cells: Sequence[Any], line: int, faults: list[Fault]) -> dict[str, Any]:
    if any(str(cell).strip() for cell in cells[len(columns) :]):
        faults.append(Fault(line, None, f"有 {len(cells)} 格，表头只有 {len(columns)} 列 | more cells than columns"))
    row: dict[str, Any] = {}
    for field, cell in zip(columns, cells, strict=False):
        if field is None or cell == "":
            continue
        if field == "channel_answers":
            try:
                row[field] = json.loads(cell)
            except (ValueError, RecursionError) as error:
                faults.append(Fault(line, field, f'应是 JSON 对象，如 {{"wechat": "…"}}：{error} | must be a JSON object'))
        else:
            row[field] = split_list(cell) if field in LISTS else cell
    return row
