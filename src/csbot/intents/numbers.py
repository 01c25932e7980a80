"""Numbers that may be a phone or an order id: nobody can tell by their form, so the customer is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from csbot.intents.findings import label_before
from csbot.intents.folding import fold
from csbot.intents.order_ids import compiled
from csbot.models import Slot

_RUN = re.compile(r"(?<![A-Za-z\d])\d{11,13}(?!\d)")
_LIKE_A_PHONE = re.compile(r"(?:86)?1[3-9]\d{9,10}")
"""A phone, or one with a digit too many."""


def ambiguous_number(text: str, found: Sequence[Slot], order_ids: Sequence[str]) -> str | None:
    """The first number of a message that is like a phone and fits the merchant's order ids, and that nothing calls either.

    :param found: slots found in it; a number taken for anything but a phone is no longer in doubt.
    :param order_ids: regular expressions of the merchant's order ids.

    >>> ambiguous_number("13800000001到哪了", (), [r"\\d{11}"]), ambiguous_number("手机13800000001", (), [r"\\d{11}"])
    ('13800000001', None)
    """
    folded = fold(text)
    for match in _RUN.finditer(folded.text):
        start, end = folded.span(*match.span())
        settled = any(slot.name != "phone" and slot.span[0] < end and start < slot.span[1] for slot in found)
        if settled or label_before(folded.text, match.start()) is not None or not _LIKE_A_PHONE.fullmatch(match.group()):
            continue
        if any(form.fullmatch(match.group()) for form in compiled(tuple(order_ids))):
            return match.group()
    return None
