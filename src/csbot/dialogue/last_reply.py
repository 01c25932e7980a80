"""Words that are about the conversation itself, not about a matter: the last reply was not understood or missed the point, the
bot is asked what to do without being told about what, a complaint is announced, a phone number wanted. Pure."""

from __future__ import annotations

from csbot.dialogue import order_in_hand
from csbot.dialogue.answer_memory import IN_LINES, last_told, numbered, sentences
from csbot.dialogue.asked_parts import part_if_it_stays
from csbot.dialogue.mood import UPSET
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import DOUBTED, NOT_CLEAR, NOT_UNDERSTOOD, REFUSED, State
from csbot.dialogue.told_before import tell_part
from csbot.dialogue.told_steps import asks_again, asks_next, step_asked, steps
from csbot.intents.answers import says
from csbot.intents.signals import shown_by_words
from csbot.kb.task_intents import PREFIX
from csbot.models import Action, Candidate, Understanding
from csbot.text import normalise

WISH_IN_WORDS = 0.5
"""A wish for a human that words show this clearly is no doubt about the last reply; likeness to examples is no proof here."""
LEAST_PARTS = 2
VERY_SURE = 0.9
"""An FAQ this likely has been taught such words."""


def doubts_last_reply(state: State, message: Understanding, policy: Policy) -> Action | None:
    """The last reply told again in other words, or an apology for it; the second time in a row a human.

    A task under way asks again by itself; an option picked or rejected and an exact question are what they are; that another
    order is meant than the one shown is no doubt.
    """
    form = message.normalised
    if step := _step_of_the_last(state, message):
        return step
    denies = bool(state.told) and (says("not_meant", form) or says("not_right", form))
    again = last_told(state.answers)[1] is not None and asks_again(form)
    rule = NOT_CLEAR if says("unclear", form) or again else REFUSED if denies or says("unanswered", form) else None
    other_order = state.order_id and not state.since_order and says("another", form)
    taken = state.task or message.picked or message.rejected or (message.candidates and message.candidates[0].exact)
    if rule is None or taken or other_order or shown_by_words(message.signals, "human_wanted") >= WISH_IN_WORDS:
        return None
    if state.doubted in DOUBTED or state.misses + 1 >= policy.config.dialogue.miss_limit:
        return Action(kind="handoff", rule=rule, reason=NOT_UNDERSTOOD, wording="handoff_missed")
    if rule == REFUSED:
        return Action(kind="fallback", rule=rule, wording="answer_refused", offer="asked")
    if state.options and not state.offers_orders:
        options = tuple(map(_option, state.options, state.option_texts))
        return Action(kind="clarify", rule=rule, options=options, wording="clarify_again")
    _, last = last_told(state.answers)
    parts = sentences(last.source if last else state.told)
    if len(parts) < LEAST_PARTS:
        return Action(kind="fallback", rule=rule, wording="not_clear", offer="mentioned")
    return Action(kind="fallback", rule=rule, wording="told_again", text=numbered(parts), offer="mentioned")


def _step_of_the_last(state: State, message: Understanding) -> Action | None:
    """Of the answer just told, the step asked for by its number, or what comes next; all of it, where that is not clear."""
    faq_id, told = last_told(state.answers)
    if told is None or state.task or state.options or message.picked:
        return None
    number = step_asked(message.normalised)
    if number is None and not asks_next(message.normalised):
        return None
    parts = steps(told)
    if number is None:
        told_last = max((place for place, part in enumerate(parts, 1) if told.has_told(part)), default=0)
        number = told_last + 1 if told_last else None
    if number is not None and number <= len(parts):
        return tell_part(faq_id, told, parts[number - 1], message)
    lines = "" if told.laid_out else numbered(parts)
    return tell_part(faq_id, told, lines, message, IN_LINES) if lines else None


def complains(message: Understanding) -> Action | None:
    """A complaint that says it is one goes to a human at once: no form to fill in; how to complain is an FAQ's matter."""
    top = message.candidates[0] if message.candidates else None
    if (top and top.exact and top.action is None) or not says("complains", message.normalised):
        return None
    return Action(kind="handoff", rule="complaint", reason="complaint", wording="handoff_complaint")


def names_no_matter(state: State, message: Understanding, policy: Policy) -> Action | None:
    """Help wanted with nothing named, the shop's number, a sigh: whatever task or FAQ such words sound like, they name none.

    After an answer, 「那咋整」 is about what was told: a colleague is offered for it. What an FAQ is very sure of is answered,
    and so is the number of the shop by an FAQ about that number.
    """
    top = message.candidates[0] if message.candidates else None
    form = message.normalised
    if (top and (top.exact or top.confidence >= VERY_SURE)) or state.task or order_in_hand.is_in_hand(state):
        return None
    if says("asks_phone", form):
        known = top is not None and policy.band(top) == "answer" and any(map(_asks_phone, (top.question, top.matched)))
        return None if known else Action(kind="fallback", rule="no_hotline", wording="no_hotline", offer="asked")
    if says("sighs", form) and not any(shown_by_words(message.signals, name) >= WISH_IN_WORDS for name in UPSET):
        return Action(kind="smalltalk", rule="sighs", wording="at_a_loss", offer="mentioned")
    if not says("at_a_loss", form):
        return None
    faq_id, told = last_told(state.answers)
    if told and (remedy := part_if_it_stays(told)) and not told.has_told(remedy):
        return tell_part(faq_id, told, remedy, message)
    if state.told:
        return Action(kind="fallback", rule="at_a_loss", wording="told_detail", offer="asked")
    return _at_the_limit("at_a_loss", state, policy)


def is_impatient(state: State, message: Understanding, policy: Policy) -> Action | None:
    """Slowness of nobody knows what, where no FAQ is sure: nothing is offered that only sounds like it."""
    sure = message.candidates and policy.band(message.candidates[0]) == "answer"
    return None if sure or not says("impatient", message.normalised) else _at_the_limit("impatient", state, policy)


def _at_the_limit(words: str, state: State, policy: Policy) -> Action:
    """These words; a human, where it would be one miss too many."""
    if state.misses + 1 >= policy.config.dialogue.miss_limit:
        return Action(kind="handoff", rule=words, reason=NOT_UNDERSTOOD, wording="handoff_missed")
    return Action(kind="fallback", rule=words, wording=words, offer="mentioned")


def _asks_phone(question: str) -> bool:
    return says("asks_phone", normalise(question).rstrip("?？"))


def _option(faq_id: str, text: str) -> Candidate:
    action = faq_id.removeprefix(PREFIX) if faq_id.startswith(PREFIX) else None
    return Candidate(faq_id=faq_id, question=text, score=0.0, confidence=0.0, matched=text, action=action)
