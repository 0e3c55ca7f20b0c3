"""Settings of rows that an older version wrote: fields that have come since stand at their defaults.

A field is only ever added with a default that means what was done before. So rows of both versions have the same
settings, are compared, and no table shows a difference that is none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from outgrow.config.build import build, component, fields_of, method, method_table, role, supervisor, table_of
from outgrow.config.where import Where
from outgrow.errors import OutgrowError
from outgrow.specs import SplitSpec
from outgrow.tasks.base import tasks

WHERE = Where("settings")
_known: dict[str, Any] = {}


def completed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Tables as `to_tables` gives them now; one whose component is not here, or is none, stays as it is."""
    return {name: _table(name, table) if name in MADE else table for name, table in settings.items()}


def _table(name: str, table: Any) -> Any:
    try:
        told = json.dumps([name, table])
        if told not in _known:
            _known[told] = MADE[name](table)
        return _known[told]
    except (OutgrowError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return table


def _strong(table: Any) -> dict[str, Any]:
    found = role(dict(table), {}, "strong", WHERE)
    return table_of(found.model, "model") | {"train": fields_of(found.train)}


MADE: dict[str, Callable[[Any], Any]] = {
    "task": lambda table: table_of(component(tasks, table, "task", "name", WHERE)),
    "split": lambda table: fields_of(build(SplitSpec, table, "split", WHERE)),
    "weak": lambda table: table_of(supervisor(dict(table), {}, WHERE), "model"),
    "strong": _strong,
    "method": lambda table: method_table(method(table, WHERE)),
}
