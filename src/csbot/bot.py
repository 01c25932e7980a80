"""`Chatbot`: one message in, one reply out."""

from __future__ import annotations

import os
import time

from csbot.config import BotConfig
from csbot.dialogue import order_progress
from csbot.dialogue.policy import Policy, decide, intent_of
from csbot.dialogue.state import State, state_of
from csbot.dialogue.wording import say
from csbot.encoders.base import Vectors
from csbot.errors import ConfigError, InputError
from csbot.handoff.ticket import mask_signals, names_in, open_ticket
from csbot.intents.slots import find_slots
from csbot.intents.understand import understand
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.models import (
    MAX_MESSAGE_CHARS,
    Action,
    Reply,
    Session,
    Slot,
    Trace,
    Turn,
    Understanding,
    utc_now,
)
from csbot.orders.base import OrderBackend
from csbot.orders.json_file import OrderList
from csbot.orders.lookup import OrderLookups
from csbot.privacy import mask_spans, mask_value


class Chatbot:
    """Answers customers' messages from a knowledge base, looks up orders, and hands over when it is not sure.

    Safe to use from many threads; a session itself is used by one message at a time.

    :param kb: what it knows. :param orders: an `OrderBackend`, or a ``.json`` file of orders; None: it can't look up orders.
    :param config: settings.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        *,
        orders: OrderBackend | str | os.PathLike[str] | None = None,
        config: BotConfig | None = None,
    ) -> None:
        self.kb = kb
        self.config = config or BotConfig()
        self.orders = OrderList.read(orders) if isinstance(orders, (str, os.PathLike)) else orders
        self._lookups = OrderLookups(self.orders, self.config) if self.orders is not None else None

    def reply(self, session: Session, text: str) -> Reply:
        """Answer ``text`` and record the turn in ``session``.

        :raises InputError: ``text`` is no string.
        :raises EncoderError: the encoder can't run and the knowledge base may not degrade.
        """
        return self.reply_encoded(session, text, None)

    async def areply(self, session: Session, text: str) -> Reply:
        """`reply`, in a worker thread: the event loop stays free."""
        import asyncio

        return await asyncio.to_thread(self.reply, session, text)

    def reply_encoded(self, session: Session, text: str, vector: Vectors | None) -> Reply:
        """`reply` for a message whose matter (`csbot.intents.understand.matter_of`) was encoded before (an evaluation does)."""
        if not isinstance(text, str):
            raise InputError(f"消息应是字符串，得到 {type(text).__name__} | the message must be a string")
        started = time.perf_counter()
        text = text[:MAX_MESSAGE_CHARS].encode("utf-8", "replace").decode("utf-8")  # lone surrogates can't be stored
        contents = self.kb.contents
        state = state_of(session)
        message = understand(
            text,
            self.kb,
            contents,
            options=dict(zip(state.options, state.option_texts, strict=True)),
            offers_orders=state.task is not None,
            asked=state.asked,
            order_id=self.config.orders.order_id_patterns,
            vector=vector,
        )
        policy = self.policy(contents, message.degraded)
        action = self._act(state, decide(state, message, policy))
        names = names_in(session, message)
        ticket = open_ticket(session, message, action, names) if action.kind == "handoff" else None
        spoken = _word(session, state, action, contents)
        trace = _trace(state, message, action, policy, contents, names, started)
        session.turns.append(_turn(text, action, spoken))
        return Reply(
            text=spoken,
            kind=action.kind,
            match=action.candidate if action.kind == "answer" else None,
            candidates=list(action.options or message.candidates[:5]),
            slot=action.slot if action.kind == "ask_slot" else None,
            order=action.order,
            ticket=ticket,
            trace=trace,
        )

    def policy(self, contents: Contents, degraded: bool) -> Policy:
        """Settings and thresholds in force.

        :raises ConfigError: the clarify threshold set is above the answer threshold in force.
        """
        calibration = contents.lexical_calibration if degraded else contents.calibration
        bands = self.config.bands
        answer = calibration.answer if bands.answer is None else bands.answer
        clarify = min(calibration.clarify, answer) if bands.clarify is None else bands.clarify
        if clarify > answer:
            raise ConfigError(
                f"bands.clarify = {clarify} 大于生效的 answer 阈值 {answer}，请同时设置 bands.answer"
                " | clarify exceeds the answer threshold in force"
            )
        return Policy(self.config, answer=answer, clarify=clarify, has_orders=self.orders is not None)

    def _act(self, state: State, action: Action) -> Action:
        """Do what the action needs from outside: only an order is ever looked up here."""
        return self._lookups.settle(state, action) if action.kind == "order_status" and self._lookups else action


def _word(session: Session, state: State, action: Action, contents: Contents) -> str:
    """The text of the reply."""
    resume = ""
    if action.task and action.slot and action.kind in ("answer", "smalltalk"):
        resume = say(f"resume_{action.slot}", state.turns)
    elif action.task and state.options and action.kind == "answer":
        resume = say("resume_pick", state.turns)
    if action.kind == "answer" and action.candidate:
        faq = contents.get(action.candidate.faq_id)
        return (faq.answer_for(session.channel) if faq else "") + resume
    if action.kind == "clarify":
        lines = [f"{i}. {option.question}" for i, option in enumerate(action.options, start=1)]
        end = [] if action.task else [say("clarify_end", state.turns)]
        return "\n".join([say(action.wording, state.turns), *lines, *end])
    if action.kind == "order_status" and action.order:
        return order_progress.tell(action.order, utc_now())
    return say(action.wording, state.turns) + resume


def _trace(
    state: State,
    message: Understanding,
    action: Action,
    policy: Policy,
    contents: Contents,
    names: list[str],
    started: float,
) -> Trace:
    return Trace.model_construct(  # parts are valid already
        normalised=mask_spans(message.normalised, find_slots(message.normalised, asked=state.asked), names),
        rule=action.rule,
        intent=intent_of(message, action),
        band=policy.band(message.candidates[0]) if message.candidates else None,
        answer_threshold=policy.answer,
        clarify_threshold=policy.clarify,
        candidates=message.candidates[:10],
        signals=tuple(mask_signals(message.signals, names)),
        slots=tuple(Slot(name=s.name, value=mask_value(s.name, s.value), span=s.span) for s in message.slots),
        misses=state.misses + (action.kind == "fallback" or action.rule == "miss_limit"),
        degraded=message.degraded,
        kb_version=contents.version,
        encoder=contents.encoder_fingerprint,
        elapsed_ms=round((time.perf_counter() - started) * 1000, 3),
    )


def _turn(text: str, action: Action, spoken: str) -> Turn:
    ended = action.kind in ("order_status", "handoff")
    return Turn(
        user=text,
        kind=action.kind,
        rule=action.rule,
        faq_id=action.candidate.faq_id if action.kind == "answer" and action.candidate else None,
        reply=spoken,
        options=[option.faq_id for option in action.options],
        option_texts=[option.question for option in action.options],
        task=None if ended else action.task,
        slot=action.slot,
        slots=action.slots,
        order_id=action.order.order_id if action.order else None,
        reason=action.reason,
    )
