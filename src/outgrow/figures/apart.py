"""Results that share their models and method, told apart by the settings in which they differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from outgrow.plain import counted
from outgrow.results.table import Group

Path = tuple[str, ...]
BUDGET = (("n_ground_truth",), ("baselines",))
"""Settings that are told in words of their own, or determine no number."""


def told_apart(groups: Sequence[Group]) -> list[Group]:
    """The groups; where several share models and method, each method's name gets the settings that differ.

    A method that learned from known truth is named with how many rows that was of.
    """
    alike: dict[tuple[str, ...], list[Group]] = {}
    for g in groups:
        alike.setdefault((g.experiment, g.task, g.metric, g.weak, g.strong, g.method), []).append(g)
    named: dict[int, Group] = {}
    for same in alike.values():
        tables = [{path: value for path, value in flat(g.settings).items() if path not in BUDGET} for g in same]
        differing = _differing(tables)
        for g, has in zip(same, tables, strict=True):
            marks = [f"{name}={_bare(has[path])}" for path, name in differing.items() if path in has]
            budget = [f"{counted(g.n_ground_truth, 'row')} of known truth"] if g.n_ground_truth else []
            named[id(g)] = replace(g, method=", ".join([g.method, *budget, *marks]))
    return [named[id(g)] for g in groups]


def varied(groups: Sequence[Group]) -> dict[str, int]:
    """Settings besides models and methods that differ between results, with how many values each has."""
    tables = [flat(g.settings) for g in groups]
    found = _differing(tables)
    return {
        name: len({table.get(path) for table in tables})
        for path, name in found.items()
        if path[0] not in ("method", "metric", "baselines")
        and not (path[0] in ("weak", "strong") and path[1:2] != ("train",))
    }


def _differing(tables: Sequence[dict[Path, str]]) -> dict[Path, str]:
    """What differs, with the shortest name that tells it; settings that change together under one last key are one."""
    seen: dict[tuple[str, tuple[str | None, ...]], Path] = {}
    for path in dict.fromkeys(path for table in tables for path in table):
        values = tuple(table.get(path) for table in tables)
        if len(set(values)) > 1:
            seen.setdefault((path[-1], values), path)
    last = [path[-1] for path in seen.values()]
    return {path: path[-1] if last.count(path[-1]) == 1 else ".".join(path) for path in seen.values()}


def flat(value: dict[str, Any], path: Path = ()) -> dict[Path, str]:
    """Nested settings as path -> JSON text of the value."""
    out: dict[Path, str] = {}
    for key, item in value.items():
        here = (*path, str(key))
        out |= flat(item, here) if isinstance(item, dict) and item else {here: _written(item)}
    return out


def _written(item: object) -> str:
    return json.dumps(item, sort_keys=True, ensure_ascii=False, default=str)


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith('"') and text.endswith('"') else text
