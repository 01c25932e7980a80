"""The state of a training on disk: one safetensors file, replaced in one move, with its position as JSON in the header."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from csbot.errors import InputError

CHECKPOINT_FILE = "checkpoint.safetensors"


def write_checkpoint(place: Path, tensors: Mapping[str, torch.Tensor], position: Mapping[str, Any]) -> None:
    """Write ``place/checkpoint.safetensors``: a reader finds the old state or the new one, whole.

    :raises InputError: it can't be written.
    """
    file, new = place / CHECKPOINT_FILE, place / f"{CHECKPOINT_FILE}.new"
    whole = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    try:
        place.mkdir(parents=True, exist_ok=True)
        safetensors.torch.save_file(whole, new, metadata={"position": json.dumps(dict(position), ensure_ascii=False)})
        with new.open("rb") as handle:
            os.fsync(handle.fileno())
        new.replace(file)
    except (OSError, safetensors.SafetensorError) as error:
        raise InputError(f"无法写入断点 {file}：{error} | can't write the checkpoint", path=file) from None
    finally:
        new.unlink(missing_ok=True)


def read_position(place: Path) -> dict[str, Any] | None:
    """The position in the header, None where there is no checkpoint.

    :raises InputError: the file is damaged.
    """
    file = place / CHECKPOINT_FILE
    if not file.exists():
        return None
    try:
        with safetensors.safe_open(file, framework="pt") as opened:
            position: dict[str, Any] = json.loads(opened.metadata()["position"])
            return position
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise InputError(
            f"断点 {file} 已损坏（{error}），请删除后重来 | the checkpoint is damaged: delete it and start again", path=file
        ) from None


def read_tensors(place: Path) -> dict[str, dict[str, torch.Tensor]]:
    """The tensors by the first part of their names: ``{"model": {…}, "average": {…}, …}``."""
    parts: dict[str, dict[str, torch.Tensor]] = {}
    for name, value in safetensors.torch.load_file(place / CHECKPOINT_FILE).items():
        kind, _, rest = name.partition("/")
        parts.setdefault(kind, {})[rest] = value
    return parts
