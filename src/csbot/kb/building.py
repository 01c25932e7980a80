"""Building the contents of a knowledge base: which encoder, and which calibration goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from csbot.encoders import Encoder, load_encoder
from csbot.encoders.base import Progress, Vectors
from csbot.errors import ConfigError
from csbot.kb.calibrate import calibrate
from csbot.kb.calibration import LEXICAL_ONLY, Calibration
from csbot.kb.calibration_files import shipped_calibrations
from csbot.kb.contents import Contents
from csbot.kb.dense import IndexKind
from csbot.kb.indexing import assemble
from csbot.models import Faq
from csbot.text import Lexicon


def choose_encoder(encoder: Encoder | str | None, name: str | None, threads: int) -> Encoder:
    """The encoder that is meant; ``name`` is the one where none is given."""
    if encoder is None or isinstance(encoder, str):
        return load_encoder(encoder or name, threads=threads)
    if threads:
        raise ConfigError("threads 只用于按名字给出的编码器 | threads is for encoders given by name, this one is made already")
    return encoder


def build_contents(
    faqs: Sequence[Faq],
    encoder: Encoder,
    lexicon: Lexicon,
    index: IndexKind,
    known: Mapping[str, Vectors] | None,
    progress: Progress | None,
    calibration: Calibration | None = None,
) -> Contents:
    """Index FAQs; an encoder that csbot has no calibration for is calibrated first."""
    shipped = shipped_calibrations()
    return assemble(
        faqs,
        encoder,
        lexicon=lexicon,
        calibration=calibration or shipped.get(encoder.fingerprint) or calibrate(encoder),
        lexical_calibration=shipped[LEXICAL_ONLY],
        kind=index,
        known=known,
        progress=progress,
    )
