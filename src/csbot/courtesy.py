"""Courtesy: greetings, thanks, goodbyes, "never mind", small talk. The words are data, in ``courtesy.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from csbot.resources import load_yaml


@cache
def _patterns() -> tuple[re.Pattern[str], dict[str, str], re.Pattern[str], re.Pattern[str]]:
    data = load_yaml("csbot", "courtesy.yaml")
    particles = re.compile(data["particles"])
    kinds = {particles.sub("", word) or word: kind for kind, words in data["whole"].items() for word in words.split("|")}
    return particles, kinds, re.compile(data["opening"]), re.compile(data["closing"])


@cache
def _shapes() -> dict[str, re.Pattern[str]]:
    shapes: dict[str, list[dict[str, str]]] = load_yaml("csbot", "courtesy.yaml")["shapes"]
    return {kind: re.compile("|".join(f"(?:{rule['pattern']})" for rule in rules)) for kind, rules in shapes.items()}


LONGEST = 16
"""Characters beyond which a message says more than courtesy."""
STRONGEST = ("goodbye", "thanks", "praise", "ack", "greeting")
"""Of several courtesies in one message, the first of these is answered: 「嗯嗯知道了谢谢」 is thanks."""
BEFORE_ALL = ("cancel", "identity", "chat", "compliment")
"""What is answered before any courtesy beside it: 「谢谢，没事了」 declines."""
_SHORT = "好嗯哦行谢拜"
"""Words of one character that stand beside others without meaning something else with them."""
_CLAUSE = re.compile(r"[,，。.;；!！?？~、\s]+")


def find_smalltalk(text: str) -> str | None:
    """greeting, thanks, goodbye, cancel, ack, praise (of the bot), compliment (on the shop's people), chat (of the weather)
    or identity (asks what the bot is) where the message (normal form) is nothing else; else None.

    >>> find_smalltalk("你好呀"), find_smalltalk("谢谢,没事了"), find_smalltalk("你好，快递没到")
    ('greeting', 'cancel', None)
    """
    if len(text) > LONGEST:
        return None
    if kind := _kind_of(text):
        return kind
    clauses = {_kind_of(clause) for clause in _CLAUSE.split(text) if clause}
    return next((kind for kind in (*BEFORE_ALL, *STRONGEST) if kind in clauses), None) if None not in clauses else None


def _kind_of(text: str) -> str | None:
    """The kind of a message or a clause of it."""
    particles, kinds, _, _ = _patterns()
    bare = particles.sub("", text)
    if kind := kinds.get(bare) or kinds.get(text):
        return kind
    if shape := next((kind for kind, pattern in _shapes().items() if pattern.search(text)), None):
        return shape
    if _declining().fullmatch(bare):
        return "cancel"
    said = {kinds[word] for word in _several().findall(bare)} if _several().sub("", bare) == "" else set()
    return next((kind for kind in STRONGEST if kind in said), None)


@cache
def _several() -> re.Pattern[str]:
    _, kinds, _, _ = _patterns()
    return re.compile(_any_of(word for word, kind in kinds.items() if kind in STRONGEST and (len(word) > 1 or word in _SHORT)))


@cache
def _declining() -> re.Pattern[str]:
    """Words of declining between thanks, goodbyes and consent: 「好的没事了谢谢」. Among other words they say something else
    (算不 and 清楚), as consent does that may begin a question (可以不要)."""
    _, kinds, _, _ = _patterns()
    polite = {word for word, kind in kinds.items() if kind in ("thanks", "goodbye") and len(word) > 1}
    declines = _any_of(word for word, kind in kinds.items() if kind == "cancel")
    before = _any_of(_undivided(polite | {"好", "嗯", "哦", "知道", "明白"}))
    return re.compile(f"(?:{before})*(?:{declines})(?:{_any_of(_undivided(polite))})*")


def _undivided(words: set[str]) -> set[str]:
    """The words that are not made of others, so that a row of them can be read in one way only."""
    return {word for word in words if not _is_made_of(word, words - {word})}


def _is_made_of(text: str, words: set[str]) -> bool:
    return not text or any(text.startswith(word) and _is_made_of(text[len(word) :], words) for word in words)


def _any_of(words: Iterable[str]) -> str:
    """An expression for any of them, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def without_courtesy(text: str) -> str:
    """The message without opening and closing courtesy; itself where nothing would be left.

    >>> without_courtesy("你好，请问多久发货，谢谢")
    '多久发货'
    """
    _, _, opening, closing = _patterns()
    core = closing.sub("", opening.sub("", text))
    return core if len(core) >= 2 else text
