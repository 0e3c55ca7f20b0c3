"""The one training loop: reproducible to the bit, honest about a loss that is no number."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from losses import PLAIN, Given, cross_entropy
from safetensors.torch import load_file
from torch import Tensor, nn
from truths import truth_of

from outgrow import experiment
from outgrow.errors import StepFailed
from outgrow.executors.base import compute
from outgrow.experiment import Experiment
from outgrow.learning.batching import Arrays
from outgrow.learning.losses import Batch, Loss
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.objective import Objective, Probabilities
from outgrow.learning.predict import predict, summarise
from outgrow.learning.progress import Progress
from outgrow.learning.train import fit, rate
from outgrow.methods.base import methods
from outgrow.methods.naive import Naive
from outgrow.models.toy import ToyModel
from outgrow.runtime import Runtime
from outgrow.specs import TrainSpec
from outgrow.steps import Context, Steps, Trained, walk_unique
from outgrow.steps.labels import read_votes, write_votes
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Output

CPU = Machine(device=torch.device("cpu"))
TWO = Output(kind="classification", n_classes=2)
SPEC = TrainSpec(epochs=2, learning_rate=1e-2, evaluations=4)


def network_of(step: Trained, context: Context) -> Network:
    return step.network(context, step.part.kind(context))


def toy_network(output: Output = TWO) -> Network:
    return ToyModel(name="toy-l").build(output, seed=0)


def data(n: int = 100) -> tuple[Arrays, Probabilities]:
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((n, 4, 16)).astype(np.float32)
    return Arrays(inputs), Probabilities(torch.eye(2)[(inputs[:, 3, 0] > 0).astype(int)])


def trained(spec: TrainSpec = SPEC, *, seed: int = 0, **options: Any) -> Tensor:
    network = toy_network()
    rows, targets = data()
    fit(network, rows, targets, spec, loss=options.pop("loss", PLAIN), seed=seed, machine=CPU, **options)
    learned: Tensor = network.state_dict()["head.weight"]
    return learned


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    torch.manual_seed(1)
    first = trained()
    torch.manual_seed(2)
    assert torch.equal(trained(), first)
    assert not torch.equal(trained(seed=1), first)


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 3}, {"batch_size": 16}, {"learning_rate": 2e-2}, {"schedule": "linear"}, {"warmup": 0.5},
        {"weight_decay": 0.1},
    ],
)  # fmt: skip
def test_every_setting_matters(change: dict[str, Any]) -> None:
    assert not torch.equal(trained(replace(SPEC, **change)), trained())


def test_looking_changes_nothing() -> None:
    assert torch.equal(trained(replace(SPEC, evaluations=1)), trained())

    def drawing(network: Network, progress: Progress) -> None:
        predict(network, data(7)[0], machine=CPU)
        np.random.default_rng(1).random()

    assert torch.equal(trained(check=drawing), trained())


def test_training_learns() -> None:
    network = toy_network()
    rows, targets = data(400)
    fit(network, rows, targets, TrainSpec(epochs=10, learning_rate=3e-2), loss=PLAIN, seed=0, machine=CPU)
    assert (predict(network, rows, machine=CPU).argmax(1) == targets.values.argmax(1).numpy()).mean() > 0.95


def test_looks_are_spread_over_the_training() -> None:
    seen: list[float] = []
    weights: list[Tensor] = []

    def look(network: nn.Module, progress: Progress) -> None:
        seen.append(progress.share)
        weights.append(network.state_dict()["head.weight"].clone())

    last = trained(check=look)
    assert seen == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert torch.equal(weights[0], toy_network().state_dict()["head.weight"])
    assert torch.equal(weights[-1], last)
    assert len({one.numpy().tobytes() for one in weights}) == 5


def test_a_check_is_told_the_loss_the_rate_and_the_gradients_norm_since_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Progress] = []
    losses: list[float] = []
    norms: list[float] = []
    clip = torch.nn.utils.clip_grad_norm_

    def clipping(*arguments: Any) -> Tensor:
        norms.append(float(clip(*arguments)))
        return torch.tensor(norms[-1])

    def loss(batch: Batch) -> Tensor:
        found = cross_entropy(batch)
        losses.append(found.item())
        return found

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", clipping)
    spec = replace(SPEC, schedule="linear", evaluations=2, max_grad_norm=0.1)
    trained(spec, loss=Given(loss), check=lambda network, progress: seen.append(progress))
    assert len(losses) == len(norms) == 8
    first, middle, last = seen
    assert (first.share, first.loss, first.rate, first.gradient_norm) == (0.0, None, None, None)
    for at, rows in ((middle, slice(0, 4)), (last, slice(4, 8))):
        assert at.loss == pytest.approx(np.mean(losses[rows]))
        assert at.gradient_norm == pytest.approx(np.mean(norms[rows]))
    assert min(norms) > 0.1, "the norm before it is scaled down"
    assert middle.rate == pytest.approx(1e-2 * 5 / 8)
    assert last.rate == pytest.approx(1e-2 / 8)


def test_the_loss_is_told_the_progress() -> None:
    seen: list[float] = []

    def loss(batch: Batch) -> Tensor:
        seen.append(batch.progress)
        return cross_entropy(batch)

    trained(loss=Given(loss))
    assert seen == [i / 8 for i in range(8)]


def test_every_row_is_used_once_an_epoch() -> None:
    rows: list[int] = []
    inputs = np.arange(10, dtype=np.float32)[:, None, None].repeat(4, 1).repeat(16, 2)

    def loss(batch: Batch) -> Tensor:
        rows.extend(batch.targets[:, 0].int().tolist())
        assert batch.rows.tolist() == rows[-len(batch.rows) :]
        return batch.logits.sum()

    targets = Probabilities(torch.arange(10.0)[:, None].expand(10, 2))
    fit(
        toy_network(), Arrays(inputs), targets, TrainSpec(epochs=2, batch_size=4), loss=Given(loss), seed=0, machine=CPU
    )
    assert sorted(rows[:10]) == sorted(rows[10:]) == list(range(10))
    assert rows[:10] != rows[10:]


def test_gradients_are_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def steep(batch: Batch) -> Tensor:
        return 1e6 * cross_entropy(batch)

    norms = []
    original = torch.optim.AdamW.step

    def step(self: torch.optim.AdamW) -> Any:
        gradients = [value.grad.flatten() for group in self.param_groups for value in group["params"]]
        norms.append(torch.cat(gradients).norm().item())
        return original(self)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    rows, targets = data(32)
    for norm in (1e-3, 1e9):
        fit(
            toy_network(),
            rows,
            targets,
            TrainSpec(epochs=1, max_grad_norm=norm),
            loss=Given(steep),
            seed=0,
            machine=CPU,
        )
    assert norms[0] == pytest.approx(1e-3, rel=1e-2)
    assert norms[1] > 1e3


def test_every_update_begins_without_gradients() -> None:
    """Gradients that pile up would make later updates depend on earlier rows twice."""
    seen = []

    def look(network: nn.Module, progress: Progress) -> None:
        seen.append([value.grad is None or not value.grad.any() for value in network.parameters()])

    trained(check=look)
    assert seen == [[True, True]] * 5


def test_weight_decay_is_decoupled() -> None:
    """Without a gradient, an update multiplies by 1 - learning rate x decay (Loshchilov & Hutter 2019)."""
    spec = TrainSpec(epochs=1, batch_size=100, learning_rate=0.1, weight_decay=0.5)
    before = toy_network().state_dict()["head.weight"]
    after = trained(spec, loss=Given(lambda batch: 0 * batch.logits.sum()))
    torch.testing.assert_close(after, before * 0.95)


def test_a_loss_that_is_no_number_from_the_start_is_not_the_rates_fault() -> None:
    network = toy_network()
    with torch.no_grad():
        next(network.parameters())[0, 0] = math.nan
    rows, targets = data()
    with pytest.raises(StepFailed, match=r"the loss is nan before the first update: .*weights or its inputs"):
        fit(network, rows, targets, SPEC, loss=PLAIN, seed=0, machine=CPU)


def test_a_loss_that_is_no_number_names_the_update_and_the_learning_rate() -> None:
    def loss(batch: Batch) -> Tensor:
        return cross_entropy(batch) * (math.nan if batch.progress > 0.6 else 1.0)

    with pytest.raises(StepFailed) as caught:
        trained(loss=Given(loss))
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
    context = Context(store, Runtime(device="cpu"))
    split = result.student.split.read(context)
    held_out = split.rows(result.student.split.part("validation"))
    rows = Arrays(split.inputs[held_out])
    assert isinstance(result.weak.by, Trained)
    supervisor = predict(network_of(result.weak.by, context), rows, machine=CPU).argmax(1)
    for scored in (result.weak, result.student, result.ceiling):
        step = scored.by
        assert isinstance(step, Trained)
        curve = json.loads((store.open(step.key) / "curve.json").read_text())
        assert [point["progress"] for point in curve] == pytest.approx([0, 1 / 3, 2 / 3, 1])
        ends = (step.role.model.build(split.output, seed=5), network_of(step, context))
        for point, network in zip((curve[0], curve[-1]), ends, strict=True):
            said = predict(network, rows, machine=CPU).argmax(1)
            assert point["accuracy"] == pytest.approx((said == truth_of(split)[held_out]).mean())
            agreement = None if step.labels is None else pytest.approx((said == supervisor).mean())
            assert point["agreement"] == agreement
            assert point["n"] == 30
        untouched, *trained_points = curve
        assert untouched["loss"] is untouched["rate"] is untouched["gradient_norm"] is None
        assert all(point["loss"] > 0 and point["gradient_norm"] > 0 for point in trained_points)
        assert {point["rate"] for point in trained_points} == {step.role.train.learning_rate}
        weights = load_file(store.open(step.key) / "model.safetensors")
        assert not torch.equal(weights["head.weight"], ends[0].state_dict()["head.weight"])


def test_a_piece_learns_from_its_own_share_of_the_labels(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    (one,) = toy("method.name=naive")
    steps = Steps()
    data = steps.split(one.task, one.split, seed=0)
    weak = steps.finetune(one.weak.roles[0], data.part("supervisor"), seed=0)
    piece = data.part("transfer").pieces(3)[1]
    both = [
        steps.finetune(one.strong, piece, labels=steps.label(weak, labelled), seed=0)
        for labelled in (data.part("transfer"), piece)
    ]
    context = Context(store)
    for step in walk_unique(*both):
        compute(step, store, context)
    first, second = (network_of(step, context).state_dict()["head.weight"] for step in both)
    assert both[0].key != both[1].key
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize(
    ("role", "keep"), [("weak", "best"), ("student", "best"), ("ceiling", "best"), ("student", "oracle")]
)
def test_the_best_weights_are_those_of_the_look_that_agreed_most(
    store: Store, toy: Callable[..., list[Experiment]], role: str, keep: str
) -> None:
    """Best by the labels trained on, or by ground truth for an oracle; the first of equals, never the untrained."""
    often = "train.epochs=4", "train.evaluations=8", "train.learning_rate=0.05"
    (one,) = toy("method.name=naive", f"train.keep={keep}", "split.validation=150", "task.noise=0.5", *often)
    run_experiments([one], store)
    result = experiment.run(one, Steps())
    step = getattr(result, role).by
    context = Context(store)
    curve = json.loads((store.open(step.key) / "curve.json").read_text())
    judged_by = "accuracy" if step.labels is None or keep == "oracle" else "agreement"
    told = [note for note in step.notes(context) if "chosen by the ground truth of 150 examples" in note]
    assert len(told) == (keep == "oracle")
    best = max(curve[1:], key=lambda point: point[judged_by])  # the first of equals
    assert best[judged_by] > curve[-1][judged_by], "weights of the last look would do as well"
    if judged_by == "agreement":
        assert best["accuracy"] < max(point["accuracy"] for point in curve[1:]), "ground truth would choose the same"
    validation = step.part.split.part("validation")
    data = step.part.split.read(context)
    said = step.answers(context, validation).argmax(1)
    assert (said == data.known_truth(validation)).mean() == pytest.approx(best["accuracy"])
    if step.labels is not None:
        supervisor = step.labels.by.answers(context, validation).argmax(1)
        assert (said == supervisor).mean() == pytest.approx(best["agreement"])


def test_a_loss_that_runs_away_leaves_the_last_good_weights(
    store: Store, toy: Callable[..., list[Experiment]], added: Callable[..., None]
) -> None:
    class Breaking(Loss):
        name = "breaking"

        def start(self, targets: Tensor | None) -> Any:
            return lambda batch: cross_entropy(batch) * (math.nan if batch.progress > 0.6 else 1.0)

    class Breaks(Naive):
        name = "breaks"

        def objective(self) -> Objective:
            return Objective(loss=Breaking())

    added(methods, "breaks", Breaks)
    settings = "train.epochs=4", "train.evaluations=4"
    (one,) = toy("method.name=breaks", *settings)
    swept = run_experiments([one], store)
    step = experiment.run(one, Steps()).student.by
    (error,) = swept.failures.values()
    kept = store.root / "stopped" / f"{step.key[:16]}.safetensors"
    assert isinstance(error, StepFailed)
    assert str(error) == (
        "the loss is nan at update 6 of 8 with learning_rate 0.03; try a smaller one, such as 0.003; "
        f"the weights of the last check before that are kept in {kept}"
    )
    (plain,) = toy("method.name=naive", "strong.train.epochs=2", "strong.train.evaluations=2", *settings)
    assert not run_experiments([plain], store).failures  # update 4 of 8 is the last of two epochs
    finished = load_file(store.open(experiment.run(plain, Steps()).student.by.key) / "model.safetensors")
    stopped = load_file(kept)
    assert stopped.keys() == finished.keys()
    assert all(torch.equal(stopped[name], finished[name]) for name in stopped)
    assert not store.has(step.key)
    assert store.verify() == []
    assert os.listdir(store.root / "tmp") == []


# Inference


def test_predictions_are_probabilities_in_the_order_of_the_rows() -> None:
    network = toy_network(Output(kind="classification", n_classes=3)).train()
    rows, _ = data(1203)
    found = predict(network, rows, machine=CPU)
    assert found.shape == (1203, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
    for row in (0, 1000, 1202):
        alone = predict(network, Arrays(rows.values[row : row + 1]), machine=CPU)
        np.testing.assert_allclose(alone[0], found[row], rtol=1e-5)
    assert network.training


def test_summary_by_hand() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7]], np.float32)
    found = summarise(probabilities, np.array([1, 1, 2]), Output(kind="classification", n_classes=3))
    assert found["predicted"].tolist() == [0, 0, 2]
    assert found["truth"].tolist() == [1, 1, 2]
    assert found["rank"].tolist() == [1, 1, 0]  # a tie counts against the truth
    np.testing.assert_allclose(found["truth_probability"], [0.3, 0.4, 0.7])


def test_summary_of_texts_by_hand() -> None:
    output = Output(kind="generation", n_classes=2, class_names=("e4", "Nf3"))
    said = np.array(["Nf3", "e4", "nonsense", "nonsense", "other"], dtype=object)
    found = summarise(said, np.array([1, 1, 0, 1, 0]), output)
    assert found["predicted"][:2].tolist() == [1, 0]
    assert (found["predicted"][2:] >= 2).all()
    assert found["predicted"][2] == found["predicted"][3] != found["predicted"][4]
    assert found["rank"].tolist() == [0, 2, 2, 2, 2]
    assert found["truth_probability"].tolist() == [1, 0, 0, 0, 0]


def test_labels_are_read_as_they_were_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    few, many = (rng.dirichlet(np.ones(n), (2, 9)).astype(np.float32) for n in (64, 65))
    many[1, 3] = 0  # an abstention
    texts = np.array([["e4", "", "\u00e9 \n"]], dtype=object)
    for name, votes in {"few": few, "many": many, "texts": texts}.items():
        (tmp_path / name).mkdir()
        write_votes(votes, tmp_path / name)
    np.testing.assert_allclose(read_votes(tmp_path / "few"), few, rtol=1e-6)
    found = read_votes(tmp_path / "many")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, many, atol=1e-3)
    np.testing.assert_allclose(found.sum(-1), (many > 0).any(-1), rtol=1e-6)
    assert read_votes(tmp_path / "texts").tolist() == texts.tolist()
