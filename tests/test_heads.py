"""Linear heads trained together: as one at a time, and from the shares of classes on."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest
import torch
from losses import PLAIN
from problems import WIDTH, problem, students

from outgrow.errors import StepFailed
from outgrow.learning.batching import Arrays
from outgrow.learning.heads import Head, Student, scores, slopes, train_together
from outgrow.learning.lbfgs import solve
from outgrow.learning.machine import Machine
from outgrow.learning.objective import Probabilities
from outgrow.learning.probe import Probe, log_shares
from outgrow.learning.progress import Progress
from outgrow.learning.train import fit
from outgrow.methods.base import methods
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output

CPU = torch.device("cpu")


@pytest.mark.parametrize(("classes", "pairs"), [(2, False), (5, False), (2, True)])
@pytest.mark.parametrize("name", ["naive", "confidence"])
def test_together_is_as_one_at_a_time(name: str, classes: int, pairs: bool) -> None:
    features, targets, output = problem(150, classes, pairs=pairs)
    spec = TrainSpec(epochs=4, batch_size=32, learning_rate=0.05, schedule="cosine", warmup=0.1, weight_decay=0.1,
                     max_grad_norm=0.3)  # fmt: skip
    loss = methods[name]().objective().loss
    progress: dict[int, list[Progress]] = {seed: [] for seed in range(20)}

    def watched(one: Student) -> Student:
        return replace(one, check=lambda weight, bias, at: progress[one.seed].append(at))

    heads = train_together(features, [watched(one) for one in students(targets, 20, loss)], spec, output, device=CPU)
    for one, head in zip(students(targets, 20, loss), heads, strict=True):
        told: list[Progress] = []
        network = Probe(WIDTH, output, seed=one.seed, bias=None if pairs else log_shares(one.targets, one.weights))
        fit(
            network,
            Arrays(features[one.rows]),
            Probabilities(one.targets),
            spec,
            loss=one.loss,
            seed=one.seed,
            machine=Machine(device=CPU),
            check=lambda network, at: told.append(at),  # noqa: B023
        )
        assert isinstance(head, Head)
        assert progress[one.seed][0] == told[0] == Progress(share=0.0)
        among, alone = (np.array([astuple(at) for at in some[1:]], float) for some in (progress[one.seed], told))
        np.testing.assert_allclose(among, alone, rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(head.weight, network.head.weight.detach(), atol=2e-5, rtol=1e-4)
        if not pairs:
            torch.testing.assert_close(head.bias, network.head.bias.detach(), atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize(("count", "classes", "pairs"), [(3, 2, False), (1, 3, False), (4, 6, False), (3, 2, True)])
def test_slopes_are_those_that_autograd_finds(count: int, classes: int, pairs: bool) -> None:
    draw = torch.Generator().manual_seed(classes)
    x = torch.randn((count, 11, 2, 16) if pairs else (count, 11, 16), generator=draw)
    weight = torch.randn(count, 1 if pairs else classes, 16, generator=draw).requires_grad_()
    bias = torch.randn(count, 1 if pairs else classes, generator=draw).requires_grad_()
    pull = torch.randn(count, 11, classes, generator=draw)
    wanted = torch.autograd.grad(scores(x, weight, bias), [weight] if pairs else [weight, bias], pull)
    found = slopes(x, pull)
    assert len(found) == len(wanted)
    for own, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(own, other)


def test_rows_that_countshare_are_each_ones_own() -> None:
    """Students of rows that overlap in part, in other orders, with a row that comes twice: as each alone."""
    features, targets, output = problem(150, 2)
    some = [
        replace(one, rows=rows, targets=one.targets[:60], weights=one.weights[:60])
        for one, rows in zip(
            students(targets, 3),
            (np.arange(60), np.arange(149, 89, -1), np.concatenate([np.arange(30, 89), [30]])),
            strict=True,
        )
    ]
    spec = TrainSpec(epochs=3, batch_size=16, learning_rate=0.05)
    together = train_together(features, some, spec, output, device=CPU)
    for one, head in zip(some, together, strict=True):
        own = replace(one, rows=np.arange(60))
        (alone,) = train_together(features[one.rows], [own], spec, output, device=CPU)
        assert isinstance(head, Head)
        assert isinstance(alone, Head)
        assert torch.equal(head.weight, alone.weight)


@pytest.mark.parametrize(("classes", "pairs"), [(2, False), (5, False), (10, False), (2, True)])
@pytest.mark.parametrize("width", [9, 27, 50, 64, 75])
def test_the_company_changes_no_bit(width: int, classes: int, pairs: bool) -> None:
    """Whatever the width: the last batch is odd, and the head comes alone, first, last, and between others."""
    rng = np.random.default_rng(width)
    _, targets, output = problem(101, classes, pairs=pairs)
    features = rng.normal(size=(101, 2, width) if pairs else (101, width)).astype(np.float16)
    some = students(targets, 5)
    spec = TrainSpec(epochs=8, batch_size=32, learning_rate=0.05)

    def trained(which: list[int]) -> dict[int, Head]:
        heads = train_together(features, [some[i] for i in which], spec, output, device=CPU)
        assert all(isinstance(head, Head) for head in heads)
        return {i: head for i, head in zip(which, heads, strict=True) if isinstance(head, Head)}

    alone = {i: trained([i])[i] for i in range(5)}
    for among in (trained([0, 1, 2, 3, 4]), trained([4, 2, 0, 3, 1]), trained([1, 0])):
        for i, head in among.items():
            assert torch.equal(head.weight, alone[i].weight)
            assert torch.equal(head.bias, alone[i].bias)


def test_one_that_runs_away_does_not_take_others_along() -> None:
    features, targets, output = problem(150, 2)
    some = students(targets, 3)
    some[1].targets[0, 0] = float("nan")
    ended = train_together(features, some, TrainSpec(epochs=1, learning_rate=0.1), output, device=CPU)
    assert isinstance(ended[1], StepFailed)
    assert "the loss is nan" in str(ended[1])
    for i in (0, 2):
        (alone,) = train_together(
            features, [students(targets, 3)[i]], TrainSpec(epochs=1, learning_rate=0.1), output, device=CPU
        )
        assert isinstance(alone, Head)
        among = ended[i]
        assert isinstance(among, Head)
        torch.testing.assert_close(among.weight, alone.weight)


# Classes of unequal size

SHARES = {2: [0.83, 0.17], 3: [0.7, 0.2, 0.1], 10: [0.55, *[0.05] * 9]}


def unequal(classes: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised features [n, 64] of a falling spectrum; classes differ along the 8 axes of the largest variance."""
    rng = np.random.default_rng(classes)
    labels = rng.choice(classes, n, p=SHARES[classes])
    features = rng.standard_normal((n, 64)) / np.sqrt(1 + np.arange(64))
    features[:, :8] += rng.standard_normal((classes, 8))[labels] / 2
    features = features @ np.linalg.qr(rng.standard_normal((64, 64)))[0]
    return ((features - features.mean(0)) / features.std(0)).astype(np.float16), labels


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("labels", ["hard", "soft"])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_classes_of_unequal_size_are_learned_as_by_logistic_regression(
    classes: int, labels: str, optimizer: str
) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    n, features, truth = 2_500, *unequal(classes, 6_500)
    x = features.astype(np.float32)
    targets = torch.eye(classes)[truth[:n]]
    if labels == "soft":
        supervisor = linear_model.LogisticRegression(max_iter=1_000).fit(x[n : n + 1_000, :16], truth[n : n + 1_000])
        targets = torch.from_numpy(supervisor.predict_proba(x[:n, :16])).float()
    reference = linear_model.LogisticRegression(max_iter=1_000).fit(
        np.repeat(x[:n], classes, 0), np.tile(np.arange(classes), n), sample_weight=targets.numpy().reshape(-1) + 1e-9
    )
    rows, output = np.arange(n), Output(kind="classification", n_classes=classes)
    student = Student(rows=rows, targets=targets, weights=torch.ones(n), loss=PLAIN, seed=0, l2=0.1)
    spec = TrainSpec(epochs=20, batch_size=128, schedule="cosine", learning_rate=1e-3)  # what probes have by default
    if optimizer == "adam":
        (head,) = train_together(features, [student], spec, output, device=CPU)
    else:
        (head,) = solve(features, [student], output, device=CPU)
    assert isinstance(head, Head)
    held_out = slice(n + 1_000, None)
    said = (torch.from_numpy(x[held_out]) @ head.weight.T + head.bias).argmax(1).numpy()
    expected = reference.score(x[held_out], truth[held_out])
    assert (said == truth[held_out]).mean() > expected - 0.01


def test_a_head_begins_at_the_shares_of_the_classes() -> None:
    targets, weights = torch.tensor([[1.0, 0, 0], [0.5, 0.5, 0], [1.0, 0, 0]]), torch.tensor([1.0, 2.0, 0.0])
    found = log_shares(targets, weights)
    assert found.softmax(0).tolist() == pytest.approx([2.5 / 4.5, 1.5 / 4.5, 0.5 / 4.5])
    assert float(found.sum()) == pytest.approx(0, abs=1e-6)
    even = log_shares(torch.full((7, 4), 0.25), torch.ones(7))
    assert even.tolist() == [0.0] * 4
