"""Saved knowledge bases: versions on disk that are whole or not there at all.

::

    DIR/CURRENT                       name of the version in force; replaced atomically, last of all
    DIR/lock                          held by the one writer
    DIR/versions/<hash>/manifest.json format, encoder, counts, parent, SHA-256 of every other file
                        faqs.jsonl  lexicon.json  calibration.json  vectors.npy  dense.faiss
                        lexical/{questions/, answers/, calibration.json}

A version is written beside the others under a temporary name, every file is flushed to disk, then it is renamed and only
then named in ``CURRENT``. Nothing is ever changed in place, so a crash at any instant leaves the last good version, and
readers that have an old version open keep it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from csbot.errors import InputError, SnapshotError, SnapshotVersionError
from csbot.kb.calibration_files import read_calibration
from csbot.kb.contents import Contents
from csbot.kb.dense import DenseIndex
from csbot.kb.lexical import LexicalIndex
from csbot.kb.manifests import VERSIONS, Manifest, checksum, corrupt, current_version, read_manifest, verify
from csbot.models import Faq
from csbot.text import Lexicon, Tokeniser


def read(root: Path, version: str | None = None) -> tuple[Contents, Manifest]:
    """Load a version (the current one by default), vectors memory-mapped, after verifying every checksum.

    :raises SnapshotError: its subclasses, for what is absent, damaged or of another format.
    """
    name = version or current_version(root)
    directory = root / VERSIONS / name
    manifest = read_manifest(root, name)
    verify(root, manifest)
    try:
        faqs = _read_faqs(directory / "faqs.jsonl")
        lexicon = Lexicon.model_validate_json((directory / "lexicon.json").read_text(encoding="utf-8"))
        contents = Contents(
            faqs=faqs,
            lexicon=lexicon,
            encoder_fingerprint=manifest.encoder,
            vectors=np.load(directory / "vectors.npy", mmap_mode="r", allow_pickle=False),
            dense=DenseIndex.load(directory / "dense.faiss"),
            words=LexicalIndex.load(directory / "lexical" / "questions", manifest.questions),
            answers=LexicalIndex.load(directory / "lexical" / "answers", len(faqs)),
            calibration=read_calibration(directory / "calibration.json", dense=True),
            lexical_calibration=read_calibration(directory / "lexical" / "calibration.json", dense=False),
            version=name,
            tokeniser=Tokeniser(lexicon),
        )
    except SnapshotError:
        raise
    except InputError as error:  # checksums agree, so that another csbot wrote it so
        raise SnapshotVersionError(str(error), path=error.path) from None
    except (OSError, ValueError) as error:
        raise corrupt(directory, error) from None
    contents.calibration.check_encoder(manifest.encoder)
    return contents, manifest


def read_faqs(root: Path, version: str | None = None) -> list[Faq]:
    """FAQs of a version (default: the current one), verified, without opening its indexes.

    :raises SnapshotError: its subclasses.
    """
    name = version or current_version(root)
    manifest = read_manifest(root, name)
    path = root / VERSIONS / name / "faqs.jsonl"
    try:
        if checksum(path) != manifest.files["faqs.jsonl"]:
            raise corrupt(path, "校验和不符 checksum differs")
        return list(_read_faqs(path))
    except (OSError, ValueError, KeyError) as error:
        raise error if isinstance(error, SnapshotError) else corrupt(path, error) from None


def _read_faqs(path: Path) -> tuple[Faq, ...]:
    with path.open(encoding="utf-8") as lines:
        return tuple(Faq.model_validate_json(line) for line in lines)
