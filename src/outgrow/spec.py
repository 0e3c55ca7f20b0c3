"""Specs: frozen, keyword-only, strict values that determine numbers, and their canonical JSON."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from outgrow.aliases import meant
from outgrow.errors import ConfigError

T = TypeVar("T")
SCALARS = frozenset({str, int, float, bool, type(None)})


@dataclass_transform(frozen_default=True, kw_only_default=True)
def spec(cls: type[T]) -> type[T]:
    """Class decorator: a frozen, keyword-only, strictly typed value; unknown keys and wrong types are ConfigErrors."""
    strict = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
    made = cast(Any, pydantic_dataclass(frozen=True, kw_only=True, config=strict)(cls))
    checked = made.__init__

    @functools.wraps(checked)
    def init(self: Any, *values: Any, **fields: Any) -> None:
        try:
            checked(self, *values, **fields)
        except ValidationError as error:
            raise _clear(error, cls.__name__, [field.name for field in dataclasses.fields(made)]) from None

    made.__init__ = init
    return cast(type[T], made)


class MissingField(ConfigError):
    """A field without a default was not given."""


def _clear(error: ValidationError, name: str, known: list[str]) -> ConfigError:
    """The first mistake, as a message that names the key, the value and the choices."""
    first = min(error.errors(), key=lambda one: one["type"] != "unexpected_positional_argument")
    key = str(first["loc"][0]) if first["loc"] else ""
    if first["type"].startswith("missing"):
        return MissingField(f"{name} needs {key}", key=key)
    if first["type"] == "unexpected_positional_argument":
        return ConfigError(f"{name} takes its fields by name, such as {name}({(known or ['...'])[0]}=...)")
    if first["type"] == "unexpected_keyword_argument":
        return ConfigError(f"{name} has no {key!r}; {suggestion(key, known)}", key=key)
    text = f"{key} = {short(first.get('input'))}: {first['msg'][0].lower()}{first['msg'][1:]}"
    return ConfigError(text + _cure(first), key=key)


def _cure(error: Any) -> str:
    """What a value was probably meant to be."""
    value = error.get("input")
    if error["type"] == "literal_error" and isinstance(value, str):
        found = meant(value, re.findall(r"'([^']*)'", error["ctx"]["expected"]))
        return f"; did you mean {found[0]!r}?" if found else ""
    if error["type"] == "int_type" and isinstance(value, float) and 0 < value < 1:
        return "; write how many, not which share"
    return ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or what there is."""
    known = list(known)
    found = meant(name, known) or near(name, known)
    return f"did you mean {found[0]!r}?" if found else f"known: {', '.join(known) or 'none'}"


def near(name: str, known: Iterable[str], *, cutoff: float = 0.5) -> list[str]:
    """The known name that is most like this one, capitals aside, if any is at least so much like it."""
    capitals = {one.lower(): one for one in known}
    return [capitals[one] for one in difflib.get_close_matches(name.lower(), list(capitals), n=1, cutoff=cutoff)]


def short(value: object, most: int = 60) -> str:
    """A value as Python writes it, cut in the middle where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists in lists
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= most else f"{text[: most - 20]} ... {text[-15:]}"


def plain(value: Any) -> Any:
    """A spec as JSON-ready dicts, lists and scalars; a class's `identity` method, if any, decides its form."""
    if type(value) is dict:  # most of what a key is made of
        return {str(key): item if type(item) in SCALARS else plain(item) for key, item in value.items()}
    if type(value) in SCALARS:
        return value
    if hasattr(value, "identity"):
        return plain(value.identity())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces; equal values give equal text."""
    return _ENCODER.encode(plain(value))


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


class Option:
    """Base of small frozen specs that a user names, with fields as options."""

    name: ClassVar[str]

    def identity(self) -> dict[str, Any]:
        """Name and resolved options: what determines its numbers."""
        return {"name": self.name, **{field.name: getattr(self, field.name) for field in _fields(self)}}

    @property
    def label(self) -> str:
        """The name with the options that differ from their defaults: `naive(labels=hard)`."""
        values = [(field, getattr(self, field.name)) for field in _fields(self)]
        changed = [f"{field.name}={_short(value)}" for field, value in values if value != field.default]
        return f"{self.name}({', '.join(changed)})" if changed else self.name


def _fields(one: Option) -> list[dataclasses.Field[Any]]:
    if not dataclasses.is_dataclass(one):
        return []
    return [field for field in dataclasses.fields(one) if field.name != "name"]


def _short(value: object) -> str:
    return "+".join(map(_short, value)) if isinstance(value, tuple) else str(getattr(value, "label", value))
