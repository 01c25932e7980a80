"""Whether some hanzi are a person's name. Surnames, the characters of given names and words that are none are data, in
``data/slots.yaml``."""

from __future__ import annotations

import re
from functools import cache

from csbot.intents.findings import pattern, words
from csbot.text import is_common_word

HANZI = r"[\u4e00-\u9fff]"
END = re.compile(rf"(?!{HANZI})")
"""No hanzi follows."""

ORDINARY = 1000
"""A word that jieba's dictionary counts as often is no name, though it is made like one (高兴); 安然 and 李娜 are rarer."""
ORDINARY_THREE = 300
"""The same for three characters behind a surname that begins other words too (山海关); well-known persons stand at 256."""
RARE = 5
"""Where less speaks for a name, it is no word that the dictionary counts as often."""


def is_introduced(name: str, rest: str) -> bool:
    if is_transliterated(name):
        return True
    formed = has_surname(name) or (len(name) <= 3 and is_usual(name))
    word = is_common_word(name, ORDINARY) and not (END.match(rest) and may_be_name(name))
    return formed and not is_never(name) and not is_spoken(name) and not word


def is_likely(name: str, rest: str) -> bool:
    """A name that could be something else: a surname, usual characters, and neither a place (我是金华的) nor a word."""
    if is_transliterated(name) and ("·" in name or len(name) > 3):
        return True
    if not has_surname(name) or is_never(name) or is_word(name):
        return False
    if not is_usual(_given(name)):
        parts = (name, name[:2], name[1:])
        alone = len(name) == 3 and END.match(rest) and has_firm_surname(name)
        return bool(alone) and not any(is_common_word(part, RARE) for part in parts)
    place = rest.startswith(("的", "人")) and not pattern("names", "end").match(rest)
    return not (place and not has_firm_surname(name) and is_common_word(name, RARE))


def is_likely_end(name: str, rest: str) -> bool:
    """A name at the end of other words, where nothing but the name itself tells where it begins."""
    return has_firm_surname(name) and is_usual(_given(name)) and is_likely(name, rest)


def is_answer(name: str, rest: str) -> bool:
    if is_transliterated(name):
        return True
    if not has_surname(name) or is_never(name) or is_spoken(name) or rest.startswith(("吗", "么", "?")):
        return False
    if not has_firm_surname(name):
        return is_usual(_given(name)) and not is_common_word(name, ORDINARY)
    return not is_word(name) and (is_usual(_given(name)) or not is_common_word(name[:2], RARE))


def may_be_name(word: str) -> bool:
    """Whether a word of two characters is made like a name, and none that customers say for itself."""
    formed = len(word) == 2 and has_surname(word) and is_usual(_given(word))
    return formed and not is_never(word) and not is_spoken(word)


def is_spoken(word: str) -> bool:
    return pattern("names", "spoken").fullmatch(word) is not None


def _given(name: str) -> str:
    return name[2:] if name[:2] in _compound() else name[1:]


def has_surname(name: str) -> bool:
    if name[:2] in _compound():
        return 3 <= len(name) <= 4
    return 2 <= len(name) <= 3 and name[0] in characters_of("surnames")


def has_firm_surname(name: str) -> bool:
    """Whether it begins with a surname that hardly begins another word."""
    return name[0] in characters_of("firm") or name[:2] in _compound()


def is_usual(characters: str) -> bool:
    return characters_of("given").issuperset(characters)


def is_word(name: str) -> bool:
    """Whether what is made like a name is rather a word of the dictionary, which holds names too."""
    if has_firm_surname(name):
        return name in _words() or is_common_word(name, ORDINARY)
    return is_common_word(name, ORDINARY_THREE if len(name) > 2 else RARE)


def is_transliterated(name: str) -> bool:
    """Whether it is written as names of other languages are: with dots, or in at least three of their characters."""
    parts = name.split("·")
    if len(parts) > 1:
        dotted = characters_of("transliteration") | characters_of("behind_a_dot")
        return all(dotted.issuperset(part) or not is_never(part) for part in parts)
    return len(name) >= 3 and characters_of("transliteration").issuperset(name) and not is_common_word(name, ORDINARY_THREE)


def is_never(name: str) -> bool:
    return bool(pattern("names", "never").search(name))


@cache
def characters_of(room: str) -> frozenset[str]:
    return frozenset("".join(words()["names"][room].split()))


@cache
def _words() -> frozenset[str]:
    return frozenset("".join(words()["names"]["words"].split()).split("|"))


@cache
def _compound() -> frozenset[str]:
    return frozenset(words()["names"]["compound"].split("|"))
