"""Every registry, by the kind of component that it holds."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from outgrow.registry import Registry

REGISTRIES = {
    "tasks": "tasks", "models": "models", "supervisors": "supervisors", "methods": "methods",
    "transforms": "methods.transforms", "selections": "methods.selections", "losses": "methods.losses",
    "metrics": "metrics", "executors": "executors",
}  # fmt: skip


def registry(kind: str) -> Registry[Any]:
    """The registry of a kind."""
    found: Registry[Any] = getattr(import_module(f"outgrow.{REGISTRIES[kind]}.base"), kind)
    return found


def every_registry() -> list[Registry[Any]]:
    """All of them."""
    return [registry(kind) for kind in REGISTRIES]
