"""The one list of result columns: table, CSV, JSON, report and `--where` come from it."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from outgrow.errors import ConfigError
from outgrow.results.settings import Flat, differing, dotted
from outgrow.results.table import Group, Interval, Record, Result

Ordered = TypeVar("Ordered", Group, Record)

COLUMNS: dict[str, Callable[[Record], Any]] = {
    field.name: (lambda name: lambda record: record.shown(name))(field.name) for field in dataclasses.fields(Result)
} | {"failure": lambda record: record.failure}


def in_order(found: Sequence[Ordered]) -> list[Ordered]:
    """Rows or pooled rows as every table lists them: by experiment, task, models, method, settings, seed."""
    keys, settings = differing([one.settings for one in found]), Flat()

    def place(one: Ordered) -> tuple[Any, ...]:
        of: Any = one.row if isinstance(one, Record) else one
        return (
            of.experiment, of.task, one.weak_cost, of.weak, one.strong_cost, of.strong, of.metric,
            of.n_supervisor, of.n_transfer, of.n_test, of.method, of.n_ground_truth,
            [_natural(settings.get(one.settings, key)) for key in keys],
            [of.seed] if isinstance(one, Record) else of.seeds, [of.key] if isinstance(one, Record) else of.keys,
        )  # fmt: skip

    return sorted(found, key=place)


def _natural(value: Any) -> tuple[int, float, str]:
    if value is None:
        return 0, 0.0, ""
    return (1, float(value), "") if isinstance(value, (int, float)) else (2, 0.0, str(value))


def rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Records as flat rows: the columns, then every setting that differs between them."""
    keys, settings = differing([one.settings for one in records]), Flat()
    return [
        {name: value(one) for name, value in COLUMNS.items()} | {key: settings.get(one.settings, key) for key in keys}
        for one in records
    ]


def group_rows(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Pooled rows: as `rows`, with `seeds` for `seed`, `keys` for `key`, and the ends of every interval."""
    keys, settings = differing([one.settings for one in groups]), Flat()
    return [_group_row(one) | {key: settings.get(one.settings, key) for key in keys} for one in groups]


def _group_row(group: Group) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in COLUMNS:
        name = {"seed": "seeds", "key": "keys"}.get(column, column)
        if column in ("pgr_low", "pgr_high"):  # follow from `pgr`
            continue
        if column == "failure":
            found[column] = group.why if group.verdict == "failed" else ""
            continue
        if column == "seed":
            found["failed_seeds"] = group.failed_seeds
        value = getattr(group, FIELD.get(column, name))
        found[name] = value.value if isinstance(value, Interval) else value
        if column in INTERVALS:
            found[f"{name}_low"] = value.low if isinstance(value, Interval) else None
            found[f"{name}_high"] = value.high if isinstance(value, Interval) else None
    return found


FIELD = {"zero_shot_score": "zero_shot", "student_score": "student", "ceiling_score": "ceiling"}
INTERVALS = {*FIELD, "weak_score", "agreement", "agreement_when_right", "agreement_when_wrong", "pgr"}


MOST = 20  # values that a message lists


def select(records: Sequence[Record], where: Sequence[str]) -> list[Record]:
    """Records that fit every `column=value` condition; a column, or a setting such as strong.train.learning_rate.

    Raises:
        ConfigError: no such column; or none fits, with the values that there are.
    """
    found, flattened = list(records), Flat()
    for condition in where:
        column, equals, wanted = condition.partition("=")
        settings = [] if column in COLUMNS else dotted([one.settings for one in records])
        if not equals or not column:
            raise ConfigError(f"--where {condition!r}: write column=value, such as method=naive")
        if not records:
            raise ConfigError(f"--where {condition!r} fits no row: there are no results here yet")
        if column not in COLUMNS and column not in settings:
            raise ConfigError(
                f"--where {condition!r}: there is no column {column!r}; {_columns_like(column, settings)}"
            )
        if column in COLUMNS:
            values = [COLUMNS[column](one) for one in found]
        else:
            values = [flattened.get(one.settings, column) for one in found]
        fits = _begins if column == "key" else _same
        kept = [one for one, value in zip(found, values, strict=True) if fits(value, wanted)]
        if not kept:
            there = [str(value) for value in sorted(set(values), key=_natural)]
            left = f" and {len(there) - MOST} more" if len(there) > MOST else ""
            raise ConfigError(
                f"--where {condition!r} fits no row; {column} is {', '.join(there[:MOST])}{left}{_near(wanted, there)}"
            )
        found = kept
    return found


def _near(wanted: str, there: Sequence[str]) -> str:
    near = difflib.get_close_matches(wanted, there, n=1, cutoff=0.6)
    number = wanted.replace(".", "", 1).isdigit()  # 7 is no misspelt 17
    return f"; did you mean {near[0]!r}?" if near and len(there) > 1 and not number else ""


def _columns_like(column: str, settings: Sequence[str]) -> str:
    """What may have been meant: a setting's end, a name that is written like it, or the columns there are."""
    ends = [key for key in settings if key.endswith(f".{column}")]
    near = ends or difflib.get_close_matches(column, [*COLUMNS, *settings], n=1, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(map(repr, near[:3]))}?"
    return f"columns are {', '.join(COLUMNS)}, and settings such as {', '.join(settings[:3])}"


def _begins(key: str, wanted: str) -> bool:
    return bool(wanted) and key.startswith(wanted)  # tables show the beginnings of keys


def _same(value: Any, wanted: str) -> bool:
    if str(value) == wanted or (isinstance(value, bool) and str(value).lower() == wanted):  # as TOML writes it
        return True
    try:
        return not isinstance(value, str) and value is not None and float(value) == float(wanted)
    except (TypeError, ValueError):
        return False
