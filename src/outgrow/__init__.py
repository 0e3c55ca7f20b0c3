"""Weak-to-strong generalization: how much of its ceiling does a strong model reach when a weak one teaches it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outgrow.config import read_experiments, to_toml
    from outgrow.estimators import WeakToStrongClassifier as WeakToStrongClassifier
    from outgrow.estimators import WeakToStrongRewardModel as WeakToStrongRewardModel
    from outgrow.experiment import Experiment, Teaching, teach
    from outgrow.models.base import Role
    from outgrow.registry import import_file
    from outgrow.results.frame import Results
    from outgrow.results.pooling import pool
    from outgrow.results.records import read_records
    from outgrow.results.scores import evaluate_scores
    from outgrow.results.table import Group, Record, Result
    from outgrow.runtime import Runtime
    from outgrow.specs import SplitSpec, TrainSpec
    from outgrow.store import Store
    from outgrow.stored import experiment_of, predictor_of
    from outgrow.study import read_results, run
    from outgrow.sweep import run_experiments

_HOME = {
    "Experiment": "experiment", "Teaching": "experiment", "teach": "experiment", "Role": "models.base",
    "SplitSpec": "specs", "TrainSpec": "specs", "read_experiments": "config", "to_toml": "config",
    "import_file": "registry", "Group": "results.table", "Record": "results.table", "Result": "results.table",
    "evaluate_scores": "results.scores", "pool": "results.pooling", "read_records": "results.records",
    "Runtime": "runtime", "Store": "store", "Results": "results.frame", "run": "study", "read_results": "study",
    "run_experiments": "sweep", "experiment_of": "stored", "predictor_of": "stored",
    "WeakToStrongClassifier": "estimators", "WeakToStrongRewardModel": "estimators",
}  # fmt: skip

__all__ = [
    "Experiment", "Group", "Record", "Result", "Results", "Role", "Runtime", "SplitSpec", "Store", "Teaching",
    "TrainSpec", "evaluate_scores", "experiment_of", "import_file", "pool", "predictor_of", "read_experiments",
    "read_records", "read_results", "run", "run_experiments", "teach", "to_toml",
]  # fmt: skip
_WITH_SKLEARN = ("WeakToStrongClassifier", "WeakToStrongRewardModel")  # `import *` works without it


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used, so that `import outgrow` is quick."""
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(f"outgrow.{_HOME[name]}"), name)
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("outgrow")
        except PackageNotFoundError:
            return "unknown"  # run out of a checkout that was never installed
    raise AttributeError(f"module 'outgrow' has no attribute {name!r}")


def __dir__() -> list[str]:
    from importlib.util import find_spec

    return [*__all__, *(_WITH_SKLEARN if find_spec("sklearn") else ()), "__version__"]
