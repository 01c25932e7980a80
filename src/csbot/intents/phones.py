"""Phones of mainland China, however they are written, and the last four digits of one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csbot.intents.findings import NEAR, Findings, after, before, label_before, pattern

_RUN = re.compile(r"\d+(?:[\s\-–—.·•‧・_/()]{1,2}\d+)*")
_DIGITS = re.compile(r"\d+")
_PHONE = re.compile(r"(?:(?:00)?86|0)?(1[3-9]\d{9})")
_BY_COMMAS = re.compile(r"(?<![\d,])1[3-9]\d([,、])\s?\d{4}\1\s?\d{4}(?!,?\d)")
_GROUPINGS = ((11,), (3, 4, 4), (3, 8), (7, 4))
"""How the digits of a phone are grouped where other digits stand beside it; alone, it may be grouped in any way."""
_PLUS = re.compile(r"\(?\+\s?$")
_LETTERS = re.compile(r"[A-Za-z]+[-_]?$")


def find_phones(findings: Findings, order_ids: tuple[re.Pattern[str], ...]) -> None:
    """Take every phone: 11 digits from 13… to 19…, after +86, 0086 or 86 or not.

    Letters glued to it make an order id of it where they are no label (tel, vx …) and no phone was asked for.
    """
    for match in _BY_COMMAS.finditer(findings.text):
        findings.take("phone", re.sub(r"\D", "", match.group()), *match.span())
    for run in _RUN.finditer(findings.text):
        for number, start, end in _phones_in(run):
            if not _is_other(findings, order_ids, number, start, end):
                plus = _PLUS.search(before(findings.text, start))
                findings.take("phone", number, start - len(plus.group()) if plus else start, end)


def _phones_in(run: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    groups = [(run.start() + group.start(), group.group()) for group in _DIGITS.finditer(run.group())]
    first = 0
    while first < len(groups):
        digits, last = "", first
        while last < len(groups) and len(digits) < 15:
            digits += groups[last][1]
            phone = _PHONE.fullmatch(digits)
            if phone and (_is_whole(groups, first, last) or _is_grouped(groups, first, last, len(digits))):
                yield phone.group(1), groups[first][0], groups[last][0] + len(groups[last][1])
                first = last
                break
            last += 1
        first += 1


def _is_whole(groups: list[tuple[int, str]], first: int, last: int) -> bool:
    return first == 0 and last == len(groups) - 1


def _is_grouped(groups: list[tuple[int, str]], first: int, last: int, digits: int) -> bool:
    sizes = [len(group) for _, group in groups[first : last + 1]]
    prefix = digits - 11
    if sizes[0] == prefix:
        sizes = sizes[1:]
    else:
        sizes[0] -= prefix
    return tuple(sizes) in _GROUPINGS


def _is_other(findings: Findings, order_ids: tuple[re.Pattern[str], ...], number: str, start: int, end: int) -> bool:
    """Whether eleven digits like a phone's are an e-mail's, an amount or the merchant's order id."""
    ahead, behind = before(findings.text, start), after(findings.text, end)
    if behind.startswith("@") or pattern("", "money_after").search(behind) or pattern("", "money_before").search(ahead):
        return True
    if findings.asked == "phone":
        return False
    letters = _LETTERS.search(ahead)
    if letters and not is_latin_label(letters.group().rstrip("-_")):
        return any(order_id.fullmatch(letters.group() + number) for order_id in order_ids)
    if not any(order_id.fullmatch(number) for order_id in order_ids):
        return False
    return findings.asked == "order_id" or label_before(findings.text, start) == "order_id"


def is_latin_label(letters: str) -> bool:
    """Whether letters glued to a number are a word for it, and no part of it.

    >>> is_latin_label("tel"), is_latin_label("QH")
    (True, False)
    """
    return any(pattern("latin", kind).fullmatch(letters) for kind in ("phone", "order_id", "other", "words"))


_FOUR = re.compile(r"(?<![\d.])(\d{4})(?![\dA-Za-z]|\.\d)")

_ONLY_FOUR = re.compile(r"^\D*(\d{4})(?=\D*$)")


def find_last_four(findings: Findings) -> None:
    """Take the last four digits of a phone: 尾号8000, 后四位是8000, 138****8000; bare, where they were asked for."""
    text = findings.text
    for masked in pattern("last4", "masked").finditer(text):
        findings.take("phone_last4", masked.group(1), *masked.span())
    said_after = pattern("last4", "after")
    for match in _FOUR.finditer(findings.text):
        start, end = match.span()
        introduced = _introduced(text, start)
        if introduced is None and said_after.match(text, end):
            introduced = start
        if introduced is not None and _is_of_a_phone(text, introduced, end):
            findings.take("phone_last4", match.group(), start, end)
    if findings.asked == "phone_last4" and not findings.has("phone_last4", "phone"):
        bare = _ONLY_FOUR.match(findings.text)
        if bare and not pattern("last4", "years").search(after(findings.text, bare.end())):
            findings.take("phone_last4", bare.group(1), *bare.span(1))


def _is_of_a_phone(text: str, start: int, end: int) -> bool:
    """Whether 尾号8000 at [``start``, ``end``) is a phone's, and not an order's, a card's or a car's."""
    if pattern("last4", "card_before").search(before(text, start)) or pattern("last4", "card_after").search(after(text, end)):
        return False
    return label_before(text, start) in (None, "phone")


def _introduced(text: str, place: int) -> int | None:
    """Where the words begin that make the last four digits of a number of what stands at ``place``."""
    window = max(0, place - NEAR)
    found = None
    for match in pattern("last4", "before").finditer(text[window:place]):
        found = match
    return window + found.start() if found and window + found.end() == place else None
