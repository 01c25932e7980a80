"""What the customer's tone changes: a human is called where the bot is unsure and somebody is in trouble or upset; and the one
question that may come before a wish for a human is granted. Pure."""

from __future__ import annotations

from csbot.dialogue.dangers import DANGER, find_dangers, safety_first
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import ARGUED, NOT_CLEAR, State
from csbot.intents.answers import says
from csbot.intents.progress import names_order
from csbot.intents.signals import PRESENT, find_signals, shown_by_words
from csbot.intents.wishes import tells_matter
from csbot.kb.task_intents import HUMAN_HANDOFF, ORDER_PROGRESS, TITLES, task_candidate
from csbot.models import Action, Candidate, Understanding
from csbot.text import normalise

UNSURE = ("clarify", "fallback")
"""Kinds of action that help nobody who is in trouble or upset."""
OBJECTS = "objects"
"""Rule of the reply to who finds a rule unfair and asks nothing."""
CLEARER = 0.3
"""So much clearer than an answer is sure, displeasure is not met with that answer: it would be one more that is wrong."""
UPSET = ("anger", "frustration", "complaint_threat")
ILL_TEMPERED = (*UPSET, "urgency", "repeat_contact", "asked_again")
"""Who shows one of these is asked nothing before a human is called."""
ALREADY_KIND = (NOT_CLEAR, "at_a_loss", "impatient", "no_hotline")
"""Rules of replies to so few words that only words of anger count, not the likeness to examples: 「为啥」."""
UNHEARD = 0.6
"""A contact that is not the first, shown by words this clearly, is heard by a human rather than answered at a venture."""
UNHEARD_CHARS = 16
"""Characters up to which a message that says so has hardly room for a matter beside it."""
VERY_SURE = 0.9
FAIRLY_SURE = 0.5
"""What so short a message is answered with must be as sure as this; a longer one, or a question, as the second."""
BARE_WISH_CHARS = 12
"""A wish in more characters tells what it is about."""


def with_mood(action: Action, message: Understanding, policy: Policy) -> Action:
    """The action; or a human, where the bot would only ask back or give up on somebody who is in trouble or upset, or who comes
    again because nobody has seen to it.

    An answer that the bot is sure of stays: it is the quickest help; one much less sure than the displeasure is clear is none.
    With the highest urgency not even a slot is asked for; and where words show danger to people, nothing but a human will do:
    the answer to exactly this question is told after what to do at once, and one that speaks of the danger goes with the
    transfer.
    """
    settings = policy.config.dialogue
    urgency = message.signal("urgency")
    if shown_by_words(message.signals, "urgency") >= DANGER and action.reason != "customer_wish":
        if action.kind == "answer" and action.candidate and action.candidate.exact:
            return action.model_copy(update={"text": safety_first(find_dangers(message.text), 0) + "\n"})
        return Action(kind="handoff", rule="urgent", reason="urgent", wording="handoff_urgent", slots=action.slots)
    asks = action.kind in UNSURE or (action.kind == "ask_slot" and urgency >= settings.urgent_at_once)
    if asks and urgency >= settings.urgent_when_unsure:
        return Action(kind="handoff", rule="urgent", reason="urgent", wording="handoff_urgent", slots=action.slots)
    in_words = action.rule in ALREADY_KIND
    upset = max(shown_by_words(message.signals, name) if in_words else message.signal(name) for name in UPSET)
    if upset >= settings.upset_when_unsure and (action.kind in UNSURE or _hardly_answers(action, message, upset)):
        return Action(kind="handoff", rule="upset", reason="upset", wording="handoff_upset", slots=action.slots)
    if _comes_unheard(action, message):
        return Action(kind="handoff", rule="unheard", reason="unheard", wording="handoff_unheard", slots=action.slots)
    if action.kind in UNSURE and not action.task and says("objects", message.normalised):
        return Action(kind="fallback", rule=OBJECTS, wording="objects", offer="asked")
    return action


def _hardly_answers(action: Action, message: Understanding, upset: float) -> bool:
    """Whether the answer is much less sure than it is that the customer is upset; what was picked or is asked word for word is
    an answer."""
    faq = action.candidate if action.kind == "answer" and not message.picked else None
    if faq is None or faq.exact:
        return False
    return upset - faq.confidence >= CLEARER or _is_abuse(message)


def _is_abuse(message: Understanding) -> bool:
    """Whether all that the message says are words of anger: 「垃圾」, which an FAQ may be about."""
    return any(one.name == "anger" and normalise(one.text) == message.normalised for one in message.signals)


def _comes_unheard(action: Action, message: Understanding) -> bool:
    """Whether the customer has come before, or was promised something, in vain, and what would be told, or looked up, may well
    have nothing to do with it. What was picked or is asked word for word is an answer."""
    form = message.normalised
    in_vain = says("unheard", form)
    if not in_vain and shown_by_words(message.signals, "repeat_contact") < UNHEARD:
        return False
    if action.kind == "ask_slot":
        return action.task == ORDER_PROGRESS and action.rule == "task_intent" and not names_order(form)
    faq = action.candidate if action.kind == "answer" and not message.picked else None
    if faq is None or faq.exact or action.also:
        return action.kind in UNSURE
    asks = says("asks", form) or message.text.rstrip().endswith(("?", "？"))
    return in_vain or faq.confidence < (FAIRLY_SURE if asks or len(form) > UNHEARD_CHARS else VERY_SURE)


def speaks_of_danger(faq: Candidate, said: str) -> bool:
    """Whether an FAQ is about the emergency told of, by the words of its question: to an intruder, an answer about a child that
    shut itself in is none."""
    urgent = [text for text in (faq.question, faq.matched) if shown_by_words(find_signals(text), "urgency")]
    return faq.exact or any(not set(find_dangers(text)).isdisjoint(find_dangers(said)) for text in urgent)


def ask_before_human(state: State, message: Understanding, policy: Policy) -> Action | None:
    """The one question before a bare wish for a human is granted; None: it is granted now."""
    if state.argued >= policy.config.dialogue.wish_questions or len(message.normalised) > BARE_WISH_CHARS:
        return None
    if max(map(message.signal, ILL_TEMPERED)) >= PRESENT or state.misses or state.task or tells_matter(message.text):
        return None
    human = task_candidate(HUMAN_HANDOFF, TITLES[HUMAN_HANDOFF])
    return Action(kind="clarify", rule=ARGUED, options=(human,), wording="wish_argued")
