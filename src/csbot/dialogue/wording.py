"""Wording of replies: ``data/replies.yaml`` and what tasks declare, several for each occasion, taken in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from csbot.dialogue.answer_memory import TENTATIVE
from csbot.dialogue.emergency import TOLD_AS_IT_IS
from csbot.dialogue.state import State
from csbot.dialogue.tasks import CONFIRM, SAID, SUMMARY, Task, places
from csbot.dialogue.telling import date_in_words
from csbot.models import Action
from csbot.resources import in_turn, load_yaml


@cache
def _replies() -> dict[str, list[str]]:
    return load_yaml("csbot.dialogue.data", "replies.yaml")


def say(key: str, turn: int) -> str:
    """The text for an occasion; ``turn`` (how many turns there were) picks the wording."""
    return in_turn(_replies()[key], turn)


def word(state: State, action: Action, tasks: Mapping[str, Task], answer: str, now: datetime) -> str:
    """The text of a reply.

    :param answer: what the FAQ answered says on the session's channel. :param now: when it is said.
    """
    task = tasks.get(action.task or "")
    resume = _resume(state, action, task)
    if action.kind == "answer":
        if action.rule == TENTATIVE and action.candidate:
            answer = say("tentative", state.turns).format(question=action.candidate.question.rstrip("？?。")) + "\n" + answer
        answer = say(action.wording or "told_part", state.turns).format(part=action.part) if action.part else answer
        return action.text + answer + resume
    if action.rule in TOLD_AS_IT_IS:
        return action.text
    if action.kind == "clarify" and action.wording == "clarify" and len(action.options) == 1:
        return say("clarify_one", state.turns).format(question=action.options[0].question.rstrip("？?。"))
    if action.kind == "clarify":
        lines = [f"{i}. {option.question}" for i, option in enumerate(action.options, start=1)]
        end = [] if action.task else [say("clarify_end", state.turns)]
        return "\n".join([say(action.wording, state.turns), *lines, *end])
    if action.kind == "ask_slot" and task:
        return _question(state, action, task, now)
    if action.kind == "order_status":
        return (say(action.wording, state.turns) if action.wording else "") + action.text
    if action.kind == "task_done":
        return action.text or say("task_done", state.turns)
    if action.wording == "failed" and task:
        return _filled(in_turn(task.failed, state.turns), task, action.slots, now)
    said = say(action.wording, state.turns) if action.wording else ""
    return (said.replace("{text}", action.text) if action.text else said) + resume


def with_second(answer: str, question: str, second: str, turn: int) -> str:
    """An answer and that to the second question of the same message."""
    return answer + "\n" + say("also", turn).format(question=question.rstrip("？?。"), answer=second)


def with_left(answer: str, left: Sequence[str], turn: int) -> str:
    """An answer, and that these other matters of the message wait."""
    return answer + "\n" + say("parts_left", turn).format(text="”“".join(left)) if left else answer


def _resume(state: State, action: Action, task: Task | None) -> str:
    """What a task under way still needs, said at the end of an answer to something else."""
    if task is None or action.kind not in ("answer", "smalltalk"):
        return ""
    if action.slot == CONFIRM:
        return say("resume_confirm", state.turns)
    slot = task.slot(action.slot) if action.slot else None
    if slot:
        return say("resume_slot", state.turns).format(slot=slot.title)
    return say("resume_pick", state.turns) if state.options and action.kind == "answer" else ""


def _question(state: State, action: Action, task: Task, now: datetime) -> str:
    """What asks for a slot; the same slot is asked for in other words each time, whether or not another one came in between."""
    times = state.asks.get(action.slot or "", 0)
    if action.wording == "ask" and action.slot == CONFIRM:
        return _filled(in_turn(task.confirm, times), task, action.slots, now)
    slot = task.slot(action.slot or "")
    if slot is None:
        return say(action.wording, state.turns)
    if action.wording not in ("ask", "invalid"):
        said = say(action.wording, state.turns)
        other = say("other_key", state.turns).format(slot=action.text) if action.text else ""
        return said.format(slot=slot.title, why=slot.why, other=other, prompt=in_turn(slot.prompts, times))
    text = in_turn(slot.prompts if action.wording == "ask" else slot.invalid, times)
    return "\n".join([text, *(f"{i}. {choice}" for i, choice in enumerate(slot.choices, start=1))])


def outcome(task: Task, slots: Mapping[str, str], result: object, turn: int, now: datetime) -> str:
    """What is said of a task that was done.

    :param result: a text, which is said as it is; or a mapping, whose values are filled in (None: there is none); anything else
        says nothing more.
    """
    if isinstance(result, str) and result.strip():
        return result
    filled = result.items() if isinstance(result, Mapping) else ()
    given = {str(key): str(value) for key, value in filled if value is not None}
    shown = _shown(task, slots, now) | given
    fitting = [text for text in task.done if places([text]) <= {name for name, value in shown.items() if value}]
    return in_turn(fitting, turn).format_map(shown) if fitting else say("task_done", turn)


def _filled(text: str, task: Task, slots: Mapping[str, str], now: datetime) -> str:
    shown = _shown(task, slots, now)
    summary = "\n".join(f"{slot.title}：{shown[slot.name]}" for slot in task.slots if slot.name in slots)
    return text.format_map(shown | {SUMMARY: summary})


def _shown(task: Task, slots: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Values as the customer reads them: dates in words, and in the customer's own; a slot left open says so."""
    found = {}
    for slot in task.slots:
        value, said = slots.get(slot.name, ""), slots.get(slot.name + SAID, "")
        if slot.kind == "date" and value:
            words = date_in_words(value, now)
            found[slot.name] = words if not said or said in words else f"{words}（{said}）"
        else:
            found[slot.name] = value or said or say("left_open", 0)
    return found
