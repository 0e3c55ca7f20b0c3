"""What all specs hold to: strict, frozen, equal, hashable, with a stable identity that holds no path."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from multiprocessing.reduction import ForkingPickler
from typing import Any

from outgrow.spec import canonical
from outgrow.testing.broken import Broken, demand


def check_spec(one: Any) -> None:
    """A component that is a spec."""
    who = type(one).__name__
    demand(isinstance(getattr(one, "name", None), str) and one.name, f"{who} has no name")
    twin = copy.copy(one)
    demand(one == twin and hash(one) == hash(twin), f"{who}: equal values must be equal and hashable; use @spec")
    try:
        identity = canonical(one.identity())
    except (TypeError, ValueError, AttributeError) as error:
        raise Broken(f"{who}.identity() must give what JSON can hold: {error}") from error
    demand(identity == canonical(twin.identity()), f"{who}.identity() must be the same for equal values")
    demand(json.loads(identity), f"{who}.identity() is empty: say what determines the numbers")
    path = re.search(r'"(?:/|\.\.?/|[A-Za-z]:\\\\)[^"]*"', identity)
    demand(path is None, f"{who}.identity() holds a path, {path and path[0]}: keys would differ between machines")
    if dataclasses.is_dataclass(one):
        _check_fields(one, who)


def check_sending(one: Any) -> None:
    """It can be sent to another process."""
    try:
        ForkingPickler.dumps(one)
    except Exception as error:
        who = type(one).__name__
        raise Broken(f"{who} cannot be sent to another process ({error}): define it at the top of a module") from error


def _check_fields(one: Any, who: str) -> None:
    try:
        dataclasses.replace(one, no_such_option=1)
    except Exception:
        pass
    else:
        raise Broken(f"{who} takes options that it does not have, so a misspelt one runs in silence; use @spec")
    for field in dataclasses.fields(one)[:1]:
        try:
            setattr(one, field.name, getattr(one, field.name))
        except (dataclasses.FrozenInstanceError, AttributeError):
            return
        raise Broken(f"{who} can be changed after it is made; use @spec")
