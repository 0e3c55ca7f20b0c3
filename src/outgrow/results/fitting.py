"""Whether a row out of a file has the types and sizes that its dataclasses say: a store may come from anywhere."""

from __future__ import annotations

import dataclasses
import types
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from outgrow.results.table import CurvePoint, Interval, Record

FORMS = {"t", "wilson", "fieller"}
LARGEST = 1e15  # of a score; no figure has an axis for more


def wrong_with(record: Record) -> str:
    """What cannot be in a row, in words; empty where all can."""
    if problem := misfit(record, Record, "record"):
        return problem.removeprefix("record.")
    points = [one for curve in record.curves.values() for one in curve]
    found = [one for one in vars(record.evaluation).values() if isinstance(one, Interval)] if record.evaluation else []
    scores = [*found, *record.evaluation.scores.values()] if record.evaluation else []
    return next(filter(None, [*map(_of_point, points), *map(_of_interval, scores)]), "")


def _of_point(one: CurvePoint) -> str:
    return "" if 0 <= one.accuracy <= 1 and one.n >= 0 else f"a curve has the accuracy {one.accuracy} of {one.n} rows"


def _of_interval(one: Interval) -> str:
    large = [end for end in (one.value, one.low, one.high) if end is not None and abs(end) > LARGEST]
    if one.form not in FORMS or one.n < 0 or large:
        return f"an interval has the form {one.form!r}, {one.n} rows, and the value {one.value}"
    return ""


def misfit(value: Any, hint: Any, place: str) -> str:
    """What does not fit a type, in words, such as "row.seed is a text"; empty where all does.

    Args:
        hint: a class, a dataclass whose fields are looked at in turn, `list[...]`, `dict[str, ...]`, or a union.
        place: what to call the value.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        problems = [misfit(value, one, place) for one in inner if one is not type(None) or value is None]
        return "" if "" in problems else problems[0]
    if origin is list and isinstance(value, list):
        return next(filter(None, (misfit(one, inner[0], f"{place}[{i}]") for i, one in enumerate(value))), "")
    if origin is dict and isinstance(value, dict):
        strange = next((key for key in value if not isinstance(key, str)), None)
        if strange is not None:
            return f"{place} has the key {strange!r}"
        return next(filter(None, (misfit(one, inner[1], f"{place}.{key}") for key, one in value.items())), "")
    if hint is Any:
        return ""
    if hint is float and type(value) is int:  # JSON writes whole numbers without a point
        return "" if abs(value) < 2**1023 else f"{place} is too large"
    plain_class = origin or hint
    if (type(value) is bool and plain_class in (int, float)) or not isinstance(value, plain_class):
        return f"{place} is {_WORDS.get(type(value), type(value).__name__)}"
    if dataclasses.is_dataclass(value):
        return next(
            filter(None, (misfit(getattr(value, name), one, f"{place}.{name}") for name, one in _hints(hint))), ""
        )
    return ""


_WORDS = {str: "a text", dict: "a table", list: "a list", bool: "true or false", type(None): "nothing", int: "a number"}


@cache
def _hints(kind: type) -> tuple[tuple[str, Any], ...]:
    return tuple(get_type_hints(kind).items())
