"""Which sentence of an answer that the customer has had is asked for, or turns on what they tell of their case. The words are
data, in ``data/asked_parts.yaml``. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from csbot.dialogue.answer_memory import Told, sentences
from csbot.dialogue.plain_words import DATA, data, pairs_of, plain, stands_in, terms_of
from csbot.intents.follow_up import other_thing
from csbot.resources import load_pattern
from csbot.text import normalise

KIND_POINTS = 0.8
"""Of a clause that tells the kind of thing that is asked, beside 1.0 for a word that no other clause has."""
SAID_BEFORE = 0.3
"""Of a word that stood in the question before too: it says what both are about, not what is asked now."""
NEWS_POINTS = 2.0
"""Of what has come to be, beside 1.0 for any word of a detail."""
BESIDE = 0.3
"""Of a word that stands in the same sentence but not in the same clause."""
SHORT_CHARS = 12
"""Up to which a message that another answer fits hardly may leave out what it is about."""
FEW_CHARS = 8
"""Up to which a question leaves out what it is about as a rule."""
_NOT = "未不无非没"
_CLAUSE = re.compile(r"[,;:，；：]")


def _says(kind: str, form: str) -> bool:
    return load_pattern("csbot.dialogue.data", DATA, kind).search(form) is not None


def asks(form: str) -> bool:
    """Whether a message (normal form) asks for something, or names a thing and nothing else: 「信用卡」「退货流程」."""
    return _says("asks", form) or _says("names", form)


def takes(form: str) -> bool:
    """Whether a message (normal form) takes what was told, and asks for nothing.

    >>> takes("好的我去试试"), takes("明白了"), takes("好的怎么试"), takes("好的帮我退了")
    (True, True, False, False)
    """
    return _says("takes", form) and not _says("asks", form)


def is_detail(form: str) -> bool:
    """Whether a message (normal form) tells of the customer's case: it neither asks nor wishes for anything.

    >>> is_detail("没人撬"), is_detail("我要退货"), is_detail("怎么退")
    (True, False, False)
    """
    return not _says("asks", form) and not _says("wishes", form)


def part_asked(form: str, told: Told, *, alone: bool = False) -> str:
    """The sentences of an answer told before that a question (normal form) is about; "" where that is not clear.

    A sentence is, that has words of the question which others haven't, and tells the kind of thing that is asked for: how
    often, how long, how much. Nothing is clear where more than half of the answer would do, where the words stand in one
    sentence and the kind in another, or where it was picked out before.

    :param alone: nothing but this answer shows what the question is about: it is none about words that the answer hasn't.

    >>> told = Told("柜体随货附检测报告。请开门通风 15 天后再放衣物。仍有气味，可安排上门检测。")
    >>> [part_asked(form, told) for form in ("要放多久才能用", "能不能上门检测", "还是有味道", "怎么办呢")]
    ['请开门通风 15 天后再放衣物。', '仍有气味，可安排上门检测。', '', '']
    """
    if not asks(form):
        return ""
    before = " ".join(map(plain, told.asked))
    parts = sentences(told.source)
    forms = [plain(part) for part in parts]
    kinds, terms = _asked(form, forms)
    if not kinds and other_thing(form):  # 「橱柜呢」: the same is asked of another thing
        kinds = next((found for asked in reversed(told.asked) if (found := _asked(asked, forms)[0])), [])
    said = terms_of(before)
    clauses = [_CLAUSE.split(one) for one in forms]
    known = {term for term in terms if any(stands_in(term, one) for one in forms)}
    if alone and (len(form) > SHORT_CHARS or not (kinds or known) or _strange(terms - said, known, kinds)):
        return ""
    weights = {term: (SAID_BEFORE if term in said else 1.0) / sum(stands_in(term, one) for one in forms) for term in known}
    held = [[[re.search(kind["holds"], clause) is not None for kind in kinds] for clause in one] for one in clauses]
    often = [sum(any(clause[place] for clause in one) for one in held) for place in range(len(kinds))]
    firm = [place for place, kind in enumerate(kinds) if not kind.get("soft")]
    points = []
    for one, whole, holds in zip(clauses, forms, held, strict=True):
        beside = BESIDE * sum(weight for term, weight in weights.items() if stands_in(term, whole))
        best = max(
            sum(weight for term, weight in weights.items() if stands_in(term, clause))
            + sum(KIND_POINTS / often[place] for place, has in enumerate(of_clause) if has)
            for clause, of_clause in zip(one, holds, strict=True)
        )
        if firm and not known:  # 「多少钱」: of what, the question before tells
            beside += SAID_BEFORE * sum(
                1 / sum(stands_in(term, other) for other in forms) for term in said if stands_in(term, whole)
            )
        told_of = not firm or any(of_clause[place] for of_clause in holds for place in firm)
        points.append(round(best + beside, 6) if told_of else 0.0)
    if _elsewhere(points, forms, known - said, [kinds[place] for place in firm]):
        return ""
    return _clear(parts, points, told, first=any(kind.get("first") for kind in kinds))


def asks_number(form: str, told: Told) -> bool:
    """Whether few words (normal form) ask for a number of something, and have no word that an answer (told before) hasn't.

    >>> told = Told("通过后请在 7 天内寄回并填写快递单号。")
    >>> asks_number("几天内寄回", told), asks_number("几天内发货", told), asks_number("怎么寄回", told)
    (True, False, False)
    """
    forms = [plain(part) for part in sentences(told.source)]
    kinds, terms = _asked(form, forms)
    known = all(any(stands_in(term, one) for one in forms) for term in terms)
    return len(form) <= FEW_CHARS and known and any(kind.get("measure") for kind in kinds)


def tells_of(told: Told, form: str) -> bool:
    """Whether an answer told before has a word of a detail (normal form), or a number of the same kind."""
    text, before = plain(told.source), terms_of(" ".join(map(plain, told.asked)))
    same_kind = any(re.search(kind["holds"], text) for kind in _told_kinds(form))
    return same_kind or any(stands_in(term, text) for term in terms_of(plain(form)) - before)


def tells_value(form: str) -> bool:
    """Whether a message (normal form) tells a number, a size or a place of its case, even where it wishes for something.

    >>> tells_value("我要两把"), tells_value("成都的"), tells_value("我要退货"), tells_value("两把多少钱")
    (True, True, False, False)
    """
    return bool(_told_kinds(form)) and not _says("asks", form)


def _asked(form: str, forms: Sequence[str]) -> tuple[list[Any], set[str]]:
    """The kinds of thing that a question (normal form) asks for, and its other words, as the sentences (plain) have them: of a
    word that they haven't the head, 「橱柜」 as 「柜」."""
    asked = plain(form)
    kinds = [kind for kind in data()["kinds"].values() if re.search(kind["asks"], asked)]
    kinds = [kind for kind in kinds if not kind.get("alone") or len(kinds) == 1]
    kinds = [kind for kind in kinds if not kind.get("soft") or any(re.search(kind["holds"], one) for one in forms)]
    for kind in kinds:
        asked = re.sub(kind["asks"], " ", asked)
    terms = terms_of(asked)
    strange = {term for term in terms if not any(stands_in(term, one) for one in forms)}
    return kinds, (terms - strange) | {term[-1] if term[-1] in data()["heads"] else term for term in strange}


def _strange(terms: set[str], known: set[str], kinds: Sequence[Any]) -> bool:
    """Whether words of a question (terms) are too strange to an answer to be asked of it."""
    unknown = terms - known
    return len(unknown) > (1 if kinds and any(kind.get("measure") for kind in kinds) else 0)


def _elsewhere(points: Sequence[float], forms: Sequence[str], own: set[str], kinds: Sequence[Any]) -> bool:
    """Whether the words asked about stand only in sentences that do not tell the kind of thing asked for."""
    best = max(points, default=0.0)
    first = {term for term, at in ((term, [stands_in(term, one) for one in forms]) for term in own) if sum(at) == 1}
    if not kinds or not first:
        return False
    chosen = [one for one, score in zip(forms, points, strict=True) if score == best]
    return not any(stands_in(term, one) for term in first for one in chosen)


def _clear(parts: Sequence[str], points: Sequence[float], told: Told, *, first: bool) -> str:
    best = max(points, default=0.0)
    found = [part for part, score in zip(parts, points, strict=True) if score == best][: 1 if first else None]
    text = "".join(part if part[-1] in "。！？；" else part + "。" for part in found[:-1]) + "".join(found[-1:])
    if best <= 0 or len(found) * 2 > len(parts) or told.has_told(text):
        return ""
    return text


def part_told(form: str, told: Told) -> str:
    """The sentences of an answer told before that turn on a detail of the case (normal form); "" where that is not clear.

    They have the same kind of thing, days, a sum, or words of the detail that others haven't; of what is not so, a sentence
    about what is not so.

    >>> told = Told("质量问题、发错漏发的运费由我们承担。出方案前可退 500 元。已出方案的由店长协商。15 天内可价保。")
    >>> [part_told(form, told) for form in ("是你们发错的", "没出图", "十天前买的", "在家呢")]
    ['质量问题、发错漏发的运费由我们承担。', '出方案前可退 500 元。', '15 天内可价保。', '']
    """
    parts = sentences(told.source)
    forms = [plain(part) for part in parts]
    kinds = _told_kinds(form)
    if _says("stands", form) and (remedy := part_if_it_stays(told)) and not told.has_told(remedy):
        return remedy
    if kinds:
        words = pairs_of(plain(form))
        held = [sum(re.search(kind["holds"], one) is not None for kind in kinds) for one in forms]
        of_words = [sum(pair in one for pair in words) for one in forms]
        points = [has + (BESIDE * at if has else 0.0) for has, at in zip(held, of_words, strict=True)]
    elif is_detail(form) and not _says("stands", form):
        points = _points_of_words(plain(form), " ".join(map(plain, told.asked)), forms)
    else:
        return ""
    found = [part for part, score in zip(parts, points, strict=True) if score and score == max(points)]
    text = "".join(found)
    return text if len(found) < len(parts) and not told.has_told(text) else ""


def _told_kinds(form: str) -> list[Any]:
    return [kind for kind in data()["details"].values() if re.search(kind["tells"], form)]


def _points_of_words(form: str, before: str, forms: Sequence[str]) -> list[float]:
    """How many words of a detail each sentence alone has: 「发货了」 is not in 「未发货」, nor 「没签字」 in 「签字后」.

    What is not so makes a difference where the answer tells of that thing at all; and what has come to be, at the end of the
    detail, more than what it has come to: 「银行卡注销了」.
    """
    news = set(pairs_of(form)) & {form.rstrip("的了过啊呀呢吧")[-2:]}
    said = {pair for pair in pairs_of(form) if pair not in before}
    denied = {pair for pair in said if pair[0] in _NOT and any(pair[1:] in one for one in forms)}
    holds = [{pair for pair in said if re.search(f"(?<![{_NOT}]){re.escape(pair)}", one)} for one in forms]
    own = [{pair for pair in has if sum(pair in other for other in holds) == 1} for has in holds]
    return [len(has) + NEWS_POINTS * len(has & news) if bool(denied) == bool(has & denied) else 0.0 for has in own]


def part_if_it_stays(told: Told) -> str:
    """The sentences of an answer that tell what is done where the remedy has not helped; "" where there are none, or all are.

    >>> part_if_it_stays(Told("请先清空抽屉，擦净轨道。仍卡顿请拍视频报修，质保 2 年。"))
    '仍卡顿请拍视频报修，质保 2 年。'
    """
    parts = sentences(told.source)
    found = [part for part in parts if _says("if_it_stays", normalise(part))]
    return "".join(found) if len(found) < len(parts) else ""
