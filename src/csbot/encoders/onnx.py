"""The default encoder: a BERT-like model exported to ONNX, run by ONNX Runtime on the CPU."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Sequence
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from csbot.encoders.base import Progress, Vectors
from csbot.errors import EncoderError

MODEL_FILE = "model_int8.onnx"
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "config.json"
MAX_PIECES = 128
"""Pieces read of one text; the model was trained on at most so many."""


class OnnxEncoder:
    """Encodes with a directory that holds ``model_int8.onnx`` and ``tokenizer.json``.

    The graph takes ``input_ids`` and ``attention_mask`` (int64, (n, s)) and returns unit vectors (n, d) float32.

    :param directory: where the two files are.
    :param threads: threads of one call; 0 means one per core.
    :param batch_size: texts per forward pass.
    """

    def __init__(self, directory: Path, *, threads: int = 0, batch_size: int = 32) -> None:
        self.directory = directory
        self.threads = threads
        self.batch_size = batch_size
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None
        self._prefetching = False

    @classmethod
    def bundled(cls, *, threads: int = 0, batch_size: int = 32) -> OnnxEncoder:
        """The Chinese model that ships inside the package: one object per setting for the whole process (it holds 60 MB)."""
        return _bundled(threads, batch_size)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in (MODEL_FILE, TOKENIZER_FILE):
            try:
                digest.update(hashlib.sha256((self.directory / name).read_bytes()).digest())
            except OSError as error:
                raise EncoderError(f"编码器文件缺失：{error} | an encoder file is missing; reinstall csbot-zh") from None
        return f"onnx:{digest.hexdigest()[:16]}:mean:no-prefix"

    @cached_property
    def dimension(self) -> int:
        session, _ = self._load()
        return int(session.get_outputs()[0].shape[1])

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `csbot.encoders.base.Encoder.encode`. Texts are batched by length, so that little is padded."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        _, tokenizer = self._load()
        encodings = tokenizer.encode_batch_fast(list(texts)) if len(texts) > 1 else [tokenizer.encode(texts[0])]
        ids = [encoding.ids for encoding in encodings]
        if len(ids) == 1:
            return self._run(ids)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        vectors: Vectors | None = None
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            part = self._run([ids[i] for i in rows])
            if vectors is None:
                vectors = np.empty((len(ids), part.shape[1]), np.float32)
            vectors[rows] = part
            if progress:
                progress(start + len(rows), len(ids))
        assert vectors is not None
        return vectors

    def prefetch(self) -> None:
        """Begin loading in another thread, so that it is ready when the first message comes. Errors show at first use.

        The process does not end before it is loaded: ONNX Runtime aborts where it is cut off.
        """
        if self._loaded is not None or self._prefetching:
            return
        self._prefetching = True
        threading.Thread(target=self._prefetch, name="csbot-encoder").start()

    def _prefetch(self) -> None:
        with contextlib.suppress(EncoderError):
            self.encode(["你好"])
            _ = self.fingerprint

    def _run(self, ids: list[list[int]]) -> Vectors:
        session, _ = self._load()
        length = max(map(len, ids))
        input_ids = np.ones((len(ids), length), np.int64)  # 1 is the padding piece
        mask = np.zeros((len(ids), length), np.int64)
        for row, pieces in enumerate(ids):
            input_ids[row, : len(pieces)] = pieces
            mask[row, : len(pieces)] = 1
        try:
            output = session.run(None, {"input_ids": input_ids, "attention_mask": mask})[0]
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise EncoderError(f"编码器运行失败：{error} | the encoder failed to run") from error
        return np.asarray(output, np.float32)

    def _load(self) -> tuple[Any, Any]:
        """Session and tokenizer, made once however many threads come first."""
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = self._open()
        return self._loaded

    def _open(self) -> tuple[Any, Any]:
        try:
            import onnxruntime
            from tokenizers import Tokenizer

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self.threads
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            # the graph is written in fused operators already (onnx_model.py): looking for more costs a third of the loading
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
            # Waiting threads sleep instead of spinning: a library must not burn its host's cores between two messages.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            session = onnxruntime.InferenceSession(
                str(self.directory / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(self.directory / TOKENIZER_FILE))
        except Exception as error:  # absent or damaged files, a CPU without the instructions, a broken wheel
            raise EncoderError(
                f"内置编码器无法加载：{error} | the encoder can't be loaded; reinstall csbot-zh or check {self.directory}"
            ) from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_PIECES)
        return session, tokenizer


@cache
def _bundled(threads: int, batch_size: int) -> OnnxEncoder:
    return OnnxEncoder(Path(str(resources.files("csbot.encoders") / "bundled")), threads=threads, batch_size=batch_size)
