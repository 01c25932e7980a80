"""Nobody is sent the same answer twice: of what was told before, the sentence that is asked for; else all of it in lines, once;
then a human is offered, then called. Pure."""

from __future__ import annotations

from csbot.dialogue.answer_memory import IN_LINES, PART, TOLD_BEFORE, Told, in_lines, last_told
from csbot.dialogue.asked_parts import asks, asks_number, is_detail, part_asked, part_told, takes, tells_of, tells_value
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import NOT_UNDERSTOOD, State
from csbot.intents.choice import PICKED
from csbot.intents.denials import told_apart
from csbot.models import Action, Candidate, Understanding

TAKEN = "told_taken"
"""Rule of the turn in which the customer said that what was told is understood, or will be tried."""
HARDLY = 0.6
"""An answer less sure than this gives way to the sentence of the answer just told that tells what is asked: below it, a few
words right after an answer were answered wrongly three times in four."""
SURELY = 0.9
"""The same of a sentence that has every word of the question and the number of what it asks for: 「几天内寄回」."""
_VENTURED = ("unsure", "close", "miss", "miss_limit", "bare_topic", "told_detail", "at_a_loss")
"""Rules of replies that help nobody whose words the answer just told has."""


def without_repeating(action: Action, state: State, message: Understanding, policy: Policy) -> Action:
    """The action; or what is better than an answer that stands on the customer's screen already.

    The same words sent again at once are an accident and get the answer again, once. A task under way goes on.
    """
    if state.told and not state.task and action.kind in ("answer", "clarify", "fallback") and takes(message.normalised):
        return Action(kind="smalltalk", rule=TAKEN, wording="told_done")
    if action.rule in (PART, IN_LINES):
        return action
    if told_of := _of_the_last(action, state, message):
        return told_of
    if action.kind == "clarify" and not action.task:
        action = _without_last_told(action, state)
        faq = None if action.options else action.candidate
    else:
        action = _without_second(action, state)
        faq = action.candidate if action.kind == "answer" and action.rule != PICKED else None
    told = state.answers.get(faq.faq_id) if faq else None
    if told is None:
        return action
    if action.kind == "answer":
        if told.times == 1 and not told.since and told.asked == (message.text,):
            return action
        form = message.normalised
        apart = told_apart(form)
        meant = apart[1] if apart else form
        if part := part_asked(meant, told) or part_told(meant, told):
            return action.model_copy(update={"rule": PART, "part": part})
        if not action.task and not apart and is_detail(form) and not asks(form) and not tells_of(told, form):
            return Action(kind="fallback", rule="told_detail", wording="told_detail", offer="asked")
    if not told.laid_out and (lines := in_lines(told)):
        return action.model_copy(
            update={"kind": "answer", "rule": IN_LINES, "candidate": faq, "wording": IN_LINES, "part": lines, "options": ()}
        )
    kept = {"candidate": faq, "task": action.task, "slot": action.slot, "slots": action.slots}
    if told.vain or state.doubted or state.misses + 1 >= policy.config.dialogue.miss_limit:
        return Action(kind="handoff", rule=TOLD_BEFORE, reason=NOT_UNDERSTOOD, wording="handoff_told", **kept)
    offer = "mentioned" if action.task else "asked"  # in a task, 「好的」 answers what the task asks
    return Action(kind="fallback", rule=TOLD_BEFORE, wording="told_before", offer=offer, **kept)


def _of_the_last(action: Action, state: State, message: Understanding) -> Action | None:
    """The sentence of the answer just told that has what is asked, where the bot would only ask back, give up, or answer with
    something else that it is hardly sure of."""
    faq_id, told = last_told(state.answers)
    if told is None or state.task or message.picked or action.task or action.also:
        return None
    faq = action.candidate if action.kind == "answer" else None
    form = message.normalised
    if faq is not None:
        limit = SURELY if asks_number(form, told) else HARDLY
        if faq.faq_id == faq_id or faq.exact or faq.confidence >= limit:
            return None
    elif action.rule not in _VENTURED:
        return None
    part = part_asked(form, told, alone=True)
    if not part and action.rule in ("told_detail", "miss", "miss_limit") and (is_detail(form) or tells_value(form)):
        part = part_told(form, told)
    if not part and action.rule == "miss" and tells_value(form):
        return Action(kind="fallback", rule="told_detail", wording="told_detail", offer="asked")
    return tell_part(faq_id, told, part, message) if part else None


def tell_part(faq_id: str, told: Told, part: str, message: Understanding, rule: str = PART) -> Action:
    """A part of an answer that was told, or (rule `IN_LINES`) all of it in lines."""
    known = next((one for one in message.candidates if one.faq_id == faq_id), None)
    asked = told.asked[0] if told.asked else ""
    faq = known or Candidate(faq_id=faq_id, question=asked, score=0.0, confidence=0.0, matched=asked)
    return Action(kind="answer", rule=rule, candidate=faq, part=part, wording="told_in_lines" if rule == IN_LINES else "")


def _without_last_told(action: Action, state: State) -> Action:
    """A menu without the answers that are the last that was said; it keeps the first of them, where it is all there was."""
    last = [option for option in action.options if (told := state.answers.get(option.faq_id)) and not told.since]
    if not last:
        return action
    rest = tuple(option for option in action.options if option not in last)
    return action.model_copy(update={"options": rest, "candidate": last[0]})


def _without_second(action: Action, state: State) -> Action:
    """Of several questions in one message, only those that were not answered before, if there are any."""
    if not action.also or action.candidate is None:
        return action
    new = [one for one in (action.candidate, *action.also) if one.faq_id not in state.answers]
    first, *others = new or [action.candidate]
    return action.model_copy(update={"candidate": first, "also": tuple(others)})
