"""Kinds of danger to people, and what is said of each. The words and the wordings are data, in ``data/dangers.yaml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from csbot.intents.folding import fold
from csbot.intents.signals import find_signals, shown_by_words
from csbot.models import Turn, Understanding
from csbot.resources import in_turn, load_yaml

DANGER = 0.93
"""Urgency, by words, from which safety comes first: somebody is or may be hurt (see ``intents/data/signals.yaml``)."""
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

    The message is one that shows danger; this only tells of what kind.

    >>> find_dangers("厨房有煤气味"), find_dangers("小孩误吞纽扣电池"), find_dangers("出事了")
    (('gas',), ('swallowed',), ('general',))
    """
    form, kinds = _form(text), _data()["kinds"]
    heard = [kind for kind in kinds if _pattern(kind).search(form)]
    return tuple(kind for kind in heard if not kinds[kind].get("alone")) or tuple(heard[:1]) or (GENERAL,)


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


def says_over(text: str) -> bool:
    """Whether the danger is past: 「没事了，虚惊一场」."""
    return re.search(_data()["saying_over"], _form(text)) is not None


def says_where(text: str) -> bool:
    """Whether the message tells where help is needed.

    >>> says_where("我在西湖区文三路1号"), says_where("你们在哪条路"), says_where("要不要关总闸")
    (True, False, False)
    """
    form = _form(text)
    return re.search(_data()["saying_where"], form) is not None and not re.search(_data()["saying_where_not"], form)


def _form(text: str) -> str:
    return re.sub(r"\s+", "", fold(text).text.lower())


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", "dangers.yaml")


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\s+", "", _data()["kinds"][kind]["words"]))
