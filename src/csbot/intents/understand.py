"""What one message says: courtesy, signals, slots, a pick from offered options, and the FAQs it may mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from csbot.courtesy import find_smalltalk
from csbot.encoders.base import Vectors
from csbot.intents.signals import find_signals
from csbot.intents.slots import DEFAULT_ORDER_ID, find_slots, is_attempt
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.kb.task_intents import HUMAN_HANDOFF, ORDER_PROGRESS
from csbot.models import Slot, Understanding
from csbot.text import normalise, query_form

_ORDINALS = {"一": 0, "二": 1, "两": 1, "三": 2, "四": 3, "五": 4, "1": 0, "2": 1, "3": 2, "4": 3, "5": 4}
_CHOICE = re.compile(
    r"^(?:我?(?:选|要|是|问的是|想问|说的是)?)?(?:第|选项|序号|no\.?)?\s*([一二两三四五1-5])\s*(?:个|条|项|种|号|单|那个|这个|,|、|\.)*(?:问题|订单)?(?:吧|的|呗|啊|哦|呢)*$"
)
_SLOT_LABEL = re.compile(
    r"(?:我叫做?|我是|姓名|名字|收[件货]人|联系人|本人|手机号?码?|电话号?码?|联系方式|订单编?号|单号|编号|号码)(?:是|为|叫|:|：|\s)*$"
)
_LAST = re.compile(r"^(?:就?(?:是|要|选)?)?最后(?:面)?(?:那|一)?(?:一)?(?:个|条|项|单)(?:吧|的)?$")
_FIRST = re.compile(r"^(?:就?(?:是|要|选)?)?(?:最)?(?:上面|前面|头)(?:那|一)?(?:一)?(?:个|条|项|单)(?:吧|的)?$")


def find_choice(text: str, options: Sequence[str]) -> int | None:
    """0-based option that a message (normal form) picks: by number, by place, or by the option's own words.

    >>> find_choice("第二个", ["a", "b"]), find_choice("3", ["a", "b"])
    (1, None)
    """
    if not options:
        return None
    if match := _CHOICE.match(text):
        place = _ORDINALS[match.group(1)]
        return place if place < len(options) else None
    if _LAST.match(text):
        return len(options) - 1
    if _FIRST.match(text):
        return 0
    forms = [normalise(option) for option in options]
    if text in forms:
        return forms.index(text)
    holding = [i for i, form in enumerate(forms) if len(text) >= 4 and text in form]
    return holding[0] if len(holding) == 1 else None


def _without_slots(text: str, slots: Sequence[Slot]) -> str:
    """The message without the values it gives and the words that introduce them: what is left is the matter."""
    for slot in sorted(slots, key=lambda slot: slot.span, reverse=True):
        start, end = slot.span
        text = _SLOT_LABEL.sub("", text[:start]) + "，" + text[end:]
    return text


def understand(
    text: str,
    kb: KnowledgeBase,
    contents: Contents,
    *,
    options: Sequence[str] = (),
    asked: str | None = None,
    exclude: Collection[str] = (),
    order_id: Sequence[str] = DEFAULT_ORDER_ID,
    vector: Vectors | None = None,
) -> Understanding:
    """Understand ``text`` against one version of the knowledge base.

    :param options: texts offered in the last reply. :param asked: slot asked for in the last reply.
    :param exclude: ids of FAQs that can't be meant. :param vector: the vector of `query_form`, where it is made already.
    :raises EncoderError: the encoder can't run and the knowledge base may not degrade.
    """
    form = normalise(text)
    smalltalk = find_smalltalk(form)
    choice = find_choice(form, options)
    slots = find_slots(text, asked=asked, order_id=order_id)
    core = query_form(_without_slots(text, slots))
    if not core or (smalltalk and core not in contents.exact) or choice is not None:
        return Understanding(
            text=text, normalised=form, smalltalk=smalltalk, choice=choice, slots=slots,
            signals=find_signals(form), kb_version=contents.version, degraded=kb.degraded,
        )  # fmt: skip
    if vector is None:
        made = kb.encode([core])
        vector = None if made is None else made[0]
    gives_slot = asked is not None and (bool(slots) or is_attempt(text, asked))
    intents = {} if gives_slot else dict(contents.intents(vector))
    signals = find_signals(form, wants_human=intents.get(HUMAN_HANDOFF))
    wanted = max((signal.score for signal in signals if signal.name == "order_wanted"), default=0.0)
    if wanted and not gives_slot:
        intents[ORDER_PROGRESS] = max(wanted, intents.get(ORDER_PROGRESS, 0.0))
    return Understanding.model_construct(  # parts are valid already
        text=text,
        normalised=form,
        candidates=tuple(contents.rank(core, vector, exclude=exclude)),
        intents=intents,
        topic=contents.topic(core),
        signals=signals,
        slots=slots,
        smalltalk=None,
        choice=None,
        degraded=vector is None,
        kb_version=contents.version,
    )
