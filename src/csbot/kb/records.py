"""From the rows of a file to FAQs: fields and their Chinese titles, list cells, dates; every fault is collected."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import ValidationError

from csbot.errors import Fault, shown
from csbot.models import Faq

FIELDS = tuple(Faq.model_fields)
LISTS = ("similar", "tags", "related")
FOREVER = 9999
"""Systems that must have an end date write 9999-12-31 for "never"."""
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
"""Line or row in the file, where known, and the fields of one FAQ."""


def to_faqs(records: Iterable[Record], faults: list[Fault]) -> list[Faq]:
    """The FAQs that the records hold; what is wrong with the others goes into ``faults``."""
    faqs: list[Faq] = []
    seen: dict[str, int | None] = {}
    for line, row in records:
        row = {HEADERS.get(key, key) if isinstance(key, str) else str(key): value for key, value in row.items()}
        row = {key: value for key, value in row.items() if value is not None}
        row = {key: split_list(value) if key in LISTS and isinstance(value, str) else value for key, value in row.items()}
        if isinstance(row.get("id"), int):
            row["id"] = str(row["id"])
        if unnamed := not row.get("id"):
            row["id"] = _id_of(row.get("question", ""))
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
            same, english = ("标准问", "question") if unnamed else (f"id {faq.id} ", "id")
            faults.append(Fault(line, english, f"{same}与第 {seen[faq.id]} 行重复 | this {english} is there twice"))
        seen.setdefault(faq.id, line)
        faqs.append(faq)
    return faqs


def _id_of(question: Any) -> str:
    """The same id for the same question in every file; a question that is no text, or none to be stored, is a fault later."""
    text = question if isinstance(question, str) else ""
    return "faq-" + hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:10]


def _reason(problem: Any) -> str:
    if problem["type"] == "missing":
        return "缺少必填字段 | required"
    if problem["type"] == "extra_forbidden":
        return f"未知字段，可用：{'、'.join(FIELDS)} | unknown field"
    return f"{problem['msg'].removeprefix('Value error, ')}（得到 {shown(problem['input'])}）"


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
