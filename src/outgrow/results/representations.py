"""What a supervisor and a student saw of the rows that the student learned from: frozen features, weak labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.errors import StoreError
from outgrow.learning.feature_file import load
from outgrow.results.shortcuts import transfer_rows
from outgrow.results.table import Group
from outgrow.steps.labels import read_votes
from outgrow.steps.stored import stored


@dataclass(frozen=True, kw_only=True, eq=False)
class Representations:
    """Of the rows of `transfer`.

    Args:
        weak, strong: features, [n, width].
        confidence: the supervisor's largest probability, [n].
    """

    weak: np.ndarray
    strong: np.ndarray
    confidence: np.ndarray


def representations(store: Artefacts, group: Group) -> Representations | None:
    """Those of the first seed; None where a model is no head on features of single rows, or they are not there."""
    try:
        result = store.manifest(group.keys[0]).inputs
        rows = stored(store, store.manifest(result["student"]).inputs["split"], transfer_rows)
        seen = {
            role: load(store.open(store.manifest(store.manifest(result[role]).inputs["model"]).inputs["features"]))
            for role in ("weak", "student")
        }
        votes = stored(store, result["labels"], read_votes)
    except (KeyError, StoreError):  # another kind of model, not finished, or collected
        return None
    weak, strong = (_of_rows(np.asarray(seen[role][rows], np.float32)) for role in ("weak", "student"))
    if votes.dtype.kind != "f" or weak.ndim != 2 or strong.ndim != 2:
        return None
    return Representations(weak=weak, strong=strong, confidence=votes.reshape(-1, *votes.shape[-2:]).mean(0).max(1))


def _of_rows(features: np.ndarray) -> np.ndarray:
    """Of pairs, what a reward model's head goes by: the second's minus the first's."""
    return features[:, 1] - features[:, 0] if features.ndim == 3 and features.shape[1] == 2 else features
