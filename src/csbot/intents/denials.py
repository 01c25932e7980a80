"""What a customer says they do not mean: 「不是」, 「不是，发票怎么开」, 「不是退货，是换货」. Data: ``data/answers.yaml``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from csbot.kb.contents import Contents
from csbot.models import Candidate, Turn
from csbot.resources import load_pattern
from csbot.text import query_form

_pattern = partial(load_pattern, "csbot.intents.data", "answers.yaml")
TALK = ("answer", "clarify", "fallback")
"""Kinds of reply that may have taken one thing for another."""


class Denied(NamedTuple):
    """:ivar thing: what is not meant. :ivar meant: the question without it, in query form."""

    thing: str
    meant: str


def after_no(form: str) -> str:
    """A message in normal form without the no that it begins with, where something follows.

    >>> after_no("不是,发票怎么开"), after_no("不是这个,门锁那个"), after_no("不是"), after_no("发票怎么开")
    ('发票怎么开', '门锁那个', '不是', '发票怎么开')
    """
    return _pattern("begins_no").sub("", form)


def find_denied(form: str, earlier: Sequence[Turn], contents: Contents) -> Denied | None:
    """What a message (normal form) says is not meant; None: nothing, or nothing that the knowledge base knows.

    Without what is meant instead, it is the question before it.
    """
    found = _pattern("denies_thing").search(form)
    last = earlier[-1] if earlier else None
    if found is None or last is None or last.kind not in TALK:
        return None
    thing, meant = found["denied"], query_form(found["meant"] or last.user)
    named = any(thing in faq.question or thing == faq.category for faq in contents.faqs)
    return Denied(thing, meant) if named and meant else None


def without_denied(candidates: Sequence[Candidate], denied: Denied) -> list[Candidate]:
    """The candidates whose question is not about what is not meant; 「退换货」 is about both."""
    return [one for one in candidates if denied.thing not in one.question or denied.meant in one.question]
