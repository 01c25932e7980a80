"""`Chatbot`: one message in, one reply out."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

from csbot.config import BotConfig
from csbot.dialogue import order_progress
from csbot.dialogue.policy import Policy, decide, intent_of
from csbot.dialogue.state import State, state_of
from csbot.dialogue.wording import say
from csbot.encoders.base import Vectors
from csbot.errors import InputError
from csbot.handoff.ticket import open_ticket
from csbot.intents.understand import understand
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.models import (
    MAX_MESSAGE_CHARS,
    Action,
    Candidate,
    Order,
    Reply,
    Session,
    Slot,
    Ticket,
    Trace,
    Turn,
    Understanding,
    utc_now,
)
from csbot.orders.base import OrderBackend
from csbot.orders.json_file import OrderList
from csbot.privacy import mask, mask_value


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
        self._workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="csbot-orders")

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
        """`reply` for a message whose `query_form` was encoded before (an evaluation encodes its cases together)."""
        if not isinstance(text, str):
            raise InputError(f"消息应是字符串，得到 {type(text).__name__} | the message must be a string")
        started = time.perf_counter()
        text = text[:MAX_MESSAGE_CHARS]
        contents = self.kb.contents
        state = state_of(session)
        message = understand(
            text,
            self.kb,
            contents,
            options=state.option_texts,
            asked=state.asked,
            order_id=self.config.orders.order_id_patterns,
            vector=vector,
        )
        policy = self._policy(contents, message.degraded)
        action = self._act(state, decide(state, message, policy))
        spoken = self._word(session, state, message, action, contents)
        trace = self._trace(state, message, action, policy, contents, started)
        session.turns.append(_turn(text, action, spoken))
        return Reply(
            text=spoken.text,
            kind=action.kind,
            match=action.candidate if action.kind == "answer" else None,
            candidates=list(action.options or message.candidates[:5]),
            slot=action.slot if action.kind == "ask_slot" else None,
            order=action.order,
            ticket=spoken.ticket,
            trace=trace,
        )

    def _policy(self, contents: Contents, degraded: bool) -> Policy:
        calibration = contents.lexical_calibration if degraded else contents.calibration
        bands = self.config.bands
        answer = calibration.answer if bands.answer is None else bands.answer
        clarify = min(calibration.clarify, answer) if bands.clarify is None else bands.clarify
        return Policy(self.config, answer=answer, clarify=min(clarify, answer), has_orders=self.orders is not None)

    def _act(self, state: State, action: Action) -> Action:
        """Do what the action needs from outside: only an order is ever looked up here."""
        if action.kind != "order_status" or self.orders is None:
            return action
        timeout = self.config.orders.timeout_s
        query = order_progress.query_of(action.slots, self.config.orders)
        try:
            orders = list(self._workers.submit(self.orders.find, query, timeout).result(timeout))
            settled = order_progress.settle(state, action, orders, self.config)
        except (FutureTimeout, Exception) as error:  # whatever the merchant's code raises, the customer gets a human
            return Action(
                kind="handoff", rule=f"order_backend_failed:{type(error).__name__}", task=action.task, slots=action.slots,
                reason="order_backend_failed", wording="handoff_backend",
            )  # fmt: skip
        if settled.kind == "clarify":
            options = order_progress.proven(orders, settled.slots, self.config.orders)
            return settled.model_copy(update={"options": tuple(map(_order_option, options))})
        return settled

    def _word(self, session: Session, state: State, message: Understanding, action: Action, contents: Contents) -> _Spoken:
        """The text of the reply, and the ticket where a human is called."""
        turn = state.turns
        if action.kind == "answer" and action.candidate:
            faq = contents.get(action.candidate.faq_id)
            answer = faq.answer_for(session.channel) if faq and faq.is_valid(utc_now()) else say("fallback", turn)
            return _Spoken(answer + (say(f"resume_{action.slot}", turn) if action.task and action.slot else ""))
        if action.kind == "clarify":
            lines = [f"{i}. {option.question}" for i, option in enumerate(action.options, start=1)]
            end = [] if action.task else [say("clarify_end", turn)]
            return _Spoken("\n".join([say(action.wording, turn), *lines, *end]))
        if action.kind == "order_status" and action.order:
            return _Spoken(order_progress.tell(action.order, utc_now()))
        if action.kind == "handoff":
            ticket = open_ticket(session, message, action.slots, action.reason or "")
            return _Spoken(say(action.wording, turn), ticket)
        return _Spoken(say(action.wording, turn))

    def _trace(
        self, state: State, message: Understanding, action: Action, policy: Policy, contents: Contents, started: float
    ) -> Trace:
        names = [slot.value for slot in message.slots if slot.name == "name"]
        return Trace.model_construct(
            normalised=mask(message.normalised, names),
            rule=action.rule,
            intent=intent_of(message, action),
            band=policy.band(message.candidates[0]) if message.candidates else None,
            answer_threshold=policy.answer,
            clarify_threshold=policy.clarify,
            candidates=message.candidates[:10],
            signals=message.signals,
            slots=tuple(Slot(name=s.name, value=mask_value(s.name, s.value), span=s.span) for s in message.slots),
            misses=state.misses + (action.kind == "fallback" or action.rule == "miss_limit"),
            degraded=message.degraded,
            kb_version=contents.version,
            encoder=contents.encoder_fingerprint,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 3),
        )


@dataclass(frozen=True)
class _Spoken:
    text: str
    ticket: Ticket | None = None


def _turn(text: str, action: Action, spoken: _Spoken) -> Turn:
    ended = action.kind in ("order_status", "handoff")
    return Turn(
        user=text,
        kind=action.kind,
        rule=action.rule,
        faq_id=action.candidate.faq_id if action.kind == "answer" and action.candidate else None,
        reply=spoken.text,
        options=[option.faq_id for option in action.options],
        option_texts=[option.question for option in action.options],
        task=None if ended else action.task,
        slot=action.slot,
        slots=action.slots,
        order_id=action.order.order_id if action.order else None,
        reason=action.reason,
    )


def _order_option(order: Order) -> Candidate:
    text = f"{order.order_id} {'、'.join(order.items)} {order.status}".strip()
    return Candidate(faq_id=order.order_id, question=text, score=1.0, confidence=1.0, matched=text)
