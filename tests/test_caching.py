"""What is kept in the user's cache: private, made again when damaged or when its source changes, never needed."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
import yaml

from csbot.caching import cache_directory, kept


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return []


def test_it_is_private_and_made_once(made: list[str], tmp_path: Path) -> None:
    def make(text: str) -> list[str]:
        made.append(text)
        return [text, "好"]

    assert [kept("one", make, "甲") for _ in range(3)] == [["甲", "好"]] * 3
    assert kept("one", make, "乙") == ["乙", "好"]
    assert made == ["甲", "乙"]
    assert cache_directory() == tmp_path / "csbot"
    assert cache_directory().stat().st_mode & 0o777 == 0o700
    assert len(list(cache_directory().iterdir())) == 2


@pytest.mark.parametrize("damaged", [b"", b"[1]", b"00\n[1]", b"\xff\n\xff"])
def test_a_damaged_file_is_made_again(made: list[str], damaged: bytes) -> None:
    def make() -> list[int]:
        made.append("")
        return [2]

    assert kept("one", make) == [2]
    (file,) = cache_directory().iterdir()
    whole = file.read_bytes()
    file.write_bytes(damaged)
    assert kept("one", make) == [2]
    assert file.read_bytes() == whole
    assert len(made) == 2


def test_where_nothing_can_be_written_it_is_made_each_time(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")

    def make() -> int:
        made.append("")
        return len(made)

    assert [kept("one", make) for _ in range(2)] == [1, 2]


def test_another_code_makes_it_anew(made: list[str], tmp_path: Path) -> None:
    def function(text: str) -> object:
        file = tmp_path / "maker.py"
        file.write_text(text, encoding="utf-8")
        names: dict[str, object] = {}
        exec(compile(text, str(file), "exec"), names)
        return names["make"]

    for value in (1, 2):
        assert kept("one", function(f"def make(): return {value}")) == value  # type: ignore[arg-type]


def test_every_data_file_of_the_package_is_the_same_as_json() -> None:
    files = list(Path(str(resources.files("csbot"))).rglob("*.yaml"))
    assert len(files) > 15
    for path in files:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert json.loads(json.dumps(data)) == data, path
