"""A thousand conversations with everything personal in them, through the bot to the desk and to a merchant's own system: what
is written down on the way shows nothing of it, and sentences that are harmless stay as they are."""

from __future__ import annotations

import logging
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from receiver import receiving

from csbot import Chatbot, KnowledgeBase
from csbot.handoff import open_desk
from csbot.handoff.chatwoot_note import note_of
from csbot.handoff.routing_table import default_table
from csbot.handoff.webhook import Webhook
from csbot.privacy import mask
from csbot.storage import MemoryStore
from test_privacy_generated import AROUND, HARMLESS, KINDS, Value, readable

BATCH = 250
BATCHES = 4 if os.environ.get("CSBOT_LONG_TESTS") else 1
"""All thousand take 100 s of processor time; a quarter of them is in every run, in which the kinds of values all come."""
HOTLINES = ("12300",)
"""Numbers of authorities, which a number plate may end with: the words of a threat of complaint, and nobody's own."""
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
DOUBLE = ("欧阳", "司马", "诸葛", "上官")
GIVEN = ("伟", "芳", "娜", "秀英", "建平", "晓燕", "文博", "志强", "丽华", "子涵", "浩然", "雨桐", "国庆", "海波")
NAMED = (
    "我叫{}", "我的名字是{}", "姓名：{}", "收货人是{}", "收件人：{}", "联系人{}，麻烦查一下", "我叫{}，帮我看看", "名字叫{}",
)  # fmt: skip


def person(rng: random.Random) -> Value:
    """A name as customers give it."""
    name = (rng.choice(DOUBLE) if rng.random() < 0.1 else rng.choice(SURNAMES)) + rng.choice(GIVEN)
    return Value(rng.choice(NAMED).format(name), words=(name,))


def conversation(number: int) -> tuple[list[str], list[tuple[str, Value]]]:
    """Messages of one customer with four values in them, of kinds taken in turn; the last calls for a human.

    One in five customers says it in two messages: the first is then in what the bot has tried, too.
    """
    rng = random.Random(number)
    kinds = [list(KINDS)[number % len(KINDS)], *rng.choices(list(KINDS), k=2)]
    first, second, third = ((kind, KINDS[kind](rng)) for kind in kinds)
    named = person(rng)
    said = [
        f"{named.written}。{rng.choice(AROUND).format(first[1].written)}",
        f"转人工，{rng.choice(AROUND).format(second[1].written)}，{rng.choice(AROUND).format(third[1].written)}",
    ]
    return said if number % 5 == 0 else ["。".join(said)], [("name", named), first, second, third]


IDS = {"id", "ticket_id", "session_id", "customer_id", "key", "kb_version", "encoder"}
TIMES = {"at", "created", "first_contact", "on_site", "resolve"}


def texts_in(data: Any) -> Iterator[str]:
    """Every string in JSON data but ids and times, each by itself: digits of two of them make no number."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for one in data:
            yield from texts_in(one)
    elif isinstance(data, dict):
        for name, one in data.items():
            if name not in IDS and name not in TIMES:
                yield from texts_in(one)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_in_1000_conversations_nothing_personal_is_written_down(
    small_kb: KnowledgeBase, batch: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="csbot")
    url = f"sqlite:///{tmp_path}/csbot.db"
    desk, store = open_desk(url), MemoryStore()
    bot = Chatbot(small_kb, desk=desk, store=store, routing=default_table().model_copy(update={"hours": None}))
    values: dict[str, list[tuple[str, Value]]] = {}
    written: dict[str, dict[str, list[str]]] = {}
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        session = bot.session(f"u{number}")
        said, values[session.id] = conversation(number)
        replies = [bot.reply(session, text) for text in said]
        ticket = desk.of_session(session.id)
        assert ticket is not None, said
        written[session.id] = {
            "trace": list(texts_in([reply.trace.model_dump(mode="json") for reply in replies])),
            "ticket": list(texts_in(ticket.model_dump(mode="json"))) + [message.text for message in desk.messages(ticket.id)],
            "chatwoot": note_of(ticket).split("\n"),
            "log": [],
            "webhook": [],
        }
    for event in store.events():
        written[event.session_id]["log"] += texts_in(event.model_dump(mode="json"))
    with receiving() as receiver:
        webhook = Webhook(desk, url, receiver.url, "secret")
        while webhook.forward().arrived:
            pass
        webhook.close()
        for posted in receiver.taken:
            written[posted.json["session_id"]]["webhook"] += texts_in(posted.json)
    shown, seen = Counter[str](), Counter[tuple[str, str]]()
    leaks = []
    for session_id, places in written.items():
        for kind, value in values[session_id]:
            shown[kind] += 1
            for place, texts in places.items():
                assert texts, place
                if left := [text for text in texts if text not in HOTLINES and readable(text, value)]:
                    leaks.append((place, kind, value.written, left[0]))
                    seen[place, kind] += 1
    print(f"\nvalues: {dict(shown)}, readable: {dict(seen)}")
    assert leaks == []
    assert not any(value.written in caplog.text for known in values.values() for _, value in known)
    desk.close()


def test_false_masks_are_few() -> None:
    sentences = [sentence for line in HARMLESS.split("\n") for sentence in line.split("|") if sentence]
    wrong = [(sentence, mask(sentence)) for sentence in sentences if mask(sentence) != sentence]
    print(f"{len(wrong)} of {len(sentences)} harmless sentences masked: {wrong}")
    assert len(wrong) < len(sentences) / 100
