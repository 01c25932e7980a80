"""How customers speak while something is being done for them, and just after. Data: ``data/task_answers.yaml``."""

from __future__ import annotations

import re
from functools import partial
from typing import Literal

from csbot.resources import load_pattern

TaskAnswer = Literal[
    "later",
    "wrong_task",
    "alone",
    "soon",
    "submits",
    "vague_time",
    "not_then",
    "proposes",
    "queries",
    "question_tail",
    "receipt",
    "cancels",
    "unbooks",
    "changes",
    "about_orders",
    "cancelling",
    "uncancels",
    "cancels_order",
    "cancelled",
    "asks_how",
    "of_service",
    "demands",
    "resumes",
    "verbs",
    "order_verbs",
    "moves",
]

LONGEST = {
    **{"later": 20, "wrong_task": 16, "alone": 16, "soon": 16, "submits": 16, "vague_time": 16},
    **{"receipt": 16, "cancels": 16, "unbooks": 16, "changes": 24, "moves": 16},
    **{"cancels_order": 20, "cancelled": 16, "resumes": 20},
}
"""Characters beyond which a message says more than this."""

_CLAUSE = re.compile(r"[,，。.;；!！~\s]+")
_pattern = partial(load_pattern, "csbot.intents.data", "task_answers.yaml")


def tells(kind: TaskAnswer, form: str) -> bool:
    """Whether a message in normal form says this.

    >>> tells("soon", "快点就行"), tells("later", "等会再说"), tells("cancels", "取消订单"), tells("wrong_task", "不是查订单")
    (True, True, False, True)
    """
    return 0 < len(form) <= LONGEST.get(kind, 200) and _pattern(kind).search(form) is not None


def any_tells(kind: TaskAnswer, form: str) -> bool:
    """Whether a message, or a clause of it, says this: 「你搞错了，我不是要查快递」."""
    return tells(kind, form) or any(tells(kind, clause) for clause in _CLAUSE.split(form))


def ends_task(form: str, *, asked: str | None) -> bool:
    """Whether a message drops what is under way: puts it off, will see to it alone, or meant something else.

    :param asked: kind of the slot asked for: to a question for a date, 「改天吧」 is an answer.
    """
    return tells("wrong_task", form) or tells("alone", form) or (asked != "date" and tells("later", form))


def without_question(text: str) -> str:
    """What a question tells: 「锁坏了怎么办」 that the lock is broken.

    >>> without_question("锁坏了怎么办"), without_question("锁坏了")
    ('锁坏了', '锁坏了')
    """
    return _pattern("question_tail").sub("", text).strip() or text
