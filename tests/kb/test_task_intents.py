"""Task intents are learnt from example utterances, which are data."""

from __future__ import annotations

import pytest

from csbot import KnowledgeBase
from csbot.kb.calibrate import shipped_rows
from csbot.kb.task_intents import INTENTS, MOST_QUESTIONS, TITLES, counter_questions, examples
from csbot.text import query_form


@pytest.mark.parametrize("name", [*INTENTS, *(f"not_{name}" for name in INTENTS)])
def test_examples_are_distinct_query_forms(name: str) -> None:
    found = examples(name)
    assert len(found) >= 20
    assert len(set(found)) == len(found)
    assert [query_form(text) for text in found] == found
    assert not any(text.startswith("#") for text in found)


def test_no_utterance_is_an_example_of_two_things() -> None:
    sets = {name: set(examples(name)) for name in (*INTENTS, *(f"not_{name}" for name in INTENTS))}
    assert sets["order_progress"] & sets["human_handoff"] == set()
    assert all(sets[name] & sets[f"not_{name}"] == set() for name in INTENTS)


def test_counter_examples_are_questions_that_ask_for_no_progress() -> None:
    row = {"question": "标准问", "formal": ["正式"], "colloquial": ["口语"]}
    rows = [row | {"intent": "refund"}, row | {"intent": "order_status", "question": "订单到哪了"}, {"near_oos": ["界外"]}]
    assert sorted(counter_questions(rows)) == ["口语", "标准问", "正式", "界外"]
    assert len(counter_questions([row | {"intent": "refund"}] * MOST_QUESTIONS)) == MOST_QUESTIONS
    assert counter_questions(shipped_rows()) == counter_questions(shipped_rows())


def test_the_shipped_heads_tell_plain_wishes_from_plain_questions(small_kb: KnowledgeBase) -> None:
    texts = ["转人工", "帮我查一下我的订单到哪了", "发票怎么开"]
    vectors = small_kb.encode(texts)
    assert vectors is not None
    human, order, neither = (small_kb.contents.intents(vector) for vector in vectors)
    assert set(human) == set(INTENTS) == set(TITLES)
    assert human["human_handoff"] > max(order["human_handoff"], neither["human_handoff"])
    assert order["order_progress"] > max(human["order_progress"], neither["order_progress"])
    assert small_kb.contents.intents(None) == {}
