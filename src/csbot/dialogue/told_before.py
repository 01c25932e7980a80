"""Nobody is sent the same answer twice: of what was told before, the sentence that is asked for; else a human is offered, then
called. The words are data, in ``data/told_before.yaml``. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from csbot.dialogue.answer_memory import PART, TOLD_BEFORE, Told, sentences
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import State
from csbot.intents.denials import told_apart
from csbot.models import Action, Understanding
from csbot.resources import load_pattern, load_yaml
from csbot.text import normalise

PICKED = "option_picked"
"""Rule of an answer that the customer chose from a list: it is what they want to read."""
_NOT = "未不无非没"
_TERMS = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]{2,}")


def without_repeating(action: Action, state: State, message: Understanding, policy: Policy) -> Action:
    """The action; or what is better than an answer that stands on the customer's screen already.

    The same words sent again at once are an accident and get the answer again, once. A task under way goes on.
    """
    if action.kind == "clarify" and not action.task:
        action = _without_last_told(action, state)
        faq = None if action.options else action.candidate
    else:
        action = _without_second(action, state)
        faq = action.candidate if action.kind == "answer" and action.rule != PICKED else None
    told = state.answers.get(faq.faq_id) if faq else None
    if told is None:
        return action
    if action.kind == "answer":
        if told.times == 1 and not told.since and told.asked == (message.text,):
            return action
        form = message.normalised
        apart = told_apart(form)
        meant = apart[1] if apart else form
        if part := part_asked(meant, told) or part_told(meant, told):
            return action.model_copy(update={"rule": PART, "part": part})
        if not action.task and not apart and is_detail(form):
            return Action(kind="fallback", rule="told_detail", wording="told_detail", offer="asked")
    kept = {"candidate": faq, "task": action.task, "slot": action.slot, "slots": action.slots}
    if told.vain or state.doubted or state.misses + 1 >= policy.config.dialogue.miss_limit:
        return Action(kind="handoff", rule=TOLD_BEFORE, reason="not_understood", wording="handoff_told", **kept)
    offer = "mentioned" if action.task else "asked"  # in a task, 「好的」 answers what the task asks
    return Action(kind="fallback", rule=TOLD_BEFORE, wording="told_before", offer=offer, **kept)


def _without_last_told(action: Action, state: State) -> Action:
    """A menu without the answers that are the last that was said; it keeps the first of them, where it is all there was."""
    last = [option for option in action.options if (told := state.answers.get(option.faq_id)) and not told.since]
    if not last:
        return action
    rest = tuple(option for option in action.options if option not in last)
    return action.model_copy(update={"options": rest, "candidate": last[0]})


def _without_second(action: Action, state: State) -> Action:
    """Of several questions in one message, only those that were not answered before, if there are any."""
    if not action.also or action.candidate is None:
        return action
    new = [one for one in (action.candidate, *action.also) if one.faq_id not in state.answers]
    first, *others = new or [action.candidate]
    return action.model_copy(update={"candidate": first, "also": tuple(others)})


@cache
def _data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", "told_before.yaml")


def part_asked(form: str, told: Told) -> str:
    """The sentences of an answer told before that a question (normal form) is about; "" where that is not clear.

    A sentence is, that alone has words of the question, where there are such words, and has what is asked for, a time or a
    price; what was asked before counts for nothing. Nothing is clear where more than half of the answer would do, or where it
    was picked out before.

    >>> told = Told("柜体随货附检测报告。请开门通风 15 天后再放衣物。仍有气味，可安排上门检测。")
    >>> [part_asked(form, told) for form in ("要放多久才能用", "能不能上门检测", "还是有味道", "怎么办呢")]
    ['请开门通风 15 天后再放衣物。', '仍有气味，可安排上门检测。', '', '']
    """
    if not load_pattern("csbot.dialogue.data", "told_before.yaml", "asks").search(form):
        return ""
    parts = sentences(told.text)
    before = " ".join(map(normalise, told.asked))
    kinds = [kind for kind in _data()["kinds"].values() if re.search(kind["asks"], form)]
    new = sum(re.search(kind["asks"], before) is None for kind in kinds)
    terms = _terms(form) - _terms(before)
    forms = [_plain(normalise(part)) for part in parts]
    own = [term for term in terms if sum(term in one for one in forms) == 1]
    fits = [all(re.search(kind["holds"], one) for kind in kinds) for one in forms]
    points = [fit * (sum(term in one for term in own) if own else new) for fit, one in zip(fits, forms, strict=True)]
    best = max(points, default=0)
    found = [part for part, score in zip(parts, points, strict=True) if score == best]
    text = "".join(found)
    if not best or len(found) * 2 > len(parts) or any(text in reply for reply in told.parts):
        return ""
    return text


def is_detail(form: str) -> bool:
    """Whether a message (normal form) tells of the customer's case: it neither asks nor wishes for anything.

    >>> is_detail("没人撬"), is_detail("我要退货"), is_detail("怎么退")
    (True, False, False)
    """
    return not any(load_pattern("csbot.dialogue.data", "told_before.yaml", kind).search(form) for kind in ("asks", "wishes"))


def part_told(form: str, told: Told) -> str:
    """The sentences of an answer told before that turn on a detail of the case (normal form); "" where that is not clear.

    They have the same kind of thing, days, a sum, or words of the detail that others haven't; of what is not so, a sentence
    about what is not so.

    >>> told = Told("质量问题、发错漏发的运费由我们承担。出方案前可退 500 元。已出方案的由店长协商。15 天内可价保。")
    >>> [part_told(form, told) for form in ("是你们发错的", "没出图", "十天前买的", "在家呢")]
    ['质量问题、发错漏发的运费由我们承担。', '出方案前可退 500 元。', '15 天内可价保。', '']
    """
    parts = sentences(told.text)
    forms = [_plain(normalise(part)) for part in parts]
    kinds = [kind for kind in _data()["details"].values() if re.search(kind["tells"], form)]
    if kinds:
        points = [sum(re.search(kind["holds"], one) is not None for kind in kinds) for one in forms]
    elif is_detail(form) and not load_pattern("csbot.dialogue.data", "told_before.yaml", "stands").search(form):
        points = _points_of_words(_plain(form), " ".join(map(_plain, map(normalise, told.asked))), forms)
    else:
        return ""
    found = [part for part, score in zip(parts, points, strict=True) if score and score == max(points)]
    text = "".join(found)
    return text if len(found) < len(parts) and not any(text in reply for reply in told.parts) else ""


def _points_of_words(form: str, before: str, forms: Sequence[str]) -> list[int]:
    """How many words of a detail each sentence alone has: 「发货了」 is not in 「未发货」, nor 「没签字」 in 「签字后」."""
    said = {pair for pair in _pairs(form) if pair not in before}
    denied = {pair for pair in said if pair[0] in _NOT}
    holds = [{pair for pair in said if re.search(f"(?<![{_NOT}]){re.escape(pair)}", one)} for one in forms]
    own = [{pair for pair in has if sum(pair in other for other in holds) == 1} for has in holds]
    return [len(has) if bool(denied) == bool(has & denied) else 0 for has in own]


def _pairs(form: str) -> set[str]:
    """Pairs of hanzi that say something, and what is in Latin letters or digits."""
    runs = _TERMS.findall(re.sub(_data()["no_detail"], " ", form))
    return {run[i : i + 2] for run in runs if not run.isascii() for i in range(len(run) - 1)} | set(filter(str.isascii, runs))


def part_if_it_stays(told: Told) -> str:
    """The sentences of an answer that tell what is done where the remedy has not helped; "" where there are none, or all are.

    >>> part_if_it_stays(Told("请先清空抽屉，擦净轨道。仍卡顿请拍视频报修，质保 2 年。"))
    '仍卡顿请拍视频报修，质保 2 年。'
    """
    stays = load_pattern("csbot.dialogue.data", "told_before.yaml", "if_it_stays")
    parts = sentences(told.text)
    found = [part for part in parts if stays.search(normalise(part))]
    return "".join(found) if len(found) < len(parts) else ""


def _plain(form: str) -> str:
    """With one form for words that say the same: 以后 and 后."""
    for rule in _data()["same"]:
        form = re.sub(rule["pattern"], rule["as"], form)
    return form


def _terms(form: str) -> set[str]:
    """Pairs of hanzi, and what is in Latin letters or digits, without the words that ask."""
    runs = _TERMS.findall(re.sub(_data()["no_matter"], " ", _plain(form)))
    return {run[i : i + 2] for run in runs if not run.isascii() for i in range(len(run) - 1)} | set(filter(str.isascii, runs))
