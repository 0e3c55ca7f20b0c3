"""The results table, read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from outgrow.errors import StoreError
from outgrow.results.columns import select
from outgrow.results.fitting import wrong_with
from outgrow.results.listing import Listed, listed
from outgrow.results.table import Bounded, CurvePoint, Evaluation, Interval, Record, Result

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts

ONE_BY_ONE = 100  # rows; of more, all are read


def read_records(store: Artefacts, *, where: Sequence[str] = ()) -> list[Record]:
    """All rows of a store that fit every `column=value` condition, in a stable order."""
    found = select([*records_by_name(store).values()], where)
    return found if all(isinstance(one, Listed) for one in found) else sorted(found, key=_place)


def _place(one: Record) -> tuple[Any, ...]:
    row = one.row
    return row.experiment, row.task, one.weak_cost, one.strong_cost, row.method, row.seed, row.key


def records_by_name(store: Artefacts) -> dict[str, Record]:
    """All rows of a store by name. Raises StoreError where one is none."""

    def load(names: set[str]) -> dict[str, Record]:
        if len(names) > ONE_BY_ONE:
            return {name: load_record(store, name, fields) for name, fields in store.results() if name in names}
        each = ((name, store.result(name)) for name in sorted(names))
        return {name: load_record(store, name, fields) for name, fields in each if fields is not None}

    found = listed(store, load)
    return {name: load_record(store, name, fields) for name, fields in store.results()} if found is None else found


def load_record(store: Artefacts, name: str, fields: dict[str, Any]) -> Record:
    """The row that a file holds. Raises StoreError where it holds none."""
    from outgrow.config.completed import completed  # knows all components

    try:
        fields["row"] = Result(**fields["row"])
        fields["curves"] = {
            role: [CurvePoint(**point) for point in points] for role, points in fields["curves"].items()
        }
        if fields.get("evaluation"):
            fields["evaluation"] = _read_evaluation(fields["evaluation"])
        found = Record(**fields)
        if problem := wrong_with(found):
            raise TypeError(problem)
        return dataclasses.replace(found, settings=completed(found.settings))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"{store.address}: {name}.json is not a results row ({error}); delete it and run its experiment again"
        ) from error


def _read_evaluation(fields: dict[str, Any]) -> Evaluation:
    def interval(found: dict[str, Any] | None) -> Interval | None:
        return Interval(**found) if found else None

    read = {
        name: interval(fields[name]) for name in ("agreement", "agreement_when_right", "agreement_when_wrong", "gain")
    }
    pgr = Bounded(**fields["pgr"]) if fields["pgr"] else None
    scores = {role: Interval(**found) for role, found in fields["scores"].items()}
    return Evaluation(**{**fields, **read, "scores": scores, "pgr": pgr})
