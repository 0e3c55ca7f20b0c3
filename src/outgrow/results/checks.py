"""How the students of a pooled result did on each validation example, at each check of their trainings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.errors import StoreError
from outgrow.results.table import Group
from outgrow.steps.stored import demand, stored
from outgrow.steps.trained import CHECKS


@dataclass(frozen=True, kw_only=True, eq=False)
class Checks:
    """Checks of trainings, all at the same shares of their ways.

    Args:
        seeds: in the order of the arrays.
        progress: share of the training done, [checks].
        right: how right each example was, [seeds, checks, n]; 1/k where it is one of k equals.
        agrees: how far it agreed with the supervisor, likewise; None of a training on ground truth.
        groups: group of each example.
    """

    seeds: tuple[int, ...]
    progress: np.ndarray
    right: np.ndarray
    agrees: np.ndarray | None
    groups: np.ndarray


def read_checks(store: Artefacts, group: Group, role: str) -> Checks | None:
    """The checks of the seeds that have some; None where no training left any, as of a version before 0.3."""
    found = {
        seed: one for seed, key in zip(group.seeds, group.keys, strict=True) if (one := _of_seed(store, key, role))
    }
    if not found:
        return None
    first = next(iter(found.values()))
    alike = {seed: one for seed, one in found.items() if {k: v.shape for k, v in one.items()} == _shapes(first)}
    agrees = [one["agrees"] for one in alike.values()] if "agrees" in first else None
    return Checks(
        seeds=tuple(alike),
        progress=first["progress"],
        right=np.stack([one["right"] for one in alike.values()]),
        agrees=None if agrees is None else np.stack(agrees),
        groups=first["groups"],
    )


def _shapes(arrays: dict[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in arrays.items()}


def _of_seed(store: Artefacts, key: str, role: str) -> dict[str, np.ndarray] | None:
    """The arrays of the training behind a role of a comparison; None where there is none."""
    try:
        scored = store.manifest(key).inputs[role]
        return stored(store, store.manifest(scored).inputs["model"], _read)
    except (KeyError, StoreError):  # not finished, or collected; nothing was trained
        return None


def _read(folder: Path) -> dict[str, np.ndarray] | None:
    from safetensors.numpy import load_file

    if not (folder / CHECKS).is_file():
        return None
    found = load_file(folder / CHECKS)
    if "right" not in found:
        return None
    for name in {"right", "agrees"} & found.keys():
        demand(found[name], name, kinds="f", dimensions=2, n=len(found["progress"]))
        found[name] = found[name].astype(np.float32)
    demand(found["groups"], "groups", kinds="i", dimensions=1, n=found["right"].shape[1])
    return found
