"""What a row of the results table stands for: its experiment, and its models, ready to answer."""

from __future__ import annotations

from typing import Literal

from outgrow.config import from_tables
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment, run
from outgrow.results.table import Record
from outgrow.steps import Predictor, Steps

RoleName = Literal["weak", "student", "ceiling", "zero_shot"]


def experiment_of(record: Record) -> Experiment:
    """The experiment behind a row. Raises ConfigError where a component of it is not here."""
    return from_tables(record.settings, name=record.row.experiment, seed=record.row.seed)


def predictor_of(record: Record, role: RoleName = "student") -> Predictor:
    """The model in a role of a row. With a `Context` of the row's store, it answers stored parts and new rows.

    Raises:
        ConfigError: the row's settings now lead to another result (the code or its data have changed since), the row
            has no such role, or a component is not here.
        DataError: the task's data are not where its settings say; relative paths are taken from the current folder.
    """
    result = run(experiment_of(record), Steps())
    if result.key != record.row.key:
        raise ConfigError(
            f"the row {record.row.key[:12]} was made by other code or from other data than its settings lead to now: "
            "run its experiment again"
        )
    if role not in result.roles:
        raise ConfigError(f"the row {record.row.key[:12]} has no {role!r}; it has {', '.join(result.roles)}")
    return result.roles[role].by
