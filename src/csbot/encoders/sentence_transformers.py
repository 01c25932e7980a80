"""Any model of sentence-transformers as csbot's encoder. Imported only when such a model is asked for."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from csbot.encoders.base import Progress, Vectors
from csbot.errors import EncoderError, MissingDependency


class SentenceTransformerEncoder:
    """Wraps ``SentenceTransformer(name)``; a local path never touches the network.

    :param name: model name or local directory.
    :param threads: CPU threads for torch (process-wide); 0 leaves torch's own choice.
    :param batch_size: texts per forward pass.
    :raises MissingDependency: sentence-transformers is not installed (light install).
    """

    def __init__(self, name: str, *, threads: int = 0, batch_size: int = 32) -> None:
        self._model = load_model(name)
        self.name = name
        self.batch_size = batch_size
        self._lock = threading.Lock()
        if threads:
            import torch

            torch.set_num_threads(threads)

    @cached_property
    def dimension(self) -> int:
        return int(self.encode(["维度"]).shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """Hash over every weight: the same name with other weights is another encoder."""
        digest = hashlib.sha256()
        for key, value in sorted(self._model.state_dict().items()):
            digest.update(key.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        digest.update(repr(self._model).encode())
        return f"st:{digest.hexdigest()[:16]}"

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `csbot.encoders.base.Encoder.encode`."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        step = self.batch_size * 16 if progress else len(texts)
        parts = []
        with self._lock:
            for start in range(0, len(texts), step):
                part = list(texts[start : start + step])
                parts.append(
                    self._model.encode(part, batch_size=self.batch_size, normalize_embeddings=True, show_progress_bar=False)
                )
                if progress:
                    progress(start + len(part), len(texts))
        return np.concatenate(parts).astype(np.float32, copy=False)


def load_model(name: str) -> Any:
    """The ``SentenceTransformer`` called ``name`` on the CPU.

    :raises MissingDependency: sentence-transformers is not installed. :raises EncoderError: it can't be loaded.
    """
    try:
        import sentence_transformers
        import torch
    except ImportError:
        raise MissingDependency("sentence-transformers", what=f"模型 {name} ", pip="sentence-transformers") from None
    local = Path(name).is_dir()
    try:
        with torch.random.fork_rng():
            torch.manual_seed(0)  # weights that no file holds (BERT's unused pooler) must not differ from load to load
            return sentence_transformers.SentenceTransformer(name, local_files_only=local, device="cpu")
    except Exception as error:  # hub, config and weight errors share no base class
        raise EncoderError(f"无法加载模型 {name}：{error} | can't load it: check the name or give a local directory") from error
