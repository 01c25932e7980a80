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


def find_smalltalk(text: str) -> str | None:
    """greeting, thanks, goodbye, cancel, ack or praise where the message (normal form) is nothing else; else None.

    >>> find_smalltalk("你好呀"), find_smalltalk("你好，快递没到")
    ('greeting', None)
    """
    particles, kinds, _, _ = _patterns()
    if len(text) > 16:
        return None
    bare = particles.sub("", text)
    if bare in kinds:
        return kinds[bare]
    return kinds.get(text)


def without_courtesy(text: str) -> str:
    """The message without opening and closing courtesy; itself where nothing would be left.

    >>> without_courtesy("你好，请问多久发货，谢谢")
    '多久发货'
    """
    _, _, opening, closing = _patterns()
    core = closing.sub("", opening.sub("", text))
    return core if len(core) >= 2 else text
