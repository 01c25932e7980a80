"""From files to what an encoder is trained and measured on."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from csbot.encoders.held_back import hold_out_pairs, hold_out_questions, problem_of, problems_of_trades, without_texts
from csbot.encoders.train_data import (
    Pair,
    PairFile,
    Problem,
    Topic,
    TrainingData,
    Validation,
    own_texts,
    topics_of_faqs,
    topics_of_rows,
)
from csbot.errors import Fault, InputError, SourceError
from csbot.evaluation.cases import Case, read_cases
from csbot.kb.calibrate import foreign_utterances, shipped_rows
from csbot.kb.sources import decode, read_bytes, read_faqs
from csbot.models import utc_now

RowT = TypeVar("RowT")

HELD_BACK_FILE = "held_back.txt"
"""Beside a corpus file: names of the trades that are never trained on, one a line."""
HELD_BACK_SHARE = 10
"""One trade in so many is held back where nothing says which."""
GUARD_QUESTIONS = 2


@dataclass(frozen=True)
class Files:
    """What the user names. Every field may be empty; ``cases`` and ``validate`` need ``kb``.

    :ivar cases: confirmed answers, in the form of case files. :ivar validate: the same, never trained on.
    :ivar held_back: trades of the corpus to hold back; None: those named in ``held_back.txt``, else one in ten.
    """

    kb: tuple[Path, ...] = ()
    cases: tuple[Path, ...] = ()
    corpus: tuple[Path, ...] = ()
    pairs: tuple[Path, ...] = ()
    unlabelled: Path | None = None
    validate: Path | None = None
    held_back: int | None = None


def assemble(files: Files, seed: int = 0) -> tuple[TrainingData, Validation, list[str]]:
    """Data, what is held back from them, and what the user should know.

    Held back are: the cases of ``validate``, else one question of each FAQ; trades of the corpus; a tenth of each pair file.
    csbot's own calibration trades are measured on as well, as a guard, and never trained on.

    :raises InputError: a file is wrong, or a case expects an FAQ that no knowledge base has.
    """
    if (files.cases or files.validate) and not files.kb:
        raise InputError("--cases 和 --validate 需要 --kb | they need the knowledge base that they belong to")
    notices: list[str] = []
    confirmed = [case for path in files.cases for case in read_cases(path)]
    asked = read_cases(files.validate) if files.validate else []
    topics, negatives = _of_knowledge_bases(files.kb, confirmed, asked)
    problems: list[Problem] = []
    if files.validate:
        problem, topics, taken = _asked(topics, asked, files.validate)
        problems.append(problem)
        if taken:
            notices.append(f"{taken} 句也在 --validate 里，不用来训练 | {taken} texts are validated on and not trained on")
    elif topics:
        topics, problems = hold_out_questions(topics, seed)
        problems = [replace(p, name=f"{Path(p.name).name}：每条一句 one question per FAQ") for p in problems]
    trained, corpus_negatives, held = _of_corpus(files, seed)
    problems += [*problems_of_trades(held), _guard()]
    split = [hold_out_pairs(read_pairs(path), seed) for path in files.pairs]
    data = TrainingData(
        topics=(*topics, *trained),
        negatives={**negatives, **corpus_negatives},
        pairs=tuple(rest for rest, _ in split),
    )
    unlabelled = read_texts(files.unlabelled) if files.unlabelled else [*foreign_utterances(), *own_texts(data)]
    held_pairs = tuple(held for _, held in split if held.rows)
    if not topics and not trained:
        problems = [*(found for file in held_pairs if (found := _of_pairs(file))), *problems]
    return replace(data, unlabelled=tuple(unlabelled)), Validation(tuple(problems), held_pairs), notices


def _of_knowledge_bases(
    paths: Iterable[Path], cases: Sequence[Case], validated: Sequence[Case]
) -> tuple[list[Topic], dict[str, tuple[str, ...]]]:
    """Topics of live FAQs with their confirmed questions, and the questions out of scope, which no knowledge base answers."""
    now = utc_now()
    topics: list[Topic] = []
    owners: dict[str, Path] = {}
    asked: dict[str, list[str]] = {}
    for case in cases:
        if case.expect.faq_id:
            asked.setdefault(case.expect.faq_id, []).append(case.text)
    foreign = tuple(dict.fromkeys(case.text for case in cases if case.expect.out_of_scope))
    for path in paths:
        faqs = read_faqs(path)
        if again := [faq.id for faq in faqs if faq.id in owners]:
            raise InputError(f"{path}：id {again[0]} 已在 {owners[again[0]]} 里 | this id is in two knowledge bases", path=path)
        owners |= {faq.id: path for faq in faqs}
        live = [faq for faq in faqs if faq.status == "active" and not (faq.valid_until and faq.valid_until <= now)]
        topics += topics_of_faqs(str(path), live, asked)
    expected = {case.expect.faq_id for case in (*cases, *validated) if case.expect.faq_id}
    if unknown := sorted(expected - set(owners)):
        raise InputError(
            f"用例里的 faq_id 不在知识库里：{'、'.join(unknown[:10])} | cases expect FAQs that no knowledge base has"
        )
    return topics, {str(path): foreign for path in paths if foreign}


def _asked(topics: list[Topic], cases: Sequence[Case], path: Path) -> tuple[Problem, list[Topic], int]:
    """The problem that ``cases`` make, but for expired FAQs; the topics without their texts; how many of those there were."""
    live = {topic.key for topic in topics}
    queries = [(case.text, case.expect.faq_id) for case in cases if case.expect.faq_id and case.expect.faq_id in live]
    kept, taken = without_texts(topics, [text for text, _ in queries])
    return problem_of(path.name, kept, queries), kept, taken


def _of_corpus(files: Files, seed: int) -> tuple[list[Topic], dict[str, tuple[str, ...]], list[Topic]]:
    """Topics and near-out-of-scope questions to train on, and topics of the trades held back."""
    rows = [row for path in files.corpus for row in read_corpus(path)]
    topics, negatives = topics_of_rows(rows)
    trades = sorted({topic.kb for topic in topics})
    held = {row["trade"] for row in shipped_rows()}
    for place in {path.parent / HELD_BACK_FILE for path in files.corpus}:
        held |= set(read_texts(place)) if place.exists() else set()
    held &= set(trades)
    rest = [name for name in trades if name not in held]
    wanted = files.held_back
    if wanted is None:
        wanted = 0 if held else min(len(rest), max(1, len(rest) // HELD_BACK_SHARE))
    if wanted >= len(rest) > 0:
        raise InputError(f"语料只有 {len(rest)} 个可训练行业，不能留出 {wanted} 个 | can't hold back so many trades")
    held |= set(random.Random(seed).sample(rest, wanted))
    trained = [topic for topic in topics if topic.kb not in held]
    kept = {name: texts for name, texts in negatives.items() if name not in held}
    return trained, kept, [topic for topic in topics if topic.kb in held]


def _guard() -> Problem:
    """csbot's calibration trades as one knowledge base, two questions per intent: does the encoder still know other trades?"""
    rows, _ = topics_of_rows(shipped_rows())
    topics = [replace(topic, key=f"{topic.kb}/{topic.key}") for topic in rows]
    queries = [(text, topic.key) for topic in topics for text in topic.asked[:GUARD_QUESTIONS]]
    return problem_of("其他行业（仅供参考） other trades", topics, queries, decides=False)


def _of_pairs(file: PairFile) -> Problem | None:
    """Finding the second text of each pair labelled same among those of all; None for grades."""
    same = {a: b for a, b, label in file.rows if label == 1}
    if file.graded or not same:
        return None
    seconds = list(dict.fromkeys(same.values()))
    rows = tuple(range(len(seconds)))
    return Problem(file.name, tuple(seconds), rows, tuple(same), tuple(seconds.index(b) for b in same.values()))


def read_corpus(path: Path) -> list[dict[str, Any]]:
    """Rows of a corpus file (form: data/corpus/README.md).

    :raises InputError: absent, empty or no text. :raises SourceError: rows have faults, all listed.
    """
    return _read(path, _corpus_row)


def read_pairs(path: Path, per_step: int = 3) -> PairFile:
    """Labelled pairs, ``{"a": …, "b": …, "label": …}`` a line; labels 1 (the same) and 0, or grades.

    :raises InputError: absent, empty or no text. :raises SourceError: rows have faults, all listed.
    """
    return PairFile(str(path), tuple(_read(path, _pair_row)), per_step)


def read_texts(path: Path) -> list[str]:
    """Lines that are neither blank nor comments (``#``). :raises InputError: absent, empty or no text."""
    lines = [line.strip() for line in decode(path, read_bytes(path)).split("\n")]
    return [line for line in lines if line and not line.startswith("#")]


def _corpus_row(row: dict[str, Any]) -> dict[str, Any]:
    near = "near_oos" in row
    single, many = (["trade"], ["near_oos"]) if near else (["trade", "intent", "question", "answer"], ["formal", "colloquial"])
    for name in single:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise ValueError(f"{name} 应是非空文字 | must be text")
    for name in many:
        if not isinstance(row.get(name), list) or not all(isinstance(text, str) for text in row[name]):
            raise ValueError(f"{name} 应是文字列表 | must be a list of texts")
    return row


def _pair_row(row: dict[str, Any]) -> Pair:
    a, b, label = row.get("a"), row.get("b"), row.get("label")
    if not isinstance(a, str) or not isinstance(b, str) or not a.strip() or not b.strip():
        raise ValueError("a、b 应是非空文字 | a and b must be texts")
    if not isinstance(label, (int, float)) or not abs(label) < 1e6:
        raise ValueError("label 应是数字 | must be a number")
    return a, b, float(label)


def _read(path: Path, make: Callable[[dict[str, Any]], RowT]) -> list[RowT]:
    """Rows of a JSON Lines file, made one by one; every fault is listed."""
    rows: list[RowT] = []
    faults: list[Fault] = []
    for number, line in enumerate(decode(path, read_bytes(path)).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise ValueError("应是 JSON 对象 | must be a JSON object")
            rows.append(make(value))
        except (ValueError, RecursionError) as error:
            faults.append(Fault(number, None, str(error)))
    if faults:
        raise SourceError(path, faults)
    return rows
