"""Whether a message asks how an order stands, or only tells something. The patterns are data, in ``data/progress.yaml``."""

from __future__ import annotations

from functools import partial
from typing import Literal

from csbot.resources import load_pattern
from csbot.text import has_hanzi

Account = Literal[
    "undone",
    "done",
    "beside",
    "detail",
    "lasts",
    "awaited",
    "settled",
    "solved",
    "hangs_on",
    "unsent",
    "arrived",
    "contact",
    "on_offer",
    "trouble",
    "stays",
    "tried",
    "besides",
    "elsewhere",
    "broken",
]
LONGEST_ACCOUNT = 24
"""Characters beyond which an account says more than that something is done, or not done yet."""
_NO_ORDER: tuple[Account, ...] = ("undone", "on_offer", "elsewhere")
"""Of these there is nothing to look up in an order, however much they ask."""
_pattern = partial(load_pattern, "csbot.intents.data", "progress.yaml")


def asks_progress(text: str, form: str) -> bool:
    """Whether a message can be a question after an order: it asks, presses, or waits for something. Without hanzi it may be.

    :param text: as it was typed. :param form: its normal form.

    >>> [asks_progress(text, text) for text in ("我的柜子装好了没", "东西还没到", "柜子装好了", "我还没下单呢", "五金呢")]
    [True, True, False, False, False]
    """
    if not has_hanzi(form):
        return True
    if any(tells(kind, form) for kind in _NO_ORDER):
        return False
    asked = text.rstrip().endswith(("?", "？"))
    return asked or bool(_pattern("asks").search(form) or _pattern("awaits").search(form))


def tells(kind: Account, form: str) -> bool:
    """Whether a message in normal form is such an account, or holds such words.

    >>> tells("done", "已经装上了"), tells("done", "装上了吗"), tells("undone", "图还没签字呢"), tells("beside", "水一直流")
    (True, False, True, True)
    >>> tells("done", "师傅来了"), tells("done", "柜门掉下来了")
    (True, False)
    """
    if kind == "done" and tells("broken", form):
        return False
    return 0 < len(form) <= LONGEST_ACCOUNT and _pattern(kind).search(form) is not None


def names_order(form: str) -> bool:
    """Whether a message in normal form names an order's progress outright.

    >>> names_order("我的订单到哪了"), names_order("什么时候有人来")
    (True, False)
    """
    return _pattern("outright").search(form) is not None
