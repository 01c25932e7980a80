"""The prefilter: what patterns need by hand, and that it never keeps a pattern from matching."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.intents.prefilter import Alternatives, split


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("人工", "工"),
        ("(转|找)人?工", "工"),
        ("我(转|找)人?", "转找"),
        ("转?找*接{0,2}", ""),
        ("[转找]人?", "转找"),
        ("[^转]人", "人"),
        ("a|b", "ab"),
        ("a|b?", ""),
        ("(?:x|y)+", "xy"),
        ("(?!甲)(?<=乙)丙{2}", "丙"),
        (r"\d\?", "?"),
        (r"[a-c\]]", "abc]"),
        ("[一-龥]", ""),
        ("^.$", ""),
        ("(a|)b?", ""),
        ("[]x]", "]x"),
        ("a{,3}", ""),
    ],
)
def test_what_a_pattern_needs(source: str, expected: str) -> None:
    sets = [needed for _, needed, _ in split([source])[0]]
    assert (set("".join(sets)) if all(sets) else set()) == set(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [("我(转|找)人?", "我"), ("转人工", "工"), ("转人?", ""), ("[转找]人(甲|乙)", "乙甲"), ("(?:转人)工?", "")],
)
def test_the_second_that_it_needs_is_another_item(source: str, expected: str) -> None:
    [[_, _, also]] = split([source])[0]
    assert also == expected


CHARS = "ab(c"
PARTS = st.recursive(
    st.sampled_from(["a", "b", "c", ".", r"\(", r"\s", "[ab]", "[^a]", "(?=b)", "(?<!a)", "^", "$"]),
    lambda part: st.one_of(
        st.tuples(part, part).map("".join),
        st.tuples(part, part).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(part, st.sampled_from(["?", "*", "+", "{0,1}", "{2}", "{,2}", "*?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=6,
)
TEXTS = ["".join(chars) for length in range(4) for chars in product(CHARS, repeat=length)]


@given(st.lists(PARTS, min_size=1, max_size=3))
def test_it_never_hides_a_match(sources: list[str]) -> None:
    alternatives = Alternatives(("", branches) for branches in split(sources))
    for text in TEXTS:
        expected = any(re.search(source, text) for source in sources)
        assert bool(alternatives.matches(text)) == expected, text


def test_matches_come_from_left_to_right_and_in_the_order_of_the_patterns() -> None:
    [(one, first), (two, second)] = Alternatives(zip([1, 1, 2, 3], split(["工", "人工|人", "转", "他"]), strict=True)).matches(
        "转人工"
    )
    assert (one, [match.group() for match in first]) == (1, ["人工", "人", "工"])
    assert (two, [match.group() for match in second]) == (2, ["转"])


def test_what_is_found_is_blanked_and_told_of() -> None:
    words = Alternatives(("", branches) for branches in split(["不用(转人工|了)$", "谢谢"]))
    assert words.blanked("谢谢不用了") == ",,,,,"
    assert words.found_in("谢谢不用了")
    assert not words.found_in("不用了谢")
    assert words.found_at("好的谢谢", 2)
    assert not words.found_at("好的谢谢", 1)
