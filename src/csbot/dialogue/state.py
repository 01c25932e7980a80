"""Where a conversation stands. The state is never stored: it is folded from the session's turns, so replaying them gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from csbot.config import IDLE_TIMEOUT_S
from csbot.dialogue import answer_memory
from csbot.dialogue.answer_memory import TOLD_BEFORE, Told
from csbot.dialogue.dangers import Emergency
from csbot.dialogue.order_memory import SEVERAL, OrderMemory, keeps_list, remembered
from csbot.dialogue.tasks import CONFIRM
from csbot.models import Moment, Offer, OrderQuery, ReplyKind, Session, Turn

NOT_FOUND = "order_not_found"
"""Rule of the turn in which a look-up found nothing of the customer's."""

PICKED = "order_picked"
FOLLOW_UP = "order_follow_up"
ANOTHER = "order_another"
"""Rules of turns in which an order was told: picked from a list, asked after once more, or the other one. The list stays."""

LOOKUP_LIMIT = "lookup_limit"
"""Rule of the turn in which a human was called because too many look-ups found nothing."""

ARGUED = "wish_argued"
"""Rule of the turn in which a wish for a human was answered by a question."""

NOTHING_READ = "nothing_to_read"
"""Rule of the turn of a message without words: it is no miss of the bot's."""

NOT_UNDERSTOOD = "not_understood"
"""Reason for a human where the last of the misses in a row was one too many."""

NOT_CLEAR = "not_clear"
REFUSED = "answer_refused"
DOUBTED = (NOT_CLEAR, REFUSED, TOLD_BEFORE)
"""Rules of turns where the customer did not understand the last reply, said that it missed the point, or asked for it again."""

DECLINED = ("slot_lacked", "slot_refused")
"""Rules of turns in which the customer hadn't what was asked for, or would rather not give it."""
ACCOUNT_ADDED = "account_added"
"""Rule of the turn in which more was told of the trouble that a task is about."""
MOST_CORRECTIONS = 4
"""Corrections of what was read back, and additions to it, that count as no asking in vain."""
TALKED = ("smalltalk_identity", "smalltalk_chat")
"""Rules of small talk that answers what was said: misses around it are not in a row."""
SAID_KEPT = 3
"""Turns for which what was said outside a task is remembered: a task that starts then need not ask for it."""


@dataclass(frozen=True)
class Done:
    """A merchant's task that was done.

    :ivar task: its name. :ivar slots: what it was done with. :ivar reply: what the customer was told of it.
    :ivar since: turns since then.
    """

    task: str
    slots: dict[str, str]
    reply: str
    since: int = 0


@dataclass(frozen=True)
class Dropped:
    """A task that was called off.

    :ivar task: its name. :ivar slots: what it knew. :ivar since: turns since then.
    """

    task: str
    slots: dict[str, str]
    since: int = 0


@dataclass(frozen=True)
class State:
    """What the turns so far amount to.

    :ivar turns: how many there were. :ivar misses: misses in a row.
    :ivar options: ids offered last (FAQ ids or order ids), until something else is talked of. :ivar option_texts: their texts.
    :ivar offers_orders: they are orders, not questions. :ivar offer: a human was offered with the last reply, and how.
    :ivar task: task under way. :ivar asked: slot that the task waits for.
    :ivar slots: what the task knows. :ivar asks: how often each slot was asked for in this task.
    :ivar learnt: how often another slot was given or put right instead of the one asked for, by the latter.
    :ivar declined: slots of this task that the customer hasn't, or would rather not give, each with the rule of that turn.
    :ivar said: what the customer said in the last turns outside any task, the latest last.
    :ivar done: the merchant's task that was done last.
    :ivar dropped: the task that was called off last.
    :ivar failed_lookups: look-ups of this customer before this one that found nothing of theirs; not folded: the bot, which
        counts them over all sessions, puts it in.
    :ivar order_id: order that was shown last. :ivar shown: the slots that proved it. :ivar since_order: turns since then.
    :ivar orders: what is remembered of orders beside that one.
    :ivar identified: what the host has proven of the customer.
    :ivar at: time of the last turn; two states that differ in it alone are equal.
    :ivar argued: how often a wish for a human was answered by a question.
    :ivar told: the words of the last reply, if it was an FAQ's answer: they can be told again in parts.
    :ivar doubted: the rule of the last turn, where the reply before it was doubted in it; else "".
    :ivar answers: answers that stand on the customer's screen, by the id of their FAQ.
    :ivar emergency: the danger for which a human was called.
    :ivar names: people's names in the conversation so far, to be covered in whatever is logged.
    """

    turns: int = 0
    misses: int = 0
    options: tuple[str, ...] = ()
    option_texts: tuple[str, ...] = ()
    offers_orders: bool = False
    offer: Offer | None = None
    task: str | None = None
    asked: str | None = None
    slots: dict[str, str] = field(default_factory=dict)
    asks: dict[str, int] = field(default_factory=dict)
    learnt: dict[str, int] = field(default_factory=dict)
    declined: dict[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    done: Done | None = None
    dropped: Dropped | None = None
    failed_lookups: int = 0
    order_id: str | None = None
    shown: dict[str, str] = field(default_factory=dict)
    since_order: int = 0
    orders: OrderMemory = field(default_factory=OrderMemory)
    identified: OrderQuery | None = None
    at: Moment = field(default=None, compare=False)
    argued: int = 0
    told: str = ""
    doubted: str = ""
    answers: Mapping[str, Told] = field(default_factory=dict)
    emergency: Emergency = field(default_factory=Emergency)
    names: tuple[str, ...] = ()


def advance(state: State, turn: Turn, idle_timeout_s: float = IDLE_TIMEOUT_S) -> State:
    """The state after one more turn."""
    state = after_silence(state, turn.at, idle_timeout_s)
    asks = dict(state.asks) if turn.task and turn.task == state.task else {}
    learnt = dict(state.learnt) if asks else {}
    if turn.kind == "ask_slot" and turn.slot:
        asks[turn.slot] = asks.get(turn.slot, 0) + 1
        times = learnt.get(turn.slot, 0)
        mended = turn.slot == CONFIRM or turn.rule == ACCOUNT_ADDED
        corrected = mended and turn.slots != state.slots and times < MOST_CORRECTIONS
        if turn.slot == state.asked and (set(turn.slots) > set(state.slots) or corrected):
            learnt[turn.slot] = times + 1
    keeps_options = turn.kind == "smalltalk" or (turn.kind == "answer" and turn.task is not None)
    from_list = state.offers_orders and turn.rule in (PICKED, FOLLOW_UP, ANOTHER, SEVERAL)
    keeps_options = keeps_options or from_list or (state.offers_orders and keeps_list(state.orders, turn))
    options = turn.options if turn.kind == "clarify" else state.options if keeps_options else ()
    texts = turn.option_texts if turn.kind == "clarify" else state.option_texts if keeps_options else ()
    return replace(
        state,
        turns=state.turns + 1,
        misses=0 if turn.kind == "handoff" else misses_with(state.misses, turn.kind, turn.rule),
        options=tuple(options),
        option_texts=tuple(texts),
        offers_orders=turn.task is not None if turn.kind == "clarify" else state.offers_orders and keeps_options,
        offer=turn.offer,
        task=turn.task,
        asked=turn.slot if turn.task else None,
        slots=dict(turn.slots) if turn.task else {},
        asks=asks,
        learnt=learnt,
        declined=(state.declined if asks else {}) | _declined(turn),
        said=(*state.said, turn.user)[-SAID_KEPT:] if turn.task is None and turn.kind in TALK else (),
        done=_done(state, turn),
        dropped=_dropped(state, turn),
        order_id=turn.order_id or state.order_id,
        shown=dict(turn.slots) if turn.order_id else state.shown,
        since_order=0 if turn.order_id else state.since_order + 1,
        orders=remembered(state.orders, turn, about_list=from_list),
        at=turn.at,
        argued=state.argued + (turn.rule == ARGUED),
        told=turn.reply if turn.kind == "answer" else "",
        doubted=turn.rule if turn.rule in DOUBTED else "",
        answers=answer_memory.remembered(state.answers, turn),
        emergency=state.emergency.after(turn),
        names=tuple(dict.fromkeys((*state.names, *turn.names))),
    )


def misses_with(before: int, kind: ReplyKind, rule: str, reason: str | None = None) -> int:
    """Misses in a row, a reply of this kind, rule and reason included; a call for a human ends the row only after it.

    >>> misses_with(1, "fallback", "miss"), misses_with(1, "answer", "exact"), misses_with(1, "handoff", "human_wanted")
    (2, 0, 1)
    """
    if kind in ("fallback", "handoff"):
        return before + (rule != NOTHING_READ if kind == "fallback" else reason == NOT_UNDERSTOOD)
    return before if kind == "smalltalk" and rule not in TALKED else 0


TALK = ("answer", "clarify", "fallback", "smalltalk")
"""Kinds of reply to what is said outside a task."""


def _declined(turn: Turn) -> dict[str, str]:
    return {turn.slot: turn.rule} if turn.slot and turn.rule in DECLINED else {}


def _done(state: State, turn: Turn) -> Done | None:
    if turn.done:
        return Done(turn.done, dict(turn.slots), turn.reply)
    return replace(state.done, since=state.done.since + 1) if state.done else None


def _dropped(state: State, turn: Turn) -> Dropped | None:
    if turn.task is not None or turn.done:
        return None
    if state.task and turn.kind in TALK:
        return Dropped(state.task, dict(state.slots))
    return replace(state.dropped, since=state.dropped.since + 1) if state.dropped else None


def after_silence(state: State, now: Moment, idle_timeout_s: float = IDLE_TIMEOUT_S) -> State:
    """The state at ``now``: after a longer silence than ``idle_timeout_s`` nothing is under way, on offer or in hand any more.

    "2" the next morning picks none of yesterday's options, and whoever holds the phone by then has proven nothing.
    """
    if now is None or state.at is None or (now - state.at).total_seconds() <= idle_timeout_s:
        return state
    return _afresh(state)


def _afresh(state: State) -> State:
    return State(turns=state.turns, identified=state.identified, at=state.at, names=state.names)


def replay(turns: Iterable[Turn], identified: OrderQuery | None = None, *, idle_timeout_s: float = IDLE_TIMEOUT_S) -> State:
    """Fold turns from the beginning."""
    begun = State(identified=identified, names=(identified.name,) if identified and identified.name else ())
    return _folded(begun, turns, idle_timeout_s)


def _folded(state: State, turns: Iterable[Turn], idle_timeout_s: float) -> State:
    for turn in turns:
        state = advance(state, turn, idle_timeout_s)
    return state


def state_of(session: Session, now: Moment = None, idle_timeout_s: float = IDLE_TIMEOUT_S) -> State:
    """Where the session stands at ``now``; None: right after its last turn.

    What was under way, on offer or proven before the customer was known is forgotten: it may have been somebody else.
    """
    state = replay(session.turns[: session.known_since], session.identified, idle_timeout_s=idle_timeout_s)
    state = _folded(_afresh(state), session.turns[session.known_since :], idle_timeout_s)
    return after_silence(state, now, idle_timeout_s)
