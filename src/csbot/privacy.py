"""Masking of personal data in whatever is logged, traced or handed on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from csbot.models import Slot

_HALF_WIDTH = {
    code: code - 0xFEE0
    for span in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    for code in range(span[0], span[1] + 1)
}
"""Full-width digits and letters; everything else stays as it was typed."""
_GAP = r"[\s\-–—.·]{0,2}"
_PHONE = re.compile(rf"(?<!\d)(1{_GAP}[3-9]{_GAP}\d)((?:{_GAP}\d){{4}})((?:{_GAP}\d){{4}})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[\s\-]?\d{7,8}(?!\d)")
_LONG_ID = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{0,6}\d{2})\d{2,}(\d{2}|\d[Xx])(?!\d)(?<=[0-9Xx]{6})")
_EMAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+\.)+[A-Za-z]{2,}")
_ADDRESS = re.compile(
    r"[\u4e00-\u9fff]{2,6}(?:路|街|道|巷|弄)\d+[号弄][\d\-号楼栋幢单元室层]*|\d+(?:号楼|栋|幢|号院)[\d\-单元室层户号]*|\d+单元\d+[室户]?|\d{1,4}-\d{1,3}-\d{2,4}"
)


def mask(text: str, names: Iterable[str] = ()) -> str:
    """``text`` with phones, long ids, e-mails, door numbers and the given names covered.

    >>> mask("我叫林晓燕，13800000001，单号QH202611030012", names=["林晓燕"])
    '我叫林**，138****0001，单号QH20******12'
    """
    text = text.translate(_HALF_WIDTH)
    text = _PHONE.sub(lambda m: f"{_digits(m.group(1))}****{_digits(m.group(3))}", text)
    text = _LANDLINE.sub(r"\1-********", text)
    text = _LONG_ID.sub(lambda m: f"{m.group(1)}{'*' * 6}{m.group(2)}", text)
    text = _EMAIL.sub(r"\1***@***", text)
    text = _ADDRESS.sub("***", text)
    for name in names:
        if len(name) >= 2:
            text = text.replace(name, name[0] + "*" * (len(name) - 1))
    return text


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def mask_value(name: str, value: str) -> str:
    """A slot's value, covered as its kind asks for.

    >>> mask_value("name", "林晓燕")
    '林**'
    """
    return value[:1] + "*" * (len(value) - 1) if name == "name" else mask(value)


def mask_spans(text: str, slots: Sequence[Slot], names: Iterable[str] = ()) -> str:
    """`mask`, after covering the slots found in ``text`` by their spans: they are known however oddly they are written."""
    for slot in sorted(slots, key=lambda slot: slot.span, reverse=True):
        start, end = slot.span
        text = text[:start] + mask_value(slot.name, slot.value) + text[end:]
    return mask(text, names)
