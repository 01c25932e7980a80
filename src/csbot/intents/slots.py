"""Slots in Chinese messages: order ids, phones, names, dates. Without ``\\b``, because digits stand glued to hanzi.

Every value carries its span in the original message, so that the trace can show it and a mask can cover it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from csbot.config import OrderConfig
from csbot.intents.corrections import find_withdrawn, split_denied
from csbot.intents.dates import find_dates, looks_like_date
from csbot.intents.findings import Findings, pattern
from csbot.intents.folding import fold
from csbot.intents.names import find_names
from csbot.intents.order_ids import compiled, find_order_ids
from csbot.intents.phones import find_last_four, find_phones
from csbot.models import CHINA, Slot, utc_now

DEFAULT_ORDER_ID = OrderConfig().order_id_patterns


@dataclass(frozen=True)
class Reading:
    """What one message says of slots.

    :ivar slots: values given, in the order they stand in the message. :ivar denied: values that it says are wrong.
    :ivar withdrawn: names of slots whose value it takes back without giving another.
    """

    slots: tuple[Slot, ...]
    denied: tuple[Slot, ...] = ()
    withdrawn: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[Slot, ...]:
        """Every value that stands in the message: what a mask has to cover."""
        return tuple(sorted((*self.slots, *self.denied), key=lambda slot: slot.span))


def find_slots(
    text: str, *, asked: str | None = None, order_id: Sequence[str] = DEFAULT_ORDER_ID, now: datetime | None = None
) -> tuple[Slot, ...]:
    """Slots of the original message, in the order they stand in it: `read_slots` without what is taken back.

    >>> [(s.name, s.value) for s in find_slots("我叫林晓燕，电话１３８ 0000 0001")]
    [('name', '林晓燕'), ('phone', '13800000001')]
    >>> [(s.name, s.value) for s in find_slots("查qh 2026 1103 0012到哪了，尾号0001")]
    [('order_id', 'QH202611030012'), ('phone_last4', '0001')]
    """
    return read_slots(text, asked=asked, order_id=order_id, now=now).slots


def read_slots(
    text: str,
    *,
    asked: str | None = None,
    order_id: Sequence[str] = DEFAULT_ORDER_ID,
    now: datetime | None = None,
    known: Sequence[str] | None = None,
) -> Reading:
    """Read ``phone`` (11 ASCII digits), ``phone_last4`` (4), ``order_id`` (upper case), ``name`` and ``date`` from a message.

    A date is ISO 8601, ``2026-11-25`` or ``2026-11-25T15:00``, in the zone of ``now``. A slot that stands twice in a message
    is there twice.

    :param asked: the slot just asked for: a bare 林晓燕, 8000 or 11/28 counts only then.
    :param order_id: regular expressions of the merchant's order ids.
    :param now: what 明天 is counted from; None: the present time in China.
    :param known: slots that the conversation knows already, the latest last; nothing else is withdrawn then. None: unknown.

    >>> reading = read_slots("不是13800000001，是13800000002")
    >>> [slot.value for slot in reading.slots], [slot.value for slot in reading.denied], reading.withdrawn
    (['13800000002'], ['13800000001'], ())
    >>> read_slots("上面那个号错了", known=["order_id", "phone"]).withdrawn
    ('phone',)
    """
    folded = fold(text)
    withdrawn = find_withdrawn(folded.text, known)
    findings = Findings(folded, withdrawn or asked)
    for url in pattern("", "url").finditer(findings.text):
        if not pattern("", "order_in_url").search(url.group()):
            findings.blank(*url.span())
    if any(char.isdigit() for char in folded.text):
        find_phones(findings, compiled(tuple(order_id)))
        find_last_four(findings)
        find_order_ids(findings, order_id)
    for date in find_dates(findings.text, now or utc_now().astimezone(CHINA), asked=findings.asked == "date"):
        findings.take("date", *date)
    find_names(findings)
    given, denied = split_denied(folded.text, sorted(findings.found, key=lambda one: one.start))
    kept = {one.name for one in given}
    back = dict.fromkeys([*(one.name for one in denied), *([withdrawn] if withdrawn else [])])
    return Reading(
        slots=tuple(map(findings.slot, given)),
        denied=tuple(map(findings.slot, denied)),
        withdrawn=tuple(name for name in back if name not in kept and (known is None or name in known)),
    )


LONGEST_ATTEMPT = 20
"""Characters of a message that does nothing but try to give a slot."""


def is_attempt(text: str, asked: str) -> bool:
    """Whether the message tries to give the number or date asked for, though no valid value was found in it.

    >>> is_attempt("手机号138000", "phone"), is_attempt("手机号填错了怎么改", "phone"), is_attempt("2月30号", "date")
    (True, False, True)
    """
    folded = fold(text).text
    if len(folded) > LONGEST_ATTEMPT:
        return False
    if asked == "date":
        return looks_like_date(folded)
    least = {"phone": 5, "order_id": 5, "phone_last4": 1}.get(asked)
    return least is not None and bool(re.search(rf"\d{{{least},}}", folded))
