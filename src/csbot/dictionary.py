"""jieba's dictionary without its tail, kept in a cache of csbot's own, so that it is there in milliseconds."""

from __future__ import annotations

import contextlib
import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jieba


def cache_directory() -> Path:
    """csbot's own cache directory of this user (``XDG_CACHE_HOME``), mode 0700; never a shared temporary path."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "csbot"
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    return base


RAREST = 4
"""Words that jieba's dictionary counts less often than this are left out. Its tail (200,000 words, counted 3 times) holds names
and terms that customers don't type, and reading it takes a second; a merchant's own words come from the user dictionary."""


@cache
def base_tokeniser() -> jieba.Tokenizer:
    """jieba's tokeniser over that dictionary, one for the whole process; to be copied, never changed."""
    import jieba

    tokeniser = jieba.Tokenizer()
    tokeniser.FREQ, tokeniser.total = _frequencies()
    tokeniser.initialized = True
    return tokeniser


def _frequencies() -> tuple[dict[str, int], int]:
    """jieba's prefix dictionary without its rarest words, from csbot's cache, made where it is absent or unreadable."""
    import jieba

    try:
        file = cache_directory() / f"jieba-{jieba.__version__}-{RAREST}.json"
    except (OSError, RuntimeError):  # no home, or one that can't be written to: no cache
        return _read_dictionary()
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        words = data["words"].split("\n")
        return dict(zip(words, data["counts"], strict=True)), int(data["total"])
    except (OSError, ValueError, KeyError, TypeError):
        counts, total = _read_dictionary()
    with contextlib.suppress(OSError):
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_text(
            json.dumps({"words": "\n".join(counts), "counts": list(counts.values()), "total": total}), encoding="utf-8"
        )
        temporary.replace(file)
    return counts, total


def _read_dictionary() -> tuple[dict[str, int], int]:
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
    return counts, total
