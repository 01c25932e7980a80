"""Questions about an order that was just shown, answered from its own fields; what it lacks is said to be lacking.

The words are data, in ``data/order_questions.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from csbot.dialogue.order_days import event_of_day
from csbot.dialogue.order_wishes import tell_wish, wish_before
from csbot.dialogue.telling import (
    Told,
    event_in_words,
    expected,
    has_passed,
    kind_of,
    latest,
    latest_with,
    status_of,
    status_words,
    tell,
    words_for,
)
from csbot.models import Order, OrderEvent, Turn
from csbot.resources import filled, in_turn, load_pattern, load_yaml

LONGEST = 18
"""Characters beyond which a message says more than one short question."""
LONGEST_NEAR = 20
"""The same, for what is looked for in a message and need not be all of it."""
RECENT = 6
"""Turns in which the same words about an order are not said twice."""
UNWANTED = "unwanted"
PRESS = "press"


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", "order_questions.yaml")


def _compiled(pattern: str) -> re.Pattern[str]:
    statuses = "|".join(map(re.escape, status_words()))
    return re.compile(filled(pattern, {"status": statuses} | _data()["words"]))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {about: _compiled(question["pattern"]) for about, question in _data()["questions"].items()}


@cache
def _near() -> list[tuple[str, re.Pattern[str]]]:
    return [(one["about"], _compiled(one["pattern"])) for one in _data()["near"]]


def question_in(form: str) -> str | None:
    """What of an order a message in normal form asks, by its name in the data; None: nothing that is known here.

    >>> [question_in(form) for form in ("快递员电话", "师傅几点来", "怎么又延期", "寄到哪里的", "发票怎么开")]
    ['contact', 'when', 'reason', 'address', None]
    """
    if not 0 < len(form) <= LONGEST:
        return None
    return next((about for about, pattern in _patterns().items() if pattern.search(form)), None)


def near_question(form: str) -> str | None:
    """What of an order that has just been told a message in normal form seems to ask, where no FAQ is sure of it: a question of
    the data, "" for how it stands; None: nothing of the order, or the rule of it.

    >>> [near_question(form) for form in ("月底家里能住人吗", "咋老是往后挪", "现在弄到哪一步", "安装一般要几天能好")]
    ['when', 'reason', '', None]
    """
    if not 0 < len(form) <= LONGEST_NEAR or re.search(_data()["rule_of_it"], form):
        return None
    return next((about for about, pattern in _near() if pattern.search(form)), None)


def yields(about: str, confidence: float, *, fair: float) -> bool:
    """Whether an FAQ of this confidence is the better answer to such a question.

    :param fair: the least confidence, for a question that names none of its own.
    """
    least = _data()["questions"][about].get("yields", False)
    return least is not False and confidence >= (fair if least is True else least)


def disputes(about: str) -> bool:
    """Whether such a question says that the order is wrong."""
    return "contradicts" in _data()["questions"][about]


def takes_offer(form: str) -> bool:
    """Whether a message in normal form decides, demands or gives something about an order, or disputes what it says: what the
    human who was just offered is for.

    >>> [takes_offer(form) for form in ("补发吧", "等太久了,要赔偿", "地址是文一路8号", "我没收到啊", "怎么退款", "发票怎么开")]
    [True, True, True, True, False, False]
    """
    about = question_in(form)
    if about == UNWANTED:
        return False
    question = _data()["questions"][about] if about else {}
    wishes = question.get("answers") == "wish" and not question.get("asks")
    disputed = about is not None and disputes(about)
    return wishes or disputed or load_pattern("csbot.dialogue.data", "order_questions.yaml", "takes").search(form) is not None


def tell_about(order: Order, about: str, asked: str, turns: Sequence[Turn], now: datetime) -> Told:
    """What the customer is told of an order: all of it, or what was asked; where it was said just before, that nothing is new.

    :param about: a question of the data; "" tells all. :param asked: the message in normal form.
    :param turns: the session's turns so far.
    """
    before = [turn for turn in turns[-RECENT:] if turn.order_id == order.order_id]
    offered = bool(turns) and turns[-1].offer == "asked"
    if not about and (wish := wish_before(asked, turns)):
        return tell_wish(order, wish, now)
    told = _answer(order, about, asked, len(before), offered, now) if about else tell(order, now)
    said = [turn.reply for turn in before]
    changes = about != UNWANTED and not (about and _data()["questions"][about].get("past"))
    if not changes or not (told.text in said if about else any(told.text in reply for reply in said)):
        return told
    again = _reason_again(order) if about == "reason" else None
    return again if again and again.text not in said else _still(order, len(before), now)


def _reason_again(order: Order) -> Told | None:
    """That the order says no more of the reason than it did."""
    newest, data = latest(order), _data()
    if newest is None:
        return None
    return Told(data["reason_again"].format(event=newest.text.rstrip("。.")) + data["offers"]["follow"], "asked")


def _still(order: Order, times: int, now: datetime) -> Told:
    """One short line where nothing has changed since it was told; from the second time on a human is offered."""
    data, kind = _data(), words_for(order)
    line = in_turn(data["still"], times - 1).format(status=status_of(order))
    date = expected(order, now)
    if kind.get("offer") or times > 1:
        return Told(line + date + data["offers"]["press" if kind.get("awaited") else "ask"], "asked")
    return Told(line + date, None)


def _answer(order: Order, about: str, asked: str, times: int, offered: bool, now: datetime) -> Told:
    data = _data()
    about = data["questions"][about].get("of_kind", {}).get(kind_of(order.status), about)
    question: dict[str, Any] = data["questions"][about]
    kind = words_for(order)
    state = data["reason"].format(status=status_of(order), means=kind.get("means", ""))
    recorded = event_in_words(data["recorded"], latest(order), now)
    found = event_in_words(data["related"], _quoted(order, question.get("quotes")), now)
    made, offer = question.get("answers"), data["offers"][question.get("offer", "ask")]
    if made == UNWANTED:
        return Told(state + data["unwanted_or_no" if offered else UNWANTED], "mentioned" if offered else "asked")
    if made == "disputed":
        against = _quoted(order, question.get("against"))
        if against or question["contradicts"] == "all" or kind_of(order.status) in question["contradicts"]:
            event = event_in_words(data["latest"], against or latest(order), now)
            return Told(data["disputed"].format(status=order.status, latest=event), "asked")
        if question.get("else") != "help":
            return Told(found, None) if found else tell(order, now)
    if made == "wish":
        if not (kind.get("awaited") or question.get("closed")):
            return Told(state, None)
        return Told(state + expected(order, now) + found + data["wishes"][about] + offer, "asked")
    if made in ("help", "disputed"):
        return Told(recorded + data["offers"]["follow"], "asked")
    if made == "late":
        late = (expected(order, now) or state) + recorded
        return Told(late + data["offers"]["press" if kind.get("awaited") else "ask"], "asked")
    if made == "refund" and found:
        return Told(found + data["refund_missing"] + data["offers"]["follow"], "asked")
    if made == "next":
        return Told(state + expected(order, now) + (kind.get("next") or recorded), None)
    if made == "reason":
        text = state + (recorded or data["no_reason"])
        return Told(text + data["offers"]["follow" if kind.get("offer") else "ask"], "asked")
    if made == "items" and order.items:
        return Told(data["items"].format(items="、".join(order.items)), None)
    if made == "first" and order.events:
        return Told(event_in_words(data["first"], min(order.events, key=lambda event: event.time), now), None)
    if made == "when" or (question.get("else") == "when" and not found):
        return _when(order, kind, state, recorded, asked, now)
    if found and not question.get("partly"):
        return Told(found + offer, "asked") if "offer" in question else Told(found, None)
    absent = in_turn(data["absent"], times).format(title=question["title"])
    return Told(absent + found + data["offers"]["ask"], "asked")


def _when(order: Order, kind: dict[str, Any], state: str, recorded: str, asked: str, now: datetime) -> Told:
    """The expected date, or the latest event where none is set; of an order that nothing is awaited of, how it stands."""
    data = _data()
    if not kind.get("awaited"):
        return Told(state + recorded, None)
    hour = data["hour"] if re.search(data["hours"], asked) and ":" not in (order.eta or "") else ""
    if named := event_of_day(order, asked, now):
        return Told(event_in_words(data["related"], named, now) + hour + data["offers"]["ask"], "asked")
    if not order.eta:
        return Told(data["no_date"] + recorded + data["offers"]["ask"], "asked")
    fitting = data["fitting"]
    first = fitting["line"] if re.search(fitting["asked"], asked) and kind_of(order.status) in fitting["kinds"] else ""
    text = expected(order, now) + first + hour
    if kind.get("offer") or has_passed(order.eta, now):
        return Told(text + data["offers"]["press"], "asked")
    return Told(text if first else text + kind.get("next", ""), None)


def _quoted(order: Order, pattern: str | None) -> OrderEvent | None:
    return latest_with(order, pattern) if pattern else None
