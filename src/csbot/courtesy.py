"""Courtesy: greetings, thanks, goodbyes, "never mind". The words are data, in ``courtesy.yaml``."""

from __future__ import annotations

import re
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
    return {kind: re.compile(pattern) for kind, pattern in load_yaml("csbot", "courtesy.yaml")["shapes"].items()}


def find_smalltalk(text: str) -> str | None:
    """greeting, thanks, goodbye, cancel, ack, praise or identity (asks what the bot is) where the message (normal form) is
    nothing else; else None.

    >>> find_smalltalk("你好呀"), find_smalltalk("你好，快递没到")
    ('greeting', None)
    """
    particles, kinds, _, _ = _patterns()
    if len(text) > 16:
        return None
    bare = particles.sub("", text)
    if bare in kinds:
        return kinds[bare]
    if text in kinds:
        return kinds[text]
    if shape := next((kind for kind, pattern in _shapes().items() if pattern.search(text)), None):
        return shape
    said = {kinds[word] for word in _several().findall(bare)} if _several().sub("", bare) == "" else set()
    return next((kind for kind in STRONGEST if kind in said), None)


STRONGEST = ("goodbye", "thanks", "praise", "ack", "greeting")
"""Of several courtesies in one message, the first of these is answered: 「嗯嗯知道了谢谢」 is thanks. Words of declining are no
part of it: with others they say something else (算不 and 清楚)."""
_SHORT = "好嗯哦行谢拜"
"""Words of one character that stand beside others without meaning something else with them."""


@cache
def _several() -> re.Pattern[str]:
    _, kinds, _, _ = _patterns()
    plain = (word for word, kind in kinds.items() if kind in STRONGEST and (len(word) > 1 or word in _SHORT))
    words = sorted(plain, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))


def without_courtesy(text: str) -> str:
    """The message without opening and closing courtesy; itself where nothing would be left.

    >>> without_courtesy("你好，请问多久发货，谢谢")
    '多久发货'
    """
    _, _, opening, closing = _patterns()
    core = closing.sub("", opening.sub("", text))
    return core if len(core) >= 2 else text
