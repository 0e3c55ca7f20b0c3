"""MLflow: runs of an experiment, where MLFLOW_TRACKING_URI says, or MLflow's own default."""

from __future__ import annotations

import os
import time
from typing import Any, ClassVar

from outgrow.trackers.base import Tracked, Tracker, trackers

EXPERIMENT = "outgrow"
AT_ONCE = 100  # parameters of a request, as servers limit them; of metrics it is ten times as many
LONGEST = 500  # letters of a parameter


@trackers.register("mlflow", about="runs where MLFLOW_TRACKING_URI says, by default here: mlflow ui", source="MLflow")
class MLflow(Tracker):
    """A run for each training and row, in the experiment `outgrow`."""

    name: ClassVar[str] = "mlflow"
    package: ClassVar[str] = "mlflow"

    def start(self) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before it is imported
        from mlflow import MlflowClient

        self._client = MlflowClient()
        found = self._client.get_experiment_by_name(EXPERIMENT)
        self._experiment = found.experiment_id if found else self._client.create_experiment(EXPERIMENT)

    def log(self, one: Tracked) -> None:
        from mlflow.entities import Metric, Param

        now = int(time.time() * 1_000)
        run = self._client.create_run(self._experiment, run_name=one.name, tags={"group": one.group}).info.run_id
        params = [Param(name, str(value)[:LONGEST]) for name, value in one.settings.items()]
        metrics: list[Any] = [Metric(name, value, now, 0) for name, value in one.scores.items()]
        metrics += [Metric(name, value, now, step) for step, values in one.curve for name, value in values.items()]
        for first in range(0, len(params), AT_ONCE):
            self._client.log_batch(run, params=params[first : first + AT_ONCE])
        for first in range(0, len(metrics), 10 * AT_ONCE):
            self._client.log_batch(run, metrics=metrics[first : first + 10 * AT_ONCE])
        self._client.set_terminated(run)
