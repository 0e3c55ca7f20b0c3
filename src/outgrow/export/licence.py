"""Where a base model comes from, and under which licence."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outgrow.models.base import Model
from outgrow.models.bases import language, vision
from outgrow.packs.catalogue import PACKS

MODEL_HUB = re.compile(r"[\w.-]+/[\w.-]+")
HEADER = re.compile(r"\A---\n.*?^license:\s*[\"']?([\w.+-]+)[\"']?\s*$.*?^---$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Base:
    """Of a base model.

    Args:
        repository: on the model hub, or "".
        licence: in words, or "" where it is not known here.
        licence_id: as model hubs write it, or "" where it is none of theirs.
    """

    repository: str
    licence: str
    licence_id: str


def base_of(model: Model) -> Base:
    """What is known here of a model's source: nothing is looked up elsewhere."""
    own = str(getattr(model, "path", ""))
    preset: Any = None if own else language.PRESETS.get(model.name) or vision.PRESETS.get(model.name)
    path = own or (preset.path if preset else "")
    pack = None if own else PACKS.get(getattr(preset, "pack", "") or model.name)
    folder = bool(own) and os.path.isdir(os.path.expanduser(own))
    if pack is not None:
        licence = pack.licence
    elif folder:
        licence = _told(Path(os.path.expanduser(path)) / "README.md")
    else:
        licence = ""
    plain_name = re.fullmatch(r"[A-Za-z0-9.+-]+", licence)
    repository = path if MODEL_HUB.fullmatch(path) and not folder else ""
    return Base(repository=repository, licence=licence, licence_id=licence.lower() if plain_name else "")


def _told(card: Path) -> str:
    """The licence that a model card's header names."""
    try:
        found = HEADER.match(card.read_text(encoding="utf-8")[:10_000])
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1] if found else ""
