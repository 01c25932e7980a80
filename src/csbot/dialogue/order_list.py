"""Orders that were listed, picked by their goods, several at a time, or all. Data: ``data/order_list.yaml``. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from csbot.dialogue.order_memory import SEVERAL
from csbot.dialogue.order_progress import pick, proof_of_list, proven
from csbot.dialogue.order_questions import question_in
from csbot.dialogue.state import State
from csbot.dialogue.telling import kind_of
from csbot.intents.denials import after_no
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Candidate, Understanding
from csbot.resources import load_yaml
from csbot.text import normalise

LONGEST = 20
"""Characters beyond which a message says more than which orders are meant."""
_PAIRS = ("一1", "二2两", "三3", "四4", "五5", "六6", "七7", "八8", "九9")
_DIGITS = {digit: place for place, pair in enumerate(_PAIRS) for digit in pair}


def picked_from_list(state: State, message: Understanding) -> Action | None:
    """The orders of the list that a message means, told in full where it is one, in short where they are several."""
    if not state.offers_orders or message.picked or message.rejected:
        return None
    form = after_no(message.normalised)
    if asked := _asked_of_one(form, state.option_texts):
        place, about = asked
        return pick(state, state.options[place]).model_copy(update={"about": about})
    places = places_in(form, state.option_texts) or _standing(form, state.option_texts)
    if len(places) == 1:
        return pick(state, state.options[places[0]])
    if not places:
        return None
    meant = tuple(_option(state.options[place], state.option_texts[place]) for place in places)
    slots = {name: value for name, value in proof_of_list(state).items() if name != "order_id"}
    return Action(kind="order_status", rule=SEVERAL, task=ORDER_PROGRESS, slots=slots, trusted=proven(state), options=meant)


def places_in(form: str, options: tuple[str, ...]) -> list[int]:
    """0-based places in the list that a message in normal form means; [] where it means none.

    >>> orders = ("QH1 智能门锁 已完成", "QH2 定制衣柜 3 组 设计中", "QH3 调味拉篮 1 个 已发货")
    >>> [places_in(form, orders) for form in ("都看看", "1和3", "门锁的", "衣柜", "拉篮到哪了", "门锁和衣柜", "门锁怎么联网")]
    [[0, 1, 2], [0, 2], [0], [1], [2], [0, 1], []]
    """
    if not 0 < len(form) <= LONGEST:
        return []
    if _pattern("all").search(form):
        return list(range(len(options)))
    if _pattern("numbers").search(form):
        found = {_DIGITS[digit] for digit in _pattern("number").findall(form)}
        return sorted(place for place in found if place < len(options))
    if match := _pattern("ends").search(form):
        count = _DIGITS[match["count"]] + 1
        places = list(range(len(options)))
        return places[:count] if match["end"] in ("前", "最前") else places[-count:]
    lines = [_pattern("measures").sub(" ", normalise(option.partition(" ")[2])) for option in options]
    meant: set[int] = set()
    for part in _pattern("joins").split(form):
        goods = _goods(part)
        if nth := _pattern("nth").search(goods):
            meant.add(_DIGITS[nth[1] or nth[2]])
            continue
        holding = {place for place, line in enumerate(lines) if goods and goods in line}
        if not holding:
            return []
        meant |= holding
    return sorted(place for place in meant if place < len(options))


def _standing(form: str, options: tuple[str, ...]) -> list[int]:
    """Places of the orders that stand as the message says: 「没到的那个」「还在设计的那单」."""
    if not 0 < len(form) <= LONGEST:
        return []
    for state in _data()["states"]:
        if re.search(_data()["points"].replace("<state>", state["pattern"]), form):
            return _of_kinds(state["kinds"], options)
    return []


def _of_kinds(kinds: Sequence[str], options: tuple[str, ...]) -> list[int]:
    """Places of the orders whose status, which each option ends with, is of one of these kinds."""
    return [place for place, option in enumerate(options) if kind_of(option.rpartition(" ")[2]) in kinds]


def _asked_of_one(form: str, options: tuple[str, ...]) -> tuple[int, str] | None:
    """The place of the only order that a question can mean, 「为什么延期」, and that question."""
    about = question_in(form)
    if about != "reason":
        return None
    rules = [rule for rule in _data()["states"] if rule["kinds"] in (["late"], ["cancelled"], ["wrong"])]
    kinds = [kind for rule in rules if re.search(rule["pattern"], form) for kind in rule["kinds"]]
    places = _of_kinds(kinds, options)
    return (places[0], about) if len(places) == 1 else None


def _goods(part: str) -> str:
    """The goods that are named, without the words around them."""
    bare = _pattern("around").sub("", part)
    return _pattern("suffix").sub("", bare)


def _option(order_id: str, text: str) -> Candidate:
    return Candidate(faq_id=order_id, question=text, score=1.0, confidence=1.0, matched=text)


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", "order_list.yaml")


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile(_data()[kind])
