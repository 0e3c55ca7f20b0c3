"""What everything registered must hold to, whoever adds it."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from outgrow.config import read_experiments, shipped_experiments
from outgrow.executors.base import executors
from outgrow.methods.base import methods
from outgrow.metrics.base import Predictions, metrics
from outgrow.models.base import Model, models
from outgrow.registry import Registry
from outgrow.spec import canonical
from outgrow.tasks.base import tasks
from outgrow.tasks.toy import DIMENSIONS

FOUND = {
    tasks: {"chess-puzzles", "toy"},
    models: {"chess-xs", "chess-s", "chess-m", "chess-l", "chess-xl", "toy-xs", "toy-s", "toy-m", "toy-l"},
    methods: {"naive", "confidence", "bootstrapping"},
    metrics: {"accuracy", "top5_accuracy", "truth_probability"},
    executors: {"serial", "processes"},
}
SPECS = [(registry, entry.name) for registry in (tasks, models, methods) for entry in registry]
MODELS = [entry.name for entry in models]
METHODS = [entry.name for entry in methods]
OTHER_OPTIONS = {  # for each method, options that all differ from their defaults
    "naive": {"labels": "hard"},
    "confidence": {"alpha": 0.75, "ramp": 0.5, "positive_share": 0.25, "labels": "hard"},
    "bootstrapping": {"links": 1, "sizes": ("toy-s", "toy-m"), "labels": "hard", "fresh": False},
}


@pytest.mark.parametrize("registry", FOUND, ids=lambda registry: registry.kind)
def test_what_is_registered(registry: Registry[Any]) -> None:
    assert {entry.name for entry in registry} == FOUND[registry]
    for entry in registry:
        assert entry.about.strip()
        assert entry.source.strip()
        assert "\n" not in entry.about + entry.source
        assert registry[entry.name] is entry.value


def test_shipped_experiments_can_be_read() -> None:
    found = shipped_experiments()
    assert set(found) == {"quickstart", "chess", "toy"}
    for name, text in found.items():
        assert re.match(r'about = ".{20,}"\n', text)
        experiments = read_experiments(name)
        assert len(experiments) == len(set(experiments)) > 1
        assert {one.name for one in experiments} == {name}


@pytest.mark.parametrize(("registry", "name"), SPECS, ids=[name for _, name in SPECS])
def test_specs_are_strict_frozen_and_have_a_stable_identity(registry: Registry[Any], name: str) -> None:
    one, other = registry[name](), registry[name]()
    assert one == other
    assert hash(one) == hash(other)
    assert one.name == name
    identity = canonical(one.identity())
    assert canonical(other.identity()) == identity
    assert json.loads(identity)
    assert not re.search(r'"/|\.\.?/|\\\\|site-packages', identity), "a path would make keys differ between machines"
    with pytest.raises(ValidationError, match="nexpected"):
        registry[name](no_such_option=1)
    field = next(iter(dataclasses.fields(one)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(one, field.name, getattr(one, field.name))
    with pytest.raises((ValidationError, TypeError), match="positional"):
        registry[name]("toy")


@pytest.mark.parametrize("name", [entry.name for entry in tasks])
def test_tasks_load_what_they_promise(name: str) -> None:
    task = tasks[name]()
    assert task.kind in {"classification", "preference", "generation"}
    examples = task.load()
    n = len(examples.ids)
    assert n == len(set(examples.ids)) == len(examples.groups) == len(examples.inputs) > 1000
    assert examples.labels.shape == (n,)
    assert examples.labels.dtype == np.int64
    assert 0 <= examples.labels.min() <= examples.labels.max() < examples.n_classes
    assert examples.difficulty is None or examples.difficulty.shape == (n,)


def some_inputs(model: Model) -> tuple[np.ndarray, int]:
    """Five rows as the model takes them, and the number of classes."""
    rng = np.random.default_rng(0)
    if model.name.startswith("chess"):
        return rng.integers(0, 13, (5, 64)).astype(np.uint8), 1858
    return rng.standard_normal((5, 4, DIMENSIONS)).astype(np.float32), 3


@pytest.mark.parametrize("name", MODELS)
def test_models_give_finite_logits_that_do_not_depend_on_the_batch(name: str) -> None:
    model = models[name]()
    inputs, n_classes = some_inputs(model)
    network = model.build(n_classes=n_classes, seed=0).eval()
    with torch.inference_mode():
        together = network(torch.from_numpy(inputs))
        alone = torch.cat([network(torch.from_numpy(row[None])) for row in inputs])
    assert together.shape == (5, n_classes)
    assert torch.isfinite(together).all()
    assert len(torch.unique(together, dim=0)) == 5, "the logits must depend on the row"
    torch.testing.assert_close(alone.softmax(-1), together.softmax(-1), atol=1e-5, rtol=0)
    torch.testing.assert_close(alone, together, atol=1e-4, rtol=1e-4)  # float32 sums in another order


@pytest.mark.parametrize("name", MODELS)
def test_models_build_the_same_weights_from_the_same_seed(name: str) -> None:
    model = models[name]()
    n_classes = some_inputs(model)[1]
    one, other = (model.build(n_classes=n_classes, seed=7).state_dict() for _ in range(2))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", MODELS)
def test_ladders_rise_strictly(name: str) -> None:
    model = models[name]()
    ladder = model.ladder()
    costs = [one.cost for one in ladder]
    assert model in ladder
    assert len(ladder) == {"chess": 5, "toy": 4}[name.split("-")[0]]
    assert costs == sorted(set(costs))
    assert costs[0] > 0
    assert len({canonical(one.identity()) for one in ladder}) == len(ladder)


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("options", ["default", "other"])
@pytest.mark.parametrize("name", METHODS)
def test_methods_train_on_distributions_with_a_finite_loss(name: str, options: str, n_classes: int) -> None:
    method = methods[name](**(OTHER_OPTIONS[name] if options == "other" else {}))
    generator = torch.Generator().manual_seed(0)
    soft = torch.randn(8, n_classes, generator=generator).softmax(-1)
    one_hot = torch.eye(n_classes)[torch.arange(8) % n_classes]
    for weak in (soft, one_hot):
        targets = method.targets(weak)
        assert targets.shape == weak.shape
        torch.testing.assert_close(targets.sum(-1), torch.ones(8))
        assert (targets >= 0).all()
        loss = method.new_loss()
        for progress in (0.0, 0.5, 1.0):
            logits = torch.randn(8, n_classes, generator=generator, requires_grad=True)
            value = loss(logits, targets, progress)
            assert value.shape == ()
            value.backward()
            assert torch.isfinite(value)
            assert torch.isfinite(logits.grad).all()
            assert logits.grad.abs().sum() > 0
    torch.testing.assert_close(method.targets(one_hot), one_hot)


@pytest.mark.parametrize("name", METHODS)
def test_labels_of_methods_show_what_is_not_default(name: str) -> None:
    options = OTHER_OPTIONS[name]
    assert set(options) == {field.name for field in dataclasses.fields(methods[name])}
    assert methods[name]().label() == name
    label = methods[name](**options).label()
    assert label.startswith(f"{name}(")
    for option, value in options.items():
        shown = "+".join(value) if isinstance(value, tuple) else value
        assert f"{option}={shown}" in label


@pytest.mark.parametrize("name", [entry.name for entry in metrics])
def test_metrics_lie_between_0_and_1_and_the_perfect_answer_scores_1(name: str) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 9, 50)
    perfect = Predictions(
        predicted=truth, truth=truth, rank=np.zeros(50, np.int64), truth_probability=np.ones(50, np.float32)
    )
    rank = rng.integers(0, 9, 50)
    some = Predictions(
        predicted=np.where(rank == 0, truth, (truth + 1) % 9),
        truth=truth,
        rank=rank,
        truth_probability=(1 / (2 + rank)).astype(np.float32),
    )
    metric = metrics[name]
    assert (metric(perfect) == 1).all()
    scores = metric(some)
    assert scores.shape == (50,)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.mean() < 1
