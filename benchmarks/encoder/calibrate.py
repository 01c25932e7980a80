"""Last step of the bundled encoder: fit its calibration, and that of words alone, on questions it never saw.

Three kinds of questions, so that confidence means the same in small and large knowledge bases, for terse and for literal
customers: the held-back trades of ``data/corpus``; and, where the public data are at hand (``--public DIR``), question groups
built from OPPO's pairs at three sizes and the even rows of ``faq_lcqmc_dev`` (figures are then given for the odd rows).
Figures on trades come from cross-validation over whole trades; what ships is fitted on all.

    python benchmarks/encoder/calibrate.py --public ../shared/data    # writes src/csbot/kb/calibrations/*.json
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from csbot.encoders import load_encoder
from csbot.encoders.base import Encoder
from csbot.kb.calibrate import ANSWER, CLARIFY, UNFITTED, Cache, foreign_utterances, trade_problems
from csbot.kb.calibration import LEXICAL_ONLY, Calibration
from csbot.kb.fitting import Labelled, fit, label, winners
from csbot.kb.indexing import assemble
from csbot.kb.networks import sigmoid
from csbot.kb.signal_heads import fit_same_question, fit_signals
from csbot.kb.task_intents import fit_task_intents
from csbot.models import Faq
from csbot.text import Lexicon, normalise, query_form

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "src/csbot/kb/calibrations"
FOLDS = 5
PAIR_WEIGHT, SET_WEIGHT = 0.1, 4.0
"""Weight of one question of the pairs, which are many, and of the FAQ set, which are few and alone tell of a large, terse
knowledge base."""


def corpus_rows() -> list[dict[str, Any]]:
    paths = sorted((ROOT / "data/corpus").glob("part*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def held_back_rows() -> list[dict[str, Any]]:
    names = {line for line in (ROOT / "data/corpus/held_back.txt").read_text("utf-8").splitlines() if line[:1] != "#"}
    return [row for row in corpus_rows() if row["trade"] in names]


def pair_problems(cache: Cache, path: Path, groups: int) -> list[Labelled]:
    """A knowledge base of 60 % of the groups of equivalent questions; one of each is asked, the other groups are foreign."""
    parent: dict[str, str] = {}

    def find(x: str) -> str:
        while parent.setdefault(x, x) != x:
            x = parent[x]
        return x

    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        a, b = normalise(row["a"]), normalise(row["b"])
        if a and b and a != b:
            find(a), find(b)
            if row["label"] == 1:
                parent[find(a)] = find(b)
    members: dict[str, list[str]] = {}
    for text in list(parent):
        members.setdefault(find(text), []).append(text)
    rng = random.Random(groups)
    shuffled = sorted(map(sorted, members.values()))
    rng.shuffle(shuffled)
    multiple = [group for group in shuffled if len(group) > 1][:groups]
    single = [group for group in shuffled if len(group) == 1]
    cut = int(len(multiple) * 0.6)
    faqs, asked = [], []
    for i, group in enumerate(multiple[:cut]):
        kept = 1 if len(group) == 2 else rng.randint(1, len(group) - 1)
        faqs.append(Faq(id=f"g{i}", question=group[0], similar=tuple(group[1:kept]), answer=f"answer {i}"))
        asked.append((group[kept], f"g{i}"))
    asked += [(group[0], None) for group in multiple[cut:] + single[: cut // 4]]
    return _label(cache, faqs, asked)


def faq_set_problems(cache: Cache, directory: Path) -> list[Labelled]:
    faqs = [Faq(**json.loads(line)) for line in (directory / "kb.jsonl").read_text("utf-8").splitlines()]
    cases = [json.loads(line) for line in (directory / "cases.jsonl").read_text("utf-8").splitlines()]
    return _label(cache, faqs, [(case["text"], case["expect"].get("faq_id")) for case in cases])


def _label(cache: Cache, faqs: Sequence[Faq], asked: Sequence[tuple[str, str | None]]) -> list[Labelled]:
    contents = assemble(faqs, cache, lexicon=Lexicon(), calibration=UNFITTED, lexical_calibration=UNFITTED)
    forms = [query_form(text) for text, _ in asked]
    vectors = cache.encode(forms)
    return label(contents, forms, vectors if cache.encoder else [None] * len(forms), [i for _, i in asked])


def figures(calibration: Calibration, labelled: Sequence[Labelled]) -> dict[str, float]:
    values, right, inside = winners(labelled, calibration)
    return _figures(sigmoid(calibration.confidence(values)), right, inside, calibration.answer)


def _figures(sure: Any, right: Any, inside: Any, threshold: float) -> dict[str, float]:
    at_95 = float(np.quantile(sure[inside], 0.05))
    bins = np.digitize(sure, np.linspace(0, 1, 11))
    answered = sure >= threshold
    return {
        "top1": right[inside].mean(),
        "resolution@95": (right & (sure >= at_95))[inside].mean(),
        "oos@95": (sure < at_95)[~inside].mean(),
        "match": answered[inside].mean(),
        "resolution": (right & answered)[inside].mean(),
        "precision": right[answered].mean(),
        "oos": (~answered)[~inside].mean(),
        "ece": sum(abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins)),
    }


def cross_validate(
    groups: Sequence[list[Labelled]],
    public: list[Labelled],
    settings: dict[str, Any],
    asked: Sequence[list[Labelled]] | None = None,
) -> dict[str, float]:
    """Figures on trades that the calibration was not fitted on either.

    :param asked: what is asked of each group in place of what it is fitted on.
    """
    parts = []
    for fold in range(FOLDS):
        seen = [item for i, group in enumerate(groups) if i % FOLDS != fold for item in group]
        calibration = fit(seen + public, fitted_on="", **settings)
        unseen = [item for i, group in enumerate(asked or groups) if i % FOLDS == fold for item in group]
        values, right, inside = winners(unseen, calibration)
        parts.append((sigmoid(calibration.confidence(values)), right, inside))
    sure, right, inside = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _figures(sure, right, inside, settings["answer"])


def run(name: str, encoder: Encoder | None, public: Path | None, answer: float, clarify: float) -> None:
    cache = Cache(encoder)
    settings = {"encoder": encoder.fingerprint if encoder else LEXICAL_ONLY, "answer": answer, "clarify": clarify}
    groups = list(trade_problems(cache, held_back_rows()).values())
    extra: list[Labelled] = []
    unseen: list[Labelled] = []
    if public:
        pairs = public / "pairs/oppo_dev.jsonl"
        extra = [replace(x, weight=PAIR_WEIGHT) for size in (300, 1000, 3000) for x in pair_problems(cache, pairs, size)]
        lcqmc = faq_set_problems(cache, public / "faq_lcqmc_dev")
        extra += [replace(x, weight=SET_WEIGHT) for x in lcqmc[::2]]
        unseen = lcqmc[1::2]
    print(name, "held-back trades, all mixes:", _rounded(cross_validate(groups, extra, settings)))
    alone = list(trade_problems(cache, held_back_rows(), alone=True).values())
    print(name, "held-back trades, each alone:", _rounded(cross_validate(groups, extra, settings, alone)))
    fitted_on = "20 held-back trades of csbot's corpus" + (
        ", OPPO question groups, faq_lcqmc_dev (even rows)" if public else ""
    )
    calibration = fit([item for group in groups for item in group] + extra, fitted_on=fitted_on, **settings)
    if unseen:
        print(name, "faq_lcqmc_dev, odd rows:", _rounded(figures(calibration, unseen)))
    if encoder:
        intents = fit_task_intents(cache, corpus_rows(), foreign_utterances())
        signals, same = fit_signals(cache, corpus_rows(), foreign_utterances()), fit_same_question(cache, corpus_rows())
        calibration = calibration.model_copy(update={"intents": intents, "signals": signals, "same_question": same})
    (OUT / f"{name}.json").write_text(calibration.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {key: round(float(value), 3) for key, value in values.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, help="directory with pairs/ and faq_lcqmc_dev/")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--only", choices=("bundled", "lexical"))
    args = parser.parse_args()
    if args.only != "lexical":
        run("bundled", load_encoder(threads=args.threads), args.public, answer=ANSWER, clarify=CLARIFY)
    if args.only != "bundled":
        run("lexical", None, args.public, answer=0.4, clarify=0.15)


if __name__ == "__main__":
    main()
