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

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from csbot.errors import (
    CsbotError,
    InputError,
    SnapshotConflict,
    SnapshotCorrupt,
    SnapshotError,
    SnapshotLocked,
    SnapshotMissing,
    SnapshotVersionError,
)
from csbot.kb.calibration_files import read_calibration
from csbot.kb.contents import Contents
from csbot.kb.dense import DenseIndex
from csbot.kb.lexical import LexicalIndex
from csbot.models import Faq, utc_now
from csbot.text import Lexicon, Tokeniser

FORMAT_VERSION = 1
KEPT_VERSIONS = 20
"""Older versions are deleted when a new one is published; history and rollback reach this far back."""
CURRENT, MANIFEST, VERSIONS, LOCK = "CURRENT", "manifest.json", "versions", "lock"


class Manifest(BaseModel):
    """What a version says of itself."""

    model_config = ConfigDict(extra="forbid")

    format_version: int
    version: str
    parent: str | None
    created: datetime
    encoder_name: str | None
    encoder: str
    dimension: int
    index: str
    faqs: int
    questions: int
    files: dict[str, str]

    def name(self) -> str:
        """The version's name: a hash of everything else that the manifest says."""
        said = self.model_dump(mode="json", exclude={"version"})
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def current_version(root: Path) -> str:
    """Name of the version in force.

    :raises SnapshotMissing: there is no knowledge base at ``root``.
    :raises SnapshotCorrupt: ``CURRENT`` is no version name.
    """
    try:
        name = (root / CURRENT).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise SnapshotMissing(
            f"{root} 没有已保存的知识库：请先运行 csbot index | no saved knowledge base: run `csbot index SRC --out {root}`",
            path=root,
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotCorrupt(f"无法读取 {root / CURRENT}：{error} | can't read it", path=root / CURRENT) from None
    if not name.isalnum():
        raise SnapshotCorrupt(f"{root / CURRENT} 内容损坏：请用 csbot kb rollback 指定一个版本 | damaged", path=root / CURRENT)
    return name


def read_manifest(root: Path, version: str) -> Manifest:
    """The manifest of a version, verified against the version's name, which is the hash of what it says.

    :raises SnapshotCorrupt: absent or damaged. :raises SnapshotVersionError: another format.
    """
    path = root / VERSIONS / version / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, dict) and data.get("format_version") != FORMAT_VERSION:
            raise SnapshotVersionError(
                f"{path} 的格式版本是 {data.get('format_version')}，本版只读 {FORMAT_VERSION}：请重新 csbot index"
                f" | written in another format: index again from the source",
                path=path,
            )
        manifest = Manifest.model_validate(data)
    except SnapshotError:
        raise
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValidationError) as error:
        raise _corrupt(path, error) from None
    if not manifest.version == manifest.name() == version:
        raise _corrupt(path, "内容与版本名不符 it does not match the version's name")
    return manifest


def verify(root: Path, manifest: Manifest) -> None:
    """:raises SnapshotCorrupt: a file of the version is absent or altered."""
    for name, expected in manifest.files.items():
        file = root / VERSIONS / manifest.version / name
        try:
            actual = _checksum(file)
        except OSError as error:
            raise _corrupt(file, error) from None
        if actual != expected:
            raise _corrupt(file, "校验和不符 checksum differs")


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
        raise _corrupt(directory, error) from None
    contents.calibration.check_encoder(manifest.encoder)
    return contents, manifest


def write(root: Path, contents: Contents, *, encoder_name: str | None, base: str | None = None) -> str:
    """Publish ``contents`` as the current version and return its name; the current one's where nothing differs.

    :param base: the version that ``contents`` was made from: another one must not have been published meanwhile.
    :raises SnapshotConflict: it was. :raises SnapshotLocked: another process is writing there.
    :raises SnapshotError: no permission, no space; what was saved before is untouched.
    """
    with _writing(root):
        versions = root / VERSIONS
        versions.mkdir(exist_ok=True)
        _sweep(root)
        parent = _readable_current(root)
        if base is not None and parent is not None and parent.version != base:
            raise SnapshotConflict(
                f"{root} 已有新版本 {parent.version}，您的修改基于 {base}：请重新载入后再改 | published by another, load again",
                path=root,
            )
        temporary = versions / f".tmp-{uuid.uuid4().hex}"
        try:
            manifest = _write_version(temporary, contents, encoder_name, parent)
            if parent and (manifest.files, manifest.encoder) == (parent.files, parent.encoder) and _is_whole(root, parent):
                return parent.version
            temporary.rename(versions / manifest.version)
            _sync(versions)
            _point(root, manifest.version)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _prune(root, keep={manifest.version, parent.version if parent else ""})
        return manifest.version


def _sweep(root: Path) -> None:
    """Take away what a writer that was killed left behind."""
    for leftover in (root / VERSIONS).glob(".tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for directory in (root / VERSIONS).iterdir():
        if not (directory / MANIFEST).exists():  # a version half taken away
            shutil.rmtree(directory, ignore_errors=True)
    for leftover in root.glob(f".{CURRENT}-*"):
        leftover.unlink(missing_ok=True)


def point_to(root: Path, version: str) -> None:
    """Make an older version the current one (rollback), after verifying that it is whole."""
    with _writing(root):
        read(root, version)
        _point(root, version)


def version_names(root: Path) -> list[str]:
    """Names of all versions there, whole or damaged.

    :raises SnapshotMissing: there is no knowledge base at ``root``. :raises SnapshotCorrupt: its ``versions`` are gone.
    """
    versions = root / VERSIONS
    if not versions.is_dir():
        current_version(root)  # says what is missing
        raise _corrupt(versions, "目录缺失 the directory is missing")
    return [directory.name for directory in versions.iterdir() if not directory.name.startswith(".")]


def history(root: Path) -> list[Manifest]:
    """Manifests of all readable versions, newest first.

    :raises SnapshotError: as for `version_names`.
    """
    found = []
    for name in version_names(root):
        with contextlib.suppress(SnapshotError):
            found.append(read_manifest(root, name))
    return sorted(found, key=lambda manifest: manifest.created, reverse=True)


def _readable_current(root: Path) -> Manifest | None:
    """Manifest of the current version; None where there is none that can be read."""
    try:
        return read_manifest(root, current_version(root))
    except SnapshotError:
        return None


def read_faqs(root: Path, version: str | None = None) -> list[Faq]:
    """FAQs of a version (default: the current one), verified, without opening its indexes.

    :raises SnapshotError: its subclasses.
    """
    name = version or current_version(root)
    manifest = read_manifest(root, name)
    path = root / VERSIONS / name / "faqs.jsonl"
    try:
        if _checksum(path) != manifest.files["faqs.jsonl"]:
            raise _corrupt(path, "校验和不符 checksum differs")
        return list(_read_faqs(path))
    except (OSError, ValueError, KeyError) as error:
        raise error if isinstance(error, SnapshotError) else _corrupt(path, error) from None


def _write_version(directory: Path, contents: Contents, encoder_name: str | None, parent: Manifest | None) -> Manifest:
    directory.mkdir()
    _write_faqs(directory / "faqs.jsonl", contents.faqs)
    (directory / "lexicon.json").write_text(contents.lexicon.model_dump_json(), encoding="utf-8")
    (directory / "calibration.json").write_text(contents.calibration.model_dump_json(indent=1), encoding="utf-8")
    np.save(directory / "vectors.npy", np.asarray(contents.vectors), allow_pickle=False)
    contents.dense.save(directory / "dense.faiss")
    lexical = directory / "lexical"
    contents.words.save(lexical / "questions")
    contents.answers.save(lexical / "answers")
    (lexical / "calibration.json").write_text(contents.lexical_calibration.model_dump_json(indent=1), encoding="utf-8")
    files = {path.relative_to(directory).as_posix(): _checksum(path) for path in sorted(directory.rglob("*")) if path.is_file()}
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        version="",
        parent=parent.version if parent else None,
        created=utc_now(),
        encoder_name=encoder_name,
        encoder=contents.encoder_fingerprint,
        dimension=int(contents.vectors.shape[1]),
        index=contents.dense.kind,
        faqs=len(contents.faqs),
        questions=len(contents.questions),
        files=files,
    )
    manifest.version = manifest.name()
    (directory / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    for path in directory.rglob("*"):
        _sync(path)
    _sync(directory)
    return manifest


def _is_whole(root: Path, manifest: Manifest) -> bool:
    with contextlib.suppress(SnapshotCorrupt):
        verify(root, manifest)
        return True
    return False


def _point(root: Path, version: str) -> None:
    temporary = root / f".{CURRENT}-{uuid.uuid4().hex}"
    try:
        temporary.write_text(version + "\n", encoding="ascii")
        _sync(temporary)
        temporary.replace(root / CURRENT)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(root)


def _prune(root: Path, keep: set[str]) -> None:
    for manifest in history(root)[KEPT_VERSIONS:]:
        if manifest.version not in keep:
            shutil.rmtree(root / VERSIONS / manifest.version, ignore_errors=True)


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    """Hold the writer's lock; every failure of the disk becomes one clear error."""
    import filelock

    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(root / LOCK, timeout=10)
        with lock:
            yield
    except filelock.Timeout:
        raise SnapshotLocked(
            f"{root} 正被另一个进程写入，请稍后再试 | another process is writing, try later", path=root
        ) from None
    except CsbotError:
        raise
    except (OSError, RuntimeError) as error:  # FAISS reports a failed write as RuntimeError
        raise SnapshotError(
            f"无法写入 {root}：{error}；原有版本未受影响，请检查权限和磁盘空间 | can't write; what was saved is untouched",
            path=root,
        ) from error


def _read_faqs(path: Path) -> tuple[Faq, ...]:
    with path.open(encoding="utf-8") as lines:
        return tuple(Faq.model_validate_json(line) for line in lines)


def _write_faqs(path: Path, faqs: tuple[Faq, ...]) -> None:
    path.write_text("".join(faq.model_dump_json() + "\n" for faq in faqs), encoding="utf-8")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _digest(file.read())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _corrupt(path: Path, why: object) -> SnapshotCorrupt:
    return SnapshotCorrupt(
        f"知识库文件损坏：{path}（{why}）；可用 csbot kb rollback 回到上一版本，或重新运行 csbot index"
        " | damaged: roll back with `csbot kb rollback` or index again",
        path=path,
    )
