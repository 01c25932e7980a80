"""`KnowledgeBase`: build, save, load, search and update an FAQ collection."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from csbot.encoders import Encoder
from csbot.encoders.base import Progress, Vectors
from csbot.errors import InputError
from csbot.kb import manifests, publishing, snapshot
from csbot.kb.building import build_contents, choose_encoder
from csbot.kb.calibration import Calibration
from csbot.kb.contents import Contents
from csbot.kb.dense import IndexKind
from csbot.kb.encoder_guard import RETRY_INTERVAL_S, EncoderGuard
from csbot.kb.follower import Follower
from csbot.kb.indexing import known_vectors
from csbot.kb.sources import coerce, read_faqs
from csbot.models import Candidate, Faq
from csbot.text import Lexicon, query_form


class KnowledgeBase:
    """A collection of FAQs, indexed and ranked. Safe to use from many threads.

    One that was loaded from disk follows its directory: a version published by another process is picked up by the next
    message, whole; whoever holds `contents` keeps one and the same version.

    :param contents: what is in it. :param encoder: what encodes messages; must be the one that made the vectors.
    :param path: the directory that it was loaded from or saved to.
    :param may_degrade: False: raise where the encoder can't run, instead of lexical matching.
    :param reload_interval_s: seconds between two looks at the directory for a new version.
    :param retry_interval_s: seconds that an encoder that failed is left alone before it is tried again.
    :param clock: seconds from any beginning, never going back.
    """

    def __init__(
        self,
        contents: Contents,
        encoder: Encoder,
        *,
        encoder_name: str | None = None,
        path: Path | None = None,
        may_degrade: bool = True,
        reload_interval_s: float = 1.0,
        retry_interval_s: float = RETRY_INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.encoder = encoder
        self.guard = EncoderGuard(encoder, contents.encoder_fingerprint, may_degrade, retry_interval_s, clock)
        self.follower = Follower(reload_interval_s, clock)
        self.path = path
        self._encoder_name = encoder_name
        self._contents = contents
        self._clock = clock
        self._base: str | None = None

    @classmethod
    def build(
        cls,
        source: str | os.PathLike[str] | Iterable[Faq | Mapping[str, Any]],
        *,
        encoder: Encoder | str | None = None,
        lexicon: Lexicon | None = None,
        index: IndexKind = "auto",
        previous: KnowledgeBase | None = None,
        threads: int = 0,
        may_degrade: bool = True,
        progress: bool | Progress = False,
    ) -> KnowledgeBase:
        """Read, encode and index FAQs.

        :param source: a ``.jsonl``, ``.csv``, ``.yaml`` or ``.xlsx`` file, or FAQs as `Faq` objects or dicts.
        :param encoder: None: the bundled one; a model name or path; or any `Encoder`.
        :param lexicon: the merchant's words, synonyms and stop words.
        :param index: ``auto``, ``exact`` or ``hnsw``.
        :param previous: a knowledge base whose vectors are used again for questions that did not change, and its calibration
            where that was tuned.
        :param threads: CPU threads of one call of an encoder given by name; 0: one per core.
        :param may_degrade: False: raise where the encoder can't run when a message comes. Building always needs it.
        :param progress: True prints a progress bar; or a function called with (done, total).
        :raises SourceError: the source has faults, all of them listed.
        :raises EncoderError: the encoder can't run. :raises ConfigError: ``threads`` for an encoder that is made already.
        """
        faqs = read_faqs(source) if isinstance(source, (str, os.PathLike)) else coerce(source)
        name = encoder if isinstance(encoder, str) else None
        chosen = choose_encoder(encoder, None, threads)
        known, tuned = None, None
        if previous is not None and previous.contents.encoder_fingerprint == chosen.fingerprint:
            known = known_vectors(previous.contents)
            tuned = previous.contents.calibration if previous.contents.calibration.tuned else None
        with _progress(progress) as report:
            contents = build_contents(faqs, chosen, lexicon or Lexicon(), index, known, report, tuned)
        return cls(contents, chosen, encoder_name=name, may_degrade=may_degrade)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        encoder: Encoder | str | None = None,
        may_degrade: bool = True,
        reload_interval_s: float = 1.0,
        retry_interval_s: float = RETRY_INTERVAL_S,
        threads: int = 0,
    ) -> KnowledgeBase:
        """Open a saved knowledge base; every checksum is verified, vectors are memory-mapped.

        :param encoder: None: the one named in the manifest; a model name or path; or any `Encoder`.
        :param may_degrade: False: raise where the encoder can't run, now or later; True: words alone answer meanwhile.
        :param reload_interval_s: seconds between two looks for a new version; 0: before every message.
        :param retry_interval_s: seconds that an encoder that failed is left alone before it is tried again.
        :param threads: CPU threads of one call of an encoder given by name; 0: one per core.
        :raises ConfigError: ``threads`` for an encoder that is made already.
        :raises SnapshotError: absent, damaged or of another format (see its subclasses).
        :raises EncoderMismatch: the encoder given is not the one that made the vectors.
        """
        root = Path(path)
        name = manifests.current_version(root)
        manifest = manifests.read_manifest(root, name)
        chosen = choose_encoder(encoder, manifest.encoder_name, threads)
        contents, _ = snapshot.read(root, name)
        kb = cls(
            contents,
            chosen,
            encoder_name=manifest.encoder_name,
            path=root,
            may_degrade=may_degrade,
            reload_interval_s=reload_interval_s,
            retry_interval_s=retry_interval_s,
        )
        kb.guard.check()
        return kb

    def save(self, path: str | os.PathLike[str]) -> str:
        """Publish as the current version of the directory ``path``; returns the version's name.

        :raises SnapshotConflict: this one was made by `update` and another version was published meanwhile.
        :raises SnapshotError: it can't be written; what was there is untouched.
        """
        root = Path(path)
        base = self._base if self.path is not None and self.path.resolve() == root.resolve() else None
        name = publishing.write(root, self._contents, encoder_name=self._encoder_name, base=base)
        self.path = root
        self._contents, _ = snapshot.read(root, name)
        self._base = name
        return name

    def update(
        self,
        upsert: Iterable[Faq | Mapping[str, Any]] = (),
        delete: Iterable[str] = (),
        *,
        progress: bool | Progress = False,
    ) -> KnowledgeBase:
        """A new knowledge base with FAQs added or replaced (same id) and deleted; only new questions are encoded.

        :raises InputError: an id to delete is unknown. :raises SourceError: an FAQ has faults.
        """
        self.follower.look_now()  # changes are made to the latest version
        contents = self.contents
        gone = set(delete)
        unknown = gone - {faq.id for faq in contents.faqs}
        if unknown:
            raise InputError(f"要删除的 id 不存在：{'、'.join(sorted(unknown))} | no such id to delete")
        changed = {faq.id: faq for faq in coerce(upsert)}
        faqs = [changed.pop(faq.id, faq) for faq in contents.faqs if faq.id not in gone or faq.id in changed]
        faqs += list(changed.values())
        with _progress(progress) as report:
            updated = build_contents(
                faqs,
                self.encoder,
                contents.lexicon,
                contents.dense.chosen,
                known_vectors(contents),
                report,
                contents.calibration,
            )
        return self._changed(updated, contents.version)

    def recalibrated(self, calibration: Calibration) -> KnowledgeBase:
        """A new knowledge base of the same FAQs and vectors, whose candidates are judged by ``calibration``.

        :raises EncoderMismatch: the calibration belongs to another encoder.
        """
        self.follower.look_now()
        contents = self.contents
        calibration.check_encoder(contents.encoder_fingerprint)
        return self._changed(replace(contents, calibration=calibration, version=""), contents.version)

    def _changed(self, contents: Contents, base: str) -> KnowledgeBase:
        """This one with other contents, made from the version ``base``."""
        changed = KnowledgeBase(
            contents,
            self.encoder,
            encoder_name=self._encoder_name,
            path=self.path,
            may_degrade=self.guard.may_degrade,
            reload_interval_s=self.follower.interval_s,
            retry_interval_s=self.guard.retry_interval_s,
            clock=self._clock,
        )
        changed._base = base or None
        return changed

    @property
    def contents(self) -> Contents:
        """The version in force now. Take it once per message: it never changes under you."""
        held = self._contents
        if self.path is not None and held.version:
            latest = self.follower.latest(self.path, held)
            if latest is not held:  # else another thread may have found a new one meanwhile
                self._contents = latest
        return self._contents

    @property
    def faqs(self) -> tuple[Faq, ...]:
        return self.contents.faqs

    @property
    def version(self) -> str:
        """Name of the saved version, "" before it is saved."""
        return self.contents.version

    def __len__(self) -> int:
        return len(self.contents.faqs)

    def search(self, text: str, top_k: int = 5) -> list[Candidate]:
        """The FAQs most likely meant by ``text``, best first, at most ``top_k`` (命中测试)."""
        return self.search_batch([text], top_k)[0]

    def search_batch(self, texts: Sequence[str], top_k: int = 5) -> list[list[Candidate]]:
        """`search` for many messages; they are encoded together.

        :raises InputError: ``top_k`` is below 1 or a text is no string.
        """
        if top_k < 1:
            raise InputError(f"top_k 须 ≥ 1，得到 {top_k} | top_k must be at least 1")
        if any(not isinstance(text, str) for text in texts):
            raise InputError("search 需要字符串 | texts must be strings")
        contents = self.contents
        forms = [contents.spelled(query_form(text)) for text in texts]
        vectors = self.encode(forms)
        return [contents.rank(form, None if vectors is None else vectors[i])[:top_k] for i, form in enumerate(forms)]

    def encode(self, forms: Sequence[str]) -> Vectors | None:
        """Vectors of messages in query form (n, d), or None where the encoder can't run: words alone serve then.

        :raises EncoderError: the encoder can't run and the knowledge base may not degrade.
        """
        return self.guard.encode(forms)

    @property
    def degraded(self) -> bool:
        """Whether the encoder failed when it was last tried and words alone decide."""
        return self.guard.failing


def _progress(wanted: bool | Progress) -> Any:
    from csbot.kb.progress import progress_bar

    return progress_bar(wanted)
