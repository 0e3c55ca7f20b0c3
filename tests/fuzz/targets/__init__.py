"""One target for each reader; a module adds its own."""

from __future__ import annotations

import importlib

MODULES = (
    "tables",
    "rows",
    "labels",
    "label",
    "own_labels",
    "images",
    "puzzles",
    "config",
    "models",
    "store",
    "artefacts",
    "results",
    "packs",
    "plugins",
    "commands",
)


def load_targets() -> None:
    """Import all modules of targets."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")
