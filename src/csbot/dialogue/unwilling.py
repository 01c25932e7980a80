"""A customer who doesn't give what a task asks for: hasn't it, would rather not, wants to know why first. Pure."""

from __future__ import annotations

from csbot.dialogue import order_progress, task_flow
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State
from csbot.intents.reluctance import reluctance
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.models import Action, Understanding

ASKED_ENOUGH = 2
"""Askings after which 「为什么」 gets no further question, but the offer of a human."""


def unwilling(state: State, message: Understanding, policy: Policy) -> Action | None:
    """What to do where the message declines to give what was asked for; None where it doesn't.

    The reason is told once, and what else will do: another proof, or a human. Who declines again is not asked a third time.
    """
    task = policy.tasks.get(state.task or "")
    slot = task.slot(state.asked) if task and state.asked else None
    if task is None or slot is None or message.slots or (message.candidates and message.candidates[0].exact):
        return None
    others = [name for other in task.slots if other is not slot for name in other.names]
    form = message.normalised
    if any(name in form for name in others) and not any(name in form for name in slot.names):
        return None
    kind = reluctance(form, slot.names)
    if kind is None:
        return None
    settings = policy.config.dialogue
    if kind == "wonders" and slot.name not in state.declined and state.asks.get(slot.name, 0) < ASKED_ENOUGH:
        words = "slot_explained" if slot.why else "ask"
        return task_flow.ask(task, state, state.slots, slot.name, settings, rule="slot_explained", wording=words)
    if not slot.required:
        return task_flow.leave_open(task, state, message, settings)
    other = order_progress.another_proof(slot.name, state, policy.config) if task.name == ORDER_PROGRESS else None
    if other and kind == "lacks":
        return other
    if slot.name in state.declined:
        return task_flow.give_up(task, state.slots, rule="slot_declined")
    words = "slot_lacked" if kind == "lacks" else "slot_refused"
    action = task_flow.ask(task, state, state.slots, slot.name, settings, rule=words, wording=words)
    key = task.slot(other.slot or "") if other else None
    offered = {"offer": "asked", "text": key.title if key else ""}
    return action.model_copy(update=offered) if action.kind == "ask_slot" else action
