"""The order task: which slots prove ownership, what to ask next, which order is meant. Pure; the backend is asked elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from csbot.config import BotConfig, OrderConfig
from csbot.dialogue import task_flow
from csbot.dialogue.order_memory import SEVERAL
from csbot.dialogue.slot_filling import taken_back
from csbot.dialogue.state import ANOTHER, LOOKUP_LIMIT, NOT_FOUND, PICKED, State
from csbot.dialogue.tasks import order_task
from csbot.intents.answers import says
from csbot.intents.slots import is_attempt
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Candidate, Order, OrderQuery, Understanding
from csbot.text import normalise

SLOTS = ("order_id", "phone", "name")

NUMBER = "number"
"""The slot for a number that may be a phone or an order id, until the customer has said which."""


def start(state: State, message: Understanding, config: BotConfig, has_orders: bool, *, rule: str) -> Action:
    """Begin with what the message gives, and with what a task before this one knew."""
    before = task_flow.known_before(order_task(), replace(state, shown={}, identified=None)) if state.task else {}
    before = state.orders.mentioned | before
    if has_orders and (doubt := _doubtful(state, message, before)):
        return doubt
    return continue_with(state, before | keys_in(message), keys_in(message), config, has_orders, rule=rule)


def go_on(state: State, message: Understanding, config: BotConfig, has_orders: bool) -> Action | None:
    """Go on with the order task under way; None where the message gives nothing for it."""
    known = {name: value for name, value in state.slots.items() if name != NUMBER}
    number = state.slots.get(NUMBER) if state.asked == NUMBER else None
    if doubt := _doubtful(state, message, known):
        return doubt
    given = keys_in(message) or ({meant: number} if number and (meant := _meant(number, message)) else {})
    if given:
        return continue_with(state, known | given, given, config, has_orders, rule="slot_given")
    if gone := taken_back(order_task(), known, state.asked, message):
        kept = {name: value for name, value in known.items() if name not in gone}
        return ask(state, kept, gone[0], config, rule="slot_withdrawn")
    asked = state.asked if state.asked != NUMBER else next_slot(known, config.orders)
    if asked and (number or is_attempt(message.text, asked) or _last_digits(asked, message)):
        return ask(state, known, asked, config, rule="slot_invalid", wording="invalid")
    if asked and asked in known and says("stands", message.normalised):
        return ask(state, known, asked, config, rule="slot_missing")
    if asked and says("as_before", message.normalised):
        return ask(state, known, asked, config, rule="slot_elsewhere", wording="not_on_record")
    if asked and says("lacks", message.normalised):
        return another_proof(asked, state, config) or ask(state, known, asked, config, rule="slot_lacking")
    return None


def another_proof(lacking: str, state: State, config: BotConfig) -> Action | None:
    """Where the customer doesn't give what was asked for: another proof, if there is one that does without it."""
    others = [pair for pair in config.orders.proof if lacking not in pair]
    kept = {name: value for name, value in state.slots.items() if name not in (lacking, NUMBER)}
    missing = next((slot for pair in others for slot in pair if slot not in kept and slot not in state.declined), None)
    return ask(state, kept, missing, config, rule="slot_lacking") if missing else None


def none_of_these(state: State, config: BotConfig) -> Action:
    """The customer means none of the orders listed: they may stand under another number."""
    return ask(state, {}, next_slot({}, config.orders) or "phone", config, rule="orders_rejected", wording="orders_rejected")


def _doubtful(state: State, message: Understanding, known: dict[str, str]) -> Action | None:
    """Ask, once, what a number is that may be a phone or an order id, unless one of them was asked for."""
    if message.ambiguous is None or state.asked in ("phone", "order_id") or state.asks.get(NUMBER):
        return None
    others = {name: value for name, value in keys_in(message).items() if value != message.ambiguous}
    slots = known | others | {NUMBER: message.ambiguous}
    return Action(
        kind="ask_slot", rule="number_ambiguous", task=ORDER_PROGRESS, slot=NUMBER, slots=slots, wording="which_number"
    )


def _meant(number: str, message: Understanding) -> str | None:
    """What the customer says the number is; by its form where they say nothing that helps."""
    for name in ("order_id", "phone"):
        if says(name, message.normalised):
            return name if name == "order_id" or len(number) == 11 else None
    return "phone" if len(number) == 11 else None


def keys_in(message: Understanding) -> dict[str, str]:
    """Order id, phone and name that the message gives."""
    return {slot.name: slot.value for slot in message.slots if slot.name in SLOTS}


def _last_digits(asked: str, message: Understanding) -> bool:
    """Whether the last four digits are given where the whole number is needed."""
    return asked == "phone" and any(slot.name == "phone_last4" for slot in message.slots)


def continue_with(
    state: State, slots: dict[str, str], given: dict[str, str], config: BotConfig, has_orders: bool, *, rule: str
) -> Action:
    """Look up once ownership can be checked, else ask for what is missing.

    :param slots: all that is known. :param given: what of it the customer has just said: that is never mixed with what the host
        has proven.
    """
    if not has_orders:
        return _to_human(rule, "no_order_backend", slots)
    trusted = trusted_of(state)
    if proven(state) and not set(given) & set(trusted):
        return look_up(slots, trusted=trusted, rule=rule)
    missing = next_slot({**trusted, **slots}, config.orders)
    if missing is None:
        return look_up({**trusted, **slots}, rule=rule)
    return ask(state, slots, missing, config, rule=rule)


def ask(state: State, slots: dict[str, str], slot: str, config: BotConfig, *, rule: str, wording: str = "ask") -> Action:
    """Ask for one slot, in changing words; a human after `slot_retry_limit` askings."""
    return task_flow.ask(order_task(), state, slots, slot, config.dialogue, rule=rule, wording=wording)


def pick(state: State, order_id: str) -> Action:
    """The order picked from those that were listed."""
    return look_up({**proof_of_list(state), "order_id": order_id}, rule=PICKED, trusted=proven(state))


def proof_of_list(state: State) -> dict[str, str]:
    """The slots that proved the orders listed."""
    return state.orders.listed or (state.slots if state.task else state.shown)


def look_up(slots: dict[str, str], *, rule: str, trusted: dict[str, str] | None = None, about: str = "") -> Action:
    """The backend is to be asked; `settle` then says what came of it.

    :param about: what of the order is asked, a question of `csbot.dialogue.order_questions`; "": how it stands.
    """
    return Action(kind="order_status", rule=rule, task=ORDER_PROGRESS, slots=slots, trusted=trusted or {}, about=about)


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
    picked = {option.faq_id for option in action.options}
    if action.rule == SEVERAL and (chosen := tuple(order for order in orders if order.order_id in picked)):
        return action.model_copy(update={"orders": chosen})
    wanted = action.slots.get("order_id")
    named = [order for order in orders if wanted and _same("order_id", order.order_id, wanted)]
    others = [order for order in orders if action.rule == ANOTHER and order.order_id != state.order_id]
    own = named or others or list(orders)
    if wanted and not named and [order.order_id for order in own] == [state.order_id]:  # it was told already, and isn't meant
        return ask(state, {"order_id": wanted}, "phone", config, rule=NOT_FOUND, wording="order_not_found")
    if len(own) == 1:
        words = "not_this_order" if wanted and not named else "no_other_order" if action.rule == ANOTHER and not others else ""
        slots = {**action.slots, "order_id": own[0].order_id}
        return action.model_copy(update={"order": own[0], "slots": slots, "wording": words})
    if own:
        words = "not_these_orders" if wanted else "other_orders" if others else "pick_order"
        slots = {name: value for name, value in action.slots.items() if name != "order_id"}
        return Action(
            kind="clarify", rule="several_orders", task=ORDER_PROGRESS, slots=slots, options=tuple(map(_option, own)),
            wording=words,
        )  # fmt: skip
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


def trusted_of(state: State) -> dict[str, str]:
    """What the host has proven of the customer, as slots."""
    return state.identified.model_dump(exclude_none=True) if state.identified else {}


def proven(state: State) -> dict[str, str]:
    """The same, where it is enough to look up by: a name alone is not."""
    trusted = trusted_of(state)
    return trusted if {"phone", "order_id"} & set(trusted) else {}
