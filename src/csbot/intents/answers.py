"""How customers answer what the bot asked, and speak of what is in hand. The patterns are data, in ``data/answers.yaml``."""

from __future__ import annotations

import re
from functools import partial
from typing import Literal

from csbot.intents.task_answers import ends_task, tells
from csbot.resources import load_pattern

Answer = Literal[
    "agrees",
    "wants",
    "denies",
    "calls_off",
    "leaves_open",
    "no_matter",
    "as_before",
    "stands",
    "knows_not",
    "lacks",
    "waits",
    "nothing_more",
    "asks",
    "corrects",
    "another",
    "elsewhere",
    "looks_up",
    "past",
    "leads",
    "order_id",
    "phone",
    "not_meant",
    "not_right",
    "no_more",
    "unclear",
    "unanswered",
    "at_a_loss",
    "sighs",
    "impatient",
    "complains",
    "objects",
    "asks_phone",
    "asks_wait",
    "how_long",
    "withdraws",
    "sends_away",
    "unheard",
]

LONGEST = {
    **{"agrees": 16, "wants": 16, "denies": 12, "leaves_open": 16, "waits": 16, "nothing_more": 12},
    **{"calls_off": 20, "lacks": 20, "another": 20, "elsewhere": 24},
    **{"no_matter": 16, "as_before": 24, "stands": 24, "knows_not": 24},
    **{"not_meant": 12, "not_right": 10, "no_more": 12},
    **{"unclear": 16, "unanswered": 16, "at_a_loss": 14, "sighs": 12, "impatient": 16, "complains": 40},
    **{"objects": 20, "asks_phone": 24, "asks_wait": 20, "how_long": 20, "withdraws": 20},
    **{"sends_away": 24, "unheard": 28},
}
"""Characters beyond which a message says more than this."""
IDENTITY = ("phone", "order_id", "name")
"""Kinds of slots to whose question 「不是」 is no answer: something else was meant."""
_NO: tuple[Answer, ...] = ("not_meant", "not_right", "no_more")
_CLAUSE = re.compile(r"[,，。.;；!！~\s]+")
_pattern = partial(load_pattern, "csbot.intents.data", "answers.yaml")


def says(kind: Answer, form: str) -> bool:
    """Whether a message in normal form says this.

    >>> says("agrees", "对的,没问题"), says("agrees", "对,但是地址错了"), says("wants", "要"), says("leaves_open", "都行")
    (True, False, True, True)
    """
    return 0 < len(form) <= LONGEST.get(kind, 200) and _pattern(kind).search(form) is not None


def rejects(form: str) -> bool:
    """Whether a message in normal form rejects all that was told or offered.

    >>> rejects("都不是"), rejects("也不是这个"), rejects("不是,发票怎么开")
    (True, True, False)
    """
    return any(says(no, form) for no in _NO)


def without_lead(text: str) -> str:
    """A value as it was typed, without the words that lead up to it.

    >>> without_lead("不对，应该是文二路9号"), without_lead("文二路9号")
    ('文二路9号', '文二路9号')
    """
    return _pattern("leads").sub("", text.strip())


def _before_denial(form: str) -> str | None:
    """What is said before the last clause, where that says that it is no matter of the task: 「我要退货，不是查订单」."""
    *_, last = _CLAUSE.split(form)
    return form[: -len(last)].rstrip(" ,，。.;；!！~") if last != form and tells("wrong_task", last) else None


def _ends(form: str, asked: str | None) -> bool:
    if says("calls_off", form) or says("sends_away", form):
        return True
    return ends_task(form, asked=asked) or (asked in IDENTITY and says("not_meant", form))


def without_calling_off(form: str, asked: str | None = None) -> str | None:
    """What is left of a message in normal form that begins by calling off what is under way; None where it doesn't.

    :param asked: kind of the slot asked for.

    >>> without_calling_off("算了"), without_calling_off("不查了,发票怎么开"), without_calling_off("发票怎么开")
    ('', '发票怎么开', None)
    """
    first, *rest = _CLAUSE.split(form, maxsplit=1)
    if _ends(form, asked):
        return ""
    if not _ends(first, asked):
        return _before_denial(form)
    following = rest[0] if rest else ""
    left = without_calling_off(following, asked)
    return following if left is None else left
