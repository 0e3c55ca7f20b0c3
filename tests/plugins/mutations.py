"""Damage to JSON files, drawn from a seed: values of other types, missing and odd fields, cut and flipped bytes."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np

VALUES: list[Any] = [None, "x", "", -1, 0, 3, 10**9, 1e300, 0.5, True, [], {}, ["a"], {"a": 1}, "null"]


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """A JSON file with one thing wrong with it."""
    kind = rng.integers(6)
    if kind == 0:
        return content[: int(rng.integers(len(content)))]
    if kind == 1:
        place = int(rng.integers(len(content)))
        return content[:place] + bytes([int(rng.integers(256))]) + content[place + 1 :]
    found = copy.deepcopy(json.loads(content))
    places = [(found, key) for key in found] if kind < 4 else _places(found)
    parent, key = places[int(rng.integers(len(places)))]
    if kind == 5 and isinstance(parent, dict):
        del parent[key]
    else:
        parent[key] = VALUES[int(rng.integers(len(VALUES)))]
    return json.dumps(found).encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every field and item, at any depth; of long tables the first few."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [place for key in keys[:30] for place in [(value, key), *_places(value[key])]]
