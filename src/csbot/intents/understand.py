"""What one message says: courtesy, signals, slots, a pick from offered options, and the FAQs it may mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csbot.courtesy import find_smalltalk
from csbot.encoders.base import Vectors
from csbot.intents.answers import rejects, without_calling_off
from csbot.intents.choice import find_choice, offered_still, option
from csbot.intents.denials import Denied, after_no, find_denied, without_denied
from csbot.intents.details import open_question
from csbot.intents.follow_up import SURE_ALONE, answered_before, menu_before
from csbot.intents.matters import matter_of, questions_in
from csbot.intents.meanings import MOST_CANDIDATES, Meanings, likeliest
from csbot.intents.names import says_nothing_else
from csbot.intents.numbers import ambiguous_number
from csbot.intents.over_turns import RecentVectors, find_frustration, find_repeat
from csbot.intents.progress import asks_progress
from csbot.intents.signals import find_signals
from csbot.intents.slots import DEFAULT_ORDER_ID, Reading, read_slots
from csbot.intents.task_answers import tells
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.kb.task_intents import ORDER_PROGRESS
from csbot.kb.task_matcher import TaskMatcher
from csbot.models import Candidate, Signal, Turn, Understanding, utc_now
from csbot.text import normalise, query_form

_KEYS = ("phone", "phone_last4", "order_id", "name")
_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff])\s(?=[\u4e00-\u9fff])")
"""A space between hanzi, which parts clauses; the normal form drops it."""
ELLIPTIC_CHARS = 8
"""A question this short, asked in the middle of a task, may leave out what it is about: 「要钱吗」."""


@dataclass(frozen=True)
class _Said:
    """What the words of a message settle before anything is looked for.

    :ivar matter: its query form without values, denials and what it calls off. :ivar whole: only values were taken off it.
    :ivar settles: there is nothing left to look for.
    :ivar rest: what is left of a message that calls off the task under way; None: it doesn't.
    """

    form: str
    reading: Reading
    matter: str
    whole: bool
    settles: bool
    smalltalk: str | None
    picked: Candidate | None
    rejected: bool
    denied: Denied | None
    rest: str | None


def understand(
    text: str,
    kb: KnowledgeBase,
    contents: Contents,
    *,
    options: Mapping[str, str] | None = None,
    offers_orders: bool = False,
    task: str | None = None,
    asked: str | None = None,
    known: Sequence[str] = (),
    order_id: Sequence[str] = DEFAULT_ORDER_ID,
    tasks: TaskMatcher | None = None,
    vector: Vectors | None = None,
    earlier: Sequence[Turn] = (),
    recent: RecentVectors | None = None,
    topic_of_task: str = "",
) -> Understanding:
    """Understand ``text`` against one version of the knowledge base.

    :param options: texts offered before, by id. :param offers_orders: they are orders, not FAQs.
    :param task: the task under way, which a message may call off. :param asked: kind of the slot that it waits for.
    :param known: kinds of the slots it knows, the latest last: what a message may take back.
    :param tasks: recognises the merchant's tasks.
    :param vector: the vector of `matter_of` the message, as the knowledge base spells it, where it is made already.
    :param earlier: the session's turns before it, oldest first. :param recent: vectors of recent messages.
    :param topic_of_task: what the task under way is about; a short question asked in the middle may leave it out.
    :raises EncoderError: the encoder can't run and the knowledge base may not degrade.
    """
    reading = read_slots(text, asked=asked, order_id=order_id, known=known)
    if not reading.found and asked in known and "name" in known:  # nothing was found with it: any part of the proof is mended
        reading = read_slots(text, asked="name", order_id=order_id, known=known)
    said = _said(text, reading, contents, options or {}, offers_orders, task, asked, earlier)
    message = Understanding(
        text=text,
        normalised=said.form,
        slots=reading.slots,
        denied=reading.denied,
        withdrawn=reading.withdrawn,
        ambiguous=ambiguous_number(text, reading.found, order_id),
        called_off=said.rest is not None and not said.settles,
    )
    if said.settles:
        words = {"smalltalk": said.smalltalk, "picked": said.picked, "rejected": said.rejected}
        return message.model_copy(update=words | {"signals": _mood(find_signals(text), earlier), "degraded": kb.degraded})
    meanings, matter = Meanings(kb, contents), contents.spelled(said.matter)
    if vector is None or not said.whole:
        vector = meanings.vector(matter)
    proves = any(slot.name in _KEYS for slot in reading.slots)
    gives = proves or any(slot.name == asked for slot in reading.slots)
    only_gives = gives and (asked is not None or says_nothing_else(matter))  # then it asks for nothing else
    free = asked is not None and asked not in _KEYS  # an address or a fault is told in any words
    signals = find_signals(text, {} if only_gives or free else contents.signals(vector))
    intents: dict[str, float] = {}
    if not only_gives:
        intents = _intents(contents.intents(vector), signals, proves or asks_progress(text, said.form))
        if tasks is not None:
            intents |= tasks.probabilities(matter, vector, contents, kb.encode)
    of_task = max(intents.values(), default=0.0) >= SURE_ALONE
    candidates, topic = _candidates(said, matter, vector, meanings, () if of_task else earlier)
    if topic_of_task and len(matter) <= ELLIPTIC_CHARS and tells("queries", matter):
        candidates = max(candidates, meanings.of(topic_of_task + matter), key=likeliest)
    repeat = find_repeat(
        matter, vector, candidates[0] if candidates else None, earlier, contents, kb.encode, recent or RecentVectors()
    )
    about = () if task or said.denied or proves else open_question(said.form, earlier, utc_now())
    if about:
        candidates, topic = meanings.with_detail(about, matter, earlier), ()
        intents.pop(ORDER_PROGRESS, None)
    part_texts, parts = meanings.of_parts(questions_in(_with_clauses(text, matter, said, contents)))
    found = {
        "read_as": matter if matter != said.matter else None,
        "candidates": candidates,
        "intents": intents,
        "topic": topic,
        "parts": parts,
        "part_texts": part_texts,
        "signals": _mood((*signals, repeat) if repeat else signals, earlier),
        "about": about,
        "degraded": vector is None,
    }
    return message.model_copy(update=found)  # valid already


def _said(
    text: str,
    reading: Reading,
    contents: Contents,
    offered: Mapping[str, str],
    offers_orders: bool,
    task: str | None,
    asked: str | None,
    earlier: Sequence[Turn],
) -> _Said:
    form = normalise(text)
    place = find_choice(after_no(form) if offers_orders else form, list(offered.values()))
    picked = option(contents, offers_orders, *list(offered.items())[place]) if place is not None else None
    if not offered and not task and len(still := offered_still(earlier, utc_now())) > 1:
        again = find_choice(after_no(form), list(still.values()))
        picked = option(contents, False, *list(still.items())[again]) if again is not None else None
    rejected = bool(offered) and ((place is not None and picked is None) or rejects(form))
    matter = given = matter_of(text, reading.found)
    denied = None if task or reading.found else find_denied(form, earlier, contents)
    if denied:
        matter = denied.meant
    elif offered and not task and not reading.found and (left := after_no(form)) != form:
        matter = query_form(left)
    smalltalk = find_smalltalk(form or text.strip())  # a message of emoji has no normal form
    rest = without_calling_off(matter, asked) if task else None
    if rest is not None:  # 「不查了，发票怎么开」: the rest is the matter; without a rest it is as good as 「算了」
        matter, smalltalk = rest, find_smalltalk(rest) if rest else "cancel"
    settles = not matter or bool((smalltalk and matter not in contents.exact) or picked or rejected)
    if rejected or rest is not None:
        smalltalk = None if rejected else "cancel"
    return _Said(form, reading, matter, matter == given, settles, smalltalk, picked, rejected, denied, rest)


def _intents(likely: Mapping[str, float], signals: Sequence[Signal], of_progress: bool) -> dict[str, float]:
    """Task intents of a message: where nothing in it speaks of progress, examples alone don't make it a look-up of orders."""
    intents = {name: share for name, share in likely.items() if name != ORDER_PROGRESS or of_progress}
    wanted = max((signal.score for signal in signals if signal.name == "order_wanted"), default=0.0)
    return intents | {ORDER_PROGRESS: max(wanted, intents.get(ORDER_PROGRESS, 0.0))} if wanted else intents


def _candidates(
    said: _Said, matter: str, vector: Vectors | None, meanings: Meanings, earlier: Sequence[Turn]
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """FAQs that the matter may mean after the turns before it, best first; and those that it names as a bare topic."""
    contents = meanings.contents
    topic = contents.topic(matter)
    before = None if vector is None or topic or said.denied else answered_before(matter, earlier, contents, utc_now())
    menu = None if vector is None or said.denied else menu_before(earlier, utc_now())
    if vector is not None and before and not menu:
        return meanings.following(matter, vector, before, earlier), topic
    candidates = tuple(contents.rank(matter, vector, most=None if topic else MOST_CANDIDATES))
    if menu and not (topic and contents.topic(menu)):
        joined = meanings.after_menu(matter, menu, candidates)
        return joined, topic if joined is candidates else ()
    if said.denied:
        whole = meanings.of(said.denied.whole) if said.denied.whole else ()
        candidates, other = (without_denied(found, said.denied) for found in (candidates, whole))
        if likeliest(other) > likeliest(candidates) and not (topic and other[0].faq_id == said.denied.told):
            return other, ()
    return candidates, topic


def _with_clauses(text: str, matter: str, said: _Said, contents: Contents) -> str:
    """The matter with its clauses apart where a space alone parts them."""
    spaced = _BETWEEN.sub("，", text)
    if spaced == text or not said.whole:
        return matter
    return contents.spelled(matter_of(spaced, said.reading.found))


def _mood(signals: tuple[Signal, ...], earlier: Sequence[Turn]) -> tuple[Signal, ...]:
    frustration = find_frustration(signals, earlier)
    return (*signals, frustration) if frustration else signals
