"""Step 2 of the bundled encoder: teach the pruned model to recognise a matter that customers describe without naming it.

Each step takes three trades of the corpus with up to 20 intents each. For every intent, a customer's words are the anchor;
the positive is a standard or formal question (65 %), other customers' words (20 %) or the answer (15 %). Other intents of the
trades and their near-out-of-scope questions are negatives (symmetric InfoNCE, temperature 0.05; the same intent in two trades
is no negative). Two terms keep the general meaning: InfoNCE on labelled pairs (weight 0.2) and relational distillation from
the untuned model with its prefix on unlabelled utterances (weight 1.0; Park et al. 2019, on standardised similarities). The
moving average of the weights is what is saved.

    python benchmarks/encoder/train.py --base var/encoder/base --out var/encoder/trained --public ../shared/data --steps 570

Stops and resumes: run the same command again. Held-back trades (data/corpus/held_back.txt) are never read.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import opencc
import torch
import torch.nn.functional as functional
from pypinyin import lazy_pinyin
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from csbot.text import normalise

ROOT = Path(__file__).resolve().parents[2]
TRADES, INTENTS, NEAR, PAIRS, UTTERANCES, DISTILLED = 3, 20, 6, 2, 40, 16_000
TEMPERATURE, PAIR_WEIGHT, DISTIL_WEIGHT, AVERAGING = 0.05, 0.2, 1.0, 0.98
PAIR_FILES = ("afqmc_train", "atec_train", "lcqmc_dev", "oppo_dev")
CHUNK, MAX_PIECES = 24, 96


class Data:
    """Corpus without the held-back trades, positive pairs by file, unlabelled utterances."""

    def __init__(self, public: Path) -> None:
        held = set((ROOT / "data/corpus/held_back.txt").read_text("utf-8").splitlines())
        self.intents: dict[str, list[dict[str, Any]]] = {}
        self.near: dict[str, list[str]] = {}
        for path in sorted((ROOT / "data/corpus").glob("part*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                row = json.loads(line)
                if row["trade"] in held:
                    continue
                if "near_oos" in row:
                    self.near[row["trade"]] = row["near_oos"]
                else:
                    self.intents.setdefault(row["trade"], []).append(row)
        self.pairs: list[list[tuple[str, str]]] = []
        for name in PAIR_FILES:
            rows = [json.loads(line) for line in (public / f"pairs/{name}.jsonl").read_text("utf-8").splitlines()]
            self.pairs.append([(row["a"], row["b"]) for row in rows if row["label"] == 1])
        lines = (public / "text/short_utterances.txt").read_text("utf-8").splitlines()
        utterances = [line.strip() for line in lines if 3 < len(line.strip()) < 40]
        random.Random(0).shuffle(utterances)
        self.utterances = utterances[:DISTILLED]


class Noise:
    """Typing as it happens: homophones, traditional characters, lost and swapped ones. One anchor in five gets some."""

    def __init__(self, texts: list[str]) -> None:
        counts = Counter("".join(texts))
        common = [c for c, _ in counts.most_common() if "\u4e00" <= c <= "\u9fff"][:3000]
        self.sound = {c: lazy_pinyin(c)[0] for c in common}
        self.homophones: dict[str, list[str]] = {}
        for char, sound in self.sound.items():
            self.homophones.setdefault(sound, []).append(char)
        self.traditional = opencc.OpenCC("s2t")

    def __call__(self, text: str) -> str:
        kind = random.random()
        if kind < 0.78 or len(text) < 4:
            return text
        if kind < 0.83:
            return str(self.traditional.convert(text))
        chars = list(text)
        for _ in range(1 if len(text) < 10 else random.randint(1, 2)):
            i = random.randrange(len(chars))
            if kind < 0.93 and chars[i] in self.sound:
                chars[i] = random.choice(self.homophones[self.sound[chars[i]]])
            elif 0.93 <= kind < 0.97 and len(chars) > 4:
                del chars[i]
            elif kind >= 0.97 and i + 1 < len(chars):
                chars[i], chars[i + 1] = chars[i + 1], chars[i]
        return "".join(chars)


class Student:
    """The model being trained, its tokenizer and the moving average of its weights."""

    def __init__(self, directory: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(directory)
        self.model = AutoModel.from_pretrained(directory, add_pooling_layer=False)
        for module in self.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.05
        self.average: dict[str, torch.Tensor] = {}

    def embed(self, texts: list[str], prefix: str = "") -> torch.Tensor:
        """(n, d) unit rows; texts of like length run together, so that little is padded."""
        ids = [self.tokenizer(prefix + t, truncation=True, max_length=MAX_PIECES)["input_ids"] for t in texts]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        pooled = []
        for start in range(0, len(order), CHUNK):
            rows = [ids[i] for i in order[start : start + CHUNK]]
            x = torch.ones((len(rows), max(map(len, rows))), dtype=torch.long)
            mask = torch.zeros_like(x)
            for r, row in enumerate(rows):
                x[r, : len(row)] = torch.tensor(row)
                mask[r, : len(row)] = 1
            hidden = self.model(input_ids=x, attention_mask=mask).last_hidden_state
            weight = mask[..., None].float()
            pooled.append((hidden * weight).sum(1) / weight.sum(1))
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return functional.normalize(torch.cat(pooled), dim=-1)[back]

    def follow(self) -> None:
        for name, value in self.model.state_dict().items():
            if name not in self.average:
                self.average[name] = value.clone()
            elif value.is_floating_point():
                self.average[name].mul_(AVERAGING).add_(value, alpha=1 - AVERAGING)


def teacher_vectors(base: Path, utterances: list[str], cache: Path) -> torch.Tensor:
    """Vectors of the untuned model with its prefix "query: ", made once."""
    if not cache.exists():
        teacher = Student(base)
        teacher.model.eval()
        with torch.no_grad():
            parts = [teacher.embed(utterances[i : i + 256], "query: ") for i in range(0, len(utterances), 256)]
        np.save(cache, torch.cat(parts).numpy(), allow_pickle=False)
    return torch.from_numpy(np.load(cache, allow_pickle=False))


def draw(data: Data, trades: list[str], noise: Noise) -> tuple[list[str], list[str], list[str], list[str]]:
    """Anchors, positives, their intents, and near-out-of-scope questions of some trades."""
    anchors, positives, keys, near = [], [], [], []
    for trade in trades:
        for row in random.sample(data.intents[trade], min(INTENTS, len(data.intents[trade]))):
            own = row["colloquial"]
            i = random.randrange(len(own) + 1)
            anchor = own[i] if i < len(own) else random.choice(row["formal"])
            kind = random.random()
            if kind < 0.15:
                positive = (row["question"] + "。" if random.random() < 0.6 else "") + row["answer"][: random.randint(30, 70)]
            elif kind < 0.35:
                positive = random.choice([text for text in own if text != anchor])
            else:
                positive = random.choice([text for text in (row["question"], *row["formal"]) if text != anchor])
                positive = noise(positive) if random.random() < 0.1 else positive
            anchors.append(_form(noise(anchor)))
            positives.append(_form(positive))
            keys.append(row["intent"])
        near += map(_form, random.sample(data.near[trade], min(NEAR, len(data.near[trade]))))
    return anchors, positives, keys, near


def _form(text: str) -> str:
    """Mostly the normal form, as the matcher sees it; at times as it was typed."""
    return (normalise(text) or text) if random.random() < 0.85 else text


def loss_of(student: Student, data: Data, teacher: torch.Tensor, trades: list[str], noise: Noise) -> dict[str, torch.Tensor]:
    """The terms of one step."""
    anchors, positives, keys, near = draw(data, trades, noise)
    pairs = [random.choice(group) for group in data.pairs for _ in range(PAIRS)]
    chosen = random.sample(range(len(data.utterances)), UTTERANCES)
    n, k, m = len(anchors), len(near), len(pairs)
    texts = [*anchors, *positives, *near, *(a for a, _ in pairs), *(b for _, b in pairs), *(data.utterances[i] for i in chosen)]
    q, p, o, a, b, u = student.embed(texts).split([n, n, k, m, m, UTTERANCES])
    same = torch.tensor([[keys[i] == keys[j] and i != j for j in range(n)] for i in range(n)])
    scores = q @ p.T
    back = torch.cat([scores.T, p @ o.T], dim=1)
    back_same = torch.cat([same, torch.zeros(n, k, dtype=torch.bool)], dim=1)
    upper = torch.triu_indices(UTTERANCES, UTTERANCES, 1)
    t = teacher[chosen]
    return {
        "match": (_nce(scores, same) + _nce(back, back_same)) / 2,
        "pairs": (_nce(a @ b.T) + _nce(b @ a.T)) / 2,
        "distil": functional.mse_loss(_standard((u @ u.T)[upper[0], upper[1]]), _standard((t @ t.T)[upper[0], upper[1]])),
    }


def _nce(scores: torch.Tensor, masked: torch.Tensor | None = None) -> torch.Tensor:
    logits = scores / TEMPERATURE
    if masked is not None:
        logits = logits.masked_fill(masked, -1e4)
    return functional.cross_entropy(logits, torch.arange(len(scores)))


def _standard(values: torch.Tensor) -> torch.Tensor:
    return (values - values.mean()) / values.std()


class Run:
    """The training run: optimiser, position, checkpoints (safetensors and JSON)."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        args.out.mkdir(parents=True, exist_ok=True)
        self.student = Student(args.base)
        named = list(self.student.model.named_parameters())
        groups = [
            {"params": [p for _, p in named if p.ndim > 1], "weight_decay": 0.01},
            {"params": [p for _, p in named if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=args.lr, betas=(0.9, 0.98))
        self.step = 0
        self.bag: list[str] = []

    def next_trades(self, names: list[str]) -> list[str]:
        if len(self.bag) < TRADES:
            more = list(names)
            random.shuffle(more)
            self.bag += more
        taken, self.bag = self.bag[:TRADES], self.bag[TRADES:]
        return taken

    def save(self) -> None:
        """The average as a model directory; weights, moments and position to resume from."""
        model, out = self.student.model, self.args.out
        current = {name: value.clone() for name, value in model.state_dict().items()}
        moments = {
            f"{i}.{key}": value for i, state in self.optimiser.state_dict()["state"].items() for key, value in state.items()
        }
        average = {f"average.{name}": value for name, value in self.student.average.items()}
        tensors = {**{f"model.{name}": value for name, value in current.items()}, **average}
        save_file({**tensors, **{f"moment.{name}": value for name, value in moments.items()}}, out / "checkpoint.new")
        (out / "checkpoint.new").replace(out / "checkpoint.safetensors")
        state = random.getstate()
        (out / "position.json").write_text(
            json.dumps({"step": self.step, "bag": self.bag, "random": [state[0], state[1], state[2]]})
        )
        model.load_state_dict(self.student.average or current)
        model.save_pretrained(out / "model")
        self.student.tokenizer.save_pretrained(out / "model")
        model.load_state_dict(current)

    def resume(self) -> None:
        out = self.args.out
        if not (out / "checkpoint.safetensors").exists():
            return
        tensors = load_file(out / "checkpoint.safetensors")
        part = {
            kind: {n.split(".", 1)[1]: v for n, v in tensors.items() if n.startswith(kind + ".")}
            for kind in ("model", "average", "moment")
        }
        self.student.model.load_state_dict(part["model"])
        self.student.average = part["average"]
        state = self.optimiser.state_dict()
        for name, value in part["moment"].items():
            i, key = name.split(".", 1)
            state["state"].setdefault(int(i), {})[key] = value
        self.optimiser.load_state_dict(state)
        position = json.loads((out / "position.json").read_text())
        self.step, self.bag = position["step"], position["bag"]
        version, internal, gauss = position["random"]
        random.setstate((version, tuple(internal), gauss))
        print(f"resumed at step {self.step}", flush=True)

    def train(self) -> None:
        args = self.args
        data = Data(args.public)
        noise = Noise(data.utterances)
        teacher = teacher_vectors(args.teacher or args.base, data.utterances, args.out / "teacher.npy")
        names = sorted(data.intents)
        print(f"{len(names)} trades, {sum(map(len, data.intents.values()))} intents", flush=True)
        self.resume()
        self.student.model.train()
        started, first = time.time(), self.step
        while self.step < args.steps:
            warm = min(1.0, (self.step + 1) / args.warmup)
            rate = args.lr * warm * (1.0 if args.constant else max(0.02, 1 - self.step / args.steps))
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            terms = loss_of(self.student, data, teacher, self.next_trades(names), noise)
            self.optimiser.zero_grad()
            (terms["match"] + PAIR_WEIGHT * terms["pairs"] + DISTIL_WEIGHT * terms["distil"]).backward()
            torch.nn.utils.clip_grad_norm_(self.student.model.parameters(), 1.0)
            self.optimiser.step()
            self.step += 1
            if self.step > args.warmup:
                self.student.follow()
            if self.step % 10 == 0:
                per_step = (time.time() - started) / (self.step - first)
                shown = " ".join(f"{name} {value.item():.3f}" for name, value in terms.items())
                left = per_step * (args.steps - self.step) / 60
                print(f"step {self.step} {shown} rate {rate:.1e} {per_step:.1f} s/step, {left:.0f} min left", flush=True)
            if self.step % args.save_every == 0 or self.step == args.steps:
                self.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="model directory to start from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--public", type=Path, required=True, help="directory with pairs/ and text/")
    parser.add_argument("--teacher", type=Path, help="untuned model, default: the base")
    parser.add_argument("--steps", type=int, default=570)
    parser.add_argument("--lr", type=float, default=6e-5)
    parser.add_argument("--warmup", type=int, default=30)
    parser.add_argument("--constant", action="store_true", help="no decay after the warm-up")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=30)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    Run(args).train()


if __name__ == "__main__":
    main()
