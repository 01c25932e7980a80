"""The order that was shown last: asked after again, beside another one, or left for another customer's. Pure."""

from __future__ import annotations

import re
from functools import cache

from csbot.config import BotConfig
from csbot.dialogue.order_list import places_in
from csbot.dialogue.order_progress import ask, continue_with, keys_in, look_up, next_slot, proven
from csbot.dialogue.order_questions import LONGEST, UNWANTED, disputes, question_in, takes_offer, yields
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import ANOTHER, FOLLOW_UP, State
from csbot.intents.answers import says
from csbot.intents.names import person_asked_for
from csbot.models import Action, Understanding
from csbot.resources import load_pattern, load_yaml

RECENT = 4
"""Turns for which an order that was shown stays in hand."""
SURE = 0.85
"""An FAQ this sure is meant even where the words could be about the order in hand."""
ELLIPTIC_CHARS = 8
"""So short a message leaves out what it is about (「那多久能到」): the order in hand, unless an FAQ fits word for word."""
LONGEST_ASKING = 24
"""Characters beyond which a message says more than whose order is meant."""
FAIR = 0.8
"""An FAQ this sure is meant where the order was told with the last reply: to tell it again would help nobody."""


def is_in_hand(state: State) -> bool:
    """Whether an order was shown up to `RECENT` turns ago."""
    return state.order_id is not None and state.since_order < RECENT


def about_the_order_in_hand(
    state: State, message: Understanding, config: BotConfig, rival: float, *, asked_for: bool
) -> Action | None:
    """What a message says of the order shown up to `RECENT` turns ago, or of another one of the same customer.

    :param rival: confidence of the FAQ that would be answered. :param asked_for: the message asks for the progress of an order.
    """
    if state.order_id is None or not is_in_hand(state):
        return None
    given, form = keys_in(message), message.normalised
    proof = {name: value for name, value in state.shown.items() if name in ("phone", "name")}
    if "order_id" in given and "phone" not in given:
        return continue_with(state, proof | given, given, config, True, rule="another_order_id")
    if given:
        return None
    if says("elsewhere", form) and (rival < SURE or says("looks_up", form)):
        return _elsewhere(state, config)
    if rival < SURE and says("another", form):
        return continue_with(state, proof, {}, config, True, rule=ANOTHER)
    surer = rival >= (1.0 if len(form) <= ELLIPTIC_CHARS else SURE)
    if asked_for or (not surer and is_follow_up(form)):
        return look_up_again(state)
    return None


def asked_about(state: State, message: Understanding, policy: Policy) -> Action | None:
    """A short question about the order in hand, which its own fields answer or can't: no FAQ knows it better.

    An exact question of the knowledge base is that question; a task under way, and a key of another order, go first.
    """
    top = message.candidates[0] if message.candidates else None
    if state.order_id is None or not is_in_hand(state) or state.task or not policy.has_orders:
        return None
    if message.picked or keys_in(message):
        return None
    if state.offers_orders and places_in(message.normalised, state.option_texts):
        return None  # it names one of those listed, perhaps another
    if asks_for_anothers(state, message.normalised) and not (top and top.exact and top.action is None):
        return _elsewhere(state, policy.config)
    about = question_in(message.normalised)
    if about is None or (top and top.exact and top.action is None):
        return None
    if state.orders.called and disputes(about):  # they have it before them: one more thing for whom is awaited
        return Action(kind="handoff", rule="disputed", reason="not_understood", wording="handoff_order")
    if (about == UNWANTED and state.since_order > 0) or (yields(about) and top and top.confidence >= FAIR):
        return None
    return look_up_again(state, about)


def asks_for_anothers(state: State, form: str) -> bool:
    """Whether a message in normal form asks after the order of another person than the one whose order is in hand."""
    if not 0 < len(form) <= LONGEST_ASKING:
        return False
    own = (state.shown.get("name"), state.identified.name if state.identified else None)
    named = person_asked_for(form)
    if named and named not in own:
        return True
    return load_pattern("csbot.dialogue.data", "orders.yaml", "others").search(form) is not None


def _elsewhere(state: State, config: BotConfig) -> Action:
    """Another person's order, or one under another number, is looked up from the beginning: nothing proven so far counts."""
    return ask(state, {}, next_slot({}, config.orders) or "phone", config, rule="elsewhere", wording="elsewhere")


def look_up_again(state: State, about: str = "") -> Action:
    """Look the order in hand up with the proof that was given. :param about: what is asked of it; "": all of it."""
    return look_up({**state.shown, "order_id": state.order_id or ""}, rule=FOLLOW_UP, trusted=proven(state), about=about)


def takes_up(state: State, message: Understanding) -> Action | None:
    """A human, who was just offered for the order in hand, where the message decides something about it, or gives it."""
    if state.task or state.offer != "asked" or not is_in_hand(state) or message.picked or not takes_offer(message.normalised):
        return None
    return Action(kind="handoff", rule="human_offer_taken", reason="customer_wish", wording="handoff_order")


def not_in_the_order(state: State, message: Understanding) -> Action | None:
    """Something is asked right after an order was shown that neither it nor an FAQ knows: a colleague may."""
    asks = says("asks", message.normalised) or message.text.rstrip().endswith(("?", "？"))
    if state.task or not is_in_hand(state) or not asks or len(message.normalised) > LONGEST:
        return None
    return Action(kind="fallback", rule="miss", wording="order_unknown", offer="asked")


@cache
def _follow_up() -> re.Pattern[str]:
    return re.compile(load_yaml("csbot.dialogue.data", "orders.yaml")["follow_up"])


def is_follow_up(text: str) -> bool:
    """Whether a message (normal form) is about the order that was just shown.

    >>> is_follow_up("那多久能到"), is_follow_up("你们发什么快递"), is_follow_up("质保多久")
    (True, False, False)
    """
    return len(text) <= 16 and bool(_follow_up().search(text))
