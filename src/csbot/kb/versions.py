"""Comparing and going back to saved versions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from csbot.errors import InputError, SnapshotCorrupt, SnapshotError
from csbot.kb import manifests, publishing, snapshot
from csbot.models import Faq


class Change(BaseModel):
    """One difference between two versions: an FAQ added (+) or deleted (-), or one of its fields changed (~)."""

    model_config = ConfigDict(frozen=True)

    what: Literal["+", "-", "~"]
    faq_id: str
    field: str = ""
    old: str = ""
    new: str = ""


class Version(BaseModel):
    """One saved version as the history shows it; of one whose manifest can't be read only the name is known."""

    model_config = ConfigDict(frozen=True)

    version: str
    current: bool
    parent: str | None = None
    created: datetime | None = None
    encoder: str | None = None
    faqs: int | None = None
    questions: int | None = None
    damage: str | None = Field(default=None, description="what is wrong with it, in words; None: every checksum is right")


def history(root: Path) -> list[Version]:
    """All versions, whole and damaged ones, newest first; those whose date can't be read come last.

    Where ``CURRENT`` is damaged, no version is marked as current. Every file is read, to verify its checksum.

    :raises SnapshotMissing: there is no knowledge base at ``root``. :raises SnapshotCorrupt: its ``versions`` are gone.
    """
    try:
        current = manifests.current_version(root)
    except SnapshotError:
        current = ""
    found = [_version(root, name, current) for name in manifests.version_names(root)]
    return sorted(found, key=lambda version: (version.created is not None, version.created), reverse=True)


def _version(root: Path, name: str, current: str) -> Version:
    manifest, damage = None, None
    try:
        manifest = manifests.read_manifest(root, name)
        manifests.verify(root, manifest)
    except SnapshotError as error:
        damage = str(error)
    known = {} if manifest is None else manifest.model_dump(include=set(Version.model_fields) - {"version"})
    return Version(version=name, current=name == current, damage=damage, **known)


def compare(root: Path, old: str, new: str | None = None) -> list[Change]:
    """Differences from version ``old`` to ``new`` (default: the current one), by FAQ id.

    :raises SnapshotError: a version is absent or damaged.
    """
    before = {faq.id: faq for faq in snapshot.read_faqs(root, find(root, old))}
    after = {faq.id: faq for faq in snapshot.read_faqs(root, find(root, new) if new else None)}
    changes = [Change(what="-", faq_id=i, field="question", old=before[i].question) for i in before if i not in after]
    for faq_id, faq in after.items():
        if faq_id not in before:
            changes.append(Change(what="+", faq_id=faq_id, field="question", new=faq.question))
        else:
            changes += _fields(before[faq_id], faq)
    return changes


def roll_back(root: Path, version: str | None = None) -> str:
    """Make ``version`` (default: the parent of the current one) the current version; returns its name.

    :raises InputError: the current version has no parent. :raises SnapshotError: absent or damaged.
    """
    if version is None:
        parent = _parent(root)
        if parent is None:
            raise InputError(f"{root} 没有更早的版本可回退 | there is no version before this one")
        version = parent
    name = find(root, version)
    publishing.point_to(root, name)
    return name


def find(root: Path, prefix: str) -> str:
    """The version whose name begins with ``prefix``.

    :raises InputError: none or several do.
    """
    found = [m.version for m in manifests.history(root) if m.version.startswith(prefix)]
    if len(found) != 1:
        what = "没有版本" if not found else f"{len(found)} 个版本"
        raise InputError(f"{what}以 {prefix!r} 开头，见 csbot kb history {root} | no single version begins with this")
    return found[0]


def _parent(root: Path) -> str | None:
    """What was current before; where the current version is damaged, the newest other one."""
    listed = manifests.history(root)
    try:
        current = manifests.current_version(root)
    except SnapshotCorrupt:
        current = ""
    found = next((m for m in listed if m.version == current), None)
    names = [m.version for m in listed if m.version != current]
    if found is None:
        return next(iter(names), None)
    return found.parent if found.parent in names else None


def _fields(before: Faq, after: Faq) -> list[Change]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return [
        Change(what="~", faq_id=after.id, field=name, old=_short(old[name]), new=_short(new[name]))
        for name in old
        if old[name] != new[name]
    ]


def _short(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
