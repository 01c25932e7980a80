"""A customer picks from the questions offered: by number, by place, or by the question's own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.intents.choice import find_choice
from csbot.text import normalise

OPTIONS = ("发票怎么开", "发票抬头写错怎么办", "能寄纸质发票吗")


def pick(text: str, options: tuple[str, ...] = OPTIONS) -> int | None:
    return find_choice(normalise(text), options)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", 0), ("2", 1), ("3", 2), ("２", 1), ("2️⃣", 1), ("②", 1), ("二", 1), ("第二个", 1), ("第2个", 1), ("第二条吧", 1),
        ("选2", 1), ("我选第三个", 2), ("选项1", 0), ("第二個", 1), ("2。", 1), (" 2 ", 1),
        ("我想问第三个问题", 2),
        ("最后一个", 2), ("最后那个", 2), ("上面那个", 0),
    ],
)  # fmt: skip
def test_an_option_is_picked_by_its_number_or_place(text: str, place: int) -> None:
    assert pick(text) == place


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_option_is_picked_by_its_own_words(place: int) -> None:
    assert pick(f" {OPTIONS[place]}？") == place


def test_four_characters_that_only_one_option_has_pick_it() -> None:
    assert (pick("抬头写错"), pick("纸质发票")) == (1, 2)


@pytest.mark.parametrize(
    "text", ["发票", "怎么办呢", "4", "第五个", "0", "12", "第二天发货吗", "都不是", "你好", "", "2个柜子多少钱"]
)
def test_what_names_no_single_option_picks_none(text: str) -> None:
    assert pick(text) is None


def test_words_that_several_options_share_pick_none() -> None:
    assert pick("怎么申请", ("发票怎么申请", "退货怎么申请")) is None


def test_without_options_a_number_is_just_a_number() -> None:
    assert find_choice("2", ()) is None


@pytest.mark.parametrize(("count", "place"), [(1, 0), (2, 1), (5, 4)])
def test_the_last_one_is_the_last_of_those_offered(count: int, place: int) -> None:
    assert find_choice("最后一个", [str(i) * 5 for i in range(count)]) == place


@given(st.text(), st.lists(st.text(), max_size=5))
def test_a_pick_is_always_one_of_the_options(text: str, options: list[str]) -> None:
    place = find_choice(normalise(text), options)
    assert place is None or 0 <= place < len(options)
