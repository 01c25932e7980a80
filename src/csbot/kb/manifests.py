"""What is there on disk: the version in force, the others, and whether they are whole. Nothing is opened or changed here.

The layout is drawn in `csbot.kb.snapshot`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from csbot.errors import SnapshotCorrupt, SnapshotError, SnapshotMissing, SnapshotVersionError

FORMAT_VERSION = 1
CURRENT, MANIFEST, VERSIONS = "CURRENT", "manifest.json", "versions"


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
        raise corrupt(path, error) from None
    if not manifest.version == manifest.name() == version:
        raise corrupt(path, "内容与版本名不符 it does not match the version's name")
    return manifest


def verify(root: Path, manifest: Manifest) -> None:
    """:raises SnapshotCorrupt: a file of the version is absent or altered."""
    for name, expected in manifest.files.items():
        file = root / VERSIONS / manifest.version / name
        try:
            actual = checksum(file)
        except OSError as error:
            raise corrupt(file, error) from None
        if actual != expected:
            raise corrupt(file, "校验和不符 checksum differs")


def version_names(root: Path) -> list[str]:
    """Names of all versions there, whole or damaged.

    :raises SnapshotMissing: there is no knowledge base at ``root``. :raises SnapshotCorrupt: its ``versions`` are gone.
    """
    versions = root / VERSIONS
    if not versions.is_dir():
        current_version(root)  # says what is missing
        raise corrupt(versions, "目录缺失 the directory is missing")
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


def readable_current(root: Path) -> Manifest | None:
    """Manifest of the current version; None where there is none that can be read."""
    try:
        return read_manifest(root, current_version(root))
    except SnapshotError:
        return None


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _digest(file.read())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def corrupt(path: Path, why: object) -> SnapshotCorrupt:
    return SnapshotCorrupt(
        f"知识库文件损坏：{path}（{why}）；可用 csbot kb rollback 回到上一版本，或重新运行 csbot index"
        " | damaged: roll back with `csbot kb rollback` or index again",
        path=path,
    )
