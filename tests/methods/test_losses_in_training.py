"""Every registered loss in every loop: batched heads, whole networks in micro-batches and in several processes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from losses import batch_of
from threads import in_threads
from torch import Tensor

from outgrow.config import expand
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.learning.batching import Arrays
from outgrow.learning.heads import Head, Student, train_together
from outgrow.learning.losses import Loss
from outgrow.learning.machine import Machine
from outgrow.learning.objective import Probabilities
from outgrow.learning.probe import Probe, log_shares
from outgrow.learning.team import Team
from outgrow.learning.train import fit
from outgrow.methods.base import methods
from outgrow.methods.composition import Composition
from outgrow.methods.losses.base import losses
from outgrow.methods.losses.elr import EarlyLearning
from outgrow.methods.selections.filter import Filter
from outgrow.specs import TrainSpec
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Output

CPU = torch.device("cpu")
LOSSES: list[Loss] = [one for one in (entry.value() for entry in losses) if not one.uses_truth]
NEW = sorted({one.name for one in LOSSES} - {"cross_entropy", "confidence_loss"})
SHIPPED = {"reverse_kl", "reverse_ce", "js", "alpha", "total_variation", "gce", "sce", "elr", "adaptive_confidence",
           "product", "window", "margin_weighted"}  # fmt: skip
SPEC = TrainSpec(epochs=3, batch_size=16, learning_rate=0.05)
KINDS = [Output(kind="classification", n_classes=2), Output(kind="classification", n_classes=4),
         Output(kind="preference", n_classes=2)]  # fmt: skip
ROWS, ALONE = 53, Team()


def name_of(one: Any) -> str:
    return one.name if isinstance(one, Loss) else f"{one.kind}-{one.n_classes}"


def problem(output: Output, seed: int = 0) -> tuple[np.ndarray, Tensor, Tensor]:
    """Features, weak labels that they say something of, and weights with a mean of 1."""
    rng = np.random.default_rng(seed)
    shape = (ROWS, 2, 6) if output.kind == "preference" else (ROWS, 6)
    features = rng.standard_normal(shape).astype(np.float32)
    logits = features.sum(-1) if output.kind == "preference" else features[:, : output.n_classes]
    targets = torch.from_numpy(logits + rng.standard_normal(logits.shape).astype(np.float32)).softmax(-1)
    weights = torch.from_numpy(rng.uniform(0.5, 1.5, ROWS).astype(np.float32))
    return features, targets, weights / weights.mean()


def student(loss: Loss, output: Output, seed: int = 0) -> Student:
    _, targets, weights = problem(output)
    return Student(rows=np.arange(ROWS), targets=targets, weights=weights, loss=loss, seed=seed)


def trained(students: Sequence[Student], output: Output) -> list[Head]:
    made = train_together(problem(output)[0], students, SPEC, output, device=CPU)
    return [one for one in made if isinstance(one, Head)]


def test_every_loss_is_here() -> None:
    assert set(NEW) >= SHIPPED
    assert len(LOSSES) >= 2 + len(SHIPPED)
    assert [one.name for one in LOSSES if one.convex] == ["cross_entropy"]
    assert {"elr", "confidence_loss"} <= {one.name for one in LOSSES if not one.rowwise}


@pytest.mark.parametrize("output", KINDS, ids=name_of)
def test_heads_trained_together_come_out_as_each_alone(output: Output) -> None:
    """To the bit, and the two of the same loss but another seed do not share a memory."""
    students = [student(loss, output, seed) for loss in LOSSES for seed in (0, 1)]
    together = trained(students, output)
    assert len(together) == len(students) == 2 * len(LOSSES)
    for one, head in zip(students, together, strict=True):
        (alone,) = trained([one], output)
        assert torch.equal(head.weight, alone.weight), one.loss.name
        assert torch.equal(head.bias, alone.bias), one.loss.name
    naive = together[[one.name for one in LOSSES].index("cross_entropy") * 2]
    other = {one.loss.name for one, head in zip(students, together, strict=True)
             if one.seed == 0 and torch.allclose(head.weight, naive.weight, atol=1e-4)}  # fmt: skip
    assert not other & SHIPPED, "they differ"


def fitted(loss: Loss, output: Output, *, budget: int = 1 << 20, team: Team = ALONE) -> Probe:
    features, targets, weights = problem(output)
    network = Probe(6, output, seed=0, bias=log_shares(targets, weights))
    machine = Machine(device=CPU, tokens=budget, team=team)
    fit(network, Arrays(features), Probabilities(targets), SPEC, loss=loss, weights=weights.numpy(), seed=0,
        machine=machine)  # fmt: skip
    return network


@pytest.mark.parametrize("loss", LOSSES, ids=name_of)
@pytest.mark.parametrize("output", KINDS, ids=name_of)
def test_the_loop_gives_the_same_however_batches_are_cut_and_heads_follow_it(loss: Loss, output: Output) -> None:
    whole = fitted(loss, output)
    (head,) = trained([student(loss, output)], output)
    torch.testing.assert_close(whole.head.weight.detach(), head.weight, atol=2e-5, rtol=1e-4)
    for budget in (5, 1):
        cut = fitted(loss, output, budget=budget)
        torch.testing.assert_close(cut.head.weight, whole.head.weight, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("loss", LOSSES, ids=name_of)
def test_a_loss_is_linear_in_the_weights_of_rows(loss: Loss) -> None:
    generator = torch.Generator().manual_seed(0)
    logits, targets = torch.randn(9, 3, generator=generator), torch.randn(9, 3, generator=generator).softmax(-1)
    one, other = torch.rand(9, generator=generator), torch.rand(9, generator=generator)
    one[2] = 0

    def value(weights: Tensor, changed: Tensor = logits) -> float:
        return float(loss.start(targets)(batch_of(changed, targets, 0.9, weights=weights)))

    assert value(one + 2 * other) == pytest.approx(value(one) + 2 * value(other), rel=1e-5)
    assert value(torch.zeros(9)) == 0


@pytest.mark.parametrize("loss", LOSSES, ids=name_of)
def test_processes_that_train_together_give_what_one_gives(loss: Loss) -> None:
    """The last batch of an epoch has five rows; another test has one of a single row."""
    output = KINDS[1]
    alone = fitted(loss, output)
    for network in in_threads(2, lambda team: fitted(loss, output, team=team)):
        torch.testing.assert_close(network.head.weight, alone.head.weight, atol=2e-5, rtol=1e-4)


def test_a_batch_of_one_row_is_remembered_by_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SPEC", replace(SPEC, batch_size=13, epochs=4))  # 53 = 4 * 13 + 1
    alone = fitted(EarlyLearning(), KINDS[1])
    for network in in_threads(2, lambda team: fitted(EarlyLearning(), KINDS[1], team=team)):
        torch.testing.assert_close(network.head.weight, alone.head.weight, atol=2e-5, rtol=1e-4)


# By name


@pytest.mark.parametrize("name", NEW)
def test_a_loss_is_a_method_by_its_name_and_a_piece_of_one(name: str, document: dict[str, Any]) -> None:
    def one(method: Any) -> Experiment:
        (found,) = expand({**copy.deepcopy(document), "sweep": {}, "method": method}, name="x")
        return found

    alone, given, composed = one(name), one({"name": name}), one(["filter", name])
    assert alone == given
    assert alone.method.label == name
    assert alone.method.objective().loss == losses[name]()
    assert isinstance(composed.method, Composition)
    assert composed.method.objective().selections == (Filter(),)
    assert composed.method.objective().loss == losses[name]()
    with pytest.raises(ConfigError, match="each bring a loss; leave one out"):
        one([name, "confidence"])
    with pytest.raises(ConfigError, match='"lbfgs" needs a convex loss'):
        replace(alone, strong=replace(alone.strong, train=replace(alone.strong.train, optimizer="lbfgs")))


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ({"name": "gce", "q": 0.0}, r"q = 0\.0: input should be greater than 0"),
        ({"name": "alpha", "a": 1.0}, r"a = 1\.0: input should be less than 1"),
        ({"name": "window", "r": "weak"}, r"r = 'weak'"),
        ("reverse_kll", "did you mean 'reverse_kl'"),
        ("AdaptConf", "did you mean 'adaptive_confidence'"),
        ("jensen-shannon", "did you mean 'js'"),
    ],
)
def test_what_is_out_of_range_is_told(method: Any, message: str, document: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=message):
        expand({**document, "sweep": {}, "method": method}, name="x")


def test_experiments_with_these_losses_run(document: dict[str, Any], store: Store) -> None:
    pieces: list[Any] = ["reverse_kl", ["filter", "reverse_ce"], "elr", {"name": "window", "r": "midweak"}]
    runs = [one for method in pieces for one in expand({**document, "sweep": {}, "method": method}, name="x")]
    swept = run_experiments(runs, store)
    assert not swept.failures
    assert sorted(record.row.method for record in swept.records) == [
        "elr", "filter + reverse_ce", "reverse_kl", "window(r=midweak)",
    ]  # fmt: skip


def test_methods_and_losses_have_names_of_their_own() -> None:
    """So that a name in an experiment file means one thing."""
    assert not {entry.name for entry in methods} & {entry.name for entry in losses}
