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
    """Whoever answered in a role of a row; with a `Context` of its store it answers stored parts and new rows alike.

    Raises:
        ConfigError: the row's result is not what its settings lead to now (the code or its data have changed since), it
            has no such role, or a component is not here.
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
