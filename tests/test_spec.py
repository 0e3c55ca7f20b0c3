from __future__ import annotations

import dataclasses
import math
from collections import OrderedDict
from typing import Annotated, Any

import pytest
from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.spec import canonical, digest, plain, spec


@spec
class Inner:
    rate: Annotated[float, Field(gt=0)] = 1.0
    sizes: tuple[str, ...] = ()


@spec
class Outer:
    inner: Inner
    name: str = "outer"


class Named:
    def identity(self) -> dict[str, Any]:
        return {"family": "named", "shape": (1, 2)}


def test_equal_values_have_equal_canonical_json() -> None:
    assert canonical({"b": [1, 2], "a": Inner(sizes=("é",))}) == '{"a":{"rate":1.0,"sizes":["\\u00e9"]},"b":[1,2]}'
    assert canonical({"x": 1, "y": 2}) == canonical({"y": 2, "x": 1})
    assert canonical(Outer(inner=Inner(rate=2))) == canonical(Outer(inner=Inner(rate=2.0)))
    assert plain(Named()) == {"family": "named", "shape": [1, 2]}


def test_canonical_json_of_what_json_knows_too() -> None:
    class Text(str):
        pass

    given = {True: (1, None), None: {2: [Text("a"), [()]]}, "b": OrderedDict(c=False)}
    assert canonical(given) == '{"None":{"2":["a",[[]]]},"True":[1,null],"b":{"c":false}}'


def test_golden_digest() -> None:
    assert digest({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert digest({"a": 1}) != digest({"a": 1.5})


@pytest.mark.parametrize(
    "fields",
    [{"rate": wrong} for wrong in ("1", True, 0.0, math.inf, math.nan)] + [{"sizes": ["a"]}, {"ratee": 1.0}],
)
def test_wrong_types_and_unknown_keys_are_errors(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Inner(**fields)


def test_specs_are_frozen_and_keyword_only() -> None:
    one = Inner()
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.rate = 2.0  # type: ignore[misc]
    with pytest.raises(ConfigError, match="Inner takes its fields by name"):
        Inner(1.0)  # type: ignore[call-arg]
    assert hash(Inner()) == hash(one)


def test_numbers_that_json_has_not_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": math.nan})
