"""Following a directory: a version that another process published is picked up, whole, by the next message."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from pathlib import Path

from csbot.errors import SnapshotError
from csbot.kb import manifests, snapshot
from csbot.kb.contents import Contents


class Follower:
    """Looks for new versions. Safe to use from many threads: one looks, the others go on with what they have.

    :param interval_s: seconds between two looks; 0: before every message.
    :param clock: seconds from any beginning, never going back.
    """

    def __init__(self, interval_s: float, clock: Callable[[], float]) -> None:
        self.interval_s = interval_s
        self._clock = clock
        self._looked = clock()
        self._lock = threading.Lock()

    def look_now(self) -> None:
        """Let the next question look, however short ago the last look was."""
        self._looked = float("-inf")

    def latest(self, path: Path, held: Contents) -> Contents:
        """The version in force in the directory; ``held`` where it is the same, can't be read or needs another encoder."""
        now = self._clock()
        if now - self._looked < self.interval_s or not self._lock.acquire(blocking=False):
            return held
        try:
            self._looked = now
            name = manifests.current_version(path)
            if name == held.version:
                return held
            contents, _ = snapshot.read(path, name)
            if contents.encoder_fingerprint == held.encoder_fingerprint:
                return contents
            warnings.warn(
                "新版本由另一编码器建立，请重启以使用 | the new version needs another encoder: restart",
                RuntimeWarning,
                stacklevel=4,
            )
        except SnapshotError as error:
            warnings.warn(f"新版本未能载入，继续使用旧版本：{error} | keeping the old version", RuntimeWarning, stacklevel=4)
        finally:
            self._lock.release()
        return held
