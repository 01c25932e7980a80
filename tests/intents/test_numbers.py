"""A number that may be a phone or an order id is told from one that is either."""

from __future__ import annotations

import pytest

from csbot.intents.numbers import ambiguous_number
from csbot.intents.slots import DEFAULT_ORDER_ID, read_slots

ELEVEN = (r"\d{11}",)


@pytest.mark.parametrize(
    ("text", "patterns", "number"),
    [
        ("13800000001到哪了", ELEVEN, "13800000001"), ("１３８００００００１１帮我查", ELEVEN, "13800000011"),
        ("13800000001到哪了", DEFAULT_ORDER_ID, None), ("138000000011到哪了", DEFAULT_ORDER_ID, "138000000011"),
        ("手机号13800000001", ELEVEN, None), ("订单号13800000001", ELEVEN, None), ("QH202611030012", DEFAULT_ORDER_ID, None),
        ("202611030012到哪了", DEFAULT_ORDER_ID, None), ("23800000001", ELEVEN, None), ("发票怎么开", ELEVEN, None),
        ("", ELEVEN, None),
    ],
)  # fmt: skip
def test_only_what_fits_both_and_is_called_neither_is_in_doubt(
    text: str, patterns: tuple[str, ...], number: str | None
) -> None:
    assert ambiguous_number(text, read_slots(text, order_id=patterns).found, patterns) == number
