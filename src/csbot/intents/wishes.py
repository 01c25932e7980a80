"""What a customer who calls for a human says besides."""

from __future__ import annotations

import re
from functools import cache

from csbot.intents.signals import PRESENT, find_signals
from csbot.resources import load_yaml
from csbot.text import simplify

LEAST_HANZI = 2
"""So many hanzi beside the wish and courtesy name a matter: 「退款」 does."""
_CLAUSES = re.compile(r"[,，。.!！?？;；、~～…\s]+")


def tells_matter(text: str) -> bool:
    """Whether a message says what it is about: more than courtesy and the wish for a human.

    >>> tells_matter("延期这么久，我要找人工客服"), tells_matter("退款，转人工"), tells_matter("麻烦帮我转人工客服，谢谢")
    (True, True, False)
    """
    rest = "".join(_without_wish(clause) for clause in _CLAUSES.split(simplify(text)))
    return sum("\u4e00" <= char <= "\u9fff" for char in _nothing().sub("", rest)) >= LEAST_HANZI


def _without_wish(clause: str) -> str:
    """A clause without the words that call for a human."""
    for signal in find_signals(clause):
        if signal.name == "human_wanted" and signal.score >= PRESENT and signal.span:
            start, end = signal.span
            return clause[:start] + clause[end:]
    return clause


@cache
def _nothing() -> re.Pattern[str]:
    words = load_yaml("csbot.intents.data", "wishes.yaml")["nothing"].split()
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
