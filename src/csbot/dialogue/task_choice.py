"""Which task a message starts, goes on with, or exchanges for another. Pure."""

from __future__ import annotations

from dataclasses import replace

from csbot.dialogue import order_in_hand, order_progress, task_flow
from csbot.dialogue.accounts import names_contact, speaks_of_something_else
from csbot.dialogue.settings import Policy
from csbot.dialogue.slot_filling import found_in
from csbot.dialogue.state import State
from csbot.dialogue.tasks import Task
from csbot.dialogue.unwilling import unwilling
from csbot.intents.progress import names_order
from csbot.intents.task_answers import tells
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Understanding

SWITCH = 0.8
"""Another task this probable takes the place of the one under way."""

FAIR_IN_TASK = 0.5
"""An FAQ less likely than this answers no question in the middle of a merchant's task: that it is open is said instead."""

RECENT = 4
"""Turns for which a task that was called off can be taken up again."""
RESUMED = "task_resumed"


def running_task(state: State, message: Understanding, policy: Policy) -> Action | None:
    """A task under way takes its slots; an FAQ in the middle is answered, and the task stays; another task may replace it."""
    task = policy.tasks.get(state.task or "")
    if task is None:
        return None
    if declined := unwilling(state, message, policy):
        return declined
    faq = policy.sure_faq(message)
    probability, other = policy.likeliest_task(message)
    switches = other != task.name and probability >= SWITCH
    if task.name == ORDER_PROGRESS:
        action = order_progress.go_on(state, message, policy.config, policy.has_orders)
    else:
        action = task_flow.go_on(task, state, message, faq, policy.config.dialogue, other=switches)
    if action:
        return action
    if task.name == ORDER_PROGRESS and speaks_of_something_else(message):
        return None
    if task.name != ORDER_PROGRESS and task_flow.is_account(task, message, faq):
        faq = None
        if added := task_flow.add_account(task, state, message, policy.config.dialogue):
            return added
    if faq and (faq.exact or task.name == ORDER_PROGRESS or faq.confidence >= FAIR_IN_TASK):
        return Action(kind="answer", rule="faq_in_task", candidate=faq, task=state.task, slot=state.asked, slots=state.slots)
    if switches:
        return start_task(other, state, message, policy, rule="task_switched")
    return task_flow.insist(task, state, message, policy.config.dialogue)


def resumed_task(state: State, message: Understanding, policy: Policy) -> Action | None:
    """The task that was called off a few turns ago, taken up again with what it knew: 「还是修吧」."""
    dropped, form = state.dropped, message.normalised
    task = policy.tasks.get(dropped.task) if dropped else None
    if dropped is None or task is None or state.task or dropped.since >= RECENT or not tells("resumes", form):
        return None
    if message.picked or not _is_its_verb(task, form):
        return None
    before = replace(state, task=task.name, slots=dropped.slots, asked=None, asks={}, learnt={}, declined={})
    if task.name == ORDER_PROGRESS:
        return order_progress.start(before, message, policy.config, policy.has_orders, rule=RESUMED)
    return task_flow.start(task, before, message, policy.config.dialogue, rule=RESUMED, known=dropped.slots)


def _is_its_verb(task: Task, form: str) -> bool:
    """Whether what is to be resumed is this task: 「还是查一下吧」 is no repair."""
    verbs = [char for char in form if tells("verbs", char)]
    if task.name == ORDER_PROGRESS:
        return all(tells("order_verbs", verb) for verb in verbs)
    said = "".join((task.title, *task.examples))
    return not verbs or any(verb in said for verb in verbs)


def new_task(state: State, message: Understanding, policy: Policy) -> Action | None:
    """A task starts when it is meant, the sooner when the message carries its slots; an exact FAQ goes first."""
    top = message.candidates[0] if message.candidates else None
    if top and top.exact and top.action is None:
        return None
    faq = policy.sure_faq(message)
    rival = faq.confidence if faq else 0.0
    likely = message.intents.get(ORDER_PROGRESS, 0.0)
    if top and top.action == ORDER_PROGRESS and policy.band(top) == "answer":
        likely = max(likely, top.confidence)
    if other := _other_task(state, message, policy, rival, likely if policy.has_orders else 0.0):
        return other
    settings = policy.config.dialogue
    has_key = any(slot.name in ("order_id", "phone") for slot in message.slots)
    if has_key:
        starts = not message.candidates or likely >= settings.task_with_slots or rival == 0.0
    elif policy.has_orders:
        starts = likely >= settings.task_intent and likely >= rival
    else:
        starts = likely >= settings.task_intent and rival == 0.0
    if not has_key and order_in_hand.is_in_hand(state) and state.since_order == 0 and rival >= order_in_hand.FAIR:
        starts = False
    if state.orders.called and not has_key and not names_order(message.normalised):
        starts = False  # what is told while a colleague is awaited is for them
    if policy.has_orders:
        in_hand = order_in_hand.about_the_order_in_hand(state, message, policy.config, rival, asked_for=starts)
        if in_hand:
            return in_hand
    if not starts:
        return None
    if has_key and (contact := names_contact(state, message)):
        return contact
    if has_key and (trouble := _task_of_what_was_said(state, message, policy)):
        return start_task(trouble, state, message, policy, rule="task_slots")
    return start_task(ORDER_PROGRESS, state, message, policy, rule="task_slots" if has_key else "task_intent")


def _task_of_what_was_said(state: State, message: Understanding, policy: Policy) -> str:
    """The merchant's task for whose trouble a number was given right after it was told of, 「台面裂了」「137…」; or ""."""
    if {slot.name for slot in message.slots} & {"order_id", "name"} or names_order(message.normalised) or not state.said:
        return ""
    for task in policy.tasks.values():
        gathers = next((slot for slot in task.slots if slot.gathers), None)
        if gathers and any(slot.kind == "phone" for slot in task.slots) and found_in(gathers, state.said[-1]):
            return task.name
    return ""


def asked_for_outright(message: Understanding, policy: Policy) -> bool:
    """Whether the message asks outright for the merchant's task that is likeliest, and that is likely enough."""
    probability, name = policy.likeliest_task(message)
    likely = probability >= policy.config.dialogue.task_with_slots
    return likely and name != ORDER_PROGRESS and policy.tasks[name].is_asked_for(message.normalised)


def _other_task(state: State, message: Understanding, policy: Policy, rival: float, order: float) -> Action | None:
    """A merchant's task that is likelier than order progress and than the FAQ, which stands back where a slot is given or
    the task is asked for outright."""
    probability, name = policy.likeliest_task(message)
    if not name or name == ORDER_PROGRESS or probability <= order:
        return None
    kinds = {slot.kind for slot in policy.tasks[name].slots} & {"phone", "order_id", "name"}
    carries = any(slot.name in kinds for slot in message.slots) or policy.tasks[name].is_asked_for(message.normalised)
    settings = policy.config.dialogue
    meant = probability >= settings.task_intent and (carries or probability >= rival)
    if meant or (carries and probability >= max(settings.task_with_slots, rival)):
        return start_task(name, state, message, policy, rule="task_slots" if carries else "task_intent")
    return None


def start_task(name: str, state: State, message: Understanding, policy: Policy, *, rule: str) -> Action:
    state = replace(state, asked=None, asks={}, learnt={}, declined={})
    if name == ORDER_PROGRESS:
        return order_progress.start(state, message, policy.config, policy.has_orders, rule=rule)
    return task_flow.start(policy.tasks[name], state, message, policy.config.dialogue, rule=rule)
