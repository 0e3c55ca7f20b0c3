"""The one list of result columns: table, CSV, JSON, report and `--where` come from it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

from outgrow.errors import ConfigError
from outgrow.results.table import Group, Interval, Record, Result
from outgrow.spec import suggestion

COLUMNS: dict[str, Callable[[Record], Any]] = {
    field.name: (lambda name: lambda record: getattr(record.row, name))(field.name)
    for field in dataclasses.fields(Result)
}
SAID = ("task.name", "weak.model", "strong.model", "split.supervisor", "split.transfer", "split.test", "metric")
"""Settings that columns tell already."""


def flat(settings: Any, prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys; a list as JSON."""
    if isinstance(settings, dict):
        found: dict[str, Any] = {}
        for key, value in settings.items():
            found |= flat(value, f"{prefix}.{key}" if prefix else key)
        return found
    return {prefix: json.dumps(settings) if isinstance(settings, list) else settings}


def differing(settings: Sequence[dict[str, Any]]) -> list[str]:
    """Dotted keys of the settings that are not the same in all, but for those that columns tell."""
    tables = [flat(one) for one in settings]
    keys = dict.fromkeys(key for table in tables for key in table)
    names = [key for key in keys if len({str(table.get(key)) for table in tables}) > 1]
    return [key for key in names if key not in SAID and not key.startswith("method")]


def rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Records as flat rows: the columns, then every setting that differs between them."""
    keys = differing([one.settings for one in records])
    return [
        {name: value(one) for name, value in COLUMNS.items()} | {key: flat(one.settings).get(key) for key in keys}
        for one in records
    ]


def group_rows(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Pooled rows: as `rows`, with `seeds` for `seed`, `keys` for `key`, and the ends of every interval."""
    keys = differing([one.settings for one in groups])
    return [_group_row(one) | {key: flat(one.settings).get(key) for key in keys} for one in groups]


def _group_row(group: Group) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in COLUMNS:
        name = {"seed": "seeds", "key": "keys"}.get(column, column)
        if column in ("pgr_low", "pgr_high"):  # follow from `pgr`
            continue
        value = getattr(group, FIELD.get(column, name))
        found[name] = value.value if isinstance(value, Interval) else value
        if column in INTERVALS:
            found[f"{name}_low"] = value.low if isinstance(value, Interval) else None
            found[f"{name}_high"] = value.high if isinstance(value, Interval) else None
    return found


FIELD = {"zero_shot_score": "zero_shot", "student_score": "student", "ceiling_score": "ceiling"}
INTERVALS = {*FIELD, "weak_score", "agreement", "agreement_when_right", "agreement_when_wrong", "pgr"}


def select(records: Sequence[Record], where: Sequence[str]) -> list[Record]:
    """Records that fit every `column=value` condition; a column, or a setting such as train.learning_rate.

    Raises:
        ConfigError: no such column; or none fits, with the values that there are.
    """
    found = list(records)
    for condition in where:
        column, equals, wanted = condition.partition("=")
        known = [*COLUMNS, *dict.fromkeys(key for one in records for key in flat(one.settings))]
        if not equals or (records and column not in known) or (not records and column not in COLUMNS):
            hint = suggestion(column, known) if equals and column else f"columns are {', '.join(COLUMNS)}"
            raise ConfigError(f"--where {condition!r}: write column=value; {hint}")
        values = [_value(one, column) for one in found]
        kept = [one for one, value in zip(found, values, strict=True) if _same(value, wanted)]
        if found and not kept:
            there = sorted({str(value) for value in values})
            raise ConfigError(f"--where {condition!r} fits no row; {column} is {', '.join(there[:20])}")
        found = kept
    return found


def _value(record: Record, column: str) -> Any:
    return COLUMNS[column](record) if column in COLUMNS else flat(record.settings).get(column)


def _same(value: Any, wanted: str) -> bool:
    if str(value) == wanted:
        return True
    try:
        return not isinstance(value, str) and value is not None and float(value) == float(wanted)
    except (TypeError, ValueError):
        return False
