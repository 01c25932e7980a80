"""The order task: which slots prove ownership, what to ask next, how an order is told. Pure; the backend is asked elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from csbot.config import BotConfig, OrderConfig
from csbot.dialogue.state import State
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Order, OrderQuery
from csbot.resources import load_yaml

SLOTS = ("order_id", "phone", "name")


def continue_with(state: State, given: dict[str, str], config: BotConfig, has_orders: bool, *, rule: str) -> Action:
    """Take new slot values: look up once ownership can be checked, else ask for what is missing."""
    slots = {**_identified(state), **(state.slots if state.task else {}), **given}
    if not has_orders:
        return Action(
            kind="handoff", rule=rule, task=ORDER_PROGRESS, slots=slots, reason="no_order_backend", wording="handoff_orders"
        )
    missing = next_slot(slots, config.orders)
    if missing is None:
        return look_up(slots, rule=rule)
    return ask(state, slots, missing, config, rule=rule)


def ask(
    state: State, slots: dict[str, str], slot: str, config: BotConfig, *, rule: str, invalid: bool = False, wording: str = ""
) -> Action:
    """Ask for one slot, in changing words; a human after `slot_retry_limit` askings."""
    times = state.asks.get(slot, 0)
    if times >= config.dialogue.slot_retry_limit:
        return Action(
            kind="handoff",
            rule="slot_retry_limit",
            task=ORDER_PROGRESS,
            slots=slots,
            reason="slot_not_given",
            wording="handoff_orders",
        )
    key = wording or (f"invalid_{slot}" if invalid else f"ask_{slot}")
    return Action(kind="ask_slot", rule=rule, task=ORDER_PROGRESS, slot=slot, slots=slots, wording=key)


def look_up(slots: dict[str, str], *, rule: str) -> Action:
    """The backend is to be asked; `tell` then says what came of it."""
    return Action(kind="order_status", rule=rule, task=ORDER_PROGRESS, slots=slots, wording="order_status")


def next_slot(slots: dict[str, str], config: OrderConfig) -> str | None:
    """The slot to ask for, None when some configured pair is complete.

    Of the pairs that need least, the slot that most pairs share is asked first: the phone, by default.

    >>> next_slot({"phone": "138"}, OrderConfig()), next_slot({}, OrderConfig())
    ('name', 'phone')
    """
    missing = {pair: [slot for slot in pair if slot not in slots] for pair in config.proof}
    fewest = min(map(len, missing.values()))
    if fewest == 0:
        return None
    wanted = [slot for lacking in missing.values() if len(lacking) == fewest for slot in lacking]
    if set(wanted) == {"order_id", "name"}:
        return "name"  # a phone alone: the name is asked whether or not the phone is known, the id would be a retry of its own
    return max(wanted, key=lambda slot: sum(slot in pair for pair in config.proof))


def proof(slots: dict[str, str], config: OrderConfig) -> dict[str, str]:
    """The first configured pair of slots that is complete, {} where there is none."""
    for pair in config.proof:
        if all(slot in slots for slot in pair):
            return {slot: slots[slot] for slot in pair}
    return {}


def query_of(slots: dict[str, str], config: OrderConfig) -> OrderQuery:
    return OrderQuery(**proof(slots, config))


def proven(orders: Sequence[Order], slots: dict[str, str], config: OrderConfig) -> list[Order]:
    """Those orders that the slots prove to be the customer's own; a backend's answer is never trusted for that."""
    pair = proof(slots, config)

    def owns(order: Order) -> bool:
        same = {
            "order_id": order.order_id.upper() == slots.get("order_id", "").upper(),
            "phone": order.phone[-11:] == slots.get("phone"),
            "name": order.name == slots.get("name"),
        }
        return bool(pair) and all(same[slot] for slot in pair)

    return [order for order in orders if owns(order)]


def settle(state: State, action: Action, orders: Sequence[Order], config: BotConfig) -> Action:
    """What to do about the backend's answer: tell, let pick, or ask again in the same words for "not found" and "not yours"."""
    own = proven(orders, action.slots, config.orders)
    if len(own) == 1:
        return action.model_copy(update={"order": own[0], "slots": {**action.slots, "order_id": own[0].order_id}})
    if own:
        return Action(kind="clarify", rule="several_orders", task=ORDER_PROGRESS, slots=action.slots, wording="pick_order")
    slot = "order_id" if "order_id" in action.slots else "phone"
    return ask(state, action.slots, slot, config, rule="order_not_found", wording="order_not_found")


@cache
def _follow_up() -> re.Pattern[str]:
    return re.compile(load_yaml("csbot.dialogue.data", "orders.yaml")["follow_up"])


def is_follow_up(text: str) -> bool:
    """Whether a message (normal form) is about the order that was just shown.

    >>> is_follow_up("那多久能到"), is_follow_up("你们发什么快递")
    (True, False)
    """
    return len(text) <= 16 and bool(_follow_up().search(text))


def tell(order: Order, now: datetime) -> str:
    """Status, latest event with its time in words, expected date and what comes next, for the customer."""
    data = load_yaml("csbot.dialogue.data", "orders.yaml")
    kind = next((name for name, kind in data["statuses"].items() if order.status in kind["words"]), "other")
    parts = [
        f"订单 {order.order_id}" + (f"（{'、'.join(order.items)}）" if order.items else "") + f"：{order.status or '处理中'}。"
    ]
    if order.events:
        latest = max(order.events, key=lambda event: event.time)
        parts.append(f"最新进展：{time_in_words(latest.time, now)}，{latest.text.rstrip('。')}。")
    if order.eta and kind not in ("done", "cancelled"):
        parts.append(f"预计时间：{date_in_words(order.eta, now)}。")
    parts.append(data["statuses"].get(kind, data["other"])["next"])
    return "".join(parts)


def time_in_words(moment: datetime, now: datetime) -> str:
    """A moment as one says it, in the time zone that the moment carries.

    >>> from datetime import timezone
    >>> noon = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    >>> time_in_words(datetime(2026, 11, 22, 15, 5, tzinfo=timezone.utc), noon)
    '今天下午3点05分'
    """
    here = now.astimezone(moment.tzinfo) if moment.tzinfo else now.replace(tzinfo=None)
    parts = ((5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
    part = next(name for hour, name in parts if moment.hour < hour)
    hour = moment.hour - 12 if moment.hour > 12 else moment.hour
    minute = f"{moment.minute:02d}分" if moment.minute else ""
    return f"{_day(moment, here)}{part}{hour}点{minute}"


def date_in_words(value: str, now: datetime) -> str:
    """An ISO date as one says it; any other text as it is."""
    try:
        return _day(datetime.fromisoformat(value), now.replace(tzinfo=None))
    except ValueError:
        return value


def _day(moment: datetime, now: datetime) -> str:
    days = (moment.date() - now.date()) // timedelta(days=1)
    near = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
    if days in near:
        return near[days]
    year = "" if moment.year == now.year else f"{moment.year}年"
    return f"{year}{moment.month}月{moment.day}日"


def _identified(state: State) -> dict[str, str]:
    return state.identified.model_dump(exclude_none=True) if state.identified else {}
