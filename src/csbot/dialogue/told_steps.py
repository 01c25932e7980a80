"""The steps of an answer that was told, and the words that ask for one of them, for the next, or for all of them once more. The
words are data, in ``data/asked_parts.yaml``. Pure."""

from __future__ import annotations

from csbot.dialogue.answer_memory import Told, sentences
from csbot.resources import load_pattern, load_yaml

LEAST_STEPS = 3
"""Clauses that make a sentence a list of steps."""
_DATA = ("csbot.dialogue.data", "asked_parts.yaml")


def asks_again(form: str) -> bool:
    """Whether a message (normal form) wants what was told once more, or less of it at a time.

    >>> asks_again("你再说一次"), asks_again("步骤太多了"), asks_again("再买一次")
    (True, True, False)
    """
    return load_pattern(*_DATA, "again").search(form) is not None


def asks_next(form: str) -> bool:
    """Whether a message (normal form) asks what comes after what was told: 「然后呢」."""
    return load_pattern(*_DATA, "next").search(form) is not None


def step_asked(form: str) -> int | None:
    """Which step a message (normal form) asks for, counted from 1; None: it asks for none.

    >>> [step_asked(form) for form in ("第二步呢", "首先干嘛", "第3步没看懂", "第二次呢")]
    [2, 1, 3, None]
    """
    found = load_pattern(*_DATA, "step").search(form)
    if found is None:
        return None
    number = found["number"] or "1"
    return int(number) if number.isdigit() else int(load_yaml(*_DATA)["numerals"][number])


def steps(told: Told) -> list[str]:
    """The steps of an answer: its sentences where it stands in lines already, for they have their numbers there; else the
    clauses of the first sentence that has several, and what comes after it.

    >>> steps(Told("请打开 App，点“添加”，扫二维码即可。每把锁一位户主。"))
    ['请打开 App', '点“添加”', '扫二维码即可。', '每把锁一位户主。']
    """
    parts = sentences(told.text)
    if told.laid_out:
        return parts
    place = next((at for at, part in enumerate(parts) if part.count("，") >= LEAST_STEPS - 1), None)
    if place is None:
        return parts
    return parts[:place] + [step.strip() for step in parts[place].split("，")] + parts[place + 1 :]
