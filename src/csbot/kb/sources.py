"""Reading and writing FAQ files: ``.jsonl``, ``.csv``, ``.yaml``, ``.xlsx``; every fault is reported, with line and field."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from csbot.errors import Fault, InputError, SourceError
from csbot.models import Faq

SUFFIXES = (".jsonl", ".csv", ".yaml", ".yml", ".xlsx")
FIELDS = tuple(Faq.model_fields)
LISTS = ("similar", "tags", "related")
FOREVER = 9999
"""Systems that must have an end date write 9999-12-31 for "never"."""
MAX_BYTES = 256 * 1024 * 1024

HEADERS = {
    "编号": "id", "知识id": "id", "标准问": "question", "标准问题": "question", "问题": "question",
    "相似问": "similar", "相似问题": "similar", "扩展问": "similar", "相似问法": "similar",
    "答案": "answer", "回答": "answer", "回复": "answer", "分类": "category", "类目": "category", "类别": "category",
    "标签": "tags", "状态": "status", "生效时间": "valid_from", "开始时间": "valid_from", "失效时间": "valid_until",
    "结束时间": "valid_until", "渠道答案": "channel_answers", "关联": "related", "关联问": "related", "相关问题": "related",
    "动作": "action", "意图": "action",
}  # fmt: skip
"""Column titles in use by Chinese knowledge base tools, and the field each stands for."""

Record = tuple[int | None, dict[str, Any]]


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
    faqs = _to_faqs(records, faults)
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
    faqs = _to_faqs(records, faults)
    if faults:
        raise SourceError("(rows)", faults)
    return faqs


def write_faqs(faqs: Sequence[Faq], path: str | os.PathLike[str]) -> None:
    """Write FAQs to a ``.jsonl``, ``.csv``, ``.yaml`` or ``.xlsx`` file, which `read_faqs` reads back as they were."""
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix == ".jsonl":
        text = "".join(json.dumps(_plain(faq), ensure_ascii=False) + "\n" for faq in faqs)
        data = text.encode()
    elif suffix in (".yaml", ".yml"):
        data = yaml.safe_dump([_plain(faq) for faq in faqs], allow_unicode=True, sort_keys=False).encode()
    elif suffix == ".csv":
        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows([FIELDS, *map(_cells, faqs)])
        data = buffer.getvalue().encode("utf-8-sig")  # with BOM, so that Excel reads it as UTF-8
    elif suffix == ".xlsx":
        data = _xlsx_bytes([FIELDS, *map(_cells, faqs)])
    else:
        raise InputError(f"{file}：不支持的格式，请用 {' '.join(SUFFIXES)} | unknown kind of file", path=file)
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(file)
    except OSError as error:
        raise InputError(f"无法写入 {file}：{error} | can't write", path=file) from None
    finally:
        temporary.unlink(missing_ok=True)


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
    try:
        node = yaml.compose(decode(file, data), Loader=yaml.SafeLoader)
        rows = yaml.safe_load(decode(file, data))
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # also impossible dates
        mark = getattr(error, "problem_mark", None)
        faults.append(Fault(mark.line + 1 if mark else None, None, f"不是有效的 YAML：{error} | not YAML"))
        return
    if not isinstance(rows, list):
        faults.append(Fault(1, None, "应是一个列表 | must be a list of FAQs"))
        return
    lines = [item.start_mark.line + 1 for item in node.value] if node is not None else []
    for number, row in zip(lines, rows, strict=True):
        if isinstance(row, dict):
            yield number, row
        else:
            faults.append(Fault(number, None, "应是键值对 | must be a mapping"))


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


def split_list(cell: str) -> list[str]:
    r"""Parts of a cell separated by ``|`` or newlines; ``\|``, ``\n`` and ``\\`` stand for a bar, a newline and a backslash.

    >>> split_list("a|b\nc"), split_list(r"x\|y|z")
    (['a', 'b', 'c'], ['x|y', 'z'])
    """
    parts, current = [], ""
    for piece in re.findall(r"\\[|｜n\\]|[|｜]|\r?\n|[^\\|｜\r\n]+|.", cell):
        if piece in ("|", "｜", "\n", "\r\n"):
            parts.append(current)
            current = ""
        else:
            current += _UNESCAPED.get(piece, piece)
    return [part.strip() for part in [*parts, current] if part.strip()]


_UNESCAPED = {"\\|": "|", "\\｜": "｜", "\\n": "\n", "\\\\": "\\"}


def join_list(parts: Sequence[str]) -> str:
    """The cell that `split_list` takes apart again."""
    escaped = (part.replace("\\", "\\\\").replace("|", "\\|").replace("｜", "\\｜").replace("\n", "\\n") for part in parts)
    return "|".join(escaped)


def _to_faqs(records: Iterable[Record], faults: list[Fault]) -> list[Faq]:
    faqs: list[Faq] = []
    seen: dict[str, int | None] = {}
    for line, row in records:
        row = {HEADERS.get(key, key) if isinstance(key, str) else str(key): value for key, value in row.items()}
        row = {key: value for key, value in row.items() if value is not None}
        row = {key: split_list(value) if key in LISTS and isinstance(value, str) else value for key, value in row.items()}
        if isinstance(row.get("id"), int):
            row["id"] = str(row["id"])
        if not row.get("id"):
            row["id"] = "faq-" + hashlib.sha256(str(row.get("question", "")).strip().encode()).hexdigest()[:10]
        row["valid_from"] = _begin_of_day(row.get("valid_from"))
        row["valid_until"] = _end_of_day(row.get("valid_until"))
        try:
            faq = Faq.model_validate(row)
            faq.model_dump_json()
        except ValidationError as error:
            for problem in error.errors():
                field = ".".join(map(str, problem["loc"])) or None
                faults.append(Fault(line, field, _reason(problem)))
            continue
        except ValueError as error:
            faults.append(Fault(line, None, f"含有无法保存的字符：{error} | characters that can't be stored"))
            continue
        if faq.id in seen:
            faults.append(Fault(line, "id", f"id {faq.id} 与第 {seen[faq.id]} 行重复 | this id is there twice"))
        seen.setdefault(faq.id, line)
        faqs.append(faq)
    return faqs


def _reason(problem: Any) -> str:
    if problem["type"] == "missing":
        return "缺少必填字段 | required"
    if problem["type"] == "extra_forbidden":
        return f"未知字段，可用：{'、'.join(FIELDS)} | unknown field"
    shown = repr(problem["input"])
    return f"{problem['msg'].removeprefix('Value error, ')}（得到 {shown[:60]}）"


def _date(value: Any) -> Any:
    """A bare date (2026-01-05, 2026/1/5, 2026年1月5日) as a date, blank as None, anything else as it is."""
    if not isinstance(value, str):
        return value
    parts = re.split(r"[-/.年月]", value.strip().rstrip("日"))
    try:
        return date(*map(int, parts)) if len(parts) == 3 else value.strip() or None
    except ValueError:
        return value


def _begin_of_day(value: Any) -> Any:
    """A bare date as the first valid day: from the midnight that begins it."""
    value = _date(value)
    bare = isinstance(value, date) and not isinstance(value, datetime)
    return datetime.combine(value, time()) if bare else value


def _end_of_day(value: Any) -> Any:
    """A bare date as the last valid day: until the midnight that ends it."""
    value = _date(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return None if value.year >= FOREVER else datetime.combine(value + timedelta(days=1), time())
    return value


def _plain(faq: Faq) -> dict[str, Any]:
    return faq.model_dump(mode="json", exclude_defaults=True)


def _cells(faq: Faq) -> list[str]:
    row = faq.model_dump(mode="json")
    cells = []
    for field in FIELDS:
        value = row[field]
        if field in LISTS:
            cells.append(join_list(value))
        elif field == "channel_answers":
            cells.append(json.dumps(value, ensure_ascii=False) if value else "")
        else:
            cells.append("" if value is None else str(value))
    return cells


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that XML, and so a workbook, can't hold."""


def _xlsx_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append([_UNPRINTABLE.sub("", cell) for cell in row])
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"  # a leading "=" is text here, never a formula
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
