"""What can be told of test rows by surface alone: by how long a text is, and by what it is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.errors import StoreError
from outgrow.results.table import Group
from outgrow.steps.examples import ExamplesData, read_examples
from outgrow.steps.stored import stored

MARKS = ".,!?'\"-()"


def shortcut_scores(store: Artefacts, group: Group) -> dict[int, np.ndarray] | None:
    """Whether a linear rule on surface cues is right of each test row, by seed; None where inputs are no texts.

    It learns from the true answers of `transfer`, as the ceiling does.
    """
    found = {}
    for seed, key in zip(group.seeds, group.keys, strict=True):
        try:
            scored = store.manifest(key).inputs["student"]
            split = store.manifest(scored).inputs["split"]
            data = stored(store, store.manifest(split).inputs["examples"], read_examples)
        except (KeyError, StoreError):  # not finished, or collected
            continue
        if data.inputs.dtype != object or data.truth is None or data.output.kind == "generation":
            return None
        found[seed] = _of_seed(data, data.truth, stored(store, split, transfer_rows))
    return found or None


def transfer_rows(folder: Path) -> np.ndarray:
    """Which rows of the data the student learns from, out of the folder of a split."""
    from safetensors.numpy import load_file

    found: np.ndarray = load_file(folder / "rows.safetensors")["transfer"]
    return found


def _of_seed(data: ExamplesData, truth: np.ndarray, learn: np.ndarray) -> np.ndarray:
    cues = surface(data.inputs)
    cues = (cues - cues[learn].mean(0)) / (cues[learn].std(0) + 1e-9)
    cues = np.concatenate([cues, np.ones((len(cues), 1))], 1)
    wanted = np.eye(data.output.n_classes)[truth[learn]]
    square = cues[learn].T @ cues[learn] + np.eye(cues.shape[1])
    test = np.asarray(data.part("test"))
    said = (cues[test] @ np.linalg.solve(square, cues[learn].T @ wanted)).argmax(1)
    return np.asarray(said == truth[test], np.float64)


def surface(texts: np.ndarray) -> np.ndarray:
    """Length, words, length of words, capitals, digits and marks of texts [n]; of pairs [n, 2] their differences."""
    if texts.ndim == 2:
        apart: np.ndarray = surface(texts[:, 1]) - surface(texts[:, 0])
        return apart
    rows = []
    for text in map(str, texts):
        words = max(1, len(text.split()))
        share = [sum(test(letter) for letter in text) / max(1, len(text)) for test in (str.isupper, str.isdigit)]
        rows.append([np.log1p(len(text)), np.log(words), len(text) / words, *share, *(text.count(m) for m in MARKS)])
    return np.array(rows, np.float64)
