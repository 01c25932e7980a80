"""The trace of a reply: why it is what it is, with nothing personal in it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from csbot.dialogue.policy import intent_of
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State, misses_with
from csbot.handoff.context import mask_signals
from csbot.intents.slots import read_slots
from csbot.kb.contents import Contents
from csbot.models import Action, Slot, Trace, Understanding
from csbot.privacy import mask_spans, mask_value


def trace_of(
    state: State,
    message: Understanding,
    action: Action,
    policy: Policy,
    contents: Contents,
    names: Sequence[str],
    started: float,
) -> Trace:
    """What decided about a message.

    :param names: people's names to cover wherever they stand. :param started: `time.perf_counter` when the message came.
    """

    given = (*message.slots, *message.denied)

    def masked(text: str) -> str:
        if text == message.text or not (given or any(map(str.isdigit, text))):
            return mask_spans(text, given, names)
        return mask_spans(text, read_slots(text, asked=state.asked).found, names)

    return Trace.model_construct(  # parts are valid already
        normalised=masked(message.normalised),
        read_as=masked(message.read_as) if message.read_as else None,
        rule=action.rule,
        intent=intent_of(message, action),
        band=policy.band(message.candidates[0]) if message.candidates else None,
        answer_threshold=policy.answer,
        clarify_threshold=policy.clarify,
        candidates=message.candidates[:10],
        signals=tuple(mask_signals(message.signals, names)),
        slots=tuple(Slot(name=s.name, value=mask_value(s.name, s.value), span=s.span) for s in message.slots),
        lookup=action.lookup,
        misses=misses_with(state.misses, action.kind, action.rule, action.reason),
        degraded=message.degraded,
        kb_version=contents.version,
        encoder=contents.encoder_fingerprint,
        elapsed_ms=round((time.perf_counter() - started) * 1000, 3),
    )
