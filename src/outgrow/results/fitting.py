"""Whether a row out of a file has the types and sizes that its dataclasses say: a store may come from anywhere."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import is_dataclass
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


Check = Callable[[Any], str]
"""What does not fit, as words behind the place of a value, such as ".seed is a text"; empty where all does."""


def misfit(value: Any, hint: Any, place: str) -> str:
    """What does not fit a type, in words, such as "row.seed is a text"; empty where all does.

    Args:
        hint: a class, a dataclass whose fields are looked at in turn, `list[...]`, `dict[str, ...]`, or a union.
        place: what to call the value.
    """
    problem = _check(hint)(value)
    return place + problem if problem else ""


@cache
def _check(hint: Any) -> Check:
    """The check of a type, made once: a store can have very many rows."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: ""
    if origin in (Union, types.UnionType):
        return _of_union(inner)
    if origin is list:
        return _of_list(_check(inner[0]))
    if origin is dict:
        return _of_dict(_check(inner[1]))
    return _of_class(origin or hint)


def _of_union(kinds: tuple[Any, ...]) -> Check:
    optional = type(None) in kinds
    checks = [_check(one) for one in kinds if one is not type(None)]

    def check(value: Any) -> str:
        if value is None and optional:
            return ""
        problem = ""
        for one in checks:
            found = one(value)
            if not found:
                return ""
            problem = problem or found
        return problem

    return check


def _of_list(inner: Check) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, list):
            return _is(value)
        for i, one in enumerate(value):
            if problem := inner(one):
                return f"[{i}]{problem}"
        return ""

    return check


def _of_dict(inner: Check) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, dict):
            return _is(value)
        for key, one in value.items():
            if not isinstance(key, str):
                return f" has the key {key!r}"
            if problem := inner(one):
                return f".{key}{problem}"
        return ""

    return check


def _of_class(kind: type) -> Check:
    number = kind in (int, float)
    fields = [(name, _check(one)) for name, one in get_type_hints(kind).items()] if is_dataclass(kind) else []

    def check(value: Any) -> str:
        if kind is float and type(value) is int:  # JSON writes whole numbers without a point
            return "" if abs(value) < 2**1023 else " is too large"
        if (number and type(value) is bool) or not isinstance(value, kind):
            return _is(value)
        for name, one in fields:
            if problem := one(getattr(value, name)):
                return f".{name}{problem}"
        return ""

    return check


def _is(value: Any) -> str:
    return f" is {_WORDS.get(type(value), type(value).__name__)}"


_WORDS = {str: "a text", dict: "a table", list: "a list", bool: "true or false", type(None): "nothing", int: "a number"}
