"""Workers that answer messages until they are killed; each forks from this process, which has done all that is slow.

Run as ``python handoff_worker.py URL KB``. Each line read, ``CUSTOMER STEP SECONDS``, is one worker. It dies before its STEP-th
beginning or end of a transaction (0: at none), or is killed SECONDS after its start (-1: never). Each line written is
``m0 TEXT`` (a reply that went out), ``steps N``, ``seconds S`` or, when the worker is gone, ``gone STATUS``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import zlib
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from csbot import Chatbot, KnowledgeBase, Session
from csbot.encoders.base import Progress, Vectors
from csbot.handoff import open_desk
from csbot.storage import open_store

SAID = ("发票怎么开", "转人工", "运费怎么算", "13800000001")
"""A question, the handoff, and what is written while nobody has taken it up."""


class Letters:
    """Counts of characters: the bundled encoder has threads, and they do not outlive a fork."""

    dimension = 32
    fingerprint = "letters-32"

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for letter in text:
                vectors[row, zlib.crc32(letter.encode()) % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


FAQS = (
    {"id": "invoice", "question": "发票怎么开", "answer": "在订单详情点“申请发票”。"},
    {"id": "fee", "question": "运费怎么算", "answer": "满 99 元包邮。"},
    {"id": "return", "question": "怎么退货", "answer": "签收后 7 天内申请。"},
)


def work(kb: KnowledgeBase, url: str, customer: str, dies_at: int) -> None:
    """Answer `SAID`, and say which replies went out."""
    began = time.monotonic()
    store, desk = open_store(url), open_desk(url)
    bot = Chatbot(kb, store=store, desk=desk)
    session = bot.session(customer)
    steps = 0

    def step(*_args: object) -> None:
        nonlocal steps
        steps += 1
        if steps == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("begin", "commit"):
        sa.event.listen(sa.engine.Engine, name, step)
    sa.event.listen(sa.pool.Pool, "checkin", step)
    for number, text in enumerate(SAID):
        tell(f"m{number} {bot.reply(session, text, message_id=f'm{number}').text}")
    tell(f"seconds {time.monotonic() - began}")
    tell(f"steps {steps}")


def tell(line: str) -> None:
    os.write(1, (line + "\n").encode())


def main(url: str, directory: str) -> None:
    kb = KnowledgeBase.load(directory, encoder=Letters())
    for text in SAID:
        Chatbot(kb).reply(Session(customer_id="warm"), text)  # dictionaries are read at first use
    for line in sys.stdin:
        customer, dies_at, seconds = line.split()
        pid = os.fork()
        if pid == 0:
            work(kb, url, customer, int(dies_at))
            os._exit(0)
        if float(seconds) >= 0:
            time.sleep(float(seconds))
            os.kill(pid, signal.SIGKILL)
        tell(f"gone {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")


if __name__ == "__main__":
    main(*sys.argv[1:])
