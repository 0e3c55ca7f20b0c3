"""Evaluations as short lists of JSON, and back: very many of them are kept."""

from __future__ import annotations

from typing import Any

from outgrow.results.table import Bounded, Evaluation, Interval

INTERVALS = ("agreement", "agreement_when_right", "agreement_when_wrong", "gain", "pgr")
OTHERS = ("n_groups", "design_effect", "detectable", "verdict", "why")
PLACE = {name: place for place, name in enumerate(("scores", *INTERVALS, *OTHERS))}
Packed = list[Any]


def pack(found: Evaluation) -> Packed:
    """Scores by role, intervals, and all else, in a fixed order."""
    return [
        {role: _short(one) for role, one in found.scores.items()},
        *(_short(getattr(found, name)) for name in INTERVALS),
        *(getattr(found, name) for name in OTHERS),
    ]


def unpack(found: Packed) -> Evaluation:
    """The evaluation that `pack` was given."""
    return Evaluation(**{name: part(found, name) for name in PLACE})


def part(found: Packed, name: str) -> Any:
    """One field of that evaluation."""
    value = found[PLACE[name]]
    if name == "scores":
        return {role: _interval(Interval, one) for role, one in value.items()}
    if name in INTERVALS and value is not None:
        return _interval(Bounded if name == "pgr" else Interval, value)
    return value


def _short(one: Interval | None) -> Packed | None:
    return None if one is None else [one.value, one.low, one.high, one.n, one.form]


def _interval(kind: type[Interval], found: Packed) -> Interval:
    value, low, high, n, form = found
    return kind(value=value, low=low, high=high, n=n, form=form)
