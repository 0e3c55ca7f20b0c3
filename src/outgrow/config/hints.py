"""What a key that is not known was meant to be, and where it belongs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from outgrow.aliases import meant
from outgrow.spec import near, suggestion
from outgrow.specs import SplitSpec, TrainSpec

OPTIONS = (
    "device", "precision", "executor", "workers", "store", "checkpointing", "checkpoint_minutes", "micro_batch_tokens",
    "sharding", "offload",
)  # fmt: skip
"""Where and how fast to compute: options of the command, in no file."""
TABLES_OF = {
    "train": tuple(field.name for field in dataclasses.fields(TrainSpec)),
    "split": tuple(field.name for field in dataclasses.fields(SplitSpec) if field.name != "seed"),
    "sweep": ("seeds",),
}


def hint(name: str, known: Sequence[str], prefix: str = "") -> str:
    """`did you mean ...?` of its own table or of another one, or the keys that there are.

    Args:
        known: the keys of the table that it stands in.
        prefix: that table and a dot, or nothing.
    """
    if prefix in ("weak.", "strong."):
        known = ["model", *known, "train"]
    if meant(name, OPTIONS):
        return f"that is an option of the command: --{name.replace('_', '-')}"
    elsewhere = [] if meant(name, known) else _elsewhere(name, prefix)
    if not elsewhere:
        return suggestion(name, known)
    found = [*near(name, known, cutoff=0.8), *elsewhere]
    return f"did you mean {' or '.join(map(repr, found))}?"


def _elsewhere(name: str, prefix: str) -> list[str]:
    """Dotted keys of other tables that this one may be."""
    found = []
    for table, keys in TABLES_OF.items():
        if prefix not in (f"{table}.", "sweep."):
            of_role = table == "train" and prefix in ("weak.", "strong.")
            found += [f"{prefix if of_role else ''}{table}.{key}" for key in meant(name, keys)]
    if not prefix and meant(name, ["model"]):
        found += ["weak.model", "strong.model"]
    return found
