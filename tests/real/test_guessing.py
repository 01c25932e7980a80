"""Guessing at orders, as ``benchmarks/guessing.py`` does it ten thousand times: what is learned is nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from csbot import BotConfig, Chatbot, KnowledgeBase

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "guessing.py"
GUESSES = 300


@pytest.fixture(scope="module")
def guessing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("guessing", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def kb(guessing: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return guessing.lexical_kb(tmp_path_factory.mktemp("kb"))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def figures(guessing: ModuleType, kb: KnowledgeBase) -> dict[str, dict[str, Any]]:
    return {name: guessing.run_attack(kb, guesses) for name, guesses in guessing.attacks(GUESSES)}


def test_no_attack_is_shown_an_order_or_told_one_guess_from_another(figures: dict[str, dict[str, Any]]) -> None:
    assert len(figures) == 5
    for attack in figures.values():
        assert attack["guesses"] == GUESSES
        assert attack["orders_shown"] == 0
        assert attack["different_answers_before"] == 1
        assert attack["different_answers_after"] <= 1


def test_whoever_tries_a_customer_an_order_or_a_phone_again_and_again_is_stopped(figures: dict[str, dict[str, Any]]) -> None:
    stopped = {name: (attack["looked_up"], attack["stopped_at_guess"]) for name, attack in figures.items()}
    assert stopped == {
        "one customer, a phone known, every order id": (5, 5),
        "one customer, nothing known": (5, 5),
        "many customers, a phone known, every order id": (10, 11),
        "many customers, an order id known, every phone": (10, 11),
        "many customers, nothing known, half of the ids exist": (GUESSES, None),
    }


def test_the_attacks_would_have_been_shown_the_order_but_for_the_limits(guessing: ModuleType, kb: KnowledgeBase) -> None:
    limits = {"not_found_floor_s": 0.0, "lookup_limit": 50, "order_lookup_limit": 1000}
    for name, guesses in guessing.attacks(40):
        bot = Chatbot(kb, orders=guessing.Shop(40), config=BotConfig(orders=limits))
        shown = sum(answer.order is not None for answer in guessing.answer_all(bot, guesses))
        assert shown == ("known, every" in name), name
