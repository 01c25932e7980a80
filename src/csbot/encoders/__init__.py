"""Sentence encoders: the bundled one by default, any sentence-transformers model when it is named."""

from __future__ import annotations

from pathlib import Path

from csbot.encoders.base import Encoder, Progress, Vectors

__all__ = ["Encoder", "Progress", "Vectors", "load_encoder"]


def load_encoder(name: str | None = None, *, threads: int = 0, batch_size: int = 32) -> Encoder:
    """The encoder called ``name``; nothing is read or loaded until it first encodes.

    :param name: None or ``"bundled"``: the Chinese model inside the package, on ONNX Runtime, without network. A directory
        with ``model_int8.onnx``, as `csbot train` writes: that model, likewise. Else the name or local path of a
        sentence-transformers model (a name that is no local path is fetched from its hub).
    :param threads: CPU threads of one call; 0 means one per core.
    :param batch_size: texts per forward pass.
    :raises csbot.errors.MissingDependency: another model is asked for in a light install.
    """
    from csbot.encoders.onnx import MODEL_FILE, OnnxEncoder

    if name is None or name == "bundled":
        return OnnxEncoder.bundled(threads=threads, batch_size=batch_size)
    if Path(name, MODEL_FILE).is_file():
        return OnnxEncoder(Path(name), threads=threads, batch_size=batch_size)
    from csbot.encoders.sentence_transformers import SentenceTransformerEncoder

    return SentenceTransformerEncoder(name, threads=threads, batch_size=batch_size)
