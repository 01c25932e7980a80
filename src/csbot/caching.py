"""What csbot works out of its own data files, kept in a cache of the user, so that a process starts in half the time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

T = TypeVar("T")


def cache_directory() -> Path:
    """csbot's own cache directory of this user (``XDG_CACHE_HOME``), mode 0700; never a shared temporary path."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "csbot"
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    return base


def kept(name: str, make: Callable[..., T], *given: Any) -> T:
    """What ``make(*given)`` gives, from the cache where it was made before; made again where that is absent or damaged.

    :param make: a function of what it is given and of nothing else, with a result that JSON can hold. When the file that holds
        it is changed, its results are made anew. :param given: what JSON can hold.
    """
    try:
        made_of = json.dumps([Path(make.__code__.co_filename).read_text(encoding="utf-8"), *given])
        file = cache_directory() / f"{name}-{_digest(made_of.encode())[:16]}.json"
    except (OSError, RuntimeError):  # no home, one that can't be written to, or a program frozen without its sources: no cache
        return make(*given)
    with contextlib.suppress(OSError, ValueError):
        checksum, body = file.read_bytes().split(b"\n", 1)
        if checksum.decode() == _digest(body):
            return cast(T, json.loads(body))
    made = make(*given)
    body = json.dumps(made, ensure_ascii=False).encode()
    with contextlib.suppress(OSError):
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_bytes(_digest(body).encode() + b"\n" + body)
        temporary.replace(file)
    return made


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
