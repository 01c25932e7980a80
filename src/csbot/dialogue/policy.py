"""`decide`: from where the conversation stands and what the message says to one action. Pure: no I/O, no clock, no chance.

Rules in their order; the first that applies decides, and its name is in the trace.
"""

from __future__ import annotations

from dataclasses import dataclass

from csbot.config import BotConfig
from csbot.dialogue import order_progress
from csbot.dialogue.state import State
from csbot.intents.slots import is_attempt
from csbot.kb.task_intents import HUMAN_HANDOFF, ORDER_PROGRESS, PREFIX, TITLES
from csbot.models import Action, Band, Candidate, Understanding

CLEAR_WISH = 0.7
"""A wish for a human that words show as clearly as this is granted however well an FAQ fits; another must beat the FAQ."""

RECENT = 4
"""Turns for which an order that was shown stays in hand."""
SURE = 0.8
"""An FAQ this sure is meant even where the words could be about the order in hand."""


@dataclass(frozen=True)
class Policy:
    """What decides beside the message: settings, thresholds in force, and what the bot is able to do.

    :ivar answer: confidence >= this answers. :ivar clarify: confidence >= this offers to pick.
    :ivar has_orders: an order backend is there.
    """

    config: BotConfig
    answer: float
    clarify: float
    has_orders: bool

    def band(self, candidate: Candidate | None) -> Band:
        if candidate is None:
            return "miss"
        if candidate.confidence >= self.answer:
            return "answer"
        return "clarify" if candidate.confidence >= self.clarify else "miss"


def decide(state: State, message: Understanding, policy: Policy) -> Action:
    """One action for the message. Same arguments, same action."""
    action = (
        _human(message, policy)
        or _courtesy(state, message)
        or _picked(state, message, policy)
        or _running_task(state, message, policy)
        or _new_task(state, message, policy)
        or _faq(message, policy)
        or _miss(state, message, policy)
    )
    if action.kind == "handoff":  # whatever is known goes with the customer
        known = {**state.shown, **state.slots, **action.slots}
        return action.model_copy(update={"slots": known, "order_id": state.order_id})
    return action


def intent_of(message: Understanding, action: Action) -> str | None:
    """The intent that the action answers to, for trace and evaluation."""
    if action.kind == "handoff" and action.reason == "customer_wish":
        return HUMAN_HANDOFF
    if action.task:
        return action.task if action.kind != "answer" or not action.candidate else f"faq:{action.candidate.faq_id}"
    if action.kind == "smalltalk":
        return f"smalltalk:{message.smalltalk}"
    if action.kind == "answer" and action.candidate:
        return f"faq:{action.candidate.faq_id}"
    return None


def _human(message: Understanding, policy: Policy) -> Action | None:
    """A wish for a human comes first, whatever else is under way."""
    top = _best(message)
    asked_outright = top is not None and top.exact and top.action is None
    wish = next((signal for signal in message.signals if signal.name == "human_wanted"), None)
    rival = top.confidence if top and top.action is None and policy.band(top) == "answer" else 0.0
    rival = max(rival, message.intents.get(ORDER_PROGRESS, 0.0))
    clear = wish is not None and ((wish.score >= CLEAR_WISH and bool(wish.text)) or wish.score >= rival)
    if wish and wish.score >= policy.config.dialogue.handoff_wish and clear and not asked_outright:
        return Action(kind="handoff", rule="human_wanted", reason="customer_wish", wording="handoff")
    if top and top.action == HUMAN_HANDOFF and policy.band(top) == "answer":
        return Action(kind="handoff", rule="human_intent", reason="customer_wish", wording="handoff", candidate=top)
    return None


def _courtesy(state: State, message: Understanding) -> Action | None:
    """Courtesy is returned; a task under way waits, unless it is what the customer calls off."""
    if message.smalltalk is None or message.picked is not None:
        return None
    rule = f"smalltalk_{message.smalltalk}"
    if message.smalltalk == "cancel" or state.task is None:
        return Action(
            kind="smalltalk", rule=rule, wording="cancel_task" if message.smalltalk == "cancel" and state.task else rule
        )
    return Action(kind="smalltalk", rule=rule, wording=rule, task=state.task, slot=state.asked, slots=state.slots)


def _picked(state: State, message: Understanding, policy: Policy) -> Action | None:
    """A pick from what was offered, or the word that none of it is meant."""
    if message.rejected:
        return _miss(state, message, policy)
    option = message.picked
    if option is None:
        return None
    if state.task == ORDER_PROGRESS:
        return order_progress.look_up({**state.slots, "order_id": option.faq_id}, rule="order_picked", trusted=_trusted(state))
    if option.action == HUMAN_HANDOFF:
        return Action(kind="handoff", rule="option_picked", reason="customer_wish", wording="handoff")
    if option.action == ORDER_PROGRESS:
        return order_progress.continue_with(state, {}, policy.config, policy.has_orders, rule="option_picked")
    return Action(kind="answer", rule="option_picked", candidate=option)


def _running_task(state: State, message: Understanding, policy: Policy) -> Action | None:
    """A task under way takes its slots; an FAQ in the middle is answered and the task stays."""
    if state.task is None:
        return None
    given = {slot.name: slot.value for slot in message.slots if slot.name in order_progress.SLOTS}
    if given:
        return order_progress.continue_with(state, given, policy.config, policy.has_orders, rule="slot_given")
    top = _best(message)
    if state.asked and is_attempt(message.text, state.asked):
        return order_progress.ask(state, state.slots, state.asked, policy.config, rule="slot_invalid", invalid=True)
    if top and top.action is None and policy.band(top) == "answer":
        return Action(kind="answer", rule="faq_in_task", candidate=top, task=state.task, slot=state.asked, slots=state.slots)
    if state.asked:
        return order_progress.ask(state, state.slots, state.asked, policy.config, rule="slot_missing")
    return None


def _new_task(state: State, message: Understanding, policy: Policy) -> Action | None:
    """The order task starts when it is meant, the sooner when the message carries its slots; an exact FAQ goes first.

    Within `RECENT` turns of an order that was shown, a question without slots is about that order.
    """
    given = {slot.name: slot.value for slot in message.slots}
    has_key = "order_id" in given or "phone" in given
    top = _best(message)
    if top and top.exact and top.action is None:
        return None
    likely = message.intents.get(ORDER_PROGRESS, 0.0)
    if top and top.action == ORDER_PROGRESS and policy.band(top) == "answer":
        likely = max(likely, top.confidence)
    rival = top.confidence if top and top.action is None and policy.band(top) == "answer" else 0.0
    settings = policy.config.dialogue
    in_hand = policy.has_orders and state.order_id is not None and state.since_order < RECENT and not given
    follows = in_hand and order_progress.is_follow_up(message.normalised) and rival < SURE
    if has_key:
        starts = not message.candidates or likely >= settings.task_with_slots or rival == 0.0
    elif policy.has_orders:
        starts = likely >= settings.task_intent and likely >= rival
    else:
        starts = likely >= settings.task_intent and rival == 0.0
    another = any(word in message.normalised for word in ("另", "别的", "其他", "换一个", "再查"))
    if follows or (starts and in_hand and not another):
        slots = {**state.shown, "order_id": state.order_id or ""}
        return order_progress.look_up(slots, rule="order_follow_up", trusted=_trusted(state))
    if not starts:
        return None
    rule = "task_slots" if has_key else "task_intent"
    return order_progress.continue_with(state, given, policy.config, policy.has_orders, rule=rule)


def _faq(message: Understanding, policy: Policy) -> Action | None:
    """The three bands: answer, offer to pick, or nothing here."""
    top = _best(message)
    band = policy.band(top)
    if top is None or band == "miss":
        return None
    bands = policy.config.bands
    runner_up = next((c for c in message.candidates if c.faq_id != top.faq_id), None)
    close = runner_up is not None and top.confidence - runner_up.confidence < bands.ambiguity_margin
    if message.topic and not top.exact:
        about = [c for c in message.candidates if c.faq_id in message.topic]
        if len(about) > 1:
            return Action(kind="clarify", rule="bare_topic", options=tuple(about[: bands.clarify_limit]), wording="clarify")
    if band == "answer" and top.action is None and (top.exact or not close):
        return Action(kind="answer", rule="exact" if top.exact else "confident", candidate=top)
    offered = [c for c in message.candidates if c.confidence >= min(policy.clarify, top.confidence)]
    if (
        ORDER_PROGRESS in message.intents
        and message.intents[ORDER_PROGRESS] >= policy.config.dialogue.task_with_slots
        and policy.has_orders
    ):
        offered.insert(1, _as_option(ORDER_PROGRESS, message))
    rule = "close" if band == "answer" else "unsure"
    return Action(kind="clarify", rule=rule, options=tuple(offered[: bands.clarify_limit]), wording="clarify")


def _miss(state: State, message: Understanding, policy: Policy) -> Action:
    if state.misses + 1 >= policy.config.dialogue.miss_limit:
        return Action(kind="handoff", rule="miss_limit", reason="not_understood", wording="handoff_missed")
    if not message.normalised:
        return Action(kind="fallback", rule="nothing_to_read", wording="nothing_to_read")
    return Action(kind="fallback", rule="miss", wording="fallback")


def _best(message: Understanding) -> Candidate | None:
    return message.candidates[0] if message.candidates else None


def _trusted(state: State) -> dict[str, str]:
    trusted = order_progress.trusted_of(state)
    return trusted if {"phone", "order_id"} & set(trusted) else {}


def _as_option(intent: str, message: Understanding) -> Candidate:
    probability = message.intents[intent]
    title = TITLES[intent]
    return Candidate(
        faq_id=PREFIX + intent, question=title, score=probability, confidence=probability, matched=title, action=intent
    )
