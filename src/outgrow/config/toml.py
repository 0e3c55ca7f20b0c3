"""An experiment as TOML, and back."""

from __future__ import annotations

from typing import Any

from outgrow.config.build import fields_of, method_table, table_of
from outgrow.experiment import Experiment


def to_tables(experiment: Experiment) -> dict[str, Any]:
    """The tables that describe an experiment but its seed, every default written out, by keys that a user can set."""
    strong = table_of(experiment.strong.model, "model") | {"train": fields_of(experiment.strong.train)}
    budget = {"n_ground_truth": experiment.n_ground_truth, "baselines": False} if experiment.n_ground_truth else {}
    shift = experiment.shift
    tables = {
        "metric": experiment.metric,
        **budget,
        "method": method_table(experiment.method),
        "task": table_of(experiment.task),
        "split": fields_of(experiment.split),
        "weak": table_of(experiment.weak, "model"),
        "strong": strong,
    }
    if experiment.ladder:
        rungs = [table_of(one.model, "model") | {"train": fields_of(one.train)} for one in experiment.ladder]
        tables["difficulty"] = {"models": rungs}
    if shift:
        tables["shift"] = {**table_of(shift.task), "test": shift.test, "in_distribution": False}
    return tables


def to_toml(experiment: Experiment) -> str:
    """The file that describes an experiment and its seed; reading it gives an equal one."""
    import tomli_w

    return tomli_w.dumps({**to_tables(experiment), "sweep": {"seeds": [experiment.seed]}})
