"""A writer killed at any instant leaves the old version or the new one, whole, and hinders no later writer.

Fifty times SIGKILL: thirty-eight at an update and its save (in a process forked from one with the imports done), twelve at the
real command ``csbot index``. Most fall into the phase of writing, whose length is measured first; some come before it.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from csbot import Faq, KnowledgeBase
from csbot.kb import manifests, publishing
from csbot.kb.export import write_faqs

UPDATES, INDEXINGS = 38, 12
EARLY = 5
"""Every so many kills one comes at a random instant before the writing."""
TOPICS = ("发货时间", "退货流程", "发票开具", "门锁电池", "上门测量", "分期付款", "安装预约", "会员积分")


def faqs_of(edition: str) -> list[Faq]:
    """Forty questions; the two editions differ in every answer, in some questions, and by one FAQ each."""
    faqs = [
        Faq(
            id=f"faq-{i}", question=f"{topic}是怎么规定的", answer=f"{edition}：{topic}的答案。",
            similar=(f"请说说{topic}", f"{topic}有什么要求", f"我想了解{topic}", f"{topic}{edition}有变化吗"),
        )
        for i, topic in enumerate(TOPICS)
    ]  # fmt: skip
    return faqs[:-1] if edition == "旧版" else faqs[1:]


OLD, NEW = faqs_of("旧版"), faqs_of("新版")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved knowledge base of the old edition; copied for each kill."""
    root = tmp_path_factory.mktemp("old") / "kb"
    KnowledgeBase.build(OLD).save(root)
    return root


@pytest.fixture(scope="module")
def new() -> KnowledgeBase:
    return KnowledgeBase.build(NEW)


@pytest.fixture(scope="module")
def writing_s(old: Path, new: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long the writing of a version takes here: the longest of three times."""
    times = []
    for i in range(3):
        root = shutil.copytree(old, tmp_path_factory.mktemp("timed") / str(i))
        started = time.monotonic()
        publishing.write(root, new.contents, encoder_name=None)
        times.append(time.monotonic() - started)
    return max(times)


def check(root: Path, new: KnowledgeBase) -> bool:
    """The knowledge base is the old or the new edition, whole, and can be written again; True for the new one."""
    kb = KnowledgeBase.load(root)
    assert list(kb.faqs) in (OLD, NEW)
    is_new = list(kb.faqs) == NEW
    topic = TOPICS[-1] if is_new else TOPICS[0]
    assert kb.contents.rank(f"{topic}是怎么规定的", None)[0].exact
    assert kb.version in {manifest.version for manifest in manifests.history(root)}
    KnowledgeBase(new.contents, new.encoder).save(root)
    assert list(KnowledgeBase.load(root).faqs) == NEW
    assert not [*(root / "versions").glob(".tmp-*"), *root.glob(".CURRENT-*")]
    return is_new


def update_and_save(root: str, started: Connection) -> None:
    multiprocessing.set_start_method("fork", force=True)  # tqdm's semaphore then has no name that a killed process leaks
    kb = KnowledgeBase.load(root)
    gone = {faq.id for faq in OLD} - {faq.id for faq in NEW}
    updated = kb.update(upsert=NEW, delete=gone)
    started.send("writing")
    updated.save(root)


def test_an_update_killed_at_any_instant_leaves_one_whole_version(
    old: Path, new: KnowledgeBase, writing_s: float, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["csbot.kb.knowledge_base", "bm25s", "faiss", "jieba", "onnxruntime", "opencc", "filelock"])
    rng, interrupted, outcomes = random.Random(0), 0, []
    for i in range(UPDATES):
        root = shutil.copytree(old, tmp_path / str(i))
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=update_and_save, args=(str(root), sender), daemon=True)
        child.start()
        sender.close()
        if i % EARLY:
            assert receiver.recv() == "writing"
            time.sleep(rng.uniform(0, 1.2 * writing_s))
        else:
            time.sleep(rng.uniform(0, 0.5))
        child.kill()
        child.join()
        interrupted += bool(list((root / "versions").glob(".tmp-*")))
        outcomes.append(check(root, new))
        shutil.rmtree(root)
    assert interrupted, "no kill fell into the writing"
    assert False in outcomes


def test_indexing_killed_at_any_instant_leaves_one_whole_version(
    old: Path, new: KnowledgeBase, writing_s: float, tmp_path: Path
) -> None:
    source = tmp_path / "faq.jsonl"
    write_faqs(NEW, source)
    rng, interrupted, outcomes = random.Random(1), 0, []
    for i in range(INDEXINGS):
        root = shutil.copytree(old, tmp_path / str(i))
        (root / "lock").unlink()  # it appears again when the writing begins
        command = [sys.executable, "-c", "from csbot.cli.main import main; main()", "index", str(source), "--out", str(root)]
        child = subprocess.Popen([*command, "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if i % EARLY:
            while not (root / "lock").exists():
                assert child.poll() is None, child.communicate()[1].decode()
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 1.2 * writing_s))
        else:
            time.sleep(rng.uniform(0, 1))
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        interrupted += bool(list((root / "versions").glob(".tmp-*")))
        outcomes.append(check(root, new))
        shutil.rmtree(root)
    assert interrupted, "no kill fell into the writing"
    assert False in outcomes
