"""Calibrations on disk: read only where their features are those that this csbot computes."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from csbot.kb.calibration import Calibration
from csbot.kb.ranking import confidence_features, ranker_features


def read_calibration(path: Path, *, dense: bool) -> Calibration:
    """The calibration in ``path``.

    :param dense: True: for vectors and words; False: for words alone.
    :raises InputError: absent, no calibration, or fitted on other features than this csbot's.
    """
    return Calibration.read(path, ranker=ranker_features(dense), confidence=confidence_features(dense))


def shipped_calibrations() -> dict[str, Calibration]:
    """Calibrations inside the package, by encoder fingerprint."""
    folder = resources.files("csbot.kb") / "calibrations"
    found = [
        read_calibration(Path(str(folder / name)), dense=dense)
        for name, dense in (("bundled.json", True), ("lexical.json", False))
    ]
    return {calibration.encoder: calibration for calibration in found}
