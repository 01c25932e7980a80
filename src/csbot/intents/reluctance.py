"""Ways not to give what the bot has asked for: hasn't it, would rather not, wants to know why (``data/reluctance.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

from csbot.intents.answers import says
from csbot.resources import load_yaml

Reluctance = Literal["lacks", "wonders", "refuses"]
KINDS: tuple[Reluctance, ...] = ("lacks", "wonders", "refuses")
"""In the order in which they are tried: 「凭什么要手机号」 wonders, and what is missing is no refusal."""

LONGEST = 24
"""Characters beyond which a message says more than this."""


@cache
def _pattern(kind: Reluctance, names: tuple[str, ...]) -> re.Pattern[str]:
    data = load_yaml("csbot.intents.data", "reluctance.yaml")
    thing = "|".join([*map(re.escape, names), data["thing"]])
    return re.compile("|".join(f"(?:{rule['pattern'].replace('{thing}', thing)})" for rule in data[kind]))


def reluctance(form: str, names: Sequence[str]) -> Reluctance | None:
    """How a message in normal form declines to give what was asked for; None where it doesn't.

    :param names: what the thing asked for is called.

    >>> [reluctance(form, ["车牌号"]) for form in ("车牌号忘了", "为什么要车牌号", "我不想给", "怎么填车牌号")]
    ['lacks', 'wonders', 'refuses', None]
    """
    if not 0 < len(form) <= LONGEST:
        return None
    if says("lacks", form):
        return "lacks"
    return next((kind for kind in KINDS if _pattern(kind, tuple(names)).search(form)), None)
