"""A wish to cancel the order in hand, or something unsaid. How to undo a cancellation is the last thing wanted. Pure."""

from __future__ import annotations

from csbot.dialogue import order_progress
from csbot.dialogue.order_in_hand import is_in_hand, look_up_again
from csbot.dialogue.order_questions import UNWANTED
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State
from csbot.intents.answers import says
from csbot.intents.matters import matter_of
from csbot.intents.task_answers import tells
from csbot.kb.task_intents import HUMAN_HANDOFF, PREFIX, TITLES, task_candidate
from csbot.models import Action, Understanding

MOST_OPTIONS = 3
"""FAQs offered to who wants to cancel something."""
RULE = "cancel_order"


def cancels(state: State, message: Understanding, policy: Policy) -> Action | None:
    """What to do where the message wants something cancelled, or asks whether it has been; None: it doesn't.

    Only a colleague can cancel: one is offered with the order, and called where the customer says it again.
    """
    form = matter_of(message.text, message.slots) if order_progress.keys_in(message) else message.normalised
    if message.candidates and message.candidates[0].exact and not tells("uncancels", message.candidates[0].question):
        return None
    order = _cancels_order(state, message, form, policy) if policy.has_orders else None
    if order or not (tells("cancels", form) or (tells("cancels_order", form) and _told_how(state))):
        return order
    return _cancel_what(state, message, policy)


def _cancels_order(state: State, message: Understanding, form: str, policy: Policy) -> Action | None:
    """The order in hand, or the one named in the message."""
    in_hand = is_in_hand(state) and not tells("of_service", form)
    if in_hand and tells("cancelled", form):
        return look_up_again(state)
    wanted = tells("cancels_order", form) and not tells("asks_how", form) and not tells("of_service", form)
    if not wanted:
        return None
    if order_progress.keys_in(message):
        action = order_progress.start(state, message, policy.config, True, rule=RULE)
        return action.model_copy(update={"about": UNWANTED}) if action.kind == "order_status" else action
    if not in_hand:
        return None
    if state.offer == "asked" and state.since_order == 0:
        return _to_human()
    return look_up_again(state, UNWANTED)


def _to_human() -> Action:
    return Action(kind="handoff", rule=RULE, reason="customer_wish", wording="handoff_cancel")


def _cancel_what(state: State, message: Understanding, policy: Policy) -> Action | None:
    """Ask what is to be cancelled; of who was asked or told how already, a human takes care."""
    form, top = message.normalised, message.candidates[0] if message.candidates else None
    asks_how = says("asks", form) and policy.sure_faq(message) and top and tells("cancelling", top.question)
    bare = _told_how(state) and not (tells("asks_how", form) or tells("of_service", form))
    if asks_how and not bare and top and not tells("uncancels", top.question):
        return None
    if _was_asked_what(state) or (bare and state.offer == "asked"):
        return _to_human()
    if bare:
        return Action(kind="fallback", rule=RULE, wording="cancel_by_human", offer="asked")
    likely = [faq for faq in message.candidates if faq.action is None and faq.confidence >= policy.clarify]
    fitting = [faq for faq in likely if tells("cancelling", faq.question) and not tells("uncancels", faq.question)]
    human = task_candidate(HUMAN_HANDOFF, TITLES[HUMAN_HANDOFF])
    return Action(kind="clarify", rule="cancel_what", options=(*fitting[:MOST_OPTIONS], human), wording="cancel_what")


def _told_how(state: State) -> bool:
    """Whether an answer to a wish to cancel stands on the customer's screen."""
    return any(tells("cancels_order", asked) for told in state.answers.values() for asked in told.asked)


def _was_asked_what(state: State) -> bool:
    """Whether the list of what may be cancelled was the last that was offered."""
    human = state.options[-1:] == (PREFIX + HUMAN_HANDOFF,)
    return human and all(tells("cancelling", text) for text in state.option_texts[:-1])
