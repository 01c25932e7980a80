"""What is recorded of a message: the turn, from which alone `csbot.dialogue.state` tells where the conversation stands."""

from __future__ import annotations

from datetime import datetime

from csbot.dialogue.accounts import CONTACT
from csbot.dialogue.answer_memory import TOLD_BEFORE, whole_answer
from csbot.dialogue.dangers import dangers_in
from csbot.models import Action, Faq, Turn, Understanding


def turn_of(
    message: Understanding,
    action: Action,
    spoken: str,
    at: datetime,
    ticket_id: str | None = None,
    faq: Faq | None = None,
    channel: str = "",
) -> Turn:
    """The turn of a message that was decided upon at ``at``, and answered with ``spoken``.

    :param ticket_id: of the ticket that was open, or is since. :param faq: what is answered, on which channel.
    """
    of_faq = action.kind == "answer" or action.rule == TOLD_BEFORE
    ended = action.kind in ("order_status", "task_done", "handoff")
    return Turn(
        user=message.text,
        kind=action.kind,
        rule=action.rule,
        faq_id=action.candidate.faq_id if action.candidate and of_faq else None,
        confidence=_confidence(action),
        reply=spoken,
        whole=whole_answer(faq.answer_for(channel), faq.answer) if faq and of_faq else "",
        options=[option.faq_id for option in action.options],
        option_texts=[option.question for option in action.options],
        task=None if ended else action.task,
        slot=action.slot,
        slots=action.slots if action.task or action.slots or action.rule == CONTACT else _in_passing(message),
        order_id=action.order.order_id if action.order else None,
        done=action.task if action.kind == "task_done" else None,
        reason=action.reason,
        dangers=list(dangers_in(message)) if action.kind == "handoff" else [],
        offer=action.offer,
        ticket_id=ticket_id,
        names=names_in(message),
        at=at,
    )


def _in_passing(message: Understanding) -> dict[str, str]:
    """Order id, phone and name given beside another matter: a look-up in the next turns need not ask for them."""
    return {slot.name: slot.value for slot in message.slots if slot.name in ("order_id", "phone", "name")}


def _confidence(action: Action) -> float | None:
    """How sure the bot was of what it answered or offered first; None, where nothing was matched."""
    if action.kind == "answer" and action.candidate:
        return action.candidate.confidence
    return action.options[0].confidence if action.kind == "clarify" and action.options and not action.task else None


def names_in(message: Understanding) -> list[str]:
    """People's names that the message gives or denies: what must be covered wherever it is logged from now on."""
    return [slot.value for slot in (*message.slots, *message.denied) if slot.name == "name"]
