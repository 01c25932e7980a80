"""jieba's dictionary without its tail, there in milliseconds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from csbot.caching import kept

if TYPE_CHECKING:
    import jieba

RAREST = 4
"""Words that jieba's dictionary counts less often than this are left out. Its tail (200,000 words, counted 3 times) holds names
and terms that customers don't type, and reading it takes a second; a merchant's own words come from the user dictionary."""


@cache
def base_tokeniser() -> jieba.Tokenizer:
    """jieba's tokeniser over that dictionary, one for the whole process; to be copied, never changed."""
    import jieba

    tokeniser = jieba.Tokenizer()
    read = kept("jieba", _read_dictionary, jieba.__version__)
    tokeniser.FREQ = dict(zip(read["words"].split("\n"), read["counts"], strict=True))
    tokeniser.total = read["total"]
    tokeniser.initialized = True
    return tokeniser


def _read_dictionary(_version: str) -> dict[str, Any]:
    """Counts of words, and 0 for every prefix of a word that is no word itself, as jieba's graph needs them."""
    import jieba

    counts: dict[str, int] = {}
    with jieba.get_dict_file() as lines:
        for line in lines:
            word, count, *_ = line.decode("utf-8").split(" ")
            if int(count) >= RAREST:
                counts[word] = int(count)
    total = sum(counts.values())
    for word in list(counts):
        for end in range(1, len(word)):
            counts.setdefault(word[:end], 0)
    return {"words": "\n".join(counts), "counts": list(counts.values()), "total": total}
