"""One normal form, and words."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csbot.errors import InputError
from csbot.models import MAX_MESSAGE_CHARS
from csbot.text import Lexicon, Tokeniser, normalise, query_form

CHARACTERS = st.one_of(st.sampled_from("你好请问退貨怎麼，。！？!? 12３-　～…哈谢][😀"), st.characters())
CHINESE = st.text(alphabet=CHARACTERS, max_size=30)


@pytest.mark.parametrize(
    ("message", "normal"),
    [
        ("ＡＢＣ１２３，？", "abc123"),
        ("請問訂單到哪裡了", "请问订单到哪里了"),
        ("怎么退货？？？！！！", "怎么退货"),
        ("怎么退货？？？急", "怎么退货?急"),
        ("怎么 退 货", "怎么退货"),
        ("wifi  连不上", "wifi连不上"),
        ("smart  lock", "smart lock"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("3-5天", "3-5天"),
        ("快递呢😭😭", "快递呢"),
        ("快递呢[大哭]", "快递呢"),
        ("哈哈哈哈好的", "哈好的"),
        ("\u200b快\ufeff递\u202e", "快递"),
        ("发\u00ad票\u061c", "发票"),
        ("快\x00递\x07", "快递"),
        ("👍🏻", ""),
        ("？！……", ""),
        ("", ""),
        ("   \n\t", ""),
    ],
)
def test_the_normal_form_of_what_customers_type(message: str, normal: str) -> None:
    assert normalise(message) == normal


@given(st.text(alphabet="你好请问退貨怎麼發票哈，。！？!?（）123３４ａＢｃ-～…", max_size=30))
@example("請問　退貨怎麼弄？？？😭 ")
def test_a_normal_form_is_its_own_normal_form(message: str) -> None:
    assert normalise(normalise(message)) == normalise(message)


PIECES = (
    "谢谢", "请问", "你好", "退货", "多久", "[大哭]", "😀", " ", "123", "12 34 567", "QH1234567", "。", "，", "？？",
    "哈", "亲", "了", "-", "急", "在线等", "麻烦了",
)  # fmt: skip
STACKED = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
"""Courtesy upon courtesy, numbers and faces: what is left out joins what was apart."""


@given(st.one_of(STACKED, CHINESE, st.text(max_size=30)))
@example("12 34 567")
@example("[大哭]😀谢")
@example("[大哭]。")
@example("㍿" * MAX_MESSAGE_CHARS)
def test_a_normal_form_is_its_own_normal_form_whatever_is_joined_in_it(message: str) -> None:
    assert normalise(normalise(message)) == normalise(message)


@given(st.one_of(STACKED, CHINESE, st.text(max_size=30)))
@example("退货可以吗谢谢了哈亲亲谢谢")
@example("退货QH1234567在线等QH1234567退货在线等。在线等")
@example("谢谢13800138000谢谢")
@example("哈QH1234567哈哈")
def test_a_query_form_is_its_own_query_form(message: str) -> None:
    assert query_form(query_form(message)) == query_form(message)


@pytest.mark.parametrize(
    ("message", "form"),
    [("多久发货谢谢，在线等，谢谢", "多久发货"), ("你好 QH202611030012 请问到哪了", "到哪了"), ("退货13800138000谢谢", "退货")],
)
def test_stacked_courtesy_and_numbers_are_left_out_to_the_last(message: str, form: str) -> None:
    assert query_form(message) == form


@given(CHINESE)
def test_a_normal_form_holds_no_control_character_and_no_double_space(message: str) -> None:
    form = normalise(message)
    assert not any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in form)
    assert "  " not in form
    assert form == form.strip()


def test_only_the_beginning_of_a_huge_message_is_looked_at() -> None:
    assert normalise("货" * 1_000_000) == "货" * MAX_MESSAGE_CHARS


def test_the_query_form_leaves_out_courtesy_and_long_numbers() -> None:
    assert query_form("您好，请问退款多久到账，谢谢") == "退款多久到账"
    assert query_form("QH202611030012到哪了") == "到哪了"
    assert query_form("13800138000") == ""
    assert query_form("3天能到吗") == "3天能到吗"


def test_stop_words_are_dropped_unless_nothing_else_is_there() -> None:
    words = Tokeniser(Lexicon(stop_words=("门锁",)))
    assert words.words("智能门锁安装") == ["智能", "安装"]
    assert words.words("门锁") == ["门锁"]
    assert words.words("") == []


def test_synonyms_stand_for_the_standard_word() -> None:
    plain, mapped = Tokeniser(), Tokeniser(Lexicon(synonyms={"包裹": "快递"}))
    assert plain.words("包裹丢失") == ["包裹", "丢失"]
    assert mapped.words("包裹丢失") == ["快递", "丢失"] == plain.words("快递丢失")


def test_a_user_word_stays_whole_and_belongs_to_its_own_tokeniser() -> None:
    own = Tokeniser(Lexicon(user_words=("电子锁芯头",)))
    assert "电子锁芯头" in own.words("电子锁芯头坏了")
    assert "电子锁芯头" not in Tokeniser().words("电子锁芯头坏了")


def test_the_dictionary_files_are_read_with_comments_bom_and_normal_forms(tmp_path: Path) -> None:
    (tmp_path / "user").write_text("# 品牌\n電子鎖芯頭 5 n\n\nＡＢ锁\nC#锁\n", encoding="utf-8-sig")
    (tmp_path / "synonyms").write_text("快递 包裹 貨件  # 都是一回事\n", encoding="utf-8")
    (tmp_path / "stop").write_text("麻烦 # 客气话\n  # 别的\n", encoding="utf-8")
    lexicon = Lexicon.read(user_words=tmp_path / "user", synonyms=tmp_path / "synonyms", stop_words=tmp_path / "stop")
    assert lexicon.user_words == ("电子锁芯头", "ab锁", "c#锁")
    assert lexicon.synonyms == {"包裹": "快递", "货件": "快递"}
    assert lexicon.stop_words == ("麻烦",)


def test_a_synonym_line_with_one_word_is_an_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "synonyms.txt"
    file.write_text("快递 包裹\n退款\n", encoding="utf-8")
    with pytest.raises(InputError, match="第 2 行") as caught:
        Lexicon.read(synonyms=file)
    assert (caught.value.path, caught.value.line) == (str(file), 2)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00\x81"])
def test_an_absent_or_binary_dictionary_is_an_error_that_names_it(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "words.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"words\.txt"):
        Lexicon.read(user_words=file)


def test_many_threads_may_split_words_at_once() -> None:
    tokeniser, found = Tokeniser(Lexicon(user_words=("电子锁芯头",))), []
    expected = tokeniser.words("电子锁芯头坏了多久能修好")
    threads = [
        threading.Thread(target=lambda: found.extend(tokeniser.words("电子锁芯头坏了多久能修好") for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 400
