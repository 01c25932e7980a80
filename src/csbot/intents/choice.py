"""A pick from what was offered: by number, by place, or by the option's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from csbot.intents.answers import says
from csbot.intents.follow_up import SOON
from csbot.kb.contents import Contents
from csbot.kb.task_intents import PREFIX
from csbot.models import Candidate, Turn, utc_now
from csbot.text import normalise

PICKED = "option_picked"
"""Rule of the turn in which an option was picked; its answer is what the customer wants to read."""
_ORDINALS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "1": 0, "2": 1, "3": 2, "4": 3, "5": 4}
_CHOICE = re.compile(
    r"^(?:那?就?我?(?:选|要选|要(?=第)|是|问的是|想问|说的是|要的是)?)?(?:第|选项|序号|no\.?)?\s*([一二三四五1-5])\s*(?:个|条|项|种|号|单|那个|这个|,|、|\.)*(?:问题|订单)?(?:吧|的|呗|啊|哦|呢)*$"
)
_THAT_ONE = re.compile(r"的?(?:那|这)一?(?:个|单|款|件|条|项)(?:订单|问题)?(?:吧|呢|的|呗)*$")
_LAST = re.compile(r"^(?:就?(?:是|要|选)?)?最后(?:面)?(?:那|一)?(?:一)?(?:个|条|项|单)(?:吧|的)?$")
_FIRST = re.compile(r"^(?:就?(?:是|要|选)?)?(?:最)?(?:上面|前面|头)(?:那|一)?(?:一)?(?:个|条|项|单)(?:吧|的)?$")


def find_choice(text: str, options: Sequence[str]) -> int | None:
    """0-based option that a message (normal form) picks: by number, by place, or by the option's own words.

    >>> find_choice("第二个", ["a", "b"]), find_choice("3", ["a", "b"]), find_choice("门锁那个", ["QH1 橱柜", "QH2 智能门锁"])
    (1, None, 1)
    """
    if not options:
        return None
    if match := _CHOICE.match(text):
        place = _ORDINALS[match.group(1)]
        return place if place < len(options) else None
    if _LAST.match(text) or (len(options) == 1 and says("agrees", text)):  # the last of one: yes to 「您是想问“…”吗」
        return len(options) - 1
    if _FIRST.match(text):
        return 0
    forms = [normalise(option) for option in options]
    if text in forms:
        return forms.index(text)
    named = _THAT_ONE.sub("", text)
    least = 4 if named == text else 2
    holding = [i for i, form in enumerate(forms) if len(named) >= least and named in form]
    return holding[0] if len(holding) == 1 else None


def without_that_one(form: str) -> str:
    """A message (normal form) without the words that point: 「安装的那个」 is 「安装」."""
    return _THAT_ONE.sub("", form) or form


def offered_still(earlier: Sequence[Turn], now: datetime) -> dict[str, str]:
    """The options, by id, of a list of questions from which one was picked, while nothing else was talked of since."""
    picks = list(takewhile(lambda turn: turn.rule == PICKED, reversed(earlier)))
    before = earlier[-len(picks) - 1] if 0 < len(picks) < len(earlier) else None
    if before is None or before.kind != "clarify" or now - picks[0].at > SOON:
        return {}
    return dict(zip(before.options, before.option_texts, strict=True))


def option(contents: Contents, offers_orders: bool, option_id: str, text: str) -> Candidate | None:
    """The option picked: an FAQ still valid, a task intent or an order; None for an FAQ that is gone."""
    faq = None if offers_orders else contents.get(option_id)
    action = faq.action if faq else option_id.removeprefix(PREFIX) if option_id.startswith(PREFIX) else None
    if not (offers_orders or action or (faq and faq.is_valid(utc_now()))):
        return None
    return Candidate(faq_id=option_id, question=text, score=1.0, confidence=1.0, matched=text, action=action, exact=True)
