"""`evaluate`: run cases and dialogues through a bot as customers would, and measure."""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import metadata
from typing import Any

from csbot.bot import Chatbot
from csbot.config import BotConfig
from csbot.encoders.base import Progress, Vectors
from csbot.errors import InputError
from csbot.evaluation.cases import Case, Dialogue, read_cases, read_dialogues
from csbot.evaluation.metrics import Outcome, TurnOutcome, case_indicators, dialogue_indicators
from csbot.evaluation.report import EvalReport, Versions, by_category, by_faq, by_tag, confusions
from csbot.intents.matters import matter_of
from csbot.intents.slots import read_slots
from csbot.kb.contents import Contents
from csbot.kb.knowledge_base import KnowledgeBase
from csbot.kb.progress import progress_bar
from csbot.models import Session

PORTION = 256
"""Cases encoded and answered at a time: enough for the encoder to batch texts of one length, few enough for a lively bar."""


def evaluate(
    bot: Chatbot | KnowledgeBase,
    cases: str | os.PathLike[str] | Sequence[Case] | None = None,
    dialogues: str | os.PathLike[str] | Sequence[Dialogue] | None = None,
    *,
    workers: int = 1,
    seed: int = 0,
    known_faqs: Collection[str] = (),
    progress: bool | Progress = False,
) -> EvalReport:
    """Measure a bot on labelled cases and dialogues.

    Each case is the first message of a new customer; each dialogue is one session. What is measured is what `Chatbot.reply`
    says; only the encoding is done for many cases together.

    :param bot: a bot, or a knowledge base (then with default settings and without orders).
    :param cases: a ``.jsonl`` file or `Case` objects. :param dialogues: the same with `Dialogue`.
    :param workers: threads that reply; worth it where an order system answers slowly.
    :param seed: of the bootstrap intervals.
    :param known_faqs: FAQs that the knowledge base once had: a case that expects one counts as wrong instead of being refused.
    :param progress: True prints a bar; or a function called with (done, total) over cases and dialogues.
    :raises InputError: neither is given, a file is wrong, or a case expects an FAQ that the knowledge base hasn't (so does a
        dialogue that is read from a file).
    """
    if cases is None and dialogues is None:
        raise InputError("请提供 cases 或 dialogues | give cases or dialogues")
    if workers < 1:
        raise InputError(f"workers 须 ≥ 1，得到 {workers} | workers must be at least 1")
    started = time.perf_counter()
    chatbot = bot if isinstance(bot, Chatbot) else Chatbot(bot)
    there = {*(faq.id for faq in chatbot.kb.contents.faqs), *known_faqs}
    labelled, spoken = _load(cases, read_cases, there), _load(dialogues, read_dialogues, there)
    missing = _missing_faqs(chatbot, labelled, known_faqs)
    with progress_bar(progress if labelled or spoken else False, "评测 evaluating") as report, _threads(workers) as each:
        total = len(labelled) + len(spoken)
        tick = (lambda done: report(done, total)) if report else None
        outcomes = run_cases(chatbot, labelled, tick, each)
        talks = each(lambda dialogue: run_dialogue(chatbot, dialogue), spoken)
        if tick:
            tick(total)
    turns = [turn for talk in talks for turn in talk]
    contents = chatbot.kb.contents
    titles = {faq.id: (faq.question, faq.category) for faq in contents.faqs}
    return EvalReport(
        indicators=case_indicators(outcomes, seed=seed) | dialogue_indicators(turns),
        by_tag=by_tag(outcomes, seed),
        by_category=by_category(outcomes, {faq.id: faq.category for faq in contents.faqs}, seed),
        by_faq=by_faq(outcomes, titles),
        confusions=confusions(outcomes),
        errors=[_case_error(o) for o in outcomes if not o.right] + [_turn_error(t) for t in turns if not t.right],
        outcomes=outcomes,
        turns=turns,
        versions=_versions(chatbot, contents, labelled, spoken, seed),
        missing_faqs=missing,
        degraded=chatbot.kb.degraded,
        seconds=round(time.perf_counter() - started, 3),
    )


@contextmanager
def _threads(workers: int) -> Iterator[Any]:
    """A function that maps in order, over ``workers`` threads."""
    if workers == 1:
        yield lambda work, items: [work(item) for item in items]
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="csbot-eval") as pool:
        yield lambda work, items: list(pool.map(work, items))


def matters(bot: Chatbot, cases: Sequence[Case]) -> list[str]:
    """What is to be encoded of each message: `Chatbot.reply_encoded` takes its vector."""
    spelled, patterns = bot.kb.contents.spelled, bot.config.orders.order_id_patterns
    return [spelled(matter_of(case.text, read_slots(case.text, order_id=patterns).found)) for case in cases]


def run_cases(
    bot: Chatbot, cases: Sequence[Case], tick: Callable[[int], None] | None = None, each: Any = None
) -> list[Outcome]:
    """One reply per case, each in a session of its own, in the order of ``cases``; the texts are encoded together.

    :param tick: called with the number of cases done. :param each: maps a function over a sequence, default in turn.
    """
    margin = bot.config.bands.ambiguity_margin
    forms = matters(bot, cases)
    order = sorted(range(len(cases)), key=lambda i: (len(forms[i]), forms[i]))  # the same batches for any order of the cases
    outcomes: dict[int, Outcome] = {}

    def answer(job: tuple[int, Vectors | None]) -> Outcome:
        i, vector = job
        reply = bot.alone().reply_encoded(Session(customer_id=_stranger()), cases[i].text, vector)
        return Outcome.of(cases[i], reply, margin)

    portions = [order[start : start + PORTION] for start in range(0, len(order), PORTION)]
    ahead = ThreadPoolExecutor(1, thread_name_prefix="csbot-encode")  # it encodes while the replies before are made
    try:
        made = [ahead.submit(bot.kb.encode, [forms[i] for i in rows]) for rows in portions]
        for rows, vectors in zip(portions, (one.result() for one in made), strict=True):
            jobs = [(i, None if vectors is None else vectors[k]) for k, i in enumerate(rows)]
            outcomes.update(zip(rows, each(answer, jobs) if each else map(answer, jobs), strict=True))
            if tick:
                tick(len(outcomes))
    finally:
        ahead.shutdown(cancel_futures=True)
    return [outcomes[i] for i in range(len(cases))]


def run_dialogue(bot: Chatbot, dialogue: Dialogue) -> list[TurnOutcome]:
    """All turns in one session of a new customer; nothing is written to the bot's store of sessions."""
    session, alone = Session(customer_id=_stranger()), bot.alone()
    return [TurnOutcome.of(dialogue, i, alone.reply_encoded(session, turn.user, None)) for i, turn in enumerate(dialogue.turns)]


def _stranger() -> str:
    """A customer whom the bot has never met: what an earlier evaluation did must not count against this one."""
    return f"eval-{uuid.uuid4().hex}"


def _load(source: Any, read: Any, faq_ids: Collection[str]) -> list[Any]:
    if source is None:
        return []
    return read(source, faq_ids) if isinstance(source, (str, os.PathLike)) else list(source)


def _missing_faqs(bot: Chatbot, cases: Sequence[Case], once: Collection[str]) -> list[str]:
    """FAQs expected and gone. :raises InputError: some were never there."""
    known = {faq.id for faq in bot.kb.contents.faqs}
    missing = sorted({c.expect.faq_id for c in cases if c.expect.faq_id is not None} - known)
    unknown = [faq_id for faq_id in missing if faq_id not in once]
    if unknown:
        shown = "、".join(unknown[:5]) + ("…" if len(unknown) > 5 else "")
        raise InputError(
            f"用例期望的 {len(unknown)} 个 faq_id 不在知识库中：{shown} | expected FAQs are not in the knowledge base"
        )
    return missing


def _versions(bot: Chatbot, contents: Contents, cases: Sequence[Case], dialogues: Sequence[Dialogue], seed: int) -> Versions:
    policy = bot.policy(contents, bot.kb.degraded)
    knowledge = [faq.model_dump_json() for faq in contents.faqs]
    return Versions(
        csbot=metadata.version("csbot-zh"),
        kb=contents.version,
        knowledge=_digest(*knowledge, contents.lexicon.model_dump_json(), contents.calibration.model_dump_json()),
        encoder=contents.encoder_fingerprint,
        config=_config_digest(bot.config),
        cases=_digest(*sorted(row.model_dump_json() for row in (*cases, *dialogues))),
        answer=policy.answer,
        clarify=policy.clarify,
        seed=seed,
    )


def _config_digest(config: BotConfig) -> str:
    return _digest(json.dumps(config.model_dump(mode="json"), sort_keys=True))


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()[:16]


def _case_error(outcome: Outcome) -> dict[str, Any]:
    return {
        "text": outcome.case.text,
        "expect": outcome.case.expect.model_dump(exclude_defaults=True),
        "tags": list(outcome.case.tags),
        "kind": outcome.kind,
        "faq_id": outcome.faq_id,
        "rank": outcome.rank,
        "confidence": outcome.confidence,
        "trace": _dump(outcome.trace),
    }


def _turn_error(turn: TurnOutcome) -> dict[str, Any]:
    return {
        "dialogue": turn.dialogue,
        "turn": turn.turn,
        "text": turn.user,
        "expect": turn.expect.model_dump(exclude_none=True),
        "kind": turn.kind,
        "faq_id": turn.faq_id,
        "slot": turn.slot,
        "order_id": turn.order_id,
        "trace": _dump(turn.trace),
    }


def _dump(trace: Any) -> dict[str, Any] | None:
    """The trace but for the time it took, which differs from run to run."""
    return trace.model_dump(mode="json", exclude={"elapsed_ms"}) if trace is not None else None
