"""Wording: every occasion has words, and the bot never says the same thing twice in a row."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

import csbot
from csbot.dialogue.order_progress import SLOTS
from csbot.dialogue.wording import say
from csbot.resources import load_yaml

REPLIES = load_yaml("csbot.dialogue.data", "replies.yaml")
PACKAGE = Path(csbot.__file__).parent
ADDED_TO_OTHERS = {"clarify_end", "resume_pick", *(f"resume_{slot}" for slot in SLOTS)}
"""Said at the end of a reply that changes anyhow."""


def used() -> set[str]:
    """Keys that the code asks for: literal ones, and those put together from slots and kinds of courtesy."""
    sources = [PACKAGE / "bot.py", *(PACKAGE / "dialogue").glob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    literal = set(re.findall(r'wording(?: or|=)\s*"(\w+)"|say\("(\w+)"', code))
    kinds = load_yaml("csbot", "courtesy.yaml")["whole"]
    made = {f"{start}_{slot}" for start in ("ask", "invalid", "resume") for slot in SLOTS} | {f"smalltalk_{k}" for k in kinds}
    return {a or b for a, b in literal} - {"order_status"} | made


def test_every_occasion_in_the_code_has_its_words() -> None:
    assert {"fallback", "clarify", "handoff", "order_not_found"} <= used()
    assert used() - set(REPLIES) == set()


@pytest.mark.parametrize("key", sorted(set(REPLIES) - ADDED_TO_OTHERS))
def test_no_wording_comes_twice_in_a_row(key: str) -> None:
    said = [say(key, turn) for turn in range(12)]
    assert all(one != following for one, following in pairwise(said))


@pytest.mark.parametrize("key", sorted(REPLIES))
def test_all_wordings_of_an_occasion_differ_and_get_their_turn(key: str) -> None:
    assert len(set(REPLIES[key])) == len(REPLIES[key])
    assert {say(key, turn) for turn in range(12)} == set(REPLIES[key])


@pytest.mark.parametrize("key", sorted(REPLIES))
def test_no_wording_is_blank_or_has_an_unfilled_place(key: str) -> None:
    assert all(text.strip() and not re.search(r"[{}<>]", text) for text in REPLIES[key])


def test_an_occasion_without_words_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("no_such_occasion", 0)
