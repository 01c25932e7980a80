"""Words typed by ear are read as the knowledge base's own; nothing else in a message changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot import Chatbot, KnowledgeBase
from csbot.kb.spelling import Spelling
from csbot.text import Lexicon, Tokeniser, query_form

KNOWN = {"发票": 6, "退货": 5, "申请": 4, "铰链": 3, "松": 2, "订单": 9, "取消": 4, "电池": 3, "指纹": 4, "安装": 7, "收费": 3}
CHARS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("票货请链松单消池纹装费abc12,?! 的了吗")


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    return Spelling(KNOWN, Tokeniser(Lexicon()))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("退或怎么申情", "退货怎么申请"),
        ("绞练坏了", "铰链坏了"),
        ("按庄要钱吗", "安装要钱吗"),
        ("收废标准", "收费标准"),
        ("我的丁单能取肖吗", "我的订单能取消吗"),
        ("子纹不灵", "指纹不灵"),  # zh and z, in one of the accents that don't tell them apart
        ("换店池", "换电池"),
    ],
)
def test_what_sounds_like_a_word_of_the_knowledge_base_is_read_as_it(spelling: Spelling, typed: str, meant: str) -> None:
    assert spelling.mended(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "发票怎么开", "这件衣服店吃饭", "手机没电迟早要换", "我在单位", "他们这里公费医疗", "店里有人吗", "安全第一", "",
        "fapiao 123", "电", "投票", "先生送货吗",
    ],
)  # fmt: skip
def test_plain_words_stay(spelling: Spelling, typed: str) -> None:
    assert spelling.mended(typed) == typed


def test_a_word_the_knowledge_base_has_not_is_never_put_in() -> None:
    alone = Spelling({"发票": 3}, Tokeniser(Lexicon()))
    assert alone.mended("推货在那里审请,发漂呢") == "推货在那里审请,发票呢"
    assert Spelling({}, Tokeniser(Lexicon())).mended("推货") == "推货"


@given(st.text(CHARS, max_size=30))
def test_only_words_of_the_knowledge_base_are_put_in_place_for_place(text: str) -> None:
    spelling = Spelling(KNOWN, Tokeniser(Lexicon()))
    read = spelling.mended(text)
    assert len(read) == len(text)
    changed = "".join("x" if a != b else "." for a, b in zip(text, read, strict=True))
    for run in re.finditer("x+", changed):
        assert not set(read[run.start() : run.end()]) - set("".join(KNOWN))
        assert any(word in read[max(0, run.start() - 3) : run.end() + 3] for word in KNOWN)


def test_the_knowledge_base_searches_for_what_was_meant(small_kb: KnowledgeBase) -> None:
    assert small_kb.search("怎么推货")[0].faq_id == "return"
    assert small_kb.search("发漂怎么开")[0].exact
    assert small_kb.contents.spelled(query_form("发票怎么开")) == "发票怎么开"


def test_the_trace_says_what_was_read_and_only_then(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb)
    reply = bot.reply(bot.session("anna"), "量尺寸怎么收废")
    assert reply.faq_id == "measure" and reply.trace.read_as == "量尺寸怎么收费" and "收废" in reply.trace.normalised
    assert bot.reply(bot.session("ben"), "量尺寸怎么收费").trace.read_as is None
