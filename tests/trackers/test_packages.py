"""The trackers with their own packages, where these are installed: what they wrote is read back."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from outgrow.experiment import Experiment
from outgrow.runtime import Runtime
from outgrow.store import Store
from outgrow.sweep import Swept, run_experiments
from outgrow.trackers.base import trackers

Toy = Callable[..., list[Experiment]]
TRAININGS, ROWS = 4, 2


@pytest.fixture
def tracked(toy: Toy, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Swept]:
    """Runs the toy study with a tracker, in a folder of this test."""

    def run(name: str) -> Swept:
        package = trackers[name].package
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
        monkeypatch.chdir(tmp_path)
        for variable in ("MLFLOW_TRACKING_URI", "WANDB_MODE", "WANDB_API_KEY", "WANDB_PROJECT", "WANDB_DIR"):
            monkeypatch.delenv(variable, raising=False)
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # other people's packages
            swept = run_experiments(toy(), store, runtime=Runtime(tracker=name))
        assert not swept.failures
        return swept

    return run


def test_there_are_trackers_to_try() -> None:
    assert {"tensorboard", "mlflow", "wandb"} <= {one.name for one in trackers}


def test_tensorboard(tracked: Callable[[str], Swept], caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    swept = tracked("tensorboard")
    assert "failed" not in caplog.text
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folders = sorted((tmp_path / "runs").iterdir())
    assert len(folders) == TRAININGS + ROWS
    found = []
    for folder in folders:
        events = EventAccumulator(str(folder))
        events.Reload()
        found.append(events)
    curves = [one for one in found if "loss" in one.Tags()["scalars"]]
    assert len(curves) == TRAININGS
    assert [point.step for point in curves[0].Scalars("accuracy")] == [0, 500, 1000]
    scores = {
        round(one.Scalars("student_score")[0].value, 6) for one in found if "student_score" in one.Tags()["scalars"]
    }
    assert scores == {round(one.row.student_score or 0, 6) for one in swept.records}


def test_mlflow(tracked: Callable[[str], Swept], caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    swept = tracked("mlflow")
    assert "failed" not in caplog.text
    from mlflow import MlflowClient

    client = MlflowClient()
    experiment = client.get_experiment_by_name("outgrow")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == TRAININGS + ROWS
    assert {run.info.status for run in runs} == {"FINISHED"}
    trainings = [run for run in runs if "loss" in run.data.metrics]
    assert len(trainings) == TRAININGS
    assert [point.step for point in client.get_metric_history(trainings[0].info.run_id, "accuracy")] == [0, 500, 1000]
    assert trainings[0].data.params["train.epochs"] == "2"
    scores = {run.data.metrics["student_score"] for run in runs if "student_score" in run.data.metrics}
    assert scores == {one.row.student_score for one in swept.records}
    assert {run.data.tags["group"] for run in runs} == {"tiny"}


def test_wandb_is_offline(tracked: Callable[[str], Swept], caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    tracked("wandb")
    assert "failed" not in caplog.text
    assert len(list((tmp_path / "wandb").glob("offline-run-*/*.wandb"))) == TRAININGS + ROWS
