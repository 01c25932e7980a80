"""Writing FAQs to files, which `csbot.kb.sources.read_faqs` reads back as they were."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from csbot.errors import Fault, InputError, SourceError
from csbot.kb.records import FIELDS, LISTS, join_list
from csbot.kb.sources import SUFFIXES
from csbot.models import Faq

MOST_UNITS = 32_767
"""UTF-16 units that a cell of a workbook holds (Excel's specifications and limits); openpyxl silently cuts off the rest."""
_LOST = {
    ".csv": re.compile(r"\x00"),
    ".yaml": re.compile(r"\x85"),
    ".yml": re.compile(r"\x85"),
    ".xlsx": re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"),
}
"""Characters that would not come back: what reads a file takes them for another, or for the sign that it is no text."""
TABLES = (".csv", ".xlsx")
"""Files that begin with a row of titles."""


def write_faqs(faqs: Sequence[Faq], path: str | os.PathLike[str]) -> None:
    """Write FAQs to a ``.jsonl``, ``.csv``, ``.yaml`` or ``.xlsx`` file; what was there stays if that fails.

    :raises InputError: another kind of file, or it can't be written.
    :raises SourceError: texts that the file can't hold, all of them listed, with row and field.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if faults := _unwritable(faqs, suffix):
        raise SourceError(file, faults)
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


def _unwritable(faqs: Sequence[Faq], suffix: str) -> list[Fault]:
    """Half characters, others that the file would lose, and texts longer than a cell; by the row that the FAQ would have."""
    faults = []
    lost = _LOST.get(suffix)
    for row, faq in enumerate(faqs, start=2 if suffix in TABLES else 1):
        for field, text in zip(FIELDS, _cells(faq), strict=True):
            try:
                units = len(text.encode("utf-16-le")) // 2
            except UnicodeEncodeError:
                faults.append(
                    Fault(row, field, "含有半个字符（孤立的代理码位），请改正 | holds half a character (a lone surrogate)")
                )
                continue
            if lost and (found := lost.search(text)):
                what = (
                    f"含有 {suffix} 存不下的字符 {found.group()!r}，请改正，或用 .jsonl | holds a character that would be lost"
                )
                faults.append(Fault(row, field, what))
            if suffix == ".csv" and len(text) > csv.field_size_limit():
                what = f"有 {len(text)} 字，CSV 一格最多 {csv.field_size_limit()} 字，请用 .jsonl | too long, use .jsonl"
                faults.append(Fault(row, field, what))
            if suffix == ".xlsx" and units > MOST_UNITS:
                what = f"有 {units} 个字符，Excel 单元格最多 {MOST_UNITS} 个，请用 .jsonl | too long for a cell, use .jsonl"
                faults.append(Fault(row, field, what))
    return faults


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


def _xlsx_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"  # a leading "=" is text here, never a formula
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
