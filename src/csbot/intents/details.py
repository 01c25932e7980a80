"""An account right after a question: 「我要退货」, then 「已经装了」. It is a detail of that question, and nothing on its own.

The patterns are data, in ``data/progress.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from csbot.intents.answers import says
from csbot.intents.follow_up import SOON, tells_state, without_asking
from csbot.intents.progress import names_order, tells
from csbot.models import Turn
from csbot.text import normalise

MOST = 2
"""Messages before it that an account may be a detail of: the question, and another detail or 「怎么办」."""
_CLAUSE = re.compile(
    r"[,，。;；!！~\s]+|(?<=\S)(?=还|又|仍|依然|依旧|照样|[也都]不|[也都]没|但|可是|结果)"
    r"|(?<=[^也是还都然样])(?=没用|没效果|不行|不管用)|(?<=[了过])(?=\S不)"
)
_DEEDS = re.compile(r"([\u4e00-\u9fff])[好上定妥掉完到过]*[了啦咯]")
"""What was done, of 「换好了」."""
_OPEN = ("answer", "clarify", "fallback")
"""Kinds of reply after which a matter is still open: an answer may not have fitted."""


def open_question(form: str, earlier: Sequence[Turn], now: datetime) -> tuple[str, ...]:
    """The customer's last messages that this one (normal form) is a detail of, the latest last; empty where it is none.

    What says that all is well now closes the question, unless it turns on just that: 「想退锁」, then 「已经装上了」. How long
    it takes is a detail only where something else than goods is awaited: 「都十天了还没到」 after a question for a refund; that
    nothing is sent yet, where something is to be changed.
    """
    recent = [normalise(turn.user) for turn in takewhile(lambda turn: _is_open(turn, now), reversed(earlier[-MOST:]))]
    said = tuple(text for text in reversed(recent) if not says("at_a_loss", text))
    if failed(form, said):
        return said
    form = without_asking(form) or form
    hangs = any(tells("hangs_on", text) for text in said)
    if not said or _is_settled(form, said[-1], hangs) or (tells("arrived", form) and names_order(said[-1])):
        return ()
    waits = tells("lasts", form) and any(tells("awaited", text) for text in said)
    waits = waits or (hangs and tells("unsent", form))
    return said if waits or tells_state(form) or any(tells(kind, form) for kind in ("done", "undone", "detail")) else ()


def _is_settled(form: str, asked: str, hangs: bool) -> bool:
    """Whether a message (normal form) says that all is well now; of what the question before turns on, only where it was to be
    done: 「怎么换锁芯」, then 「换好了」.
    """
    turns_on = hangs and (tells("done", form) or tells("detail", form)) and not set(asked) & set(_DEEDS.findall(form))
    return tells("settled", form) and not turns_on


def failed(form: str, said: Sequence[str]) -> bool:
    """Whether a message (normal form) tells that what was tried against a trouble has not helped; or only that it was tried,
    which is no news of success.

    :param said: the messages before it that it may be a detail of, in normal form.

    >>> failed("还响", ["门锁滴滴响"]), failed("清过了", ["抽屉卡"]), failed("调了,没用", ["柜门关不严"])
    (True, True, True)
    >>> failed("还没发货", ["多久发货"]), failed("调好了", ["柜门关不严"]), failed("又坏了", ["发票怎么开"])
    (False, False, False)
    """
    before = " ".join(said)
    clauses = [clause for clause in _CLAUSE.split(form) if clause]
    if not clauses or not tells("trouble", before):
        return False
    rest = [clause for clause in clauses if not tells("stays", clause)]
    if any(not (tells("tried", clause) or tells("besides", clause) or clause in before) for clause in rest):
        return False
    return len(rest) < len(clauses) or (tells("tried", rest[-1]) and not tells("settled", form))


def _is_open(turn: Turn, now: datetime) -> bool:
    return turn.kind in _OPEN and turn.task is None and now - turn.at <= SOON
