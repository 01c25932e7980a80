"""`csbot search`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from csbot.cli.output import JsonOption, KbOption, print_json, print_table


def search(
    kb: KbOption,
    text: Annotated[str | None, typer.Argument(help="要查的一句话 | the message")] = None,
    batch: Annotated[Path | None, typer.Option("--batch", help="每行一句的文本文件，- 为标准输入 | one message a line")] = None,
    top_k: Annotated[int, typer.Option("--top-k", min=1, max=100, help="每句返回几条 | candidates a message")] = 5,
    as_json: JsonOption = False,
) -> None:
    """命中测试：每句话最可能命中哪些知识 | which FAQs a message hits, with the same matcher as in production.

    例 Example: csbot search --kb var/kb "怎么退货"    csbot search --kb var/kb --batch questions.txt --json
    """
    from csbot.cli.bots import open_kb
    from csbot.errors import InputError
    from csbot.kb.sources import decode, read_bytes

    if (text is None) == (batch is None):
        raise InputError("请给出一句话，或用 --batch 指定文件，二者取一 | give a message or --batch FILE, one of them")
    if batch is None:
        texts = [text or ""]
    else:
        data = sys.stdin.buffer.read() if str(batch) == "-" else read_bytes(batch)
        texts = [line for line in decode(batch, data).splitlines() if line.strip()]
    results = open_kb(kb).search_batch(texts, top_k)
    if as_json:
        rows = [[_row(c) for c in candidates] for candidates in results]
        print_json(rows[0] if batch is None else [{"text": t, "candidates": r} for t, r in zip(texts, rows, strict=True)])
        return
    for message, candidates in zip(texts, results, strict=True):
        table = [(f"{c.confidence:.3f}", f"{c.score:.3f}", c.faq_id, c.question, c.matched) for c in candidates]
        columns = ("置信度 confidence", "相似度 score", "faq_id", "标准问 question", "命中问法 matched")
        print_table(message[:60], columns, table, numeric=columns[:2])


def _row(candidate: Any) -> dict[str, Any]:
    return {name: getattr(candidate, name) for name in ("faq_id", "question", "score", "confidence", "matched")}
