"""A few words right after an answer (「锁怎么加指纹」, then 「删呢」): what they ask lies near what was just answered.

Where nothing else is clearly meant, the message is looked up together with the question before it, 「要钱吗，台面裂了」. What
that finds is most often the FAQ just told, which then answers it.

Measured on 364 pairs of a question and a next message over the sample knowledge base, on which the thresholds were set: of 200
short follow-ups 153 are taken for the right FAQ, 118 by the message's vector drawn towards the last answer alone; of 164 short
questions about another matter none is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import dropwhile, takewhile

import numpy as np

from csbot.encoders.base import Vectors
from csbot.intents.answers import rejects
from csbot.kb.contents import Contents
from csbot.models import Candidate, Faq, Turn
from csbot.resources import load_pattern
from csbot.text import normalise, query_form

MOST_CHARS = 10
"""Of a message's matter; longer ones stand for themselves."""
SOON = timedelta(minutes=10)
MOST_OVER_A_TURN = 6
"""Characters of a message that follows up on what was answered before the bot's last question or excuse."""
KNOWN_IN = 3
"""FAQs that speak of a thing which can be asked of in the place of another."""
LEAST_ASKED = 4
"""Characters of a question that tell what it is about: 「第一个」 does not."""
MOST_OF_MENU = 5
"""Characters of what a list is offered for, to which the next words are added: 「指纹」, 「怎么取消」."""
SURE_ALONE, SURE_LEANING, SURE_JOINED = 0.7, 0.65, 0.7
"""Confidence of another FAQ than the last, by the message alone and drawn to the last, from which the message is about that
one; and of whatever the message means together with the question before, from which it is about this."""
_pattern = partial(load_pattern, "csbot.intents.data", "follow_up.yaml")
_NO_ANSWER = ("clarify", "fallback")
CONTEXT_WEIGHT = 0.5
"""Of the answered question's vector beside the message's own (0.2 to 0.5 were tried, and the customer's words instead)."""
AGAIN_COSTS = 0.25
"""Taken off the confidence of the FAQ that was just told: nobody asks in order to hear it again."""
SURE_OF_LAST = 0.4
"""Confidence of the FAQ just told, by the question before and the message, from which words that name nothing ask of it."""
DRAWN = 0.4
"""Gain of another FAQ by being drawn to the last, from which that one leads to it: 「要钱吗」 after measuring."""
LEAD = 0.05
"""Of the FAQ just told over any other, by the message drawn to it, from which the question before may settle it."""


def answered_before(form: str, earlier: Sequence[Turn], contents: Contents, now: datetime) -> str | None:
    """The FAQ that the message (query form) may follow up on: the one that was answered, or talked of, just before.

    Of very few words, a question or an excuse of the bot's in between, 「您是想问…吗」, is passed over, once.
    """
    if len(form) > MOST_CHARS or form in contents.exact:
        return None
    last = earlier[-1] if earlier else None
    if last and last.kind in _NO_ANSWER and not (last.faq_id or last.task) and len(form) <= MOST_OVER_A_TURN:
        last = earlier[-2] if len(earlier) > 1 and not rejects(normalise(last.user)) else None
    if last is None or last.faq_id is None or now - last.at > SOON:
        return None
    return last.faq_id if contents.get(last.faq_id) else None


def asked_before(faq_id: str, earlier: Sequence[Turn], contents: Contents) -> str:
    """The question (query form) to which this FAQ was the last answer, as it was asked first; of a few words, its own question.

    :param earlier: the turns, oldest first; one of the last two is about the FAQ.
    """
    about = dropwhile(lambda turn: turn.faq_id != faq_id, reversed(earlier))
    *_, first = takewhile(lambda turn: turn.faq_id == faq_id, about)
    asked = query_form(first.user)
    faq = contents.get(faq_id)
    return asked if len(asked) >= LEAST_ASKED or faq is None else query_form(faq.question)


def other_thing(form: str) -> str:
    """The thing of which a message (normal form) asks the same; "" where it is no such question.

    >>> other_thing("那木地板呢"), other_thing("拉篮的呢"), other_thing("要钱吗")
    ('木地板', '拉篮', '')
    """
    found = _pattern("another_thing").match(form)
    return found["name"] if found else ""


def names_nothing(form: str) -> bool:
    """Whether a message (query form) asks, and all its words are such as are asked of anything.

    >>> [names_nothing(form) for form in ("怎么领", "几天能换好", "怎么领券", "用不了呢")]
    [True, True, False, False]
    """
    return _pattern("asking").search(form) is not None and not _pattern("names_nothing").sub("", form)


def tells_state(form: str) -> bool:
    """Whether a message (normal form) tells no more than how far an order has come.

    >>> tells_state("发货了"), tells_state("已付款"), tells_state("审核中"), tells_state("发货"), tells_state("发票开好了")
    (True, True, True, False, False)
    """
    return _pattern("state").search(form) is not None


def without_asking(form: str) -> str:
    """A message (normal form) without the words at its end that ask what then.

    >>> without_asking("已经发货了呢"), without_asking("付过款了怎么办"), without_asking("呢")
    ('已经发货了', '付过款了', '')
    """
    return _pattern("asking_tail").sub("", form)


def names_unknown(form: str, told: str, contents: Contents) -> bool:
    """Whether a message (query form) has words that no question and no answer has, or asks the same of a thing that hardly any
    speaks of, nor what was told (an FAQ's id): 「那木地板呢」.
    """
    thing, last = other_thing(form), contents.get(told)
    if thing and not (last and _speaks_of(last, thing)) and sum(_speaks_of(faq, thing) for faq in contents.faqs) < KNOWN_IN:
        return True
    words = (word for word in contents.tokeniser.words(form) if len(word) > 1 and not _pattern("anybodys_words").search(word))
    return not all(map(contents.knows, words))


def _speaks_of(faq: Faq, thing: str) -> bool:
    return thing in faq.answer.lower() or any(thing in question.lower() for question in faq.questions)


def menu_before(earlier: Sequence[Turn], now: datetime) -> str | None:
    """What a list was just offered for (query form), where that was a word or two: 「指纹」; None: there is no such list."""
    last = earlier[-1] if earlier else None
    if last is None or last.kind != "clarify" or last.task or not last.options or now - last.at > SOON:
        return None
    form = query_form(last.user)
    return form if len(form) <= MOST_OF_MENU else None


def leaning(vector: Vectors, faq_id: str, contents: Contents) -> Vectors:
    """The message's vector (d,) drawn towards the standard question of the FAQ; of length 1."""
    topic = contents.vectors[contents.offsets[contents.positions[faq_id]]]
    drawn = vector + CONTEXT_WEIGHT * topic
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


def about_last(
    form: str, drawn: Sequence[Candidate], alone: Sequence[Candidate], joined: Sequence[Candidate], told: str
) -> bool:
    """Whether a message (query form) asks of the FAQ that was just told, though others may be likelier by its few words.

    :param drawn: candidates of the message drawn to that FAQ, :param alone: of the message by itself, :param joined: of the
        question before and the message; each best first.
    """
    if not joined or joined[0].faq_id != told or joined[0].confidence < SURE_OF_LAST or not drawn:
        return False
    other = next((one for one in drawn if one.faq_id != told), None)
    if other is None:
        return True
    by_itself = next((one.confidence for one in alone if one.faq_id == other.faq_id), 0.0)
    led_to = other.confidence >= SURE_LEANING and other.confidence - by_itself >= DRAWN
    leads = drawn[0].faq_id == told and drawn[0].confidence - other.confidence >= LEAD
    return leads or (names_nothing(form) and not led_to)


def again_last(candidates: Sequence[Candidate], faq_id: str) -> list[Candidate]:
    """The candidates, best first, with the FAQ that was just told behind those as likely."""

    def cheapened(one: Candidate) -> Candidate:
        return one.model_copy(update={"confidence": max(one.confidence - AGAIN_COSTS, 0.0)}) if one.faq_id == faq_id else one

    return sorted(map(cheapened, candidates), key=lambda one: -one.confidence)
