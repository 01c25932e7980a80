"""The order task: which slots prove ownership, what to ask next, how an order is told. Pure; the backend is asked elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache

from csbot.config import BotConfig, OrderConfig
from csbot.dialogue.state import LOOKUP_LIMIT, NOT_FOUND, State
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import CHINA, Action, Candidate, Order, OrderQuery
from csbot.resources import load_yaml
from csbot.text import normalise

SLOTS = ("order_id", "phone", "name")


def continue_with(state: State, given: dict[str, str], config: BotConfig, has_orders: bool, *, rule: str) -> Action:
    """Take new slot values: look up once ownership can be checked, else ask for what is missing."""
    slots = {**(state.slots if state.task else {}), **given}
    if not has_orders:
        return _to_human(rule, "no_order_backend", slots)
    trusted = trusted_of(state)
    if {"phone", "order_id"} & set(trusted) and not set(given) & set(trusted):
        return look_up(slots, trusted=trusted, rule=rule)
    missing = next_slot({**trusted, **slots}, config.orders)
    if missing is None:
        return look_up({**trusted, **slots}, rule=rule)
    return ask(state, slots, missing, config, rule=rule)


def ask(
    state: State, slots: dict[str, str], slot: str, config: BotConfig, *, rule: str, invalid: bool = False, wording: str = ""
) -> Action:
    """Ask for one slot, in changing words; a human after `slot_retry_limit` askings."""
    if state.asks.get(slot, 0) >= config.dialogue.slot_retry_limit:
        return _to_human("slot_retry_limit", "slot_not_given", slots)
    key = wording or (f"invalid_{slot}" if invalid else f"ask_{slot}")
    return Action(kind="ask_slot", rule=rule, task=ORDER_PROGRESS, slot=slot, slots=slots, wording=key)


def look_up(slots: dict[str, str], *, rule: str, trusted: dict[str, str] | None = None) -> Action:
    """The backend is to be asked; `settle` then says what came of it."""
    return Action(
        kind="order_status", rule=rule, task=ORDER_PROGRESS, slots=slots, trusted=trusted or {}, wording="order_status"
    )


def _to_human(rule: str, reason: str, slots: dict[str, str]) -> Action:
    return Action(kind="handoff", rule=rule, task=ORDER_PROGRESS, slots=slots, reason=reason, wording="handoff_orders")


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


def queries(action: Action, config: OrderConfig) -> list[OrderQuery]:
    """What to ask the backend, in turn until something is found: each complete pair of slots, then what the host trusts."""
    pairs = [pair for pair in config.proof if all(slot in action.slots for slot in pair)]
    found = [OrderQuery(**{slot: action.slots[slot] for slot in pair}) for pair in pairs]
    if action.trusted:
        found.append(OrderQuery(**action.trusted))
    return found


def owned(orders: Iterable[Order], query: OrderQuery) -> list[Order]:
    """Those orders that have every field of the query; a backend's answer is never trusted for that."""
    wanted = query.model_dump(exclude_none=True)
    return [order for order in orders if wanted and all(_same(name, getattr(order, name), v) for name, v in wanted.items())]


def _same(name: str, own: str, given: str) -> bool:
    """Whether two values mean the same: ids without marks, phones by their last 11 digits, names in simplified characters."""
    if name == "phone" and len(own) < 11:
        return False
    return bool(own) and plain(name, own) == plain(name, given)


def plain(name: str, value: str) -> str:
    """The form in which two values of a slot that mean the same are equal.

    >>> plain("order_id", "qh-2026_12"), plain("phone", "+86 138-0000-0001")
    ('QH202612', '13800000001')
    """
    if name == "order_id":
        return re.sub(r"[\W_]", "", value).upper()
    return re.sub(r"\D", "", value)[-11:] if name == "phone" else normalise(value)


def settle(state: State, action: Action, orders: Sequence[Order], config: BotConfig) -> Action:
    """What to do about orders that are the customer's: tell, let pick, or ask again.

    "Not found" and "not yours" can't be told apart here: the caller passes what `owned` left over.
    """
    wanted = action.slots.get("order_id")
    named = [order for order in orders if wanted and _same("order_id", order.order_id, wanted)]
    own = named or list(orders)
    if len(own) == 1:
        return action.model_copy(update={"order": own[0], "slots": {**action.slots, "order_id": own[0].order_id}})
    if own:
        return Action(
            kind="clarify",
            rule="several_orders",
            task=ORDER_PROGRESS,
            slots=action.slots,
            options=tuple(map(_option, own)),
            wording="pick_order",
        )
    if state.failed_lookups + 1 >= config.orders.lookup_limit:
        return too_many(action)
    slot = "order_id" if wanted else "phone"
    return ask(state, action.slots, slot, config, rule=NOT_FOUND, wording="order_not_found")


def too_many(action: Action) -> Action:
    """No more guesses: a human, in the same words whether or not the guess was right."""
    return _to_human(LOOKUP_LIMIT, "order_not_proven", action.slots)


def proof_of(order: Order) -> str:
    """What everyone who has proven this order has in common."""
    return f"{plain('order_id', order.order_id)} {plain('phone', order.phone)}"


def _option(order: Order) -> Candidate:
    text = f"{order.order_id} {'、'.join(order.items)} {order.status}".strip()
    return Candidate(faq_id=order.order_id, question=text, score=1.0, confidence=1.0, matched=text)


@cache
def _follow_up() -> re.Pattern[str]:
    return re.compile(load_yaml("csbot.dialogue.data", "orders.yaml")["follow_up"])


def is_follow_up(text: str) -> bool:
    """Whether a message (normal form) is about the order that was just shown.

    >>> is_follow_up("那多久能到"), is_follow_up("你们发什么快递"), is_follow_up("质保多久")
    (True, False, False)
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
    here = now.astimezone(moment.tzinfo or CHINA)
    parts = ((5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
    part = next(name for hour, name in parts if moment.hour < hour)
    hour = moment.hour - 12 if moment.hour > 12 else moment.hour
    minute = f"{moment.minute:02d}分" if moment.minute else ""
    return f"{_day(moment, here)}{part}{hour}点{minute}"


def date_in_words(value: str, now: datetime) -> str:
    """An ISO date as one says it; any other text as it is."""
    try:
        return _day(datetime.fromisoformat(value), now.astimezone(CHINA))
    except ValueError:
        return value


def _day(moment: datetime, now: datetime) -> str:
    days = (moment.date() - now.date()) // timedelta(days=1)
    near = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
    if days in near:
        return near[days]
    year = "" if moment.year == now.year else f"{moment.year}年"
    return f"{year}{moment.month}月{moment.day}日"


def trusted_of(state: State) -> dict[str, str]:
    """What the host has proven of the customer, as slots."""
    return state.identified.model_dump(exclude_none=True) if state.identified else {}
