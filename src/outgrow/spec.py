"""Specs: frozen, keyword-only, strict values that determine numbers, and their canonical JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def spec(cls: type[T]) -> type[T]:
    """Class decorator: a frozen, keyword-only, strictly typed value; unknown keys and wrong types are errors."""
    strict = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    return cast(type[T], pydantic_dataclass(frozen=True, kw_only=True, config=strict)(cls))


def plain(value: Any) -> Any:
    """A spec as JSON-ready dicts, lists and scalars; a class's `identity` method, if any, decides its form."""
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
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
