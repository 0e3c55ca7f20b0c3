"""Settings of results as dotted keys, and in which of them results differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

SAID = (
    "task.name", "weak.model", "strong.model", "split.supervisor", "split.transfer", "split.test", "metric",
    "n_ground_truth", "baselines",
)  # fmt: skip
"""Settings that columns tell already, or that determine no number."""


def flat(settings: Any, prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys; a list as JSON."""
    if isinstance(settings, dict):
        found: dict[str, Any] = {}
        for key, value in settings.items():
            found |= flat(value, f"{prefix}.{key}" if prefix else key)
        return found
    return {prefix: json.dumps(settings) if isinstance(settings, list) else settings}


class Flat:
    """Looks up dotted keys in settings; a table that many of them share is flattened once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[object, dict[str, Any]]] = {}  # with the table, lest its id be reused

    def table(self, name: str, table: object) -> dict[str, Any]:
        """The table of this name as dotted keys, or the value that stands there alone."""
        found = self._known.get((name, id(table)))
        if found is None:
            found = self._known[name, id(table)] = table, flat(table, name)
        return found[1]

    def get(self, settings: dict[str, Any], key: str) -> Any:
        """The value under a dotted key; None where there is none."""
        name = key.partition(".")[0]
        return self.table(name, settings[name]).get(key) if name in settings else None


def dotted(settings: Sequence[dict[str, Any]]) -> list[str]:
    """All dotted keys, in the order in which they first appear."""
    return list(_values(settings))


def differing(settings: Sequence[dict[str, Any]], *, all_of_them: bool = False) -> list[str]:
    """Dotted keys of the settings that are not the same in all.

    Args:
        all_of_them: those too that columns tell: of models, sizes, methods.
    """
    if len({id(one) for one in settings}) == 1:
        return []
    names = [key for key, values in _values(settings).items() if len(values) > 1]
    return [key for key in names if all_of_them or (key not in SAID and not key.startswith("method"))]


def _values(settings: Sequence[dict[str, Any]]) -> dict[str, set[str]]:
    """By dotted key, the values that there are, as texts; None is one where some have no such key."""
    distinct = list({id(one): one for one in settings}.values())
    tables: dict[str, dict[int, tuple[int, Any]]] = {}  # by name, each once, with the first of the settings it is in
    having: dict[str, int] = {}
    for i, one in enumerate(distinct):
        for name, table in one.items():
            tables.setdefault(name, {}).setdefault(id(table), (i, table))
            having[name] = having.get(name, 0) + 1
    first: dict[str, tuple[int, int, int]] = {}
    values: dict[str, set[str]] = {}
    for name, several in tables.items():
        flats = [(i, flat(table, name)) for i, table in several.values()]
        for i, one in flats:
            for place, (key, value) in enumerate(one.items()):
                first.setdefault(key, (i, list(distinct[i]).index(name), place))
                values.setdefault(key, set()).add(str(value))
        for key in dict.fromkeys(key for _, one in flats for key in one):
            if having[name] < len(distinct) or not all(key in one for _, one in flats):
                values[key].add(str(None))
    return {key: values[key] for key in sorted(values, key=first.__getitem__)}
