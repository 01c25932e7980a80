"""Character pairs and their overlap: by hand, and the index against the sets that define it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from csbot.kb.pairs import PairIndex, bigrams, dice


def test_bigrams_and_their_overlap_by_hand() -> None:
    assert bigrams("退货") == {"退货"}
    assert bigrams("怎么退货") == {"怎么", "么退", "退货"}
    assert bigrams("退") == {"退"}
    assert dice(bigrams("怎么退货"), bigrams("退货")) == 2 * 1 / (3 + 1)
    assert dice(bigrams("退货"), bigrams("发票")) == 0
    assert dice(bigrams("退货"), bigrams("退货")) == 1
    assert dice(frozenset(), frozenset()) == 0


TEXTS = st.text(st.sampled_from("退货款发票a1😀\ud800\0"), max_size=8)


@given(TEXTS.filter(bool), st.lists(TEXTS, min_size=1, max_size=6))
def test_the_index_gives_the_overlap_of_the_sets(text: str, others: list[str]) -> None:
    rows = np.arange(len(others))
    expected = [dice(bigrams(text), bigrams(other)) for other in others]
    assert PairIndex(others).overlap(text, rows).tolist() == expected


def test_rows_are_asked_in_any_order() -> None:
    index = PairIndex(["怎么退货", "", "退", "退货"])
    assert index.overlap("退货", np.array([3, 0, 1])).tolist() == [1.0, 0.5, 0.0]
