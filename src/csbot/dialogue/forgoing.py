"""Something is no longer wanted: 「不开发票了」「别派人来修了」. How to get it is the last thing to tell. Pure.

The words are data, in ``data/forgoing.yaml``.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import Any

from csbot.dialogue.order_in_hand import is_in_hand, look_up_again
from csbot.dialogue.order_questions import UNWANTED
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State
from csbot.intents.answers import says
from csbot.intents.task_answers import tells
from csbot.models import Action, Understanding
from csbot.resources import filled, load_yaml
from csbot.text import normalise

RULE = "forgone"
LONGEST = 32
"""Characters beyond which a message says more than that something is not wanted any more."""
LIGHT, ORDER, VISIT = "light", "order", "visit"
"""What a clause is about, beside the things of the data file, which go by their titles."""
_CLAUSE = re.compile(r"[,，。.;；!！~、\s]+")
_data = partial(load_yaml, "csbot.dialogue.data", "forgoing.yaml")


def forgoes(state: State, message: Understanding, policy: Policy) -> Action | None:
    """What to do where the message wants a thing no more; None: it doesn't say so, or in words that `cancels` answers.

    The FAQ that tells how this very thing is called off; else no more than consent, and a colleague is offered, who can take
    back what was applied for. The order in hand is looked at once more.
    """
    if (message.candidates and message.candidates[0].exact) or tells("cancels", message.normalised):
        return None
    asked = state.offer == "asked" and bool(state.said) and forgone(state.said[-1]) not in ("", ORDER)
    if asked and _pattern("already").search(message.normalised):
        return Action(kind="handoff", rule=RULE, reason="customer_wish", wording="handoff_cancel")
    if asked and _pattern("not_yet").search(message.normalised):
        return Action(kind="smalltalk", rule=RULE, wording="smalltalk_cancel")
    thing = forgone(message.text)
    if thing == ORDER:
        return look_up_again(state, UNWANTED) if policy.has_orders and is_in_hand(state) else None
    if not thing:
        return None
    topic = next((entry["question"] for entry in _data()["things"] if entry["title"] == thing), None)
    for faq in message.candidates:
        how = tells("cancelling", faq.question) and not tells("uncancels", faq.question)
        if topic and how and faq.action is None and re.search(topic, faq.question):
            return Action(kind="answer", rule=RULE, candidate=faq)
    return Action(kind="smalltalk", rule=RULE, wording="forgone", text=_data()["titles"].get(thing, thing), offer="asked")


def forgone(text: str) -> str:
    """What a message, as it was typed, wants no more, and nothing else: the title of a thing, `ORDER` or `VISIT`; "": nothing.

    >>> [forgone(text) for text in ("不开发票了", "别派人来修了，已经修好了", "不退了，给我换一个", "师傅不来了")]
    ['开发票', 'visit', '', '']
    """
    clauses = [clause for clause in map(normalise, _CLAUSE.split(text)) if clause]
    if sum(map(len, clauses)) > LONGEST or text.rstrip().endswith(("?", "？")):
        return ""
    meant = ""
    for clause in clauses:
        about = _about(clause, alone=len(clauses) == 1)
        if not about:
            return ""
        if about != LIGHT:
            meant = meant or about
    return meant


def _about(clause: str, *, alone: bool) -> str:
    """What one clause is about; "": something else. :param alone: it is the whole message."""
    for title, pattern in _things():
        if pattern.search(clause):
            return "" if alone and _pattern("not_meant").search(clause) else title
    if says("sends_away", clause):
        return VISIT
    return next((kind for kind in (ORDER, LIGHT) if _pattern(kind).search(clause)), "")


@cache
def _things() -> list[tuple[str, re.Pattern[str]]]:
    """A pattern per thing."""
    data = _data()
    found = []
    for thing in data["things"]:
        rules = [*data["patterns"], *(data["bare"] if thing["bare"] else [])]
        found.append((thing["title"], _compiled(rules, data["terms"] | thing)))
    return found


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return _compiled(_data()[kind], _data()["terms"])


def _compiled(rules: list[dict[str, str]], terms: dict[str, Any]) -> re.Pattern[str]:
    """One pattern for all rules, with the terms filled in."""
    joined = "|".join(f"(?:{rule['pattern']})" for rule in rules)
    return re.compile(filled(joined, terms))
