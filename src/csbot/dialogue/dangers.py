"""Kinds of danger to people, and what is said of each. The wordings are data, in ``data/dangers.yaml``; of which kind a
message tells is told by the rules of urgency in ``intents/data/signals.yaml``, each of which names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from csbot.intents.folding import fold
from csbot.intents.signals import LIKELY, find_signals, kinds_shown, shown_by_words
from csbot.models import Signal, Turn, Understanding
from csbot.resources import in_turn, load_yaml

DANGER = 0.93
"""Urgency, by words, from which safety comes first: somebody is or may be hurt, or robbed (see
``intents/data/signals.yaml``)."""
EMERGENCY = 0.9
"""Urgency, by words, from which a conversation that is handed over stays about it: water that spreads, too."""
GENERAL = "general"
KINDS_TOLD = 2
"""Kinds of danger spoken to at once: more is not read by somebody who is in it."""
ADVISED = "danger_advised"
"""Rule of the turn in which somebody who was handed over gets further advice."""
OVER = "danger_over"
"""Rule of the turn in which the customer says that the danger is past."""


@dataclass(frozen=True)
class Emergency:
    """The danger for which a human was called.

    :ivar kinds: of danger, the latest first; none: there is no emergency. :ivar advised: how often further advice was given.
    """

    kinds: tuple[str, ...] = ()
    advised: int = 0

    def after(self, turn: Turn) -> Emergency:
        """The same after one more turn."""
        if turn.rule == OVER:
            return Emergency()
        kinds = tuple(dict.fromkeys((*turn.dangers, *self.kinds)))
        return Emergency(kinds, self.advised + (turn.rule == ADVISED) if set(kinds) == set(self.kinds) else 0)


def find_dangers(text: str) -> tuple[str, ...]:
    """Kinds of danger that a message speaks of, the one that matters most first; `GENERAL` where it is none that is known.

    The message is one that shows danger; this only tells of what kind. None: it is pressing, and nobody is in danger. What the
    message says is past, or slight, is of the kind that speaks to that, unless a kind is told that nothing makes light of.

    >>> find_dangers("厨房有煤气味"), find_dangers("老人在里面"), find_dangers("出事了"), find_dangers("还有十分钟就起飞了")
    (('gas',), ('trapped',), ('general',), ())
    >>> find_dangers("插座冒火星 现在没了"), find_dangers("插座冒火星 现在没了 又冒了")
    (('quenched',), ('electric', 'fire'))
    """
    kinds, shown = _data()["kinds"], kinds_shown(text, "urgency")
    if not shown:
        return (GENERAL,) if shown is None else ()
    heard = [kind for kind in kinds if kind in shown]
    told = tuple(kind for kind in heard if not kinds[kind].get("alone")) or tuple(heard[:1])
    past = dict.fromkeys(kinds[kind].get("past") for kind in told)
    return tuple(past) if None not in past and _is_past(text, set(past)) else told


def dangers_in(message: Understanding) -> tuple[str, ...]:
    """Kinds of danger in a message, by its words; where it is only like the examples of urgency, by what it speaks of."""
    return find_dangers(message.text) if in_emergency(message) else _likened(message.signals, message.text)


def safety_for(signals: Sequence[Signal], texts: Sequence[str], turn: int) -> str:
    """What to do at once, by what a customer said.

    :param signals: of the conversation. :param texts: the customer's messages, the latest last.
    :param turn: how many turns there were; picks the wordings.
    :returns: "" where nobody is in danger, or it can't be told in which.
    """
    if shown_by_words(signals, "urgency") >= DANGER:
        return safety_first(dangers_told(texts), turn)
    kinds = _likened(signals, texts[-1]) if texts else ()
    return safety_first(kinds, turn) if kinds else ""


def is_calm(kinds: Sequence[str]) -> bool:
    """Whether what was told is past or slight: whoever asks something else then means it."""
    return bool(kinds) and all(_data()["kinds"][kind].get("calm") for kind in kinds)


def dangers_told(texts: Sequence[str]) -> tuple[str, ...]:
    """Kinds of danger in a customer's messages that show some, the latest first."""
    shown = [text for text in reversed(texts) if shown_by_words(find_signals(text), "urgency") >= EMERGENCY]
    return tuple(dict.fromkeys(kind for text in shown for kind in find_dangers(text)))


def in_emergency(message: Understanding) -> bool:
    """Whether the message's own words tell of an emergency."""
    return shown_by_words(message.signals, "urgency") >= EMERGENCY


def safety_first(kinds: Sequence[str], turn: int) -> str:
    """What to do at once. :param turn: how many turns there were; picks the wordings."""
    told = kinds[:KINDS_TOLD] or (GENERAL,)
    return "".join(in_turn(_data()["kinds"][kind]["safety"], turn) for kind in told)


def further_advice(kinds: Sequence[str], given: int) -> str:
    """What else helps: each piece of advice once, then that somebody is coming. :param given: how many were given."""
    data = _data()
    advice = [text for kind in kinds or (GENERAL,) for text in data["kinds"][kind]["advice"]]
    return str(advice[given]) if given < len(advice) else in_turn(data["waiting"], given - len(advice))


def tell(occasion: str, turn: int) -> str:
    """The text for ``noted`` or ``over``."""
    return in_turn(_data()[occasion], turn)


def answer_fact(text: str, kinds: Sequence[str], turn: int) -> tuple[str, str] | None:
    """What somebody in danger asks that is no question of what to do, and what they are told; None: it is no such question.

    The number to call is told; what only people can say, the cost, who is liable, when somebody comes, is left to them.

    :returns: its name in ``facts`` of the data file, ``number`` or ``blame`` for example, and the text.

    >>> answer_fact("消防电话多少", ("trapped",), 0)[1].split("。")[0], answer_fact("怎么办", ("trapped",), 0)
    ('消防救援电话是 119', None)
    """
    data, form = _data(), _form(text)
    about = next(
        (
            name
            for name, row in data["facts"].items()
            if _says(row["asks"], form) and not _says(row.get("not"), form) and not {*row.get("of", kinds)}.isdisjoint(kinds)
        ),
        None,
    )
    if about is None:
        return None
    usual = [one for kind in kinds[:KINDS_TOLD] or (GENERAL,) for one in data["kinds"][kind].get("call", ())]
    usual = list(dict.fromkeys(usual)) or data["kinds"][GENERAL]["call"]
    asked = [number for number, row in data["numbers"].items() if _says(row["words"], form)]
    local = next((row["text"] for row in data["no_number"] if _says(row["words"], form)), None) if about == "number" else None
    told = "、".join(f"{data['numbers'][number]['title']}电话是 {number}" for number in asked or usual)
    return about, (local or in_turn(data["facts"][about]["text"], turn)).format(numbers=told, call="、".join(usual))


def says_over(text: str) -> bool:
    """Whether the danger is past: 「没事了，虚惊一场」."""
    return _says(_data()["saying_over"], _form(text))


def says_other(text: str) -> bool:
    """Whether the message names a matter of the shop that no danger has to do with.

    >>> says_other("发票怎么开"), says_other("总阀在哪")
    (True, False)
    """
    return _says(_data()["saying_other"], _form(text))


def says_where(text: str) -> bool:
    """Whether the message tells where help is needed.

    >>> says_where("我在西湖区文三路1号"), says_where("你们在哪条路"), says_where("要不要关总闸")
    (True, False, False)
    """
    form = _form(text)
    return _says(_data()["saying_where"], form) and not _says(_data()["saying_where_not"], form)


def says_detail(text: str) -> bool:
    """Whether the message tells how old or how many they are: something to note, not to advise on.

    >>> says_detail("6岁"), says_detail("里面有两个孩子"), says_detail("怎么办")
    (True, True, False)
    """
    return _says(_data()["saying_detail"], _form(text))


def _is_past(text: str, kinds: set[str]) -> bool:
    """Whether the message says of its danger that it is over and has not come back, or that the hurt is slight."""
    data, form = _data(), _form(text)
    if "slight" in kinds and _says(data["tiny"], form) and not _says(data["tiny_not"], form):
        return True
    over = _compiled(data["past"]).search(form)
    return over is not None and not _says(data["past_not"], form[over.start() :])


def _likened(signals: Sequence[Signal], text: str) -> tuple[str, ...]:
    """The kind that a message speaks of, where no words show urgency and it is like the examples of it."""
    shown = next((one for one in signals if one.name == "urgency"), None)
    if shown is None or shown.text or shown.score < LIKELY["urgency"]:
        return ()
    form = _form(text)
    return tuple(kind for kind, words in _data()["likened"].items() if _says(words, form))[:1]


def _form(text: str) -> str:
    return re.sub(r"\s+", "", fold(text).text.lower())


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", "dangers.yaml")


def _says(words: str | None, form: str) -> bool:
    return words is not None and _compiled(words).search(form) is not None


@cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\s+", "", words))
