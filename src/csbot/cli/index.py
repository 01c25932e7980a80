"""`csbot index`"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from csbot.cli.output import JsonOption, console, err_console, print_json


def index(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="知识库文件 .csv .xlsx .jsonl .yaml | the FAQ file")],
    out: Annotated[Path, typer.Option("--out", help="保存到哪个目录 | where to save")],
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="sentence-transformers 模型名或路径，默认内置 | default: the bundled one")
    ] = None,
    user_words: Annotated[Path | None, typer.Option(help="用户词典，每行一词 | words that jieba must know")] = None,
    synonyms: Annotated[Path | None, typer.Option(help="同义词，每行：标准词 同义词… | standard word, then others")] = None,
    stop_words: Annotated[Path | None, typer.Option(help="停用词，每行一词 | words to ignore")] = None,
    kind: Annotated[Literal["auto", "exact", "hnsw"], typer.Option("--index", help="向量索引 | vector index")] = "auto",
    as_json: JsonOption = False,
) -> None:
    """建立或更新知识库：只重新编码有变化的问题，发布为新版本 | build or update a knowledge base.

    例 Example: csbot index data/faq.csv --out var/kb --user-words data/dictionaries/user_words.txt
    """
    from csbot.errors import SnapshotError
    from csbot.kb.knowledge_base import KnowledgeBase
    from csbot.text import Lexicon

    started = time.perf_counter()
    lexicon = Lexicon.read(user_words=user_words, synonyms=synonyms, stop_words=stop_words)
    previous = None
    if (out / "CURRENT").exists():
        try:
            previous = KnowledgeBase.load(out, encoder=encoder)
        except (SnapshotError, RuntimeError):
            previous = None  # a damaged or foreign version is no reason not to build a good one
    kb = KnowledgeBase.build(
        source,
        encoder=encoder,
        lexicon=lexicon,
        index=kind,
        previous=previous,
        progress=not as_json,
    )
    was_tuned = previous.contents.calibration.tuned if previous else _is_tuned(out)
    version = kb.save(out)
    if was_tuned and not kb.contents.calibration.tuned:
        err_console().print(
            "[yellow]![/] 换了编码器，原来的调校不再适用，请重新 csbot tune | another encoder: run `csbot tune` again",
            highlight=False,
        )
    questions, seconds = len(kb.contents.questions), time.perf_counter() - started
    if as_json:
        print_json({"version": version, "faqs": len(kb), "questions": questions, "seconds": round(seconds, 2)})
    else:
        console().print(
            f"[green]✓[/] {len(kb)} 条知识、{questions} 个问法，{seconds:.1f} 秒 → {out} 版本 {version} | "
            f"{len(kb)} FAQs, {questions} questions",
            highlight=False,
        )


def _is_tuned(directory: Path) -> bool:
    """Whether the version in force there was tuned, as far as that can be read."""
    from csbot.errors import CsbotError
    from csbot.kb import snapshot

    try:
        return snapshot.read(directory)[0].calibration.tuned
    except CsbotError:
        return False
