"""Errors say what is wrong and where, and can be caught by csbot's base or by the matching built-in."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from csbot import errors
from csbot.errors import CsbotError, Fault, InputError, MissingDependency, SnapshotError, SnapshotMissing, SourceError


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("ConfigError", ValueError), ("InputError", ValueError), ("SourceError", ValueError), ("SnapshotError", OSError),
        ("SnapshotMissing", FileNotFoundError), ("SnapshotCorrupt", OSError), ("SnapshotVersionError", OSError),
        ("SnapshotLocked", OSError), ("EncoderError", RuntimeError), ("EncoderMismatch", RuntimeError),
        ("MissingDependency", ImportError), ("OrderBackendError", RuntimeError), ("StoreError", RuntimeError),
        ("TicketError", ValueError),
        ("StoreVersionError", RuntimeError), ("SessionConflict", RuntimeError),
    ],
)  # fmt: skip
def test_each_error_is_a_csbot_error_and_the_matching_builtin(name: str, builtin: type[Exception]) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, CsbotError)
    assert issubclass(kind, builtin)


def test_the_tree_at_the_top_of_the_file_names_every_error() -> None:
    defined = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, Exception)}
    drawn = errors.__doc__ or ""
    assert {name for name in defined if name not in drawn} == set()


def test_a_fault_says_line_field_and_what() -> None:
    assert str(Fault(3, "answer", "不能为空")) == "第 3 行，字段 answer：不能为空"
    assert str(Fault(3, None, "坏")) == "第 3 行：坏"
    assert str(Fault(None, "answer", "坏")) == "字段 answer：坏"
    assert str(Fault(None, None, "坏")) == "坏"


def test_a_source_error_counts_all_faults_and_shows_the_first_twenty() -> None:
    error = SourceError("faq.csv", [Fault(line, "id", f"坏{line}") for line in range(2, 25)])
    shown = str(error).splitlines()
    assert "faq.csv" in shown[0]
    assert "23" in shown[0]
    assert shown[1:21] == [f"  第 {line} 行，字段 id：坏{line}" for line in range(2, 22)]
    assert "3" in shown[21]
    assert len(shown) == 22
    assert len(error.faults) == 23


def test_a_source_error_points_to_the_first_line_that_is_known() -> None:
    error = SourceError("faq.csv", [Fault(None, None, "坏"), Fault(7, None, "坏"), Fault(9, None, "坏")])
    assert (error.path, error.line) == ("faq.csv", 7)


def test_errors_carry_where() -> None:
    assert InputError("x", path="a.csv", line=4).line == 4
    assert SnapshotError("x", path="var/kb").path == "var/kb"
    assert SnapshotMissing("没有", path="var/kb").args == ("没有",)
    assert str(SnapshotMissing("没有", path="var/kb")) == "没有"


EVERY = [
    SourceError(Path("faq.csv"), [Fault(None, None, "坏"), Fault(7, "id", "坏")]),
    MissingDependency("torch", what="模型", pip="sentence-transformers"),
    *(kind("坏", path="a.csv") for kind in (InputError, SnapshotError, *SnapshotError.__subclasses__())),
    InputError("坏", path="a.csv", line=4),
    *(kind("坏") for kind in (errors.ConfigError, errors.EncoderError, errors.EncoderMismatch, errors.OrderBackendError)),
    errors.TicketError("坏"),
    *(kind("坏") for kind in (errors.StoreError, errors.StoreVersionError, errors.SessionConflict)),
]


def test_no_error_is_left_out_below() -> None:
    assert {type(error) for error in EVERY} == {
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CsbotError)
    } - {CsbotError}


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy], ids=["pickle", "copy", "deep"]
)
def test_an_error_survives_a_process_boundary(error: CsbotError, again: Callable[[CsbotError], CsbotError]) -> None:
    """Worker processes hand errors back pickled; nothing may be lost on the way."""
    other = again(error)
    assert type(other) is type(error)
    assert (str(other), vars(other)) == (str(error), vars(error))


def test_an_error_of_a_worker_process_reaches_the_one_who_waits() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, pytest.raises(SourceError, match="第 7 行"):
        pool.submit(_fail).result()


def _fail() -> None:
    raise SourceError("faq.csv", [Fault(7, "id", "坏")])


def test_a_missing_dependency_has_the_pip_line() -> None:
    assert "pip install sentence-transformers" in str(MissingDependency("torch", what="模型", pip="sentence-transformers"))
