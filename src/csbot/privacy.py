"""Masking of personal data in whatever is logged, traced or handed on."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)([\s\-–—.]{0,2}\d){4}((?:[\s\-–—.]{0,2}\d){4})(?!\d)")
_LONG_ID = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{0,6}\d{2})\d{4,}(\d{4}|\d{3}[Xx])(?!\d)")
_EMAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+\.)+[A-Za-z]{2,}")
_ADDRESS = re.compile(
    r"[\u4e00-\u9fff0-9]{0,4}?\d+(?:号楼|栋|幢|号院)?[-\d]*(?:单元|室|层|户)[\d\-室号]*|\d{1,5}弄\d{1,5}号|\d{1,4}-\d{1,3}-\d{2,4}"
)


def mask(text: str, names: Iterable[str] = ()) -> str:
    """``text`` with phones, long ids, e-mails, door numbers and the given names covered.

    >>> mask("我叫林晓燕，13800000001，单号QH202611030012", names=["林晓燕"])
    '我叫林**，138****0001，单号QH20******0012'
    """
    text = _PHONE.sub(lambda m: f"{m.group(1)}****{re.sub(r'[^0-9]', '', m.group(3))}", text)
    text = _LONG_ID.sub(lambda m: f"{m.group(1)}{'*' * 6}{m.group(2)}", text)
    text = _EMAIL.sub(r"\1***@***", text)
    text = _ADDRESS.sub("***", text)
    for name in names:
        if len(name) >= 2:
            text = text.replace(name, name[0] + "*" * (len(name) - 1))
    return text


def mask_value(name: str, value: str) -> str:
    """A slot's value, covered as its kind asks for.

    >>> mask_value("name", "林晓燕")
    '林**'
    """
    return value[:1] + "*" * (len(value) - 1) if name == "name" else mask(value)
