"""Every exception that csbot raises on purpose.

::

    CsbotError
    ├── ConfigError(ValueError)               a setting is unknown, out of range or contradicts another
    ├── InputError(ValueError)                a file or a value that the user gave can't be used
    │   └── SourceError                       a knowledge base, case or order file has faults: all of them, by line and field
    ├── SnapshotError(OSError)                a saved knowledge base can't be read or written
    │   ├── SnapshotMissing(FileNotFoundError)
    │   ├── SnapshotCorrupt                   a file is absent or its checksum differs
    │   ├── SnapshotVersionError              written by another format version
    │   ├── SnapshotLocked                    another writer holds the lock
    │   └── SnapshotConflict                  another version was published since the one that was changed
    ├── EncoderError(RuntimeError)            the encoder can't run
    │   └── EncoderMismatch                   vectors or calibration were made with another encoder
    ├── MissingDependency(ImportError)        an optional package is absent; the message has the pip line
    ├── OrderBackendError(RuntimeError)       the merchant's order system failed or answered nonsense
    ├── TicketError(ValueError)               a ticket can't go from its state to the one asked for, or not that way
    └── StoreError(RuntimeError)              the store of sessions can't be read or written
        ├── StoreVersionError                 its tables were made by another version of csbot
        └── SessionConflict                   another worker saved the session in between

Each message says what is wrong, where, and what to do: in Chinese first, then in English. A low score is never an error.
Every one can be copied and pickled, as worker processes need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from reprlib import Repr
from typing import Any

_BRIEF = Repr()
_BRIEF.maxlevel, _BRIEF.maxlist, _BRIEF.maxtuple, _BRIEF.maxdict, _BRIEF.maxstring = 2, 3, 3, 3, 60


def shown(value: Any) -> str:
    """A wrong value as a message shows it: its beginning, however large it is.

    >>> shown("明天"), shown([[1] * 9] * 9)
    ("'明天'", '[[1, 1, 1, ...], [1, 1, 1, ...], [1, 1, 1, ...], ...]')
    """
    return _BRIEF.repr(value)[:60]


class CsbotError(Exception):
    """Base of all errors of csbot."""


class ConfigError(CsbotError, ValueError):
    """A setting is unknown, out of range or contradicts another."""


class InputError(CsbotError, ValueError):
    """A file or value given by the user can't be used.

    :ivar path: the file, if there is one.
    :ivar line: 1-based line or row, if known.
    """

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.path = None if path is None else str(path)
        self.line = line


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a source file: where and what."""

    line: int | None
    field: str | None
    what: str

    def __str__(self) -> str:
        where = [] if self.line is None else [f"第 {self.line} 行"]
        if self.field:
            where.append(f"字段 {self.field}")
        return f"{'，'.join(where)}：{self.what}" if where else self.what


class SourceError(InputError):
    """A source file has faults; all of them are listed, not only the first.

    :ivar faults: all of them, in the order of the file.
    """

    SHOWN = 20

    def __init__(self, path: str | Path, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [f"  {fault}" for fault in self.faults[: self.SHOWN]]
        if len(self.faults) > self.SHOWN:
            lines.append(f"  …还有 {len(self.faults) - self.SHOWN} 处 | {len(self.faults) - self.SHOWN} more")
        head = f"{path} 有 {len(self.faults)} 处错误，请改正后重试 | {len(self.faults)} fault(s), mend and try again:"
        first = next((f.line for f in self.faults if f.line is not None), None)
        super().__init__("\n".join([head, *lines]), path=path, line=first)

    def __reduce__(self) -> tuple[type[SourceError], tuple[str | None, tuple[Fault, ...]]]:
        return type(self), (self.path, self.faults)


class SnapshotError(CsbotError, OSError):
    """A saved knowledge base can't be read or written.

    :ivar path: the directory or file.
    """

    def __init__(self, message: str, *, path: str | Path | None = None) -> None:
        super().__init__(message)
        self.path = None if path is None else str(path)


class SnapshotMissing(SnapshotError, FileNotFoundError):
    """There is no saved knowledge base at that place."""


class SnapshotCorrupt(SnapshotError):
    """A file of the version is absent, cut short or altered."""


class SnapshotVersionError(SnapshotError):
    """The version was written in a format that this csbot does not read."""


class SnapshotLocked(SnapshotError):
    """Another process is writing to the same knowledge base."""


class SnapshotConflict(SnapshotError):
    """Another version was published since the one that the changes were made to."""


class EncoderError(CsbotError, RuntimeError):
    """The encoder can't be loaded or run."""


class EncoderMismatch(EncoderError):
    """Vectors or a calibration belong to another encoder than the one given."""


class MissingDependency(CsbotError, ImportError):
    """An optional package is needed.

    :param package: what is missing. :param what: what needs it. :param pip: what to install.
    """

    def __init__(self, package: str, what: str, pip: str) -> None:
        super().__init__(f"{what}需要 {package}，请执行：pip install {pip} | {package} is missing, run: pip install {pip}")
        self.package, self.what, self.pip = package, what, pip

    def __reduce__(self) -> tuple[type[MissingDependency], tuple[str, str, str]]:
        return type(self), (self.package, self.what, self.pip)


class OrderBackendError(CsbotError, RuntimeError):
    """The merchant's order system failed, was too slow, or answered something that is no order."""


class TicketError(CsbotError, ValueError):
    """A ticket can't go from its state to the one asked for, or not by this one, or not at that time."""


class StoreError(CsbotError, RuntimeError):
    """The store of sessions can't be read or written; nothing was changed."""


class StoreVersionError(StoreError):
    """The tables of the store were made by another version of csbot."""


class SessionConflict(StoreError):
    """Another worker saved the session since it was read; read it again and repeat."""
