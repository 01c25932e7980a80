"""`Chatbot`: one message in, one reply out."""

from __future__ import annotations

import copy
import os
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from csbot.config import BotConfig
from csbot.dialogue import order_progress
from csbot.dialogue.policy import decide
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State, state_of
from csbot.dialogue.tasks import Task, declared
from csbot.dialogue.turns import names_in, turn_of
from csbot.dialogue.wording import with_left, with_second, word
from csbot.encoders.base import Vectors
from csbot.errors import ConfigError, InputError
from csbot.handlers import Handler, Handlers
from csbot.handoff.asked import Asked
from csbot.handoff.desk import Desk
from csbot.handoff.handoffs import Handoffs
from csbot.handoff.routing_table import RoutingTable
from csbot.handoff.summary import Summariser
from csbot.intents.over_turns import RecentVectors
from csbot.intents.understand import understand
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.kb.task_matcher import TaskMatcher
from csbot.models import (
    MAX_MESSAGE_CHARS,
    Action,
    Caller,
    OrderQuery,
    Reply,
    Session,
    utc_now,
)
from csbot.models.base import storable
from csbot.orders import load_orders
from csbot.orders.base import AnyOrderBackend
from csbot.orders.lookup import OrderLookups
from csbot.storage import MemoryStore, Store, open_store
from csbot.storage.keeping import answer_and_save
from csbot.trace import trace_of

REPLIES_KEPT_S = 86400.0
"""How long a reply is kept for a message that is delivered again: WeChat repeats within seconds, webhooks within hours."""

TIDY_EVERY_S = 600.0

RECALLED = 12
"""Turns before a message in which its mood and an earlier asking of it are looked for."""


class Chatbot:
    """Answers customers' messages from a knowledge base, looks up orders, and hands over when it is not sure.

    Safe to use from many threads. Without a store a session is used by one message at a time; with one, many workers may
    answer the same session, and no turn is lost or doubled.

    :param kb: what it knows. :param orders: an `OrderBackend` (async too) or a file of `load_orders`; None: it can't look up.
    :param tasks: what else customers can have done: `Task` objects, a ``.yaml`` file, or a directory of them.
    :param handlers: the function that does each of these tasks, by the name in its ``call``.
    :param store: a `csbot.storage.Store`, or its URL (``sqlite:///var/csbot.db``); None: the host keeps the sessions, and
        attempts at orders are counted in this process only. :param config: settings.
    :param desk: where people answer: a `csbot.handoff.desk.Desk`, or the URL of the built-in one (``sqlite:///var/csbot.db``);
        None: a handoff's ticket is only in the reply, and the host sees to it. While an agent has a session, replies are empty.
    :param routing: where tickets go: a `RoutingTable` or its YAML file; None: the one that ships.
    :param summarise: makes a better summary of a ticket than the rules (a language model, say), in time; see `summary`.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        *,
        orders: AnyOrderBackend | str | os.PathLike[str] | None = None,
        tasks: Iterable[Task] | str | os.PathLike[str] = (),
        handlers: Mapping[str, Handler] | None = None,
        store: Store | str | None = None,
        config: BotConfig | None = None,
        desk: Desk | str | None = None,
        routing: RoutingTable | str | os.PathLike[str] | None = None,
        summarise: Summariser | None = None,
    ) -> None:
        self.kb = kb
        self.config = config or BotConfig()
        self.orders = load_orders(orders) if isinstance(orders, (str, os.PathLike)) else orders
        self.store = open_store(store) if isinstance(store, str) else store
        self._count_in(self.store or MemoryStore())
        self.tasks = declared(tasks)
        self._handlers = Handlers(self.tasks, handlers or {})
        own = [task for name, task in self.tasks.items() if name != ORDER_PROGRESS]
        self._matcher = TaskMatcher({task.name: task.examples for task in own}, {task.name: task.unlike for task in own})
        self._matcher.fit(kb.contents, kb.encode)
        self._recent = RecentVectors()
        self._handoffs = Handoffs.of(self.tasks, desk, routing, summarise)
        self.desk = self._handoffs.desk
        self._tidied = -TIDY_EVERY_S

    def _count_in(self, store: Store) -> None:
        self._counts = store
        self._lookups = None if self.orders is None else OrderLookups(self.orders, self.config, store)

    def alone(self) -> Chatbot:
        """The same bot without the store, and with no attempt counted yet.

        What an evaluation asks of it leaves no trace in the store, and meets no limit that others have reached.
        """
        bot = copy.copy(self)
        bot.store, bot.desk = None, None
        bot._handoffs = self._handoffs.without_desk()
        bot._count_in(MemoryStore())
        return bot

    def session(self, customer_id: str, channel: str = "web", *, identified: OrderQuery | None = None) -> Session:
        """The session in which a customer goes on: their newest one, from whatever channel, within `dialogue.idle_timeout_s`.

        Else a new one, which names the earlier ones. Without a store, always a new one.

        :param identified: what the host has proven of the customer on this channel, now.
        :raises StoreError: the store fails.
        """
        fresh = Session(customer_id=customer_id, channel=channel, identified=identified)
        if self.store is None:
            return fresh
        return self.store.open(fresh, utc_now() - timedelta(seconds=self.config.dialogue.idle_timeout_s))

    def reply(self, session: Session, text: str, *, message_id: str | None = None) -> Reply:
        """Answer ``text`` and record the turn in ``session``, which ends up as it is in the store, if there is one.

        :param message_id: the channel's id of the message; one that is delivered again gets the same reply and no second turn.
        :raises InputError: ``text`` is no string, ``message_id`` comes without a store, or the session is another customer's.
        :raises EncoderError: the encoder can't run and the knowledge base may not degrade.
        :raises SessionConflict: too many workers talk in this session at once. :raises StoreError: the store fails.
        """
        reply, wait_s = self._reply(session, text, message_id)
        if wait_s:  # even a sleep of no time gives the processor away
            time.sleep(wait_s)
        return reply

    async def areply(self, session: Session, text: str, *, message_id: str | None = None) -> Reply:
        """`reply`, in a worker thread: the event loop stays free."""
        import asyncio

        reply, wait_s = await asyncio.to_thread(self._reply, session, text, message_id)
        await asyncio.sleep(wait_s)
        return reply

    def reply_encoded(self, session: Session, text: str, vector: Vectors | None) -> Reply:
        """`reply` for a message whose matter was encoded before (an evaluation does).

        That is `csbot.intents.matters.matter_of`, as `Contents.spelled` has it.

        It neither reads nor writes the store of sessions.
        """
        return self._answer(session, text, uuid.uuid4().hex, vector)

    def _reply(self, session: Session, text: str, message_id: str | None) -> tuple[Reply, float]:
        """The reply, and for how many seconds it is held back: a vain look-up's time never tells what was in vain."""
        started = time.monotonic()
        self._tidy(started)
        if message_id and self.store is None:
            raise InputError("message_id 需要 store 才能去重：Chatbot(kb, store=…) | message_id needs a store")
        attempt_id = f"{session.customer_id or session.id} {session.channel} {message_id}" if message_id else uuid.uuid4().hex
        if self.store is None:
            reply = self._answer(session, text, attempt_id)
        else:
            from csbot.events import turn_events  # what a store alone needs

            events_of = partial(turn_events, category_of=self._category)
            reply = answer_and_save(self.store, session, message_id, lambda: self._answer(session, text, attempt_id), events_of)
        if reply.trace.lookup not in ("not_found", "refused"):
            return reply, 0.0
        return reply, max(0.0, started + self.config.orders.not_found_floor_s - time.monotonic())

    def feedback(self, session: Session, *, solved: bool | None = None, score: int | None = None, comment: str = "") -> None:
        """Log what the customer thinks of the conversation; what is said last counts.

        :param solved: whether the matter is settled: a button, a survey. :param score: 1 (bad) to 5.
        :raises InputError: nothing is said, the score is none, or there is no store. :raises StoreError: the store fails.
        """
        from csbot.events import feedback_event

        if self.store is None:
            raise InputError("反馈需要 store：Chatbot(kb, store=…) | feedback needs a store")
        self.store.log([feedback_event(session, solved=solved, score=score, comment=comment)])

    def _category(self, faq_id: str) -> str:
        faq = self.kb.contents.get(faq_id)
        return faq.category if faq else ""

    def _tidy(self, now_s: float) -> None:
        """Now and then, delete what no later message can need: attempts before the window, replies of long ago."""
        if now_s - self._tidied >= TIDY_EVERY_S:
            self._tidied, now = now_s, utc_now()
            window = timedelta(seconds=self.config.orders.lookup_window_s)
            self._counts.purge(replies=now - timedelta(seconds=REPLIES_KEPT_S), attempts=now - window)

    def _answer(self, session: Session, text: str, attempt_id: str, vector: Vectors | None = None) -> Reply:
        """Understand, decide, act, say, and record the turn in ``session``."""
        if not isinstance(text, str):
            raise InputError(f"消息应是字符串，得到 {type(text).__name__} | the message must be a string")
        started = time.perf_counter()
        text = storable(text[:MAX_MESSAGE_CHARS])
        contents = self.kb.contents
        now = utc_now()
        held, state = self._handoffs.begin(session, state_of(session, now, self.config.dialogue.idle_timeout_s))
        task = self.tasks.get(state.task or "")
        message = understand(
            text,
            self.kb,
            contents,
            options=dict(zip(state.options, state.option_texts, strict=True)),
            offers_orders=state.offers_orders,
            task=state.task,
            asked=task.kind_of(state.asked) if task and state.asked else None,
            known=task.kinds_of(state.slots) if task else (),
            order_id=self.config.orders.order_id_patterns,
            tasks=self._matcher,
            vector=vector,
            earlier=session.turns[-RECALLED:],
            recent=self._recent,
            topic_of_task=self._topic(state),
        )
        policy = self.policy(contents, message.degraded)
        names = tuple(dict.fromkeys((*state.names, *names_in(message))))
        action = decide(state, message, policy)
        asked = Asked(session, state, message, names, attempt_id, now, contents.get, policy.sure_faq)
        held, action = self._handoffs.pass_on(asked, action, held)
        others, left = [faq for one in action.also if (faq := contents.get(one.faq_id))], action.left
        action = self._act(session, state, action, attempt_id, now, text)
        faq = contents.get(action.candidate.faq_id) if action.candidate else None
        spoken = word(state, action, self.tasks, faq.answer_for(session.channel) if faq else "", now)
        if action.kind in ("answer", "ask_slot", "order_status"):
            for place, other in enumerate(others):
                spoken = with_second(spoken, other.question, other.answer_for(session.channel), state.turns + place)
            spoken = with_left(spoken, left, state.turns)
        action, held, spoken = self._handoffs.settle(asked, action, held, spoken)
        trace = trace_of(state, message, action, policy, contents, names, started)
        session.turns.append(turn_of(message, action, spoken, now, held.id if held else None, faq, session.channel))
        return Reply(
            text=spoken,
            kind=action.kind,
            match=action.candidate if action.kind == "answer" else None,
            candidates=list(action.options or message.candidates[:5]),
            slot=action.slot if action.kind == "ask_slot" else None,
            order=action.order,
            ticket=held if action.kind == "handoff" else None,
            trace=trace,
        )

    def _topic(self, state: State) -> str:
        """What the task under way is about, or the one that was just done: 「收费吗」 then asks of it."""
        just_done = state.done.task if state.done and state.done.since < 2 else ""  # the next question, and one more
        task = self.tasks.get(state.task or just_done)
        return task.topic if task else ""

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
        return Policy(self.config, answer=answer, clarify=clarify, has_orders=self.orders is not None, tasks=self.tasks)

    def _act(self, session: Session, state: State, action: Action, attempt_id: str, now: datetime, said: str) -> Action:
        """Do what the action needs from outside: look an order up, or have a merchant's task done."""
        if action.kind == "task_done" and action.task:
            caller = Caller(
                customer_id=session.customer_id, channel=session.channel, session_id=session.id,
                identified=session.identified, request_id=attempt_id,
            )  # fmt: skip
            return self._handlers.settle(self.tasks[action.task], state, action, caller, now)
        if action.kind != "order_status" or self._lookups is None:
            return action
        settled = self._lookups.settle(session, state, action, attempt_id, said)
        if settled.order and self.config.orders.link_proven and session.customer_id:
            self._counts.link(order_progress.proof_of(settled.order), session.customer_id)
            session.earlier = self._counts.earlier(session)
        return settled
