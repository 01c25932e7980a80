"""What a customer says they do not mean: 「不是」, 「不是，发票怎么开」, 「不是退货，是换货」, 「我说的是登录密码」.

Data: ``data/denials.yaml`` and ``data/answers.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from csbot.intents.follow_up import again_last
from csbot.kb.contents import Contents
from csbot.models import Candidate, Turn
from csbot.resources import load_pattern
from csbot.text import normalise, query_form

_pattern = partial(load_pattern, "csbot.intents.data", "denials.yaml")
TALK = ("answer", "clarify", "fallback")
"""Kinds of reply that may have taken one thing for another."""
BARE_CHARS = 5
"""What is meant, in so few characters, leaves out what is asked of it: that is asked by the question before it."""
LEAST_SHARED = 2
"""Characters at the end of what is meant that stand in the question for it: 「登录密码」 for 「密码」."""
_WANTS = "要想"


class Denied(NamedTuple):
    """:ivar thing: what is not meant; "": the last answer. :ivar meant: the question without it, in query form.
    :ivar whole: the question before, with what is meant in its place; "": none. :ivar told: the FAQ that was told last.
    """

    thing: str
    meant: str
    whole: str = ""
    told: str = ""


def after_no(form: str) -> str:
    """A message in normal form without the no that it begins with, where something follows.

    >>> after_no("不是,发票怎么开"), after_no("不是这个,门锁那个"), after_no("不是"), after_no("发票怎么开")
    ('发票怎么开', '门锁那个', '不是', '发票怎么开')
    """
    return load_pattern("csbot.intents.data", "answers.yaml", "begins_no").sub("", form)


def told_apart(form: str) -> tuple[str, str] | None:
    """What is not meant and what is, in a message in normal form; "" for what it doesn't name; None: no such thing.

    >>> told_apart("不是退货,是换货"), told_apart("你搞错了,我要的是发票不是退款"), told_apart("我说的是登录密码")
    (('退货', '换货'), ('退款', '发票'), ('', '登录密码'))
    """
    form = _pattern("mistaken").sub("", form)
    if found := _pattern("denies_thing").search(form) or _pattern("means_thing").search(form):
        return found["denied"].lstrip(_WANTS), (found["meant"] or "").lstrip(_WANTS)
    found = _pattern("means_only").search(form)
    return ("", found["meant"]) if found else None


def find_denied(form: str, earlier: Sequence[Turn], contents: Contents) -> Denied | None:
    """What a message (normal form) says is not meant; None: nothing, or nothing that the knowledge base knows.

    Without what is meant instead, it is the question before it. Where nothing was said before, both must be named.
    """
    apart = told_apart(form)
    last = earlier[-1] if earlier else None
    if apart is None or (last is not None and last.kind not in TALK):
        return None
    thing, said = apart
    meant = query_form(said or (last.user if last else ""))
    if not meant or not (said or last) or not (thing or last):
        return None
    alike = len(thing) >= LEAST_SHARED and thing[-LEAST_SHARED:] == said[-LEAST_SHARED:]  # 「不是App密码，是开锁密码」
    if thing and not alike and not _named(thing, contents):
        subject = next((thing[:end] for end in range(len(thing) - 1, 1, -1) if _named(thing[:end], contents)), "")
        if not subject or not said:
            return None
        return Denied("", meant if subject in meant else subject + meant)  # 「不是门锁坏，是关不上」
    if last is None:
        return Denied(thing, meant)
    whole = _instead(thing, said, normalise(last.user)) if said and len(said) <= BARE_CHARS else ""
    return Denied(thing, meant, query_form(whole), last.faq_id or "")


def _named(thing: str, contents: Contents) -> bool:
    return any(thing in faq.question or thing == faq.category for faq in contents.faqs)


def _instead(thing: str, meant: str, question: str) -> str:
    """The question (normal form) asked of what is meant, in the place of what is not.

    >>> _instead("指纹", "人脸", "指纹不灵"), _instead("柜门", "抽屉歪", "柜门歪了"), _instead("", "登录密码", "密码忘了")
    ('人脸不灵', '抽屉歪了', '登录密码忘了')
    >>> _instead("", "定金", "退款多久到"), _instead("拉篮", "锁", "安装要钱吗")
    ('定金退款多久到', '锁安装要钱吗')
    """
    ends = (meant[start:] for start in range(len(meant) - LEAST_SHARED + 1))
    place = thing if thing and thing in question else next((end for end in ends if end in question), "")
    if not place:
        return meant + question
    before, after = question.split(place, 1)
    shared = next((length for length in range(min(len(meant), len(after)), 0, -1) if after.startswith(meant[-length:])), 0)
    return before + meant + after[shared:]


def without_denied(candidates: Iterable[Candidate], denied: Denied) -> tuple[Candidate, ...]:
    """The candidates whose question is not about what is not meant; 「退换货」 is about both. What was told comes behind."""
    kept = [one for one in candidates if not denied.thing or denied.thing not in one.question or denied.meant in one.question]
    return tuple(again_last(kept, denied.told) if denied.told else kept)
