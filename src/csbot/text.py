"""Text as the matcher sees it: one normal form, and words.

`normalise` is what "equal" means everywhere: two messages with the same normal form are the same question.
"""

from __future__ import annotations

import math
import os
import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from csbot.courtesy import without_courtesy
from csbot.dictionary import base_tokeniser
from csbot.errors import InputError
from csbot.models import MAX_MESSAGE_CHARS
from csbot.resources import load_lines

if TYPE_CHECKING:
    import jieba

INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
"""Characters that nobody sees: soft hyphens, joiners, marks of direction, selectors of variants."""
_EMOJI = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\u200d\u20e3]|\[[\u4e00-\u9fff]{1,4}\](?=\s|\[|$)")
_REPEATED_PUNCTUATION = re.compile(r"([^\w\s])\1+")
_LAUGHTER = re.compile(r"([哈呵嘿呜啊嗯])\1{2,}")
_SPACE_IN_NUMBER = re.compile(r"(?<=\d)[ \t-]+(?=\d{3,})")
_SPACE_BY_HANZI = re.compile(r"(?<=[\u4e00-\u9fff，。！？、])\s+|\s+(?=[\u4e00-\u9fff，。！？、])")
_HANZI = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")
_LAST_LATIN = 0x24F
_OUTER = " \t,.!?;:~，。！？；：、～…"

_lock = threading.Lock()


@cache
def _to_simplified() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@lru_cache(maxsize=30_000)
def _is_simple(char: str) -> bool:
    return bool(_to_simplified().convert(char) == char)


def _in_simplified(text: str) -> str:
    """What has no traditional character is left alone: OpenCC's phrases take 打坏 for the traditional way to write 打坯."""
    converted: str = text if all(map(_is_simple, text)) else _to_simplified().convert(text)
    return converted


def simplify(text: str) -> str:
    """``text`` in simplified characters, one for one: every place in it stays where it was.

    >>> simplify("訂單號"), simplify("打坏了")
    ('订单号', '打坏了')
    """
    simple = _in_simplified(text)
    if len(simple) == len(text):
        return simple
    return "".join((_in_simplified(char) or char)[0] for char in text)


@lru_cache(maxsize=256)  # a message is looked at from several sides
def normalise(text: str) -> str:
    """The normal form of a message: NFKC, simplified, lower case, without emoji, needless spaces and repeated marks.

    It is its own normal form. At most `MAX_MESSAGE_CHARS` characters are looked at. The original is never changed: callers
    keep it.

    >>> normalise("  請問　退貨怎麼弄？？？😭 ")
    '请问退货怎么弄'
    >>> normalise("单号 1380 0013 800")
    '单号13800013800'
    """
    while (form := _normalised_once(text)) != text:  # what one step joins, an earlier one may have to look at
        text = form
    return text


def _normalised_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text[:MAX_MESSAGE_CHARS])
    text = INVISIBLE.sub("", text)
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") else c for c in text)
    text = _EMOJI.sub(" ", text)
    text = _in_simplified(text).lower()
    text = _SPACE_IN_NUMBER.sub("", text)
    text = _SPACE_BY_HANZI.sub("", re.sub(r"\s+", " ", text))
    text = _REPEATED_PUNCTUATION.sub(r"\1", text)
    text = _LAUGHTER.sub(r"\1", text)
    return text.strip(_OUTER)


_LONG_NUMBER = re.compile(r"[a-z]{0,6}[-_]?\d{6,}")


def query_form(text: str) -> str:
    """What is matched of a message: its normal form without courtesy, and without the numbers that only slots need.

    It is its own query form, however much courtesy is stacked.

    >>> query_form("你好，请问QH202611030012多久发货，谢谢")
    '多久发货'
    """
    form = normalise(text)
    while (core := _LONG_NUMBER.sub("", without_courtesy(form))) != form:
        form = normalise(core)
    return form


class Lexicon(BaseModel):
    """Words that the merchant adds to the tokeniser: saved with the knowledge base, so that it reads as it was built.

    ``synonyms`` maps a word to the one it stands for; ``stop_words`` come on top of the shipped ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_words: tuple[str, ...] = ()
    synonyms: dict[str, str] = {}
    stop_words: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        *,
        user_words: str | os.PathLike[str] | None = None,
        synonyms: str | os.PathLike[str] | None = None,
        stop_words: str | os.PathLike[str] | None = None,
    ) -> Lexicon:
        """Read the three files (UTF-8, one entry a line; ``#`` at its start or after a space starts a comment).

        A line of synonyms is ``standard other other …``.

        :raises InputError: a file is absent or no UTF-8 text, or a line of synonyms has one word.
        """
        mapping: dict[str, str] = {}
        for number, line in _lines(synonyms):
            standard, *others = line.split()
            if not others:
                raise InputError(
                    f"{synonyms} 第 {number} 行：至少两个词 | needs at least two words", path=str(synonyms), line=number
                )
            mapping |= {normalise(word): normalise(standard) for word in others}
        return cls(
            user_words=tuple(normalise(line.split()[0]) for _, line in _lines(user_words)),
            synonyms=mapping,
            stop_words=tuple(normalise(line) for _, line in _lines(stop_words)),
        )


_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
"""A sign inside a word is part of it: C#."""


def _lines(path: str | os.PathLike[str] | None) -> Iterable[tuple[int, str]]:
    if path is None:
        return
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"无法读取词典 {path}：{error} | can't read the dictionary", path=os.fspath(path)) from None
    for number, line in enumerate(text.splitlines(), start=1):
        if entry := _COMMENT.sub("", line).strip():
            yield number, entry


@cache
def _shipped_stop_words() -> frozenset[str]:
    return frozenset(load_lines("csbot", "stop_words.txt"))


def is_common_word(text: str, least: int = 100) -> bool:
    """Whether jieba's dictionary counts ``text`` at least ``least`` times: an ordinary word, hardly a person's name."""
    return int(base_tokeniser().FREQ.get(text, 0)) >= least


class Tokeniser:
    """Splits normalised text into words for the lexical index (jieba, search mode), thread-safe.

    >>> Tokeniser().words("智能门锁没电怎么开")
    ['智能', '门锁', '没', '电', '开']
    """

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self.lexicon = lexicon or Lexicon()
        self._stop = _shipped_stop_words() | set(self.lexicon.stop_words)
        with _lock:
            self._jieba = base_tokeniser()
        if words := (*self.lexicon.user_words, *self.lexicon.synonyms):
            self._jieba = self._with_words(self._jieba, words)
        self._standard = {other: self._cut(standard) for other, standard in self.lexicon.synonyms.items()}

    @staticmethod
    def _with_words(base: jieba.Tokenizer, words: Iterable[str]) -> jieba.Tokenizer:
        """A tokeniser of its own with the dictionary shared until changed: knowledge bases don't mix their words."""
        import jieba

        own = jieba.Tokenizer()
        own.FREQ, own.total, own.initialized = dict(base.FREQ), base.total, True
        for word in words:
            own.add_word(word)
        return own

    def _cut(self, text: str) -> list[str]:
        return list(self._jieba.cut_for_search(text, HMM=False))

    def count(self, word: str) -> int:
        """How often jieba's dictionary, and the merchant's words in it, count a word; 0: no word."""
        return int(self._jieba.FREQ.get(word, 0))

    def log_share(self, count: int) -> float:
        """Natural log of the share that a word of this count has in ordinary text."""
        return math.log(count / self._jieba.total)

    def words(self, text: str) -> list[str]:
        """Words of ``text`` (normalised by the caller), stop words dropped, synonyms replaced, in order."""
        words = [part for word in self._cut(text) for part in self._standard.get(word, [word])]
        kept = [word for word in words if word not in self._stop and not word.isspace()]
        return kept or [word for word in words if not word.isspace()]


def has_hanzi(text: str) -> bool:
    return _HANZI.search(text) is not None


def count_hanzi(text: str) -> int:
    return len(_HANZI.findall(text))


def is_foreign(text: str) -> bool:
    """Whether a message is a sentence in another language: no hanzi, and two words of Latin letters or one of another script.

    >>> is_foreign("do you ship to canada"), is_foreign("iPhone"), is_foreign("how 发货"), is_foreign("배송")
    (True, False, False, True)
    """
    if has_hanzi(text):
        return False
    letters = "".join(char if char.isalpha() else " " for char in text)
    return len(_LATIN_WORD.findall(letters)) >= 2 or any(char.isalpha() and ord(char) > _LAST_LATIN for char in letters)


def has_emoji(text: str) -> bool:
    """Whether a message has a picture sign, or one of WeChat's in brackets.

    >>> has_emoji("😀"), has_emoji("[微笑]"), has_emoji("？？？")
    (True, True, False)
    """
    return _EMOJI.search(text) is not None
