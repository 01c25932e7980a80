"""Answers that the customer has had in this conversation, folded from the turns: so that nobody is sent the same text twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from csbot.models import Turn

TENTATIVE = "tentative"
"""Rule of the turn in which an answer is given that may well be to another question: its first line says to which."""
PART = "told_part"
"""Rule of the turn in which, of an answer told before, only what was asked is told."""
TOLD_BEFORE = "told_before"
"""Rule of the turn in which the customer is told that they have had the answer, and a human is offered."""
IN_LINES = "told_in_lines"
"""Rule of the turn in which an answer told before is laid out in lines: what is asked stands in it, nobody can say where."""
LAID_OUT = (IN_LINES, "not_clear")
"""Rules of turns after which the last answer stands in lines on the customer's screen."""
REMEMBERED = 3
"""Turns for which an answer counts as told: it stands on the customer's screen. Later it may be told anew."""

SHORTER_FOR = 0.6
"""Share of a channel's answer (pairs of characters) that the FAQ's answer has, from which that says the same at greater length.
Of 21 in the sample knowledge base the abridged have 0.58 to 0.89, those of another way to go about it 0.30 to 0.58."""

_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")


def sentences(answer: str) -> list[str]:
    """The sentences of an answer: in these it is told again, or in part."""
    return [part.strip() for part in _SENTENCE.findall(answer) if part.strip()]


def whole_answer(said: str, answer: str) -> str:
    """An FAQ's answer, where a shorter one for the channel was said; "" where all was said, or something else than that.

    >>> whole_answer("审核后退款。", "审核后退款。花呗退额度。"), whole_answer("请找天猫客服。", "审核后退款，约 3 天。")
    ('审核后退款。花呗退额度。', '')
    """
    if answer in said:
        return ""
    pairs, of_answer = _pairs(said), _pairs(answer)
    return answer if not of_answer <= pairs and len(pairs & of_answer) >= SHORTER_FOR * len(pairs) else ""


def _pairs(text: str) -> set[str]:
    return {run[i : i + 2] for run in re.findall(r"[\u4e00-\u9fff0-9]+", text) for i in range(len(run) - 1)}


def numbered(parts: Sequence[str]) -> str:
    """Parts in numbered lines."""
    return "\n".join(f"{number}. {part}" for number, part in enumerate(parts, start=1))


@dataclass(frozen=True)
class Told:
    """An answer that was told.

    :ivar text: what was said. :ivar asked: the messages that it was the answer to. :ivar times: how often it was told in full.
    :ivar parts: what was told of it since. :ivar vain: how often it was asked for once more, and not told.
    :ivar since: turns since it was last talked of. :ivar laid_out: it was told again in lines.
    :ivar whole: the FAQ's answer, where what was said was a shorter one for the channel; else "".
    """

    text: str
    asked: tuple[str, ...] = ()
    times: int = 1
    parts: tuple[str, ...] = ()
    vain: int = 0
    since: int = 0
    laid_out: bool = False
    whole: str = ""

    @property
    def source(self) -> str:
        """What is looked through for what is asked of it: all that the FAQ answers, though less of it was said."""
        return self.whole or self.text

    def has_told(self, part: str) -> bool:
        """Whether these sentences of it were picked out before."""
        return any(part in reply for reply in self.parts)


def last_told(answers: Mapping[str, Told]) -> tuple[str, Told | None]:
    """The answer that the last turn told or talked of, and the id of its FAQ; none: "" and None."""
    return next(((faq_id, told) for faq_id, told in answers.items() if not told.since), ("", None))


def in_lines(told: Told) -> str:
    """An answer in numbered lines; "" where it has but one."""
    parts = sentences(told.source)
    return numbered(parts) if len(parts) > 1 else ""


def remembered(told: Mapping[str, Told], turn: Turn) -> dict[str, Told]:
    """The answers told, by the id of their FAQ, after one more turn."""
    kept = {faq_id: replace(one, since=one.since + 1) for faq_id, one in told.items() if one.since + 1 < REMEMBERED}
    if turn.faq_id is None:
        if turn.rule in LAID_OUT and turn.reply:  # the last answer, told again because it was not clear
            faq_id, last = last_told(told)
            kept |= {faq_id: replace(last, laid_out=True)} if last else {}
        return kept
    before = kept.get(turn.faq_id)
    if before is None:
        text = turn.reply.partition("\n")[2] if turn.rule == TENTATIVE else turn.reply
        return kept | {turn.faq_id: Told(text, (turn.user,), whole=turn.whole)}
    now = replace(before, asked=(*before.asked, turn.user), since=0)
    if turn.rule == PART:
        now = replace(now, parts=(*before.parts, turn.reply))
    elif turn.rule == IN_LINES:
        now = replace(now, laid_out=True)
    elif turn.rule == TOLD_BEFORE:
        now = replace(now, vain=before.vain + 1)
    else:
        now = replace(now, text=turn.reply, whole=turn.whole, times=before.times + 1)
    return kept | {turn.faq_id: now}
