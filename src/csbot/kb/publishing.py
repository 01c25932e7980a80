"""Publishing a version, and making an older one current again: one writer at a time, and nothing changed in place."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from csbot.errors import CsbotError, SnapshotConflict, SnapshotCorrupt, SnapshotError, SnapshotLocked
from csbot.kb import snapshot
from csbot.kb.contents import Contents
from csbot.kb.manifests import (
    CURRENT,
    FORMAT_VERSION,
    MANIFEST,
    VERSIONS,
    Manifest,
    checksum,
    history,
    readable_current,
    verify,
)
from csbot.models import Faq, utc_now

KEPT_VERSIONS = 20
"""Older versions are deleted when a new one is published; history and rollback reach this far back."""
LOCK = "lock"


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
        parent = readable_current(root)
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


def point_to(root: Path, version: str) -> None:
    """Make an older version the current one (rollback), after verifying that it is whole."""
    with _writing(root):
        snapshot.read(root, version)  # verifies that it is whole
        _point(root, version)


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


def _sweep(root: Path) -> None:
    """Take away what a writer that was killed left behind."""
    for leftover in (root / VERSIONS).glob(".tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for directory in (root / VERSIONS).iterdir():
        if not (directory / MANIFEST).exists():  # a version half taken away
            shutil.rmtree(directory, ignore_errors=True)
    for leftover in root.glob(f".{CURRENT}-*"):
        leftover.unlink(missing_ok=True)


def _prune(root: Path, keep: set[str]) -> None:
    for manifest in history(root)[KEPT_VERSIONS:]:
        if manifest.version not in keep:
            shutil.rmtree(root / VERSIONS / manifest.version, ignore_errors=True)


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
    files = {path.relative_to(directory).as_posix(): checksum(path) for path in sorted(directory.rglob("*")) if path.is_file()}
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


def _write_faqs(path: Path, faqs: tuple[Faq, ...]) -> None:
    path.write_text("".join(faq.model_dump_json() + "\n" for faq in faqs), encoding="utf-8")


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


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
