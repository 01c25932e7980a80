"""Eight threads ask one Chatbot while another process publishes new versions: every reply is of one whole version."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from csbot import Chatbot, KnowledgeBase, Reply, Session

EDITIONS, THREADS = 8, 8
TOPICS = ("发货时间", "退货流程", "发票开具", "门锁电池", "上门测量", "分期付款", "安装预约", "会员积分", "运费标准")

PUBLISH = """
import json, sys, time
from csbot import KnowledgeBase
root, topics, editions = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
kb = KnowledgeBase.load(root)
for edition in range(1, editions + 1):
    rows = [
        {"id": f"faq-{i}", "question": f"{topic}是怎么规定的", "answer": f"第{edition}版：{topic}"}
        for i, topic in enumerate(topics) if i >= edition
    ]
    kb = kb.update(upsert=rows, delete=[f"faq-{edition - 1}"])
    print(json.dumps([kb.save(root), edition]), flush=True)
    time.sleep(0.2)
"""
"""Edition n answers with its number, and has lost the FAQs below n."""


@dataclass(frozen=True)
class Asked:
    """One reply: when it was asked for and when it came (`time.monotonic`), and the topic asked about."""

    started: float
    ended: float
    topic: int
    reply: Reply


def ask(bot: Chatbot, first: int, stop: threading.Event, asked: list[Asked], errors: list[BaseException]) -> None:
    number = first
    try:
        while not stop.is_set():
            topic = number % len(TOPICS)
            started = time.monotonic()
            reply = bot.reply(Session(customer_id=f"c{number}"), f"{TOPICS[topic]}是怎么规定的？")
            asked.append(Asked(started, time.monotonic(), topic, reply))
            number += 1
    except BaseException as error:
        errors.append(error)


def test_every_reply_is_of_one_version_and_no_deleted_faq_is_answered(tmp_path: Path) -> None:
    rows = [
        {"id": f"faq-{i}", "question": f"{topic}是怎么规定的", "answer": f"第0版：{topic}"} for i, topic in enumerate(TOPICS)
    ]
    editions = {KnowledgeBase.build(rows).save(tmp_path / "kb"): 0}
    bot = Chatbot(KnowledgeBase.load(tmp_path / "kb", reload_interval_s=0))
    stop, asked, errors = threading.Event(), [], []  # type: ignore[var-annotated]
    threads = [threading.Thread(target=ask, args=(bot, i, stop, asked, errors)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        command = [sys.executable, "-c", PUBLISH, str(tmp_path / "kb"), json.dumps(TOPICS), str(EDITIONS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    editions |= dict(json.loads(line) for line in done.stdout.splitlines())
    assert len(editions) == EDITIONS + 1
    assert errors == []
    last = bot.reply(Session(customer_id="last"), f"{TOPICS[-1]}是怎么规定的？")
    assert editions[last.trace.kb_version] == EDITIONS

    for one in asked:
        edition = editions[one.reply.trace.kb_version]
        if one.topic >= edition:
            assert one.reply.kind == "answer"
            assert one.reply.text == f"第{edition}版：{TOPICS[one.topic]}"
        else:
            assert one.reply.faq_id != f"faq-{one.topic}"
            assert TOPICS[one.topic] not in one.reply.text
        assert {f"faq-{i}" for i in range(edition)}.isdisjoint(candidate.faq_id for candidate in one.reply.candidates)

    newest, seen_by = 0, sorted(asked, key=lambda one: one.ended)
    position = 0
    for one in sorted(asked, key=lambda one: one.started):
        while seen_by[position].ended <= one.started:
            newest = max(newest, editions[seen_by[position].reply.trace.kb_version])
            position += 1
        assert editions[one.reply.trace.kb_version] >= newest, "an older version after a newer one was seen"
    assert len({one.reply.trace.kb_version for one in asked}) > EDITIONS // 2, "the readers followed hardly any version"
