"""The one training loop: reproducible to the bit, honest about a loss that is no number."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from outgrow import experiment
from outgrow.config import Experiment, TrainSpec
from outgrow.errors import StepFailed
from outgrow.executors.base import compute
from outgrow.methods.base import cross_entropy_loss
from outgrow.models.toy import ToyModel
from outgrow.predict import predict, summarise
from outgrow.runtime import Context
from outgrow.steps import Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.train import fit, rate

CPU = torch.device("cpu")
SPEC = TrainSpec(epochs=2, learning_rate=1e-2, evaluations=4)


def data(n: int = 100) -> tuple[np.ndarray, Tensor]:
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((n, 4, 16)).astype(np.float32)
    return inputs, torch.eye(2)[(inputs[:, 3, 0] > 0).astype(int)]


def trained(spec: TrainSpec = SPEC, *, seed: int = 0, **options: Any) -> Tensor:
    network = ToyModel(name="toy-l").build(n_classes=2, seed=0)
    inputs, targets = data()
    fit(network, inputs, targets, spec, loss=options.pop("loss", cross_entropy_loss), seed=seed, device=CPU, **options)
    return network.state_dict()["head.weight"]


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    torch.manual_seed(1)
    first = trained()
    torch.manual_seed(2)
    assert torch.equal(trained(), first)
    assert not torch.equal(trained(seed=1), first)


@pytest.mark.parametrize(
    "change", [{"epochs": 3}, {"batch_size": 16}, {"learning_rate": 2e-2}, {"schedule": "linear"}, {"warmup": 0.5}]
)
def test_every_setting_matters(change: dict[str, Any]) -> None:
    assert not torch.equal(trained(replace(SPEC, **change)), trained())


def test_looking_changes_nothing() -> None:
    assert torch.equal(trained(replace(SPEC, evaluations=1)), trained())


def test_training_learns() -> None:
    network = ToyModel(name="toy-l").build(n_classes=2, seed=0)
    inputs, targets = data(400)
    fit(network, inputs, targets, TrainSpec(epochs=10, learning_rate=3e-2), loss=cross_entropy_loss, seed=0, device=CPU)
    assert (predict(network, inputs, device=CPU).argmax(1) == targets.argmax(1).numpy()).mean() > 0.95


def test_looks_are_spread_over_the_training() -> None:
    seen: list[float] = []
    trained(look=seen.append)
    assert seen == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_the_loss_is_told_the_progress() -> None:
    seen: list[float] = []

    def loss(logits: Tensor, targets: Tensor, progress: float) -> Tensor:
        seen.append(progress)
        return cross_entropy_loss(logits, targets, progress)

    trained(loss=loss)
    assert seen == [i / 8 for i in range(8)]


def test_every_row_is_used_once_an_epoch() -> None:
    rows: list[int] = []
    inputs = np.arange(10, dtype=np.float32)[:, None, None].repeat(4, 1).repeat(16, 2)

    def loss(logits: Tensor, targets: Tensor, progress: float) -> Tensor:
        rows.extend(targets[:, 0].int().tolist())
        return logits.sum()

    network = ToyModel(name="toy-l").build(n_classes=2, seed=0)
    targets = torch.arange(10.0)[:, None].expand(10, 2)
    fit(network, inputs, targets, TrainSpec(epochs=2, batch_size=4), loss=loss, seed=0, device=CPU)
    assert sorted(rows[:10]) == sorted(rows[10:]) == list(range(10))
    assert rows[:10] != rows[10:]


def test_gradients_are_clipped() -> None:
    def steep(logits: Tensor, targets: Tensor, progress: float) -> Tensor:
        return 1e6 * cross_entropy_loss(logits, targets, progress)

    networks = [ToyModel(name="toy-l").build(n_classes=2, seed=0) for _ in range(2)]
    inputs, targets = data(32)
    for network, norm in zip(networks, (1e-3, 1e9), strict=True):
        fit(network, inputs, targets, TrainSpec(epochs=1, max_grad_norm=norm), loss=steep, seed=0, device=CPU)
    norms = [torch.cat([p.grad.flatten() for p in network.parameters()]).norm().item() for network in networks]
    assert norms[0] == pytest.approx(1e-3, rel=1e-2)
    assert norms[1] > 1e3


def test_a_loss_that_is_no_number_names_the_update_and_the_learning_rate() -> None:
    def loss(logits: Tensor, targets: Tensor, progress: float) -> Tensor:
        return cross_entropy_loss(logits, targets, progress) * (math.nan if progress > 0.6 else 1.0)

    with pytest.raises(StepFailed) as caught:
        trained(loss=loss)
    message = "the loss is nan at update 6 of 8 with learning_rate 0.01; try a smaller one, such as 0.001"
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("schedule", "shares"),
    [("constant", (1.0, 1.0, 1.0)), ("linear", (1.0, 0.5, 0.0)), ("cosine", (1.0, 0.5, 0.0))],
)
@pytest.mark.parametrize("warmup", [0.0, 0.2])
def test_schedules(schedule: Any, shares: tuple[float, ...], warmup: float) -> None:
    spec = TrainSpec(schedule=schedule, warmup=warmup)
    middle = warmup + (1 - warmup) / 2
    found = [rate(spec, progress) for progress in (warmup, middle, 1.0)]
    assert found == pytest.approx(shares)
    if warmup:
        assert rate(spec, 0.0) == pytest.approx(0, abs=1e-6)
        assert rate(spec, 0.1) == pytest.approx(0.5)


def test_the_curve_begins_with_the_untouched_model(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    (one,) = toy("method.name=naive", "train.evaluations=3", "train.epochs=3", seeds=[5])
    run_experiments([one], store)
    result = experiment.run(one, Steps())
    context = Context(store, device="cpu")
    split = context.split(result.student.split)
    held_out = split.rows(result.student.split.part("validation"))
    supervisor = predict(context.network(result.weak.model), split.inputs[held_out], device=CPU).argmax(1)  # type: ignore[arg-type]
    for scored in (result.weak, result.student, result.ceiling):
        step = scored.model
        assert isinstance(step, Trained)
        curve = json.loads((store.open(step.key) / "curve.json").read_text())
        assert [point["progress"] for point in curve] == pytest.approx([0, 1 / 3, 2 / 3, 1])
        ends = (step.role.model.build(n_classes=2, seed=5), context.network(step))
        for point, network in zip((curve[0], curve[-1]), ends, strict=True):
            said = predict(network, split.inputs[held_out], device=CPU).argmax(1)
            assert point["accuracy"] == pytest.approx((said == split.labels[held_out]).mean())
            agreement = None if step.labels is None else pytest.approx((said == supervisor).mean())
            assert point["agreement"] == agreement
            assert point["n"] == 30
        weights = load_file(store.open(step.key) / "model.safetensors")
        assert not torch.equal(weights["head.weight"], ends[0].state_dict()["head.weight"])


def test_a_piece_learns_from_its_own_share_of_the_labels(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    (one,) = toy("method.name=naive")
    steps = Steps()
    data = steps.split(one.task, one.split, seed=0)
    weak = steps.finetune(one.weak, data.part("supervisor"), seed=0)
    piece = data.part("transfer").pieces(3)[1]
    both = [
        steps.finetune(one.strong, piece, labels=steps.predict(weak, labelled), method=one.method, seed=0)
        for labelled in (data.part("transfer"), piece)
    ]
    context = Context(store)
    for step in walk_unique(*both):
        compute(step, store, context)
    first, second = (context.network(step).state_dict()["head.weight"] for step in both)
    assert both[0].key != both[1].key
    torch.testing.assert_close(first, second)


# Inference


def test_predictions_are_probabilities_in_the_order_of_the_rows() -> None:
    network = ToyModel(name="toy-l").build(n_classes=3, seed=0).train()
    inputs, _ = data(1203)
    found = predict(network, inputs, device=CPU)
    assert found.shape == (1203, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(predict(network, inputs[1000:1001], device=CPU)[0], found[1000], rtol=1e-5)
    assert network.training


def test_summary_by_hand() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7]], np.float32)
    found = summarise(probabilities, np.array([1, 1, 2]))
    assert found["predicted"].tolist() == [0, 0, 2]
    assert found["truth"].tolist() == [1, 1, 2]
    assert found["rank"].tolist() == [1, 1, 0]  # a tie counts against the truth
    np.testing.assert_allclose(found["truth_probability"], [0.3, 0.4, 0.7])
