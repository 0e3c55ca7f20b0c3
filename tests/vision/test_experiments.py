"""The shipped experiments on images: digits as it is, ImageNet's very code on tiny photographs and networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from outgrow import experiment
from outgrow.config import expand, read_experiments
from outgrow.errors import ConfigError, DataError
from outgrow.models.base import models
from outgrow.plan import make_plan
from outgrow.runtime import Runtime
from outgrow.steps import Context, Features, Steps, Trained, Untrained
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import tasks
from outgrow.vision.alexnet import AlexNet

FLOAT32 = Runtime(device="cpu", precision="float32")
SMALL = {
    "split.transfer": 40, "split.validation": 12, "split.test": 60, "train.epochs": 1, "train.batch_size": 8,
    "train.evaluations": 2,
}  # fmt: skip


@pytest.fixture
def document(folder: Path, tiny_eye: Callable[..., Path]) -> dict[str, Any]:
    """An experiment on a folder of images, free to change."""
    pytest.importorskip("transformers")
    return {
        "task": {"name": "image-folder", "path": str(folder)},
        "split": {"supervisor": 6, "transfer": 8, "validation": 3, "test": 7},
        "weak": {"model": "pixels", "resolution": 2},
        "strong": {"model": "vision", "path": str(tiny_eye("resnet")), "resolution": 32},
        "train": {"epochs": 2, "batch_size": 4, "learning_rate": 1e-2, "evaluations": 2},
    }


def carried_out(one: Any, store: Store) -> Any:
    swept = run_experiments([one], store, runtime=FLOAT32)
    assert not swept.failures, swept.failures
    return swept.plan.results[0].result


def test_digits_from_the_command_line(cli: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    store = str(tmp_path / "store")
    status, out, err = cli("run", "digits", "--store", store, "--seeds", "0")
    assert status == 0, err + out
    rows = json.loads(cli("results", "--format", "json", "--store", store)[1])
    assert {row["method"] for row in rows} == {"naive", "confidence"}
    for row in rows:
        assert 0.7 < row["weak_score"] < row["student_score"] < row["ceiling_score"]
        assert row["ceiling_score"] > 0.95
    status, out, _ = cli("run", "digits", "--store", store, "--seeds", "0")
    assert "Computed 0 steps" in out


def test_imagenet_as_in_the_paper(
    cli: Callable[..., tuple[int, str, str]],
    archives: Path,
    eyes_hub: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    torch_state = _alexnet()
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda url, **_: torch_state)
    store = tmp_path / "store"
    given = SMALL | {"task.path": str(archives), "weak.resolution": 64, "strong.resolution": 64}
    settings = [f"{name}={json.dumps(value)}" for name, value in given.items()]
    experiments = read_experiments("imagenet-dino", settings=settings, seeds=[0])
    assert [one.strong.model.name for one in experiments] == ["dino-resnet50", "dino-vitb8"]
    assert experiments[0].strong.train.learning_rate == 1e-3
    plan = make_plan(experiments, cached=set())
    assert isinstance(plan.results[0].result.labels.by, Untrained)
    trained = [step for step in plan.steps.values() if isinstance(step, Trained)]
    assert {step.part.name for step in trained} == {"transfer"}  # nothing trains the supervisor
    assert len(trained) == 4
    arguments = [f"--set={one}" for one in settings]
    status, out, err = cli("run", "imagenet-dino", "--store", str(store), "--seeds", "0", *arguments)
    assert status == 0, err + out
    rows = json.loads(cli("results", "--format", "json", "--store", str(store))[1])
    assert len(rows) == 2
    assert {row["n_test"] for row in rows} == {60}
    assert cli("store", "verify", "--store", str(store))[0] == 0
    # AlexNet's answers are those of the network as it is, on ImageNet's own classes
    result = plan.results[0].result
    context = Context(Store(store), FLOAT32)
    data = result.labels.part.split.read(context)
    chosen = data.inputs[data.rows(result.labels.part)]
    network = AlexNet().eval()
    network.load_state_dict(torch_state)
    with torch.inference_mode():
        rows_of = models["alexnet"](resolution=64).feature_network().encode(chosen)  # type: ignore[attr-defined]
        wanted = network(rows_of.batch(np.arange(40), torch.device("cpu"))).softmax(-1).numpy()
    found = result.labels.read(context).mean()
    assert found.shape == (40, 1_000)
    assert np.abs(found - wanted).max() < 5e-3
    kept = json.loads((Store(store).open(result.labels.key) / "labels.json").read_text())
    assert kept["ids"] == [data.ids[row] for row in data.rows(result.labels.part)]


def _alexnet() -> dict[str, torch.Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AlexNet().state_dict()


def test_alexnet_is_trained_where_the_task_is_another(document: dict[str, Any]) -> None:
    document["weak"] = {"model": "alexnet", "resolution": 64, "path": __file__}
    document["strong"] = {"model": "efficientnet-lite2", "resolution": 224}
    (one,) = expand(document, name="mine")
    result = experiment.run(one, Steps())
    assert isinstance(result.labels.by, Trained)
    assert result.zero_shot is None


def test_a_folder_end_to_end_and_the_resolution_counts(document: dict[str, Any], store: Store) -> None:
    (one,) = expand(document, name="mine")
    result = carried_out(one, store)
    features = [step for step in make_plan([one], cached=set()).steps.values() if isinstance(step, Features)]
    assert len(features) == 2
    document["strong"]["resolution"] = 64
    (other,) = expand(document, name="mine")
    changed = carried_out(other, store)
    assert changed.key != result.key
    assert changed.labels.key == result.labels.key
    strong, again = (one.student.by.frozen for one in (result, changed))
    arrays = [np.asarray(step.read(Context(store))) for step in (strong, again)]
    assert arrays[0].shape == arrays[1].shape == (24, 16)
    assert np.abs(arrays[0] - arrays[1]).max() > 0.01


def test_full_fine_tuning(document: dict[str, Any], store: Store) -> None:
    document["strong"]["training"] = "full"
    (one,) = expand(document, name="mine")
    result = carried_out(one, store)
    student = result.student.by
    assert student.features is None
    context = Context(store, FLOAT32)
    network = student.network(context, student.part.kind(context))
    start = one.strong.model.build(student.part.kind(context), seed=0).state_dict()
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, start[name])}
    assert any(name.startswith("backbone.") for name in moved)
    assert not any("running" in name or "tracked" in name for name in moved)


def test_images_that_were_moved_are_named(document: dict[str, Any], store: Store, folder: Path, tmp_path: Path) -> None:
    (one,) = expand(document, name="mine")
    context = Context(store, FLOAT32)
    dataset = experiment.run(one, Steps()).student.split.dataset
    swept = run_experiments([one], store, runtime=FLOAT32)
    assert not swept.failures
    inputs = dataset.read(context).inputs
    folder.rename(tmp_path / "elsewhere")
    network = models["pixels"]().feature_network()  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="if the images were moved, put them back"):
        network.encode(inputs).batch(np.arange(2), torch.device("cpu"))


def test_a_vision_model_refuses_points(document: dict[str, Any], store: Store) -> None:
    document["task"] = {"name": "toy", "n": 100}
    (one,) = expand(document, name="mine")
    with pytest.raises(DataError, match="sees images, and the task has arrays of 4 x 16"):
        run_experiments([one], store, runtime=FLOAT32)


def test_a_larger_resolution_makes_a_larger_model(document: dict[str, Any]) -> None:
    document["weak"] = {"model": "efficientnet-lite0", "resolution": 224}
    document["strong"] = {"model": "efficientnet-lite2", "resolution": 64}
    with pytest.raises(ConfigError, match="'efficientnet-lite0' is larger than the strong one 'efficientnet-lite2@64'"):
        expand(document, name="mine")


def test_the_offline_experiment_is_planned_without_packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path))
    experiments = read_experiments("vision-offline")
    assert len(experiments) == 40
    plan = make_plan(experiments, cached=set())
    assert sum(isinstance(step, Features) for step in plan.steps.values()) == 2
    assert tasks["cifar10"]().identity()
