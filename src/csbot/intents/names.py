"""Names of persons. The words around them, surnames and the characters of given names are data, in ``data/slots.yaml``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import takewhile

from csbot.courtesy import find_smalltalk
from csbot.intents.findings import Findings, after, pattern, words
from csbot.text import is_common_word

_HANZI = r"[\u4e00-\u9fff]"
_DOT = r"[·•・‧∙⋅.]"
_RUN = re.compile(rf"{_HANZI}(?:{_HANZI}|{_DOT}(?={_HANZI}))*")
_DOTTED = re.compile(rf"(?:{_HANZI}{{1,8}}{_DOT}){{1,3}}(?={_HANZI})")
_SPACED = re.compile(rf"{_HANZI}(?: {_HANZI}){{1,2}}(?!{_HANZI})")
_LATIN = re.compile(r"[A-Za-z][A-Za-z'’-]+(?:[ .]{1,2}[A-Za-z][A-Za-z'’-]*){0,3}(?![A-Za-z0-9@])")
_GAP = re.compile(r"[\s:,]*")
_END = re.compile(rf"(?!{_HANZI})")
_HOUSE = re.compile(r"\s?\d+\s?[栋幢座号楼弄]")

ORDINARY = 1000
"""A word that jieba's dictionary counts as often is no name, though it is made like one (高兴); 安然 and 李娜 are rarer."""
ORDINARY_THREE = 300
"""The same for three characters behind a surname that begins other words too (山海关); well-known persons stand at 256."""
RARE = 5
"""Where less speaks for a name, it is no word that the dictionary counts as often."""

Fits = Callable[[str, str], bool]
"""Whether some hanzi, before the given text, are a name."""


def find_names(findings: Findings) -> None:
    """Take names: after words that introduce one; alone, where a name was asked for; beside another slot."""
    text = findings.text
    for room, fits in (
        ("introduced", _is_introduced),
        ("labelled", _is_answer),
        ("likely", _is_likely),
        ("contrast", _is_likely),
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
        any(_take_at(findings, start, pattern("names", "end"), _is_likely) for start in _starts(findings))


def _take_answer(findings: Findings) -> None:
    """The name that was asked for: at the beginning of some words, at their end (公司前台刘丽), or in Latin letters."""
    after_name = pattern("names", "after")
    if any(_take_at(findings, start, after_name, _is_answer) for start in _starts(findings)):
        return
    for run in _RUN.finditer(findings.text):
        if any(_take_at(findings, run.end() - length, _END, _is_likely_end) for length in (3, 2) if length < len(run.group())):
            return
    _take_latin_answer(findings)


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
        if (_END.match(rest) or follows.match(rest)) and fits(_joined(findings.text[start:end]), rest):
            findings.take("name", _joined(findings.folded.typed[start:end]), start, end)
            return True
    return False


def _ends(text: str, start: int) -> Iterator[int]:
    """Where a name that begins at ``start`` may end."""
    if dotted := _DOTTED.match(text, start):
        foreign = _characters("transliteration") | _characters("behind_a_dot")
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


def _is_introduced(name: str, rest: str) -> bool:
    if _is_transliterated(name):
        return True
    formed = _has_surname(name) or (len(name) <= 3 and _is_usual(name))
    return formed and not _is_never(name) and not is_common_word(name, ORDINARY)


def _is_likely(name: str, rest: str) -> bool:
    """A name that could be something else: a surname, usual characters, and neither a place (我是金华的) nor a word."""
    if _is_transliterated(name) and ("·" in name or len(name) > 3):
        return True
    if not _has_surname(name) or _is_never(name) or _is_word(name):
        return False
    if not _is_usual(_given(name)):
        parts = (name, name[:2], name[1:])
        alone = len(name) == 3 and _END.match(rest) and _has_firm_surname(name)
        return bool(alone) and not any(is_common_word(part, RARE) for part in parts)
    place = rest.startswith(("的", "人")) and not pattern("names", "end").match(rest)
    return not (place and not _has_firm_surname(name) and is_common_word(name, RARE))


def _is_likely_end(name: str, rest: str) -> bool:
    """A name at the end of other words, where nothing but the name itself tells where it begins."""
    return _has_firm_surname(name) and _is_usual(_given(name)) and _is_likely(name, rest)


def _is_answer(name: str, rest: str) -> bool:
    if _is_transliterated(name):
        return True
    if not _has_surname(name) or _is_never(name) or rest.startswith(("吗", "么", "?")):
        return False
    if not _has_firm_surname(name):
        return _is_usual(_given(name)) and not is_common_word(name, ORDINARY)
    return not _is_word(name) and (_is_usual(_given(name)) or not is_common_word(name[:2], RARE))


def _given(name: str) -> str:
    return name[2:] if name[:2] in _compound() else name[1:]


def _has_surname(name: str) -> bool:
    if name[:2] in _compound():
        return 3 <= len(name) <= 4
    return 2 <= len(name) <= 3 and name[0] in _characters("surnames")


def _has_firm_surname(name: str) -> bool:
    """Whether it begins with a surname that hardly begins another word."""
    return name[0] in _characters("firm") or name[:2] in _compound()


def _is_usual(characters: str) -> bool:
    return _characters("given").issuperset(characters)


def _is_word(name: str) -> bool:
    """Whether what is made like a name is rather a word of the dictionary, which holds names too."""
    if _has_firm_surname(name):
        return name in _words() or is_common_word(name, ORDINARY)
    return is_common_word(name, ORDINARY_THREE if len(name) > 2 else RARE)


def _is_transliterated(name: str) -> bool:
    """Whether it is written as names of other languages are: with dots, or in at least three of their characters."""
    parts = name.split("·")
    if len(parts) > 1:
        dotted = _characters("transliteration") | _characters("behind_a_dot")
        return all(dotted.issuperset(part) or not _is_never(part) for part in parts)
    return len(name) >= 3 and _characters("transliteration").issuperset(name) and not is_common_word(name, ORDINARY_THREE)


def _is_never(name: str) -> bool:
    return bool(pattern("names", "never").search(name))


@cache
def _characters(room: str) -> frozenset[str]:
    return frozenset("".join(words()["names"][room].split()))


@cache
def _words() -> frozenset[str]:
    return frozenset("".join(words()["names"]["words"].split()).split("|"))


@cache
def _compound() -> frozenset[str]:
    return frozenset(words()["names"]["compound"].split("|"))
