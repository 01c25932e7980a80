"""What one message says: courtesy, signals, slots, a pick from offered options, and the FAQs it may mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from csbot.courtesy import find_smalltalk
from csbot.encoders.base import Vectors
from csbot.intents.answers import Answer, questions_in, says, without_calling_off
from csbot.intents.denials import after_no, find_denied, without_denied
from csbot.intents.details import open_question
from csbot.intents.follow_up import again_last, answered_before, leaning
from csbot.intents.names import says_nothing_else
from csbot.intents.numbers import ambiguous_number
from csbot.intents.over_turns import RecentVectors, find_frustration, find_repeat
from csbot.intents.progress import asks_progress
from csbot.intents.signals import find_signals
from csbot.intents.slots import DEFAULT_ORDER_ID, read_slots
from csbot.intents.task_answers import tells
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.kb.task_intents import ORDER_PROGRESS, PREFIX, task_candidate
from csbot.kb.task_matcher import TaskMatcher
from csbot.models import Candidate, Signal, Slot, Turn, Understanding, utc_now
from csbot.text import normalise, query_form

_ORDINALS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "1": 0, "2": 1, "3": 2, "4": 3, "5": 4}
_CHOICE = re.compile(
    r"^(?:那?就?我?(?:选|要选|要(?=第)|是|问的是|想问|说的是|要的是)?)?(?:第|选项|序号|no\.?)?\s*([一二三四五1-5])\s*(?:个|条|项|种|号|单|那个|这个|,|、|\.)*(?:问题|订单)?(?:吧|的|呗|啊|哦|呢)*$"
)
_SLOT_LABEL = re.compile(
    r"(?:我叫做?|我是|姓名|名字|收[件货]人|联系人|本人|手机号?码?|电话号?码?|联系方式|订单编?号|单号|编号|号码"
    r"|(?:手机|电话)?号?码?(?:的|最)?(?:尾号|尾数|后[四4]位))(?:是|为|叫|:|：|\s)*$"
)
_THAT_ONE = re.compile(r"的?(?:那|这)一?(?:个|单|款|件|条|项)(?:订单|问题)?(?:吧|呢|的|呗)*$")
NO: tuple[Answer, ...] = ("not_meant", "not_right", "no_more")
"""What rejects all that is offered."""
_KEYS = ("phone", "phone_last4", "order_id", "name")
_LAST = re.compile(r"^(?:就?(?:是|要|选)?)?最后(?:面)?(?:那|一)?(?:一)?(?:个|条|项|单)(?:吧|的)?$")
_FIRST = re.compile(r"^(?:就?(?:是|要|选)?)?(?:最)?(?:上面|前面|头)(?:那|一)?(?:一)?(?:个|条|项|单)(?:吧|的)?$")


_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff])\s(?=[\u4e00-\u9fff])")
"""A space between hanzi, which parts clauses; the normal form drops it."""
MOST_CANDIDATES = 10
"""Candidates made of a message: a trace keeps them and a list offers five. Of a bare topic all are looked at."""

ELLIPTIC_CHARS = 8
"""A question this short, asked in the middle of a task, may leave out what it is about: 「要钱吗」."""


def find_choice(text: str, options: Sequence[str]) -> int | None:
    """0-based option that a message (normal form) picks: by number, by place, or by the option's own words.

    >>> find_choice("第二个", ["a", "b"]), find_choice("3", ["a", "b"]), find_choice("门锁那个", ["QH1 橱柜", "QH2 智能门锁"])
    (1, None, 1)
    """
    if not options:
        return None
    if match := _CHOICE.match(text):
        place = _ORDINALS[match.group(1)]
        return place if place < len(options) else None
    if _LAST.match(text) or (len(options) == 1 and says("agrees", text)):  # the last of one: yes to 「您是想问“…”吗」
        return len(options) - 1
    if _FIRST.match(text):
        return 0
    forms = [normalise(option) for option in options]
    if text in forms:
        return forms.index(text)
    named = _THAT_ONE.sub("", text)
    least = 4 if named == text else 2
    holding = [i for i, form in enumerate(forms) if len(named) >= least and named in form]
    return holding[0] if len(holding) == 1 else None


def without_slots(text: str, slots: Sequence[Slot]) -> str:
    """A message as it was typed, without the values of these slots and the words that introduce them."""
    for slot in sorted(slots, key=lambda slot: slot.span, reverse=True):
        start, end = slot.span
        text = _SLOT_LABEL.sub("", text[:start]) + "，" + text[end:]
    return text


def matter_of(text: str, slots: Sequence[Slot]) -> str:
    """The query form of a message without the values it gives and the words that introduce them: what is left is the matter.

    Days belong to it: 「明天能到吗」 asks about tomorrow.
    """
    return query_form(without_slots(text, [slot for slot in slots if slot.name != "date"]))


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
    form = normalise(text)
    offered = dict(options or {})
    smalltalk = find_smalltalk(form or text.strip())  # a message of emoji has no normal form
    choice = find_choice(after_no(form) if offers_orders else form, list(offered.values()))
    picked = _option(contents, offers_orders, *list(offered.items())[choice]) if choice is not None else None
    rejected = bool(offered) and ((choice is not None and picked is None) or any(says(no, form) for no in NO))
    reading = read_slots(text, asked=asked, order_id=order_id, known=known)
    if not reading.found and asked in known and "name" in known:  # nothing was found with it: any part of the proof is mended
        reading = read_slots(text, asked="name", order_id=order_id, known=known)
    slots = reading.slots
    core = matter_of(text, reading.found)
    denied = None if task or reading.found else find_denied(form, earlier, contents)
    if denied:
        core, vector = denied.meant, None
    elif offered and not task and not reading.found and (left := after_no(form)) != form:
        core, vector = query_form(left), None
    rest = without_calling_off(core, asked) if task else None
    if rest is not None:  # 「不查了，发票怎么开」: the rest is the matter; without a rest it is as good as 「算了」
        core, vector = rest, None
        smalltalk = find_smalltalk(rest) if rest else "cancel"
    if not core or (smalltalk and core not in contents.exact) or picked or rejected:
        return Understanding(
            text=text, normalised=form, smalltalk=None if rejected else "cancel" if rest is not None else smalltalk,
            picked=picked, rejected=rejected, slots=slots, denied=reading.denied, withdrawn=reading.withdrawn,
            ambiguous=ambiguous_number(text, reading.found, order_id), signals=_mood(find_signals(text), earlier),
            degraded=kb.degraded,
        )  # fmt: skip
    typed, core = core, contents.spelled(core)
    if vector is None:
        made = kb.encode([core])
        vector = None if made is None else made[0]
    keys = [slot for slot in slots if slot.name in (*_KEYS, asked)]
    gives_slot = bool(keys) and (asked is not None or says_nothing_else(core))  # then it asks for nothing else
    intents = {} if gives_slot else dict(contents.intents(vector))
    free = asked is not None and asked not in _KEYS  # an address or a fault is told in any words
    likely = {} if gives_slot or free else contents.signals(vector)
    signals = find_signals(text, likely)
    if not any(slot.name in _KEYS for slot in slots) and not asks_progress(text, form):
        intents.pop(ORDER_PROGRESS, None)
    wanted = max((signal.score for signal in signals if signal.name == "order_wanted"), default=0.0)
    if wanted and not gives_slot:
        intents[ORDER_PROGRESS] = max(wanted, intents.get(ORDER_PROGRESS, 0.0))
    if tasks is not None and not gives_slot:
        intents |= tasks.probabilities(core, vector, contents, kb.encode)
    topic = contents.topic(core)
    before = None if vector is None or topic or denied else answered_before(core, earlier, contents, utc_now())
    meant = leaning(vector, before, contents) if vector is not None and before else vector
    candidates = tuple(contents.rank(core, meant, most=None if topic else MOST_CANDIDATES))
    if before:
        candidates = tuple(again_last(candidates, before))
    if denied:
        whole = _rank(denied.whole, kb, contents) if denied.whole else ()
        candidates, other = (without_denied(found, denied) for found in (candidates, whole))
        if _confidence(other) > _confidence(candidates) and not (topic and other[0].faq_id == denied.told):
            candidates, topic = other, ()
    if topic_of_task and len(core) <= ELLIPTIC_CHARS and tells("queries", core):
        candidates = max(candidates, _rank(topic_of_task + core, kb, contents), key=_confidence)
    best = candidates[0] if candidates else None
    repeat = find_repeat(core, vector, best, earlier, contents, kb.encode, recent or RecentVectors())
    about = () if task or denied or any(slot.name in _KEYS for slot in slots) else open_question(form, earlier, utc_now())
    if about:
        candidates, topic = _with_detail(about, core, earlier, kb, contents), ()
        intents.pop(ORDER_PROGRESS, None)
    spaced = _BETWEEN.sub("，", text)
    if spaced != text and typed == matter_of(text, reading.found):
        part_texts, parts = _parts(contents.spelled(matter_of(spaced, reading.found)), kb, contents)
    else:
        part_texts, parts = _parts(core, kb, contents)
    return Understanding.model_construct(  # parts are valid already
        text=text,
        normalised=form,
        read_as=core if core != typed else None,
        candidates=candidates,
        intents=intents,
        topic=topic,
        parts=parts,
        part_texts=part_texts,
        signals=_mood((*signals, repeat) if repeat else signals, earlier),
        slots=slots,
        denied=reading.denied,
        withdrawn=reading.withdrawn,
        ambiguous=ambiguous_number(text, reading.found, order_id),
        smalltalk=None,
        picked=None,
        rejected=False,
        called_off=rest is not None,
        about=about,
        degraded=vector is None,
    )


def _rank(form: str, kb: KnowledgeBase, contents: Contents) -> tuple[Candidate, ...]:
    made = kb.encode([form])
    return tuple(contents.rank(form, None if made is None else made[0], most=MOST_CANDIDATES))


def _with_detail(
    about: Sequence[str], detail: str, earlier: Sequence[Turn], kb: KnowledgeBase, contents: Contents
) -> tuple[Candidate, ...]:
    """What comes closest to the open question with its detail, told with one message before it or with all."""
    wholes = ["，".join((*about[place:], detail)) for place in range(len(about))]
    ranked = [_rank(query_form(whole), kb, contents) for whole in wholes]
    last = earlier[-1].faq_id
    return max((tuple(again_last(found, last)) if last else found for found in ranked), key=_confidence)


def _confidence(candidates: Sequence[Candidate]) -> float:
    return candidates[0].confidence if candidates else 0.0


def _parts(core: str, kb: KnowledgeBase, contents: Contents) -> tuple[tuple[str, ...], tuple[Candidate, ...]]:
    """The parts of a message with several matters, and what comes closest to each: an FAQ, or a look-up of orders."""
    texts = questions_in(core)
    vectors = kb.encode(list(texts)) if texts else None
    if texts is None or vectors is None:
        return (), ()
    found: list[tuple[str, Candidate]] = []
    for text, vector in zip(texts, vectors, strict=True):
        near = contents.rank(text, vector, most=1)
        order = contents.intents(vector).get(ORDER_PROGRESS, 0.0) if asks_progress(text, text) else 0.0
        if order > (near[0].confidence if near else 0.0):
            near = [task_candidate(ORDER_PROGRESS, text, order)]
        found += [(text, one) for one in near]
    return tuple(text for text, _ in found), tuple(one for _, one in found)


def _mood(signals: tuple[Signal, ...], earlier: Sequence[Turn]) -> tuple[Signal, ...]:
    frustration = find_frustration(signals, earlier)
    return (*signals, frustration) if frustration else signals


def _option(contents: Contents, offers_orders: bool, option_id: str, text: str) -> Candidate | None:
    """The option picked: an FAQ still valid, a task intent or an order; None for an FAQ that is gone."""
    faq = None if offers_orders else contents.get(option_id)
    action = faq.action if faq else option_id.removeprefix(PREFIX) if option_id.startswith(PREFIX) else None
    if not (offers_orders or action or (faq and faq.is_valid(utc_now()))):
        return None
    return Candidate(faq_id=option_id, question=text, score=1.0, confidence=1.0, matched=text, action=action, exact=True)
