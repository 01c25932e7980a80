"""Names of persons: where in a message one stands. The words around them are data, in ``data/slots.yaml``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import takewhile

from csbot.courtesy import find_smalltalk
from csbot.intents.answers import says
from csbot.intents.findings import Findings, after, pattern
from csbot.intents.name_forms import (
    END,
    HANZI,
    ORDINARY,
    RARE,
    characters_of,
    has_firm_surname,
    is_answer,
    is_introduced,
    is_likely,
    is_likely_end,
    may_be_name,
)
from csbot.text import is_common_word

_DOT = r"[·•・‧∙⋅.]"
_RUN = re.compile(rf"{HANZI}(?:{HANZI}|{_DOT}(?={HANZI}))*")
_DOTTED = re.compile(rf"(?:{HANZI}{{1,8}}{_DOT}){{1,3}}(?={HANZI})")
_SPACED = re.compile(rf"{HANZI}(?: {HANZI}){{1,2}}(?!{HANZI})")
_LATIN = re.compile(r"[A-Za-z][A-Za-z'’-]+(?:[ .]{1,2}[A-Za-z][A-Za-z'’-]*){0,3}(?![A-Za-z0-9@])")
_GAP = re.compile(r"[\s:,]*")
_HOUSE = re.compile(r"\s?\d+\s?[栋幢座号楼弄]")

Fits = Callable[[str, str], bool]
"""Whether some hanzi, before the given text, are a name."""


def find_names(findings: Findings) -> None:
    """Take names: after words that introduce one; alone, where a name was asked for; beside another slot."""
    text = findings.text
    for room, fits in (
        ("introduced", is_introduced),
        ("labelled", is_answer),
        ("likely", is_likely),
        ("contrast", is_likely),
    ):
        for match in pattern("names", room).finditer(text):
            start = _GAP.match(text, match.end()).end()  # type: ignore[union-attr]
            taken = _take_at(findings, start, pattern("names", "after"), fits)
            if not taken and room == "introduced":
                _take_latin(findings, _LATIN.match(findings.text, start))
    if findings.has("name"):
        return
    if findings.asked == "name":
        _take_answer(findings)
    elif findings.has("phone", "order_id", "phone_last4"):
        found = any(_take_at(findings, start, pattern("names", "end"), is_likely) for start in _starts(findings))
        if not found:
            _take_word(findings)


def _take_answer(findings: Findings) -> None:
    """The name that was asked for: at the beginning of some words, at their end (公司前台刘丽), or in Latin letters."""
    after_name = pattern("names", "after")
    if any(_take_at(findings, start, after_name, is_answer) for start in _starts(findings)):
        return
    for run in _RUN.finditer(findings.text):
        if any(_take_at(findings, run.end() - length, END, is_likely_end) for length in (3, 2) if length < len(run.group())):
            return
    _take_latin_answer(findings)
    if not findings.has("name"):
        _take_word(findings)


def _take_word(findings: Findings) -> None:
    """A word of the dictionary that is a name here (高峰, 安然): the message says nothing else; or it stands by itself right
    beside a number, and is a rare word. Whether it is one, the look-up tells."""
    text = findings.text
    for start in _starts(findings):
        end = next((end for end in _ends(text, start) if END.match(text[end : end + 1])), start)
        if not may_be_name(name := text[start:end]):
            continue
        alone = pattern("names", "around").match(text[:start] + " " + text[end:])
        beside = pattern("names", "beside").search(text[:start]) or pattern("names", "in_front").match(text[end:])
        if alone or (beside and not is_common_word(name, ORDINARY)):
            findings.take("name", _joined(findings.folded.typed[start:end]), start, end)
            return


def _starts(findings: Findings) -> Iterator[int]:
    """Where a name may begin: at each run of hanzi, and behind the words that stand before a name."""
    for run in _RUN.finditer(findings.text):
        yield run.start()
        before = pattern("names", "before").match(run.group())
        if before and before.end() < len(run.group()):
            yield run.start() + before.end()


def _take_at(findings: Findings, start: int, follows: re.Pattern[str], fits: Fits) -> bool:
    """Take the name that begins at ``start``, if one does: the shortest that fits and has an end, or ``follows``, behind it."""
    for end in _ends(findings.text, start):
        rest = after(findings.text, end)
        if _HOUSE.match(rest):
            continue
        if (END.match(rest) or follows.match(rest)) and fits(_joined(findings.text[start:end]), rest):
            findings.take("name", _joined(findings.folded.typed[start:end]), start, end)
            return True
    return False


def _ends(text: str, start: int) -> Iterator[int]:
    """Where a name that begins at ``start`` may end."""
    if dotted := _DOTTED.match(text, start):
        foreign = characters_of("transliteration") | characters_of("behind_a_dot")
        yield dotted.end() + sum(1 for _ in takewhile(foreign.__contains__, text[dotted.end() : dotted.end() + 8]))
        yield from _hanzi_ends(text, dotted.end(), 1, 8)
    elif spaced := _SPACED.match(text, start):
        yield spaced.end()
    else:
        yield from _hanzi_ends(text, start, 2, 8)


def _hanzi_ends(text: str, start: int, least: int, most: int) -> Iterator[int]:
    for end in range(start + 1, min(start + most, len(text)) + 1):
        if not "\u4e00" <= text[end - 1] <= "\u9fff":
            return
        if end - start >= least:
            yield end


def _joined(text: str) -> str:
    """A name without spaces, with the dot of GB 18030 and of identity cards: 阿依古丽•买买提 is 阿依古丽·买买提."""
    return re.sub(_DOT, "·", text.replace(" ", ""))


def _take_latin(findings: Findings, match: re.Match[str] | None) -> None:
    if match and not pattern("names", "no_latin").fullmatch(match.group()):
        findings.take("name", match.group(), *match.span())


def _take_latin_answer(findings: Findings) -> None:
    """A name in letters that is the whole answer, and begins like a name."""
    whole = findings.text.strip(" ,.!。")
    if whole[:1].isupper() and _LATIN.fullmatch(whole) and not find_smalltalk(whole.lower()):
        _take_latin(findings, _LATIN.match(findings.text, findings.text.index(whole)))


def says_nothing_else(form: str) -> bool:
    """Whether what a message in normal form says beside the values it gives only introduces them.

    >>> says_nothing_else("我手机,名字"), says_nothing_else("我的柜子")
    (True, False)
    """
    return bool(pattern("names", "around").match(form)) and not says("looks_up", form)


def person_asked_for(form: str) -> str:
    """The person whose order a message in normal form asks for; "": none is named.

    >>> [person_asked_for(form) for form in ("刘芳的锁到了没", "那你查下董佳宁", "石英石的到哪了", "白色的到了吗")]
    ['刘芳', '董佳宁', '', '']
    """
    lead = pattern("names", "asks_for").match(form)
    start = lead.end() if lead else 0
    whose, looked_up = pattern("names", "whose"), pattern("names", "looked_up").search(form[:start])
    for end in _ends(form, start):
        name, rest = form[start:end], form[end:]
        begins_word = len(name) == 3 and not has_firm_surname(name) and is_common_word(name[:2], RARE)
        if (whose.match(rest) or (looked_up and not rest)) and is_likely(name, rest) and not begins_word:
            return name
    return ""
