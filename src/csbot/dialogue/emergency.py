"""After somebody in danger was handed over: until a human comes, or the danger is past, it is all that is talked of. Pure."""

from __future__ import annotations

from csbot.dialogue.dangers import (
    ADVISED,
    OVER,
    answer_fact,
    further_advice,
    in_emergency,
    is_calm,
    says_detail,
    says_other,
    says_over,
    says_where,
    tell,
)
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State
from csbot.models import Action, Understanding

NOTED = "danger_noted"
"""Rule of the turn in which somebody in danger tells where they are or how to reach them."""
FACT = "danger_fact"
"""Rule of the turn in which somebody in danger asks for a number, the cost, who is liable or when somebody comes."""
NOT_ELSEWHERE = ("number", "blame", "shards", "treated", "serious", "usable")
"""Facts that no FAQ tells better: whom to call now, who is to blame for what has just happened, how bad it is, what is safe."""
TOLD_AS_IT_IS = (ADVISED, OVER, NOTED, FACT)
"""Rules whose action has its words with it."""
VERY_SURE = 0.95
"""Confidence from which an FAQ is the other question that somebody in danger asks; below, their words are about the danger,
unless they name another matter or the danger is past."""
LEAVES_ALONE = ("thanks", "goodbye", "cancel")
"""Courtesy that is returned; 「在吗」 and 「好的」 are about the danger."""
PLACES = ("phone", "name")
"""Slots that tell whom helpers look for: no identity is checked by them now."""


def follow_up(state: State, message: Understanding, policy: Policy) -> Action | None:
    """Advice that fits the danger, the fact that is asked for, or that what was given is noted; no menu, no question back.

    None: the conversation goes its usual way, because nobody is in danger, a new danger is told, a human is wished for, or the
    message is courtesy or clearly a question of its own.
    """
    if not state.emergency.kinds or state.task or message.picked or in_emergency(message):
        return None
    if says_over(message.text):
        return _said(OVER, tell("over", state.turns))
    fact = answer_fact(message.text, state.emergency.kinds, state.turns)
    if fact and fact[0] in NOT_ELSEWHERE:
        return _said(FACT, fact[1])
    if message.signal("human_wanted") >= policy.config.dialogue.handoff_wish or message.smalltalk in LEAVES_ALONE:
        return None
    if says_where(message.text) or says_detail(message.text) or any(slot.name in PLACES for slot in message.slots):
        return _said(NOTED, tell("noted", state.turns))
    top = policy.sure_faq(message)
    means_other = is_calm(state.emergency.kinds) or says_other(message.text)
    if top and (top.exact or means_other or top.confidence >= VERY_SURE):
        return None
    if fact:
        return _said(FACT, fact[1])
    return _said(ADVISED, further_advice(state.emergency.kinds, state.emergency.advised))


def _said(rule: str, text: str) -> Action:
    return Action(kind="smalltalk", rule=rule, text=text)
