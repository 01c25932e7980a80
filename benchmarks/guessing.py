"""Guessing at orders: what ten thousand guesses learn, where they are stopped, and whether time tells what words do not.

python benchmarks/guessing.py --out benchmarks/results/guessing.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from csbot import BotConfig, Chatbot, KnowledgeBase, Session
from csbot.encoders.onnx import OnnxEncoder
from csbot.models import Order, OrderQuery, Reply
from csbot.orders.base import OrderBackend
from csbot.orders.demo import DEMO_MAPPING, to_sqlite
from csbot.orders.sql import SqlOrders

CUSTOMER_LIMIT, ORDER_LIMIT = BotConfig().orders.lookup_limit, BotConfig().orders.order_lookup_limit


class Guess(NamedTuple):
    customer_id: str
    order_id: str
    phone: str


class Answer(NamedTuple):
    """All that a customer can see of a reply, and the rule."""

    text: str
    kind: str
    slot: str | None
    order: Order | None
    options: tuple[str, ...]
    rule: str


class Shop:
    """``size`` orders. It finds by order id alone, so that whose an order is, is for csbot to see.

    :param slower_s: by how much an order that is there takes longer to find.
    """

    def __init__(self, size: int, slower_s: float = 0.0) -> None:
        self.slower_s = slower_s
        self.orders = [
            Order(order_id=order_id(n), phone=phone(n), name="林晓燕", status="已发货", items=["衣柜"]) for n in range(size)
        ]
        self._by_id = {order.order_id: order for order in self.orders}
        self.asked = 0

    def find(self, query: OrderQuery, timeout_s: float) -> Sequence[Order]:
        self.asked += 1
        order = self._by_id.get(query.order_id or "")
        if order and self.slower_s:
            time.sleep(self.slower_s)
        return [order] if order else []


def order_id(number: int) -> str:
    return f"QH20261{number:07}"


def phone(number: int) -> str:
    return f"139{number:08}"


def lexical_kb(directory: Path) -> KnowledgeBase:
    """A knowledge base without an encoder: order ids and phones are read all the same, and a message takes little time."""
    kb = KnowledgeBase.build([{"id": "ship", "question": "多久发货", "answer": "48 小时内。"}])
    kb = KnowledgeBase(kb.contents, OnnxEncoder(directory / "no encoder"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        kb.encode(["你好"])
    return kb


def attacks(size: int) -> Iterator[tuple[str, list[Guess]]]:
    """``size`` guesses each at a shop with ``size`` orders; the right one comes when the limit has been reached."""
    numbers = random.Random(0).sample(range(size), size)
    victim = numbers[-1]
    one, many = ["one"] * size, [f"customer-{i}" for i in range(size)]
    known_phone = [(order_id(n), phone(victim)) for n in numbers]
    known_id = [(order_id(victim), phone(n)) for n in numbers]
    nothing = [(order_id(2 * n), phone(50_000_000 + n)) for n in numbers]
    for name, customers, tried in (
        ("one customer, a phone known, every order id", one, known_phone),
        ("one customer, nothing known", one, nothing),
        ("many customers, a phone known, every order id", many, known_phone),
        ("many customers, an order id known, every phone", many, known_id),
        ("many customers, nothing known, half of the ids exist", many, nothing),
    ):
        yield name, [Guess(customer, *pair) for customer, pair in zip(customers, tried, strict=True)]


def answer_all(bot: Chatbot, guesses: Sequence[Guess]) -> list[Answer]:
    """What each guess gets, in a session of its own."""

    def seen(reply: Reply) -> Answer:
        options = tuple(option.question for option in reply.candidates)
        return Answer(reply.text, reply.kind, reply.slot, reply.order, options, reply.trace.rule)

    return [seen(bot.reply(Session(customer_id=guess.customer_id), f"{guess.order_id} {guess.phone}")) for guess in guesses]


def run_attack(kb: KnowledgeBase, guesses: Sequence[Guess]) -> dict[str, Any]:
    """Figures of one attack on a new bot with the default limits."""
    shop = Shop(len(guesses))
    bot = Chatbot(kb, orders=shop, config=BotConfig(orders={"not_found_floor_s": 0.0}))
    answers = answer_all(bot, guesses)
    stopped = next((i for i, answer in enumerate(answers) if answer.rule == "lookup_limit"), None)
    before, after = answers[:stopped], answers[len(answers) if stopped is None else stopped :]
    return {
        "guesses": len(guesses),
        "looked_up": shop.asked,
        "orders_shown": sum(answer.order is not None for answer in answers),
        "stopped_at_guess": None if stopped is None else stopped + 1,
        "different_answers_before": len(set(before)),
        "different_answers_after": len(set(after)),
    }


def time_both(bot: Chatbot, size: int, count: int) -> dict[str, float]:
    """Times of guesses at others' orders and at orders that are not there, in turn; how well one tells them apart."""
    rng = random.Random(1)
    times: dict[bool, list[float]] = {True: [], False: []}
    for i in range(-20, count):
        for exists in rng.sample((True, False), 2):
            number = rng.randrange(size) + (0 if exists else size)
            session, text = Session(customer_id=f"{i}-{exists}"), f"{order_id(number)} {phone(60_000_000 + 2 * i + exists)}"
            started = time.perf_counter()
            reply = bot.reply(session, text)
            elapsed = time.perf_counter() - started
            assert reply.trace.rule == "order_not_found", reply.trace.rule
            if i >= 0:
                times[exists].append(1000 * elapsed)
    theirs, absent = np.array(times[True]), np.array(times[False])
    auc = float((theirs[:, None] > absent).mean() + (theirs[:, None] == absent).mean() / 2)
    percentiles = {
        f"{name}_p{p}_ms": round(float(np.percentile(values, p)), 3)
        for name, values in (("not_yours", theirs), ("not_found", absent))
        for p in (1, 50, 99)
    }
    return percentiles | {"told_apart_auc": round(auc, 3)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--guesses", type=int, default=10_000)
    parser.add_argument("--timed", type=int, default=1000, help="pairs of look-ups timed")
    options = parser.parse_args()
    result: dict[str, Any] = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "hardware": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "limits": {"customer": CUSTOMER_LIMIT, "order": ORDER_LIMIT},
    }
    with tempfile.TemporaryDirectory() as directory:
        kb = lexical_kb(Path(directory))
        result["attacks"] = {name: run_attack(kb, guesses) for name, guesses in attacks(options.guesses)}
        shop = Shop(options.guesses)
        sql = SqlOrders(f"sqlite:///{to_sqlite(shop.orders, Path(directory) / 'orders.db')}", DEMO_MAPPING)
        result["times"] = {}
        backends: dict[str, OrderBackend] = {
            "a shop that finds by id alone": shop,
            "a shop that takes 5 ms longer for orders that exist": Shop(options.guesses, slower_s=0.005),
            "SqlOrders, SQLite": sql,
        }
        for name, backend in backends.items():
            for floor in (0.0, BotConfig().orders.not_found_floor_s):
                bot = Chatbot(kb, orders=backend, config=BotConfig(orders={"not_found_floor_s": floor}))
                result["times"][f"{name}, floor {floor} s"] = time_both(bot, options.guesses, options.timed)
        sql.close()
    printed = json.dumps(result, ensure_ascii=False, indent=2)
    print(printed)
    if options.out:
        options.out.write_text(printed + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
