"""What a message is about, without the values it gives, and how many matters that is. Data: ``data/matters.yaml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from csbot.models import Slot
from csbot.resources import load_pattern
from csbot.text import query_form

LEAST_HALF = 4
"""Characters of a part that can stand alone."""
LONGEST_LEAD = 10
"""Characters before a list: 「想问三个事」."""
_STOPS = " ,，。.;；!！?？、"
MOST_QUESTIONS = 3
"""Questions of one message that are answered one by one."""
_CLAUSE = re.compile(r"[,，。;；!！~\s]+")
_QUESTION = re.compile(r"[,，。;；!！?？~\s]+")
_SLOT_LABEL = re.compile(
    r"(?:我叫做?|我是|姓名|名字|收[件货]人|联系人|本人|手机号?码?|电话号?码?|联系方式|订单编?号|单号|编号|号码"
    r"|(?:手机|电话)?号?码?(?:的|最)?(?:尾号|尾数|后[四4]位))(?:是|为|叫|:|：|\s)*$"
)
_pattern = partial(load_pattern, "csbot.intents.data", "matters.yaml")


def without_slots(text: str, slots: Sequence[Slot]) -> str:
    """A message as it was typed, without the values of these slots and the words that introduce them."""
    for slot in sorted(slots, key=lambda slot: slot.span, reverse=True):
        start, end = slot.span
        text = _SLOT_LABEL.sub("", text[:start]) + "，" + text[end:]
    return text


def matter_of(text: str, slots: Sequence[Slot]) -> str:
    """The query form of a message without the values it gives and the words that introduce them: what is left is the matter.

    Days belong to it: 「明天能到吗」 asks about tomorrow.
    """
    return query_form(without_slots(text, [slot for slot in slots if slot.name != "date"]))


def questions_in(form: str) -> tuple[str, ...] | None:
    """The two or three parts of a message in normal form that has as many matters; None where it hasn't, or where a part says
    next to nothing.

    >>> questions_in("门锁离线了,另外指纹也不灵"), questions_in("发票怎么开"), questions_in("还有货吗")
    (('门锁离线了', '指纹也不灵'), None, None)
    >>> questions_in("1.安装要钱吗2.几天能装好3.垃圾清走吗"), questions_in("柜门歪了,发票没开,还有积分没到账")
    (('安装要钱吗', '几天能装好', '垃圾清走吗'), ('柜门歪了', '发票没开', '积分没到账'))
    >>> questions_in("怎么注册会员,积分怎么用"), questions_in("锁没电了,怎么办")
    (('怎么注册会员', '积分怎么用'), None)
    """
    parts = _listed(form) or _joined(form) or _asked(form)
    return tuple(parts) if len(parts) > 1 and min(map(len, parts)) >= LEAST_HALF else None


def begins_another(form: str) -> bool:
    """Whether a message (normal form) says itself that it is about another matter.

    >>> begins_another("另外怎么注册"), begins_another("要钱吗")
    (True, False)
    """
    return _pattern("joins").match(form) is not None


def only_clauses(form: str) -> bool:
    """Whether nothing but stops parts the questions of a message: no word and no number says that another matter begins."""
    return not _listed(form) and not _joined(form)


def _listed(form: str) -> list[str]:
    """What stands behind the numbers of a list; nothing where there is none."""
    marks: list[re.Match[str]] = []
    for found in _pattern("numbered").finditer(form):
        place = found["place"] or str("一二三".index(found["ordinal"]) + 1)
        if place == str(len(marks) + 1):
            marks.append(found)
    if len(marks) < 2 or marks[0].start() > LONGEST_LEAD:
        return []
    ends = [*(mark.start() for mark in marks[1:]), len(form)]
    return [form[mark.end() : end].strip(_STOPS) for mark, end in zip(marks, ends, strict=True)]


def _joined(form: str) -> list[str]:
    """What stands between words that begin another matter; a clause before them may be one for itself."""
    joint = _pattern("joins").search(form)
    if joint is None or not min(joint.start(), len(form) - joint.end()):
        joint = _pattern("adds").search(form)
    if joint is None:
        return []
    first, last = form[: joint.start()], form[joint.end() :]
    further = _pattern("adds").search(last) or _pattern("joins").search(last)
    if further:
        return [first, last[: further.start()], last[further.end() :]]
    clauses = [clause for clause in _CLAUSE.split(first) if clause]
    apart = len(clauses) == 2 and min(map(len, clauses)) >= LEAST_HALF and not any(map(_pattern("beside").search, clauses))
    return [*clauses, last] if apart else [first, last]


def _asked(form: str) -> list[str]:
    """The clauses, where each asks and says of what; a mere account before them, or a question that leaves out its subject,
    makes one matter of all."""
    clauses = [clause for clause in _QUESTION.split(form) if clause]
    apart = 1 < len(clauses) <= MOST_QUESTIONS and all(map(_pattern("asks").search, clauses))
    return clauses if apart and not any(map(_pattern("elliptic").search, clauses)) else []
