"""The order that was shown last: asked after again, beside another one, or left for another customer's. Pure."""

from __future__ import annotations

import re
from functools import cache

from csbot.config import BotConfig
from csbot.dialogue.order_list import places_in
from csbot.dialogue.order_progress import ask, continue_with, keys_in, look_up, next_slot, proven, start
from csbot.dialogue.order_questions import (
    LONGEST,
    PRESS,
    UNWANTED,
    disputes,
    near_question,
    question_in,
    takes_offer,
    yields,
)
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import ANOTHER, FOLLOW_UP, NOT_UNDERSTOOD, State
from csbot.intents.answers import says
from csbot.intents.matters import matter_of
from csbot.intents.name_forms import is_likely_end
from csbot.intents.names import person_asked_for
from csbot.intents.slots import read_slots
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Candidate, Understanding
from csbot.resources import filled, load_pattern, load_yaml
from csbot.text import normalise

_ORDERS = ("csbot.dialogue.data", "orders.yaml")
RECENT = 4
"""Turns for which an order that was shown stays in hand."""
SURE = 0.85
"""An FAQ this sure is meant even where the words could be about the order in hand."""
ELLIPTIC_CHARS = 8
"""So short a message leaves out what it is about (「那多久能到」): the order in hand, unless an FAQ fits word for word."""
LONGEST_ASKING = 24
"""Characters beyond which a message says more than whose order is meant."""
UNSURE = 0.6
"""Confidence below which an FAQ gives way to the order that was just told, where the message asks of its time, place, state or
reason: of what a stranger's dialogues asked there, most FAQs between 0.3 and 0.6 were wrong."""
JUST_TOLD = 1
"""Turns since the order was told, up to which that holds."""
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
    proof = _proof(state)
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
    if state.task or not policy.has_orders or message.picked:
        return None
    if proves_and_asks(message, policy.config):
        return start(state, message, policy.config, True, rule="task_slots")
    if not is_in_hand(state) and _pattern("own_state").search(message.normalised) and not (top and top.exact):
        return start(state, message, policy.config, True, rule="task_intent")
    if state.order_id is None or not is_in_hand(state):
        return None
    if renamed := _under_another_name(state, message, policy.config):
        return renamed
    if keys_in(message):
        return None
    if state.offers_orders and places_in(message.normalised, state.option_texts):
        return None  # it names one of those listed, perhaps another
    if asks_for_anothers(state, message.normalised) and not (top and top.exact and top.action is None):
        return _elsewhere(state, policy.config)
    about = question_in(message.normalised) or question_in(behind_goods(message.normalised, state.orders.goods) or "")
    if about == PRESS and state.orders.called:
        return None  # they have it before them
    if about is None and state.orders.goods and names_other_goods(message.normalised, state.orders.goods):
        return continue_with(state, _proof(state), {}, policy.config, True, rule=ANOTHER)
    if about is None and not (top and _is_sure(top)):
        about = _asked_nearly(state, message.normalised)
    if about is None or (top and top.exact and top.action is None):
        return None
    if about and state.orders.called and disputes(about):  # they have it before them: one more thing for whom is awaited
        return Action(kind="handoff", rule="disputed", reason=NOT_UNDERSTOOD, wording="handoff_order")
    if (about == UNWANTED and state.since_order > 0) or (about and top and yields(about, top.confidence, fair=FAIR)):
        return None
    return look_up_again(state, about)


def _asked_nearly(state: State, form: str) -> str | None:
    """What of the order that was just told a message in normal form seems to ask; None while they are at it, or for another."""
    if state.since_order > JUST_TOLD or state.orders.called or says("another", form) or says("elsewhere", form):
        return None
    return near_question(form)


def _is_sure(top: Candidate) -> bool:
    """Whether another matter than an order's progress is surely meant."""
    return top.confidence >= UNSURE and top.action != ORDER_PROGRESS


def _proof(state: State) -> dict[str, str]:
    """What of the proof of the order in hand holds for the same customer's others."""
    return {name: value for name, value in state.shown.items() if name in ("phone", "name")}


def proves_and_asks(message: Understanding, config: BotConfig) -> bool:
    """Whether a message proves an order and asks when it comes: that is no question about the merchant's rules."""
    given = keys_in(message)
    form = matter_of(message.text, message.slots)
    return next_slot(given, config.orders) is None and _pattern("asked_with_proof").search(form) is not None


def _under_another_name(state: State, message: Understanding, config: BotConfig) -> Action | None:
    """The order of the same phone under the name that the customer puts right, 「不对，我叫刘芳」: it is proven anew."""
    phone, old = state.shown.get("phone"), state.shown.get("name")
    others = [slot for slot in message.slots if slot.name != "name"]
    if not phone or not old or others or len(message.normalised) > LONGEST_ASKING:
        return None
    names = [slot.value for slot in read_slots(message.text, asked="name").slots if slot.name == "name"]
    name = next((name for name in names if normalise(name) != normalise(old)), None)
    if name is None:
        return None
    terms = {"name": re.escape(normalise(name)), "old": re.escape(normalise(old))}
    if not re.search(filled(load_yaml(*_ORDERS)["renames"], terms), message.normalised):
        return None
    if message.normalised == normalise(name) and not is_likely_end(name, ""):
        return None  # 「王总好」
    return continue_with(state, {"phone": phone, "name": name}, {"name": name}, config, True, rule="another_name")


def behind_goods(form: str, goods: str) -> str | None:
    """What a message in normal form says behind the goods of the order in hand, which it begins with; None: with none of them.

    >>> behind_goods("我的衣柜什么时候装", "定制衣柜 2 组"), behind_goods("橱柜什么时候装", "定制衣柜 2 组")
    ('什么时候装', None)
    """
    start = _pattern("goods_lead").match(form).end()  # type: ignore[union-attr]
    lines = normalise(goods)
    for end in range(len(form) - 1, start, -1):
        word = form[start:end].removesuffix("子")
        if re.search(rf"{re.escape(word)}(?![\u4e00-\u9fff])", lines) and "\u4e00" <= word[-1:] <= "\u9fff":
            return form[end:].lstrip("的那个套,")
    return None


def names_other_goods(form: str, goods: str) -> bool:
    """Whether a message in normal form asks how goods stand that the order in hand does not hold.

    >>> names_other_goods("那我的锁呢", "定制衣柜 2 组"), names_other_goods("我的衣柜呢", "定制衣柜 2 组")
    (True, False)
    """
    named = _pattern("other_goods").search(form)
    return named is not None and named["goods"].removesuffix("子") not in normalise(goods) and behind_goods(form, goods) is None


def asks_for_anothers(state: State, form: str) -> bool:
    """Whether a message in normal form asks after the order of another person than the one whose order is in hand."""
    if not 0 < len(form) <= LONGEST_ASKING:
        return False
    own = (state.shown.get("name"), state.identified.name if state.identified else None)
    named = person_asked_for(form)
    if named and named not in own:
        return True
    return load_pattern(*_ORDERS, "others").search(form) is not None


def _elsewhere(state: State, config: BotConfig) -> Action:
    """Another person's order, or one under another number, is looked up from the beginning: nothing proven so far counts."""
    return ask(state, {}, next_slot({}, config.orders) or "phone", config, rule="elsewhere", wording="elsewhere")


def look_up_again(state: State, about: str = "") -> Action:
    """Look the order in hand up with the proof that was given. :param about: what is asked of it; "": all of it."""
    return look_up({**state.shown, "order_id": state.order_id or ""}, rule=FOLLOW_UP, trusted=proven(state), about=about)


def takes_up(state: State, message: Understanding) -> Action | None:
    """A human, who was just offered for the order in hand, where the message decides something about it, or gives it."""
    if state.task or state.offer is None or not is_in_hand(state) or message.picked:
        return None
    form = message.normalised
    if not (takes_offer(form) if state.offer == "asked" else question_in(form) == PRESS):
        return None
    return Action(kind="handoff", rule="human_offer_taken", reason="customer_wish", wording="handoff_order")


def not_in_the_order(state: State, message: Understanding) -> Action | None:
    """Something is asked right after an order was shown that neither it nor an FAQ knows: a colleague may."""
    asks = says("asks", message.normalised) or message.text.rstrip().endswith(("?", "？"))
    if state.task or not is_in_hand(state) or not asks or len(message.normalised) > LONGEST:
        return None
    return Action(kind="fallback", rule="miss", wording="order_unknown", offer="asked")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(load_yaml(*_ORDERS)[name])


def is_follow_up(text: str) -> bool:
    """Whether a message (normal form) is about the order that was just shown.

    >>> is_follow_up("那多久能到"), is_follow_up("你们发什么快递"), is_follow_up("质保多久")
    (True, False, False)
    """
    return len(text) <= 16 and bool(_pattern("follow_up").search(text))
