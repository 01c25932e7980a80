"""The context of a ticket: what was said, what the bot did, how the customer sounds; nothing personal is left readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from csbot.intents.signals import PRESENT, find_signals
from csbot.intents.slots import read_slots
from csbot.models import Attempt, Candidate, Faq, Line, Session, Signal, Suggestion, Turn, Understanding
from csbot.privacy import mask, mask_spans

SUGGESTED = 3
"""Answers suggested to the agent: more than that are not read while somebody waits."""
WORTH_SUGGESTING = 0.3
"""Confidence from which a candidate is suggested: nearly enough for an answer. Where a customer only called for a human, what
resembles those words is no help."""

RECENT_TURNS = 20
"""Turns in which signals are looked for again: what was said an hour before is no mood any more."""

FaqOf = Callable[[str], "Faq | None"]


def mask_signals(signals: Sequence[Signal], names: Sequence[str]) -> list[Signal]:
    """Signals whose words show no personal data."""
    return [signal.model_copy(update={"text": mask(signal.text, names)}) for signal in signals]


def transcript_of(
    session: Session, message: Understanding, names: Sequence[str], at: datetime, agents: Sequence[Line] = ()
) -> list[Line]:
    """Every line of the session and this message, masked; where the bot was silent, there is no line of its.

    :param session: with the turns before ``message``. :param names: people's names to cover wherever they stand.
    :param at: when the message came. :param agents: what agents said in this session before, masked; each line is put in its
        place by its time.
    """
    lines = lines_of(session.turns, names)
    for said in agents:
        later = (number for number, line in enumerate(lines) if said.at and line.at and line.at > said.at)
        lines.insert(next(later, len(lines)), said)
    own = mask_spans(message.text, (*message.slots, *message.denied), names)
    return [*lines, Line(who="customer", text=own, at=at)]


def lines_of(turns: Sequence[Turn], names: Sequence[str]) -> list[Line]:
    """What was said in these turns, masked."""
    lines: list[Line] = []
    turns = tuple(turns)  # a host may let two messages into one session at once: it grows meanwhile
    for turn, masked in zip(turns, _masked(turns, names), strict=True):
        lines.append(Line(who="customer", text=masked, at=turn.at))
        if turn.reply:
            lines.append(Line(who="bot", text=mask(turn.reply, names), at=turn.at))
    return lines


def attempts_of(session: Session, names: Sequence[str], faq_of: FaqOf, titles: Mapping[str, str]) -> list[Attempt]:
    """What the bot did about each message, courtesy and silence left out.

    :param titles: what slots and tasks are called, by name.
    """
    found, turns = [], tuple(session.turns)
    for turn, masked in zip(turns, _masked(turns, names), strict=True):
        if turn.kind != "smalltalk" and turn.reply:
            what = _what(turn, faq_of, titles)
            found.append(Attempt(asked=masked, kind=turn.kind, what=what, faq_id=turn.faq_id, confidence=turn.confidence))
    return found


def signals_of(session: Session, message: Understanding, names: Sequence[str]) -> list[Signal]:
    """The strongest signal of each kind in the conversation, strongest first; neither weak ones nor wishes for an order."""
    best: dict[str, Signal] = {}
    earlier = [signal for turn in session.turns[-RECENT_TURNS:] for signal in find_signals(turn.user)]
    for signal in (*message.signals, *earlier):
        if signal.score >= PRESENT and signal.name != "order_wanted" and signal.score > _score(best.get(signal.name)):
            best[signal.name] = signal
    return mask_signals(sorted(best.values(), key=lambda signal: -signal.score), names)


def suggestions_of(session: Session, message: Understanding, faq_of: FaqOf) -> list[Suggestion]:
    """Answers that the customer was not given yet: to this message, and to questions that were offered in vain."""
    given = {turn.faq_id for turn in session.turns}
    offered = [option for turn in reversed(session.turns) if turn.kind == "clarify" for option in turn.options]
    ids = {c.faq_id: c.confidence for c in message.candidates if c.confidence >= WORTH_SUGGESTING}
    ids = dict.fromkeys(reversed(offered), 0.0) | ids
    best = sorted(ids.items(), key=lambda item: -item[1])
    faqs = [(faq, confidence) for faq_id, confidence in best if faq_id not in given and (faq := faq_of(faq_id))]
    return [
        Suggestion(faq_id=faq.id, question=faq.question, answer=answer, confidence=confidence)
        for faq, confidence in faqs
        if (answer := faq.answer_for(session.channel))
    ][:SUGGESTED]


def likely_faqs(session: Session, candidates: Sequence[Candidate], faq_of: FaqOf, least: float) -> list[Faq]:
    """What the conversation is about: the first candidate, if it is this sure, and the FAQ that was answered last."""
    ids = [c.faq_id for c in candidates[:1] if c.confidence >= least]
    ids += [turn.faq_id for turn in session.turns[::-1] if turn.faq_id][:1]
    return [faq for faq_id in dict.fromkeys(ids) if (faq := faq_of(faq_id))]


def _masked(turns: Sequence[Turn], names: Sequence[str]) -> list[str]:
    """What the customer said in each turn, values found by what was asked before it covered."""
    found, asked = [], None
    for turn in turns:
        found.append(mask_spans(turn.user, read_slots(turn.user, asked=asked).found, names))
        asked = turn.slot
    return found


def _what(turn: Turn, faq_of: FaqOf, titles: Mapping[str, str]) -> str:
    if turn.kind == "answer":
        faq = faq_of(turn.faq_id or "")
        return faq.question if faq else turn.faq_id or ""
    if turn.kind == "clarify":
        return "、".join(turn.option_texts)
    if turn.kind == "ask_slot":
        return titles.get(turn.slot or "", turn.slot or "")
    return f"订单 {turn.order_id}" if turn.order_id else titles.get(turn.task or "", "")


def _score(signal: Signal | None) -> float:
    return signal.score if signal else 0.0
