"""Linear heads trained together: as one at a time, and at the optimum."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from losses import PLAIN

from outgrow.errors import ConfigError, StepFailed
from outgrow.learning import feature_file as feature_files
from outgrow.learning.batching import Arrays
from outgrow.learning.heads import Head, Student, train_together
from outgrow.learning.lbfgs import Coordinates, Table, solve
from outgrow.learning.losses import Loss
from outgrow.learning.machine import Machine
from outgrow.learning.objective import Probabilities
from outgrow.learning.probe import Probe, log_shares
from outgrow.learning.train import fit
from outgrow.methods.base import methods
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Kind, Output

CPU = torch.device("cpu")
WIDTH = 12


def problem(n: int, classes: int, *, pairs: bool = False) -> tuple[np.ndarray, torch.Tensor, Output]:
    """Features float16, noisy soft targets, and the output they are for."""
    rng = np.random.default_rng(0)
    shape = (n, 2, WIDTH) if pairs else (n, WIDTH)
    features = rng.standard_normal(shape).astype(np.float16)
    concept = rng.standard_normal((WIDTH, 1 if pairs else classes))
    scores = (features.astype(np.float64) @ concept).reshape(n, -1) + rng.standard_normal((n, classes))
    kind: Kind = "preference" if pairs else "classification"
    return features, torch.from_numpy(scores).softmax(-1).float(), Output(kind=kind, n_classes=classes)


def students(targets: torch.Tensor, count: int, loss: Loss = PLAIN, *, n: int = 90, l2: float = 0.01) -> list[Student]:
    """Students that learn from different rows."""
    made = []
    for seed in range(count):
        rows = np.random.default_rng(seed).permutation(len(targets))[:n]
        made.append(Student(rows=rows, targets=targets[rows], weights=torch.ones(n), loss=loss, seed=seed, l2=l2))
    return made


@pytest.mark.parametrize(("classes", "pairs"), [(2, False), (5, False), (2, True)])
@pytest.mark.parametrize("name", ["naive", "confidence"])
def test_together_is_as_one_at_a_time(name: str, classes: int, pairs: bool) -> None:
    features, targets, output = problem(150, classes, pairs=pairs)
    spec = TrainSpec(epochs=4, batch_size=32, learning_rate=0.05, schedule="cosine", warmup=0.1, weight_decay=0.1,
                     max_grad_norm=0.3)  # fmt: skip
    loss = methods[name]().objective().loss
    heads = train_together(features, students(targets, 20, loss), spec, output, device=CPU)
    for one, head in zip(students(targets, 20, loss), heads, strict=True):
        network = Probe(WIDTH, output, seed=one.seed, bias=None if pairs else log_shares(one.targets, one.weights))
        fit(
            network,
            Arrays(features[one.rows]),
            Probabilities(one.targets),
            spec,
            loss=one.loss,
            seed=one.seed,
            machine=Machine(device=CPU),
        )
        assert isinstance(head, Head)
        torch.testing.assert_close(head.weight, network.head.weight.detach(), atol=2e-5, rtol=1e-4)
        if not pairs:
            torch.testing.assert_close(head.bias, network.head.bias.detach(), atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("many", [90, 4_000], ids=["shared rows", "own rows"])
@pytest.mark.parametrize(("classes", "pairs"), [(2, False), (4, False), (2, True)])
def test_lbfgs_ends_at_the_optimum(classes: int, pairs: bool, many: int) -> None:
    features, targets, output = problem(many, classes, pairs=pairs)
    some = students(targets, 5, n=80)
    heads = solve(features, some, output, device=CPU)
    for one, head in zip(some, heads, strict=True):
        assert isinstance(head, Head)
        x = torch.from_numpy(features[one.rows]).double()

        def loss(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor = x, one: Student = one) -> torch.Tensor:
            logits = (x @ weight[0]) if pairs else x @ weight.T + bias
            return -(one.targets * logits.log_softmax(-1)).sum(-1).mean() + one.l2 / 2 * (weight**2).sum()

        weight = head.weight.double().requires_grad_()
        bias = head.bias.double().requires_grad_()
        gradients = torch.autograd.grad(loss(weight, bias), [weight] if pairs else [weight, bias])
        assert max(float(gradient.abs().max()) for gradient in gradients) < 3e-3
        best = lowest(loss, weight, bias)
        assert 0 <= loss(weight, bias).item() - best + 1e-9 < 1e-4


def lowest(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], weight: torch.Tensor, bias: torch.Tensor
) -> float:
    """The least loss that torch's own L-BFGS finds from zero, in float64."""
    reference = [torch.zeros_like(value).requires_grad_() for value in (weight, bias)]
    solver = torch.optim.LBFGS(reference, max_iter=500, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        solver.zero_grad()
        value = loss(*reference)
        value.backward()
        return value

    solver.step(closure)
    return loss(*reference).item()


def test_lbfgs_does_not_depend_on_company() -> None:
    features, targets, output = problem(120, 3)
    together = solve(features, students(targets, 9), output, device=CPU)
    (alone,) = solve(features, students(targets, 9)[4:5], output, device=CPU)
    assert isinstance(alone, Head)
    assert isinstance(together[4], Head)
    torch.testing.assert_close(alone.weight, together[4].weight, atol=4e-2, rtol=0)  # both within the tolerance


def test_lbfgs_takes_different_penalties_at_once() -> None:
    features, targets, output = problem(120, 2)
    some = [
        Student(rows=np.arange(100), targets=targets[:100], weights=torch.ones(100), loss=PLAIN, seed=0, l2=l2)
        for l2 in (1e-3, 1, 10)
    ]
    heads = solve(features, some, output, device=CPU)
    norms = [float(head.weight.norm()) for head in heads if isinstance(head, Head)]
    assert norms[0] > 2 * norms[1] > 4 * norms[2] > 0


def test_lbfgs_refuses_a_loss_that_is_not_convex() -> None:
    features, targets, output = problem(120, 2)
    with pytest.raises(ConfigError, match=r"lbfgs.*convex"):
        solve(features, students(targets, 2, methods["confidence"]().objective().loss), output, device=CPU)


def test_one_that_runs_away_does_not_take_others_along() -> None:
    features, targets, output = problem(150, 2)
    some = students(targets, 3)
    some[1].targets[0, 0] = float("nan")
    ended = train_together(features, some, TrainSpec(epochs=1, learning_rate=0.1), output, device=CPU)
    assert isinstance(ended[1], StepFailed)
    assert "learning_rate 0.1" in str(ended[1])
    for i in (0, 2):
        (alone,) = train_together(
            features, [students(targets, 3)[i]], TrainSpec(epochs=1, learning_rate=0.1), output, device=CPU
        )
        assert isinstance(alone, Head)
        among = ended[i]
        assert isinstance(among, Head)
        torch.testing.assert_close(among.weight, alone.weight)


def test_coordinates_are_uncorrelated_and_read_from_disk(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    mixed = rng.standard_normal((300, WIDTH)) @ rng.standard_normal((WIDTH, WIDTH))
    feature_files.create(tmp_path / feature_files.FILE, (300, WIDTH))[:] = mixed
    table = Table(features=feature_files.load(tmp_path), rows=np.arange(0, 300, 2), device=CPU)
    coordinates = Coordinates.of(table)
    rotated = coordinates.rotate(table, ones=False)
    covariance = rotated.T @ rotated / len(rotated)
    torch.testing.assert_close(covariance, torch.diag(coordinates.variance), atol=2e-3, rtol=1e-3)
