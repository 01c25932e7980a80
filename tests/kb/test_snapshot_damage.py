"""A saved knowledge base that is damaged, of another format or from elsewhere is refused with one clear message."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from csbot import KnowledgeBase
from csbot.errors import CsbotError, SnapshotCorrupt, SnapshotError, SnapshotVersionError
from csbot.kb import manifests, publishing, snapshot, versions

WORDS = ("words.json", "starts.npy", "texts.npy", "weights.npy")
FILES = (
    "faqs.jsonl", "lexicon.json", "calibration.json", "vectors.npy", "dense.faiss", "lexical/calibration.json",
    *(f"lexical/{part}/{name}" for part in ("questions", "answers") for name in WORDS),
)  # fmt: skip


@pytest.fixture
def saved(small_saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_saved, tmp_path / "kb"))


@pytest.fixture
def directory(saved: Path) -> Path:
    return saved / "versions" / manifests.current_version(saved)


def flip(file: Path, position: int) -> None:
    data = bytearray(file.read_bytes())
    data[position] ^= 1
    file.write_bytes(data)


def test_the_list_of_files_is_complete(directory: Path) -> None:
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_anywhere_is_noticed_and_the_file_named(saved: Path, directory: Path, name: str) -> None:
    size = (directory / name).stat().st_size
    for position in {0, size // 2, size - 1, random.Random(name).randrange(size)}:
        flip(directory / name, position)
        with pytest.raises(SnapshotCorrupt, match="csbot kb rollback") as caught:
            KnowledgeBase.load(saved)
        assert caught.value.path == str(directory / name)
        flip(directory / name, position)
    KnowledgeBase.load(saved)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "longer"])
def test_a_file_that_is_absent_or_of_another_length_is_noticed(saved: Path, directory: Path, name: str, damage: str) -> None:
    data = (directory / name).read_bytes()
    (directory / name).unlink()
    if damage != "absent":
        (directory / name).write_bytes({"empty": b"", "cut": data[:-1], "longer": data + b"x"}[damage])
    with pytest.raises(SnapshotCorrupt) as caught:
        KnowledgeBase.load(saved)
    assert caught.value.path == str(directory / name)


def test_a_flipped_byte_anywhere_in_the_manifest_is_noticed(saved: Path, directory: Path) -> None:
    file = directory / "manifest.json"
    data = file.read_bytes()
    start = data.index(b'"version"')
    own_name = range(start, data.index(b"\n", start))  # what the version is called is told by its directory
    for position in set(range(0, len(data))) - set(own_name):
        flip(file, position)
        with pytest.raises(SnapshotError):
            snapshot.read(saved)
        flip(file, position)
    snapshot.read(saved)


@pytest.mark.parametrize("format_version", [manifests.FORMAT_VERSION - 1, manifests.FORMAT_VERSION + 1, None, "1"])
def test_another_format_version_is_refused_with_advice(saved: Path, directory: Path, format_version: object) -> None:
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    (directory / "manifest.json").write_text(json.dumps(manifest | {"format_version": format_version}), encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"格式版本.*csbot index") as caught:
        KnowledgeBase.load(saved)
    assert caught.value.path == str(directory / "manifest.json")


@pytest.mark.parametrize("part", ["calibration", "lexical_calibration"])
def test_a_calibration_of_other_features_is_refused_with_advice(small_kb: KnowledgeBase, tmp_path: Path, part: str) -> None:
    """As it comes from a csbot that computes other evidence; every checksum is right."""
    fitted = getattr(small_kb.contents, part)
    turned = fitted.ranker.model_copy(update={"features": fitted.ranker.features[::-1]})
    other = replace(small_kb.contents, **{part: fitted.model_copy(update={"ranker": turned})})
    publishing.write(tmp_path / "kb", other, encoder_name=None)
    with pytest.raises(SnapshotVersionError, match=r"ranker.*csbot index") as caught:
        KnowledgeBase.load(tmp_path / "kb")
    assert str(caught.value.path).endswith("calibration.json")


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00\x00\x00", b"../../etc", b"\xff\xfe", "版本".encode()])
def test_a_damaged_current_file_is_refused_and_rollback_mends_it(saved: Path, content: bytes) -> None:
    version = manifests.current_version(saved)
    (saved / "CURRENT").write_bytes(content)
    with pytest.raises(SnapshotCorrupt, match="CURRENT"):
        KnowledgeBase.load(saved)
    assert versions.roll_back(saved, version) == version
    assert KnowledgeBase.load(saved).version == version


def test_a_current_file_that_names_nothing_is_refused_and_rollback_mends_it(saved: Path) -> None:
    version = manifests.current_version(saved)
    (saved / "CURRENT").write_text("0123456789abcdef")
    with pytest.raises(SnapshotCorrupt, match="0123456789abcdef"):
        KnowledgeBase.load(saved)
    assert versions.roll_back(saved) == version


def test_a_damaged_version_can_be_left_by_rollback_and_replaced_by_publishing(fresh_kb: KnowledgeBase, saved: Path) -> None:
    first = manifests.current_version(saved)
    second = KnowledgeBase.load(saved).update(delete=["pay"]).save(saved)
    flip(saved / "versions" / second / "vectors.npy", 200)
    with pytest.raises(SnapshotCorrupt):
        KnowledgeBase.load(saved)
    assert versions.roll_back(saved) == first
    assert KnowledgeBase.load(saved).version == first
    flip(saved / "versions" / first / "vectors.npy", 200)
    fresh_kb.save(saved)
    assert KnowledgeBase.load(saved).faqs == fresh_kb.faqs


def test_a_damaged_version_cannot_be_rolled_back_to(saved: Path) -> None:
    first = manifests.current_version(saved)
    second = KnowledgeBase.load(saved).update(delete=["pay"]).save(saved)
    flip(saved / "versions" / first / "dense.faiss", 100)
    with pytest.raises(SnapshotCorrupt):
        versions.roll_back(saved, first)
    assert KnowledgeBase.load(saved).version == second


def test_random_bytes_over_any_file_never_become_a_traceback(saved: Path, directory: Path) -> None:
    """Whatever is wrong with a file, the error is csbot's own."""
    rng = random.Random(0)
    for name in (*FILES, "manifest.json"):
        data = (directory / name).read_bytes()
        for _ in range(3):
            (directory / name).write_bytes(rng.randbytes(rng.randrange(200)))
            with pytest.raises(CsbotError):
                KnowledgeBase.load(saved)
        (directory / name).write_bytes(data)
