"""Wording: every occasion has words, and the bot never says the same thing twice in a row."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from handmade import FAULT

import csbot
from csbot.dialogue.state import State
from csbot.dialogue.tasks import CONFIRM, declared, order_task
from csbot.dialogue.wording import outcome, say, word
from csbot.models import CHINA, Action, Candidate
from csbot.resources import load_yaml

REPLIES = load_yaml("csbot.dialogue.data", "replies.yaml")
PACKAGE = Path(csbot.__file__).parent
PARTS = {"clarify_end", "resume_pick", "resume_slot", "resume_confirm", "left_open"}
"""Said as a part of a reply that changes anyhow."""
OF_THE_TASK = {"ask", "invalid", "done", "failed"}
"""Worded by the declaration of the task."""
FILLED = {
    *("resume_slot", "clarify_one", "told_again", "told_part", "also", "done_again", "other_key", "question_unanswered"),
    *("told_in_lines", "tentative"),
    *("answer_failed", "forgone", "account_added", "parts_left"),
    *("slot_explained", "slot_lacked", "slot_refused", "not_on_record"),
}
"""With places that are filled in."""
NOW = datetime(2026, 11, 22, 14, 30, tzinfo=CHINA)
TASKS = declared([FAULT])
KNOWN = {"product": "智能门锁", "fault": "打不开", "phone": "13800000001", "address": "文一路8号"}


def keys_in(source: str) -> Iterator[str]:
    """What is given as ``wording=``, assigned to ``words`` or said outright."""
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            named = any(isinstance(target, ast.Name) and target.id == "words" for target in node.targets)
            parts = [node.value] if named else []
        elif isinstance(node, ast.keyword) and node.arg == "wording":
            parts = [node.value]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "_at_the_limit"):
            parts = node.args[:1]
        for part in parts:
            branches = [part.body, part.orelse] if isinstance(part, ast.IfExp) else [part]
            found = (leaf for branch in branches for leaf in ast.walk(branch) if isinstance(leaf, ast.Constant))
            yield from (leaf.value for leaf in found if isinstance(leaf.value, str) and leaf.value)


def used() -> set[str]:
    """Keys that the code asks for, and those of the kinds of courtesy."""
    sources = [PACKAGE / "orders/lookup.py", PACKAGE / "handlers.py", *(PACKAGE / "dialogue").glob("*.py")]
    keys = {key for path in sources for key in keys_in(path.read_text(encoding="utf-8"))}
    return (keys - OF_THE_TASK - {"order_id", "wording"}) | {
        f"smalltalk_{kind}" for part in ("whole", "shapes") for kind in load_yaml("csbot", "courtesy.yaml")[part]
    }


def test_every_occasion_in_the_code_has_its_words_and_no_words_are_left_over() -> None:
    assert {key for key in used() if key not in REPLIES} == set()
    assert set(REPLIES) - used() == set()


@pytest.mark.parametrize("key", sorted(set(REPLIES) - PARTS))
def test_no_wording_comes_twice_in_a_row(key: str) -> None:
    said = [say(key, turn) for turn in range(12)]
    assert all(one != following for one, following in pairwise(said))


@pytest.mark.parametrize("key", sorted(REPLIES))
def test_all_wordings_of_an_occasion_differ_and_get_their_turn(key: str) -> None:
    assert len(set(REPLIES[key])) == len(REPLIES[key])
    assert {say(key, turn) for turn in range(12)} == set(REPLIES[key])


@pytest.mark.parametrize("key", sorted(set(REPLIES) - FILLED))
def test_no_wording_is_blank_or_has_an_unfilled_place(key: str) -> None:
    assert all(text.strip() and not re.search(r"[{}<>]", text) for text in REPLIES[key])


def test_an_occasion_without_words_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("no_such_occasion", 0)


def asked(times: int, slot: str, wording: str = "ask", *, turns: int = 0) -> str:
    state = State(turns=turns, task=FAULT.name, asks={slot: times})
    action = Action(kind="ask_slot", rule="r", task=FAULT.name, slot=slot, slots=KNOWN, wording=wording)
    return word(state, action, TASKS, "", NOW)


@pytest.mark.parametrize("slot", [*(slot.name for slot in FAULT.slots), CONFIRM])
def test_a_slot_is_never_asked_for_twice_in_the_same_words_however_many_turns_lie_between(slot: str) -> None:
    assert asked(0, slot, turns=0) != asked(1, slot, turns=2)


def test_a_choice_is_asked_for_with_its_values_by_number() -> None:
    assert "1. 智能门锁\n2. 橱柜" in asked(0, "product")


def test_a_slot_that_was_given_wrongly_is_asked_for_in_words_that_say_so() -> None:
    assert asked(1, "phone", "invalid") in FAULT.slots[2].invalid


def test_before_a_task_is_done_everything_is_read_back_with_dates_in_words() -> None:
    slots = KNOWN | {"wished_time": "2026-11-23", "wished_time_said": "明天上午"}
    state = State(task=FAULT.name)
    said = word(
        state, Action(kind="ask_slot", rule="r", task=FAULT.name, slot=CONFIRM, slots=slots, wording="ask"), TASKS, "", NOW
    )
    for line in ("产品：智能门锁", "故障：打不开", "电话：13800000001", "地址：文一路8号", "上门时间：明天（明天上午）"):
        assert line in said


@pytest.mark.parametrize(("said", "shown"), [("都行", "都行"), ("", "不限")])
def test_a_slot_left_open_is_read_back_as_the_customer_left_it(said: str, shown: str) -> None:
    slots = KNOWN | {"wished_time": "", "wished_time_said": said}
    action = Action(kind="ask_slot", rule="r", task=FAULT.name, slot=CONFIRM, slots=slots, wording="ask")
    assert f"上门时间：{shown}" in word(State(task=FAULT.name), action, TASKS, "", NOW)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("师傅明天到", "师傅明天到"), ({"receipt": "BX1"}, "单号 BX1"), ({"receipt": 7}, "单号 7"), ({"other": 1}, None),
        (None, None),
        ({}, None), (3, None), ("  ", None), ({"receipt": ""}, None), ({"receipt": None}, None),
    ],
)  # fmt: skip
def test_what_a_task_came_to_is_told_with_the_result_or_in_general_words(result: object, text: str | None) -> None:
    said = outcome(FAULT, KNOWN, result, 0, NOW)
    assert said in REPLIES["task_done"] if text is None else text in said
    assert not re.search(r"[{}]", said)


def test_what_a_customer_says_is_never_taken_for_a_place_to_fill_in() -> None:
    slots = KNOWN | {"fault": "{phone} {0} {"}
    assert "{phone} {0} {" in word(
        State(), Action(kind="ask_slot", rule="r", task=FAULT.name, slot=CONFIRM, slots=slots, wording="ask"), TASKS, "", NOW
    )


@pytest.mark.parametrize(("task", "slot", "ending"), [
    (FAULT, "address", "地址"), (order_task(), "name", "收货人姓名"), (FAULT, CONFIRM, "「确认」"),
])  # fmt: skip
def test_after_an_answer_in_between_the_task_says_what_it_still_needs(task: object, slot: str, ending: str) -> None:
    faq = Candidate(faq_id="a", question="q", score=1, confidence=1)
    action = Action(kind="answer", rule="faq_in_task", candidate=faq, task=task.name, slot=slot)  # type: ignore[attr-defined]
    said = word(State(task=action.task, asked=slot), action, TASKS, "满 99 元包邮。", NOW)
    assert said.startswith("满 99 元包邮。")
    assert ending in said


def test_a_tentative_answer_says_first_which_question_it_is_the_answer_to() -> None:
    guess = Candidate(faq_id="fee", question="安装怎么收费？", score=0.4, confidence=0.4, matched="安装怎么收费")
    said = word(State(), Action(kind="answer", rule="tentative", candidate=guess), TASKS, "安装免费。", NOW)
    first, _, rest = said.partition("\n")
    assert "“安装怎么收费”" in first
    assert rest == "安装免费。"
