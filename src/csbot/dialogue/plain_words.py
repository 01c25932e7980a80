"""The words of a message and of an answer in one form, so that they can be compared: what says the same is written alike, what
says nothing is left out. The words are data, in ``data/asked_parts.yaml``. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from csbot.resources import load_yaml
from csbot.text import normalise

DATA = "asked_parts.yaml"
_TERMS = re.compile(r"[a-z0-9.]+|[\u4e00-\u9fff]+")


@cache
def data() -> dict[str, Any]:
    return load_yaml("csbot.dialogue.data", DATA)


def plain(text: str) -> str:
    """Normal form without spaces, with one form for words that say the same: 以后 and 后."""
    form = normalise(text).replace(" ", "")
    form = re.sub(data()["counted"], lambda found: str(data()["numerals"][found[0]]), form)
    for rule in data()["same"]:
        form = re.sub(rule["pattern"], rule["as"], form)
    return form


def terms_of(form: str) -> set[str]:
    """Pairs of hanzi, a hanzi that is left alone, and what is in Latin letters or digits, without the words that ask."""
    found: set[str] = set()
    for run in _TERMS.findall(re.sub(data()["no_matter"], " ", form)):
        found |= {run} if run.isascii() or len(run) == 1 else {run[i : i + 2] for i in range(len(run) - 1)}
    return found


def stands_in(term: str, form: str) -> bool:
    """Whether a sentence (plain form) has a word: 「发货」 is in 「未发货」 too, but 5 is not in 15."""
    if term.isascii():
        return re.search(rf"(?<![a-z0-9.]){re.escape(term)}(?![a-z0-9])", form) is not None
    return term in form


def pairs_of(form: str) -> set[str]:
    """Pairs of hanzi that say something, and what is in Latin letters."""
    runs = [run for run in _TERMS.findall(re.sub(data()["no_detail"], " ", form)) if len(run) > 1 or run.isascii()]
    latin = {run for run in runs if run.isascii() and not run.isdigit()}
    return {run[i : i + 2] for run in runs if not run.isascii() for i in range(len(run) - 1)} | latin
