"""What happens where the encoder fails: words alone serve for a while, and then it is tried again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from csbot.encoders.base import Encoder, Vectors
from csbot.errors import EncoderError, EncoderMismatch

RETRY_INTERVAL_S = 30.0
"""Short enough that a conversation sees the encoder come back; long enough that trying costs nothing where it does not."""


class EncoderGuard:
    """An encoder whose failures are met. Safe to use from many threads.

    :param fingerprint: of the encoder that made the vectors: no other one is used.
    :param may_degrade: False: raise where it can't run.
    :param retry_interval_s: seconds that it is left alone after a failure; the message after that tries it again.
    :param clock: seconds from any beginning, never going back.
    """

    def __init__(
        self, encoder: Encoder, fingerprint: str, may_degrade: bool, retry_interval_s: float, clock: Callable[[], float]
    ) -> None:
        self.may_degrade = may_degrade
        self.retry_interval_s = retry_interval_s
        self._encoder = encoder
        self._fingerprint = fingerprint
        self._clock = clock
        self._retry_at: float | None = None  # while it fails: when to try it again …
        self._failure: type[EncoderError] | None = None  # … and how it failed

    @property
    def failing(self) -> bool:
        """Whether it failed when it was last tried."""
        return self._retry_at is not None

    def encode(self, texts: Sequence[str]) -> Vectors | None:
        """Vectors (n, d), or None where it can't run.

        :raises EncoderError: it can't run and may not be done without.
        """
        if self._retry_at is not None and self._clock() < self._retry_at:
            return None
        try:
            vectors = self._encoder.encode(texts)
            if self._retry_at is not None and not self._fits():  # what runs again may be another model
                raise self._mismatch()
        except EncoderError as error:
            self._degrade(error)
            return None
        self._retry_at = self._failure = None
        return vectors

    def check(self) -> None:
        """:raises EncoderMismatch: it runs, but is not the one that made the vectors. :raises EncoderError: as for `encode`."""
        try:
            if self._fits():
                return
            self._encoder.encode(["你好"])  # a damaged file has another fingerprint too, and can't run
        except EncoderError as error:
            self._degrade(error)
            return
        raise self._mismatch()

    def _fits(self) -> bool:
        return self._encoder.fingerprint == self._fingerprint

    def _mismatch(self) -> EncoderMismatch:
        return EncoderMismatch(
            f"知识库由编码器 {self._fingerprint} 建立，当前编码器是 {self._encoder.fingerprint}："
            "请重新运行 csbot index | the vectors were made with another encoder: index again"
        )

    def _degrade(self, error: EncoderError) -> None:
        """Say once that words alone serve for a while; or raise where that is not wanted."""
        if not self.may_degrade:
            raise error
        known, self._failure = self._failure is type(error), type(error)
        self._retry_at = self._clock() + self.retry_interval_s
        if not known:
            warnings.warn(f"编码器不可用，仅用词面匹配：{error} | answering from words alone", RuntimeWarning, stacklevel=5)
