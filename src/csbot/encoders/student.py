"""The model in training: any model of sentence-transformers, its moving average, and its directory."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional

from csbot.encoders.base import Vectors
from csbot.encoders.export import export_model
from csbot.encoders.onnx import MODEL_FILE
from csbot.encoders.sentence_transformers import load_model

BUNDLED = "bundled"
DROPOUT = 0.05
"""At most; a model that has less keeps it."""
AVERAGING = 0.98
"""Decay of the moving average of the weights; less at first, (1 + n) / (10 + n) after n steps, so that it serves short runs."""
CHUNK = 24
"""Texts per forward pass in training."""
TRAINED_PIECES = 96
"""Pieces of a text that training reads: no question is longer, and attention grows with the square."""


class Stopped(Exception):
    """The user wants to stop; raised between two passes."""


class Student:
    """Weights that learn.

    :param base: ``"bundled"``, a directory that csbot or sentence-transformers wrote, or a name on a hub.
    :param stop: asked between two passes while nothing is learned; True ends it with `Stopped`.
    :param threads: CPU threads for torch (process-wide); 0 leaves torch's own choice.
    """

    def __init__(self, base: str, stop: Callable[[], bool] = lambda: False, threads: int = 0) -> None:
        if threads:
            torch.set_num_threads(threads)
        self.model = open_model(base)
        self.stop = stop
        self.pieces = self.model.max_seq_length
        self.prompt = (self.model.prompts or {}).get(self.model.default_prompt_name) or ""
        if isinstance(self.pieces, int):
            self.model.max_seq_length = min(self.pieces, TRAINED_PIECES)
        for module in self.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = min(module.p, DROPOUT)
        self.average: dict[str, torch.Tensor] = {}

    def embed(self, texts: Sequence[str]) -> torch.Tensor:
        """(n, d) unit rows with gradients; texts of like length run together, so that little is padded."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = [self._forward([texts[i] for i in order[start : start + CHUNK]]) for start in range(0, len(order), CHUNK)]
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return torch.cat(parts)[back]

    def vectors(self, texts: Sequence[str], prefix: str | None = None) -> Vectors:
        """(n, d) float32 unit rows, as the model encodes now. :raises Stopped: the user wants to stop."""
        prompt, self.prompt = self.prompt, self.prompt if prefix is None else prefix
        was_training = self.model.training
        self.model.eval()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found: list[Vectors] = []
        try:
            with torch.no_grad():
                for start in range(0, len(order), CHUNK):
                    if self.stop():
                        raise Stopped
                    found.append(self._forward([texts[i] for i in order[start : start + CHUNK]]).numpy())
        finally:
            self.prompt = prompt
            self.model.train(was_training)
        rows = np.concatenate(found)
        vectors = np.empty_like(rows)
        vectors[order] = rows
        return vectors

    def follow(self, step: int) -> None:
        """Take the weights after ``step`` steps into the average."""
        decay = min(AVERAGING, (1 + step) / (10 + step))
        for name, value in self.model.state_dict().items():
            if name in self.average and value.is_floating_point():
                self.average[name].mul_(decay).add_(value, alpha=1 - decay)
            else:
                self.average[name] = value.clone()

    def take_average(self) -> None:
        """Let the average be the weights."""
        self.model.load_state_dict(self.average)

    def fingerprint(self) -> str:
        """Names the weights as they are."""
        digest = hashlib.sha256()
        for name, value in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    def save(self, place: Path) -> None:
        """Write the weights as they are, as a directory that ``SentenceTransformer(DIR)`` loads."""
        if isinstance(self.pieces, int):
            self.model.max_seq_length = self.pieces
        self.model.eval().save_pretrained(str(place), create_model_card=False)
        for weights in place.rglob("*.safetensors"):
            weights.chmod(0o644)  # safetensors writes files for the owner alone
        if not any("pooler" in name for name in self.model.state_dict()):
            _without_pooler(place)

    def _forward(self, texts: list[str]) -> torch.Tensor:
        prepare = getattr(self.model, "preprocess", None) or self.model.tokenize  # the latter before sentence-transformers 5.2
        features = prepare([self.prompt + text for text in texts])
        return functional.normalize(self.model(features)["sentence_embedding"], dim=-1)


def _without_pooler(place: Path) -> None:
    """Say of a BERT saved without the pooler, which no sentence encoder uses, that it has none: else a random one is made."""
    settings, config = place / "sentence_bert_config.json", place / "config.json"
    if not settings.exists() or json.loads(config.read_text("utf-8")).get("model_type") != "bert":
        return
    values = json.loads(settings.read_text("utf-8")) | {"model_args": {"add_pooling_layer": False}}
    settings.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def open_model(base: str) -> Any:
    """A ``SentenceTransformer`` in float32.

    :raises EncoderError: it can't be loaded. :raises InputError: the bundled encoder is of a format that can't be rebuilt.
    """
    place = Path(base)
    only_onnx = (place / MODEL_FILE).is_file() and not (place / "modules.json").is_file()
    if base != BUNDLED and not only_onnx:
        return load_model(base).float()
    with tempfile.TemporaryDirectory() as rebuilt:
        export_model(Path(rebuilt), None if base == BUNDLED else place)
        return load_model(rebuilt).float()
