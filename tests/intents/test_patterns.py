"""Patterns of how customers speak must not take for ever: a star over words, one of which is made of others, tries every way.

Each pattern that the sample conversations compile is searched in texts made of its own words, said again and again.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

COLLECT = """
import json, re, sys
import re as _re
found = {}
original = _re._compile
def recording(pattern, flags):
    compiled = original(pattern, flags)
    if isinstance(pattern, str) and any("\\u4e00" <= char <= "\\u9fff" for char in pattern):
        found[compiled.pattern] = compiled.flags
    return compiled
_re._compile = recording
from csbot import Chatbot, KnowledgeBase, Session
from csbot.dialogue.tasks import read_tasks
from csbot.intents.prefilter import compiled
from csbot.intents.signals import _kinds
root = sys.argv[1]
tasks = read_tasks(root + "/data/tasks")
handlers = {task.handler: (lambda slots, caller: None) for task in tasks if task.name != "order_progress"}
questions = "怎么退货 发票怎么开 运费谁出 保修几年 怎么付款".split()
faqs = [{"id": f"f{i}", "question": question, "answer": "好的"} for i, question in enumerate(questions)]
bot = Chatbot(KnowledgeBase.build(faqs), orders=root + "/data/orders.json", tasks=tasks, handlers=handlers)
for name in ("dialogues.jsonl", "dialogues_orders.jsonl", "tasks/dialogues.jsonl"):
    for line in open(f"{root}/data/{name}", encoding="utf-8"):
        session = Session(customer_id="c")
        for turn in json.loads(line)["turns"]:
            bot.reply(session, turn["user"])
for kind in _kinds().values():
    for part in (kind.shown, kind.unless, kind.before, kind.after):
        for _, source, _ in part._parts:
            compiled(source)
json.dump(list(found.items()), sys.stdout)
"""

TRY = """
import json, re, signal, sys
def late(*_):
    raise TimeoutError
signal.signal(signal.SIGPROF, late)
for pattern, flags, texts in json.load(sys.stdin):
    compiled = re.compile(pattern, flags & ~re.UNICODE)
    for text in texts:
        signal.setitimer(signal.ITIMER_PROF, 5)
        try:
            compiled.search(text)
        except TimeoutError:
            print(json.dumps([pattern[:200], text[:20]], ensure_ascii=False))
            break
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
"""


def python(code: str, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], input=stdin, capture_output=True, text=True, check=True)
    return done.stdout


def texts_of(pattern: str) -> list[str]:
    words = sorted(set(re.findall("[\u4e00-\u9fff]{1,4}", pattern)))
    rng = random.Random(0)
    repeated = [word * (90 // len(word)) + "x" for word in {*words, *"".join(words)}]
    return repeated + ["".join(rng.choice(words) for _ in range(60)) + "x" for _ in range(4)]


def test_no_pattern_is_slow_on_its_own_words() -> None:
    patterns = json.loads(python(COLLECT, str(ROOT)))
    assert len(patterns) > 1000
    slow = python(TRY, stdin=json.dumps([(source, flags, texts_of(source)) for source, flags in patterns]))
    assert slow == ""
