"""Weak-to-strong generalization: how much of its ceiling does a strong model reach when a weak one teaches it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outgrow.config import read_experiments, to_toml
    from outgrow.experiment import Experiment
    from outgrow.models.base import Role
    from outgrow.results.records import pool, read_records
    from outgrow.results.scores import evaluate_scores
    from outgrow.results.table import Group, Record, Row
    from outgrow.runtime import Runtime
    from outgrow.specs import SplitSpec, TrainSpec
    from outgrow.store import Store
    from outgrow.sweep import run_experiments

_HOME = {
    "Experiment": "experiment",
    "Role": "models.base",
    "SplitSpec": "specs",
    "TrainSpec": "specs",
    "read_experiments": "config",
    "to_toml": "config",
    "Group": "results.table",
    "Record": "results.table",
    "Row": "results.table",
    "evaluate_scores": "results.scores",
    "pool": "results.records",
    "read_records": "results.records",
    "Runtime": "runtime",
    "Store": "store",
    "run_experiments": "sweep",
}

__all__ = [
    "Experiment",
    "Group",
    "Record",
    "Role",
    "Row",
    "Runtime",
    "SplitSpec",
    "Store",
    "TrainSpec",
    "evaluate_scores",
    "pool",
    "read_experiments",
    "read_records",
    "run_experiments",
    "to_toml",
]


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used, so that `import outgrow` is quick."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"outgrow.{_HOME[name]}"), name)
    raise AttributeError(f"module 'outgrow' has no attribute {name!r}")
