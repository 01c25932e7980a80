"""Order ids by the merchant's patterns, and the many numbers that only look like one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from csbot.intents.findings import Findings, after, before, label_before, pattern
from csbot.intents.phones import is_latin_label

_PIECES = re.compile(r"(?<![A-Za-z0-9])(?:([A-Za-z]{1,6}|[A-Za-z](?: [A-Za-z]){1,5})[\s\-–—_]{0,2})?\d+(?:[\s\-–—_]{1,2}\d+)*")
_GROUP = re.compile(r"\d+")
_GLUED = re.compile(r"([A-Za-z]+)[-_]?(?=\d)")
_MISTYPED_PHONE = re.compile(r"(?:86)?1[3-9]\d{10}")
_LANDLINE = re.compile(r"0\d{10,11}")
_CARD = re.compile(r"(?:62|4|5)\d{14,17}")
_ID_CARD = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_ID_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
LEAST_JOINED = 8
"""Digits that an order id written in pieces has at least: fewer are dates, sizes and counts."""
MOST_PIECES = 8
LONGEST_PIECE = 8
"""Digits of one piece at most, where no letters lead: two longer runs are two numbers."""


class _Candidate(NamedTuple):
    value: str
    start: int
    end: int


@lru_cache(maxsize=64)
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The merchant's patterns, in either case, without their anchors and global flags: they are looked for inside messages."""
    bare = [re.sub(r"^(?:\(\?[aiLmsux]+\))?\^?", "", source) for source in patterns]
    return tuple(re.compile(re.sub(r"(?<!\\)\$$", "", source), re.IGNORECASE) for source in bare)


@lru_cache(maxsize=64)
def _searches(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<![A-Za-z0-9])(?<!\d[.])(?:{one.pattern})(?!\d)", re.IGNORECASE) for one in compiled(patterns))


def find_order_ids(findings: Findings, patterns: Sequence[str]) -> None:
    """Take every order id, each in its longest reading; ids in pieces (QH 2026 1103 0012) are put together."""
    forms = compiled(tuple(patterns))
    whole = (match for search in _searches(tuple(patterns)) for match in search.finditer(findings.text))
    candidates = [_Candidate(match.group(), *match.span()) for match in whole if match.group()]
    candidates += _in_pieces(findings, forms)
    read: list[_Candidate] = []
    for found in sorted(candidates, key=lambda one: (one.start - one.end, one.start)):
        if any(found.start < other.end and other.start < found.end for other in read):
            continue
        read.append(found)
        found = _without_label(found, forms)
        if not _is_other(findings, found):
            findings.take("order_id", found.value.upper(), found.start, found.end)


def _in_pieces(findings: Findings, forms: Sequence[re.Pattern[str]]) -> Iterator[_Candidate]:
    """Order ids with spaces or hyphens inside, put together; as many pieces as the merchant's pattern takes."""
    for match in _PIECES.finditer(findings.text):
        groups = [(group.start(), group.end()) for group in _GROUP.finditer(match.group())][:MOST_PIECES]
        letters = (match.group(1) or "").replace(" ", "")
        if len(groups) == 1 and (not letters or groups[0][0] == len(letters)):
            continue  # in one piece
        for count in range(len(groups), 0, -1):
            digits = "".join(match.group()[start:end] for start, end in groups[:count])
            end = match.start() + groups[count - 1][1]
            found = _without_label(_Candidate(letters + digits, match.start(), end), forms, gap=groups[0][0] - len(letters))
            if _fits(findings, found, match.group(), groups[:count]) and any(form.fullmatch(found.value) for form in forms):
                yield found
                break


def _fits(findings: Findings, found: _Candidate, text: str, groups: list[tuple[int, int]]) -> bool:
    """Whether pieces are those of one number, and not a number and what is counted beside it."""
    start, end = groups[-1]
    counts = end - start < 3 or pattern("", "measure_after").search(after(findings.text, found.end))
    if counts and len(groups) > 1 and text[start - 1].isspace():
        return False
    if sum(b - a for a, b in groups) < LEAST_JOINED:
        return False
    if found.value[0].isalpha():
        return True
    called = findings.asked == "order_id" or label_before(findings.text, found.start) == "order_id"
    return called and sum(b - a > LONGEST_PIECE for a, b in groups) < 2


def _without_label(found: _Candidate, forms: Sequence[re.Pattern[str]], gap: int = 0) -> _Candidate:
    """``no202611030012`` without its ``no``, where the rest is an order id still."""
    label = _GLUED.match(found.value)
    if label and is_latin_label(label.group(1)):
        rest = found.value[label.end() :]
        if any(form.fullmatch(rest) for form in forms):
            return _Candidate(rest, found.start + label.end() + gap, found.end)
    return found


def _is_other(findings: Findings, found: _Candidate) -> bool:
    """Whether what looks like an order id is another number, by its form and by what the customer calls it."""
    ahead, behind = before(findings.text, found.start), after(findings.text, found.end)
    label = label_before(findings.text, found.start)
    if label == "order_id":
        return False
    digits = re.sub(r"[\s\-–—_]", "", found.value)
    if label is not None or pattern("", "money_before").search(ahead) or pattern("", "money_after").search(behind):
        return True
    if digits.isdigit() and _CARD.fullmatch(digits) and _speaks_of_a_card(findings) and passes_luhn(digits):
        return True
    if findings.asked == "order_id":
        return False
    letters = _GLUED.match(found.value)
    if letters and is_latin_label(letters.group(1)):
        return True
    if not digits.isdigit():
        return False
    return bool(
        _MISTYPED_PHONE.fullmatch(digits)
        or _LANDLINE.fullmatch(digits)
        or _is_id_card(digits + behind[:1])
        or _is_id_card(digits)
        or re.match(r"[A-Z]", behind)
    )


def _speaks_of_a_card(findings: Findings) -> bool:
    return bool(pattern("labels", "card").search(findings.folded.text))


def passes_luhn(digits: str) -> bool:
    """The check of bank cards (ISO/IEC 7812-1 annex B).

    >>> passes_luhn("4111111111111111"), passes_luhn("4111111111111112")
    (True, False)
    """
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _is_id_card(digits: str) -> bool:
    """A resident identity number (GB 11643): region, date of birth, and a check digit that is right."""
    if not _ID_CARD.fullmatch(digits):
        return False
    check = sum(weight * int(digit) for weight, digit in zip(_ID_CARD_WEIGHTS, digits, strict=False)) % 11
    return digits[-1].upper() == "10X98765432"[check]
