"""An experiment as TOML, and back."""

from __future__ import annotations

from outgrow.config.build import fields_of, method_table, table_of
from outgrow.experiment import Experiment


def to_toml(experiment: Experiment) -> str:
    """The file that describes an experiment and its seed, every default written out; reading it gives an equal one."""
    import tomli_w

    strong = table_of(experiment.strong.model, "model") | {"train": fields_of(experiment.strong.train)}
    document = {
        "metric": experiment.metric,
        "method": method_table(experiment.method),
        "task": table_of(experiment.task),
        "split": fields_of(experiment.split),
        "weak": table_of(experiment.weak, "model"),
        "strong": strong,
        "sweep": {"seeds": [experiment.seed]},
    }
    return tomli_w.dumps(document)
