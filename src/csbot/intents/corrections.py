"""What a customer takes back: 「不是138…是139…」, 「上面那个号错了」. The words are data, in ``data/slots.yaml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from csbot.intents.findings import NEAR, Found, pattern, words

NUMBERS = ("phone", "order_id")
"""What 「那个号」 may be; where nothing is known of the conversation, it is the phone."""


def split_denied(text: str, found: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Values given, and values that the words beside them say are wrong: 不是138…, 138…打错了; but not 是不是138….

    :param found: all values of the message, in the order they stand in it.
    """
    given: list[Found] = []
    denied: list[Found] = []
    ends = [0, *(one.end for one in found)]
    starts = [*(one.start for one in found[1:]), len(text)]
    for one, since, until in zip(found, ends, starts, strict=False):
        ahead = text[max(since, one.start - NEAR) : one.start]
        behind = text[one.end : min(until, one.end + NEAR)]
        (denied if _denies(one.name, ahead, behind) else given).append(one)
    return given, denied


def _denies(name: str, ahead: str, behind: str) -> bool:
    if pattern("corrections", "asked_back").search(behind):
        return False
    return bool(pattern("corrections", "deny_before").search(ahead) or _deny_after(name).search(behind))


@cache
def _deny_after(name: str) -> re.Pattern[str]:
    """Words behind a value that say it is wrong, and call it by its own name only: 「138…，单号错了」 is about another."""
    data = words()["corrections"]
    return re.compile(data["deny_after"].replace("{thing}", data["things"][name]))


def find_withdrawn(text: str, known: Sequence[str] | None) -> str | None:
    """The slot that the message says is wrong without telling which value: 「手机号打错了」, 「上面那个号错了」.

    :param known: slots given so far, the latest last; None: unknown. 「发错了」 alone means the latest.

    >>> find_withdrawn("刚才手机号发错了", None), find_withdrawn("手机号填错了怎么改", None)
    ('phone', None)
    >>> find_withdrawn("你们货发错了", None), find_withdrawn("发错了", ["phone", "name"])
    (None, 'name')
    """
    wrong = pattern("corrections", "wrong").search(text)
    if not wrong or pattern("corrections", "asked_back").search(text) or pattern("corrections", "theirs").search(text):
        return None
    if known and pattern("corrections", "bare").match(text):
        return known[-1]
    before = _CLAUSE.split(text[: wrong.start()])[-1]
    named = [match.lastgroup for match in _things().finditer(before)]
    if named and named[-1] is not None:
        return named[-1]
    if pattern("corrections", "number").search(before) and pattern("corrections", "earlier").search(before):
        return next((name for name in reversed(known or ()) if name in NUMBERS), None if known else NUMBERS[0])
    if known and pattern("corrections", "vague").fullmatch(before):
        return known[-1]
    return None


_CLAUSE = re.compile(r"[,。;!?\n]")


@cache
def _things() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{source})" for name, source in words()["corrections"]["things"].items()))
