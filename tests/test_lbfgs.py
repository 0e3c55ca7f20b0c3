"""Linear heads solved to the optimum: right, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from losses import PLAIN
from problems import WIDTH, problem, students

from outgrow.errors import ConfigError, StepFailed
from outgrow.learning import feature_file, minimise
from outgrow.learning.coordinates import Coordinates, Sketch, matrix
from outgrow.learning.heads import Head, Student
from outgrow.learning.lbfgs import FEW, solve
from outgrow.methods.base import methods
from outgrow.tasks.base import Output

CPU = torch.device("cpu")


@pytest.mark.parametrize("count", [3, FEW + 2], ids=["few", "many"])
@pytest.mark.parametrize("rows", [90, 9_000], ids=["shared rows", "own rows"])
@pytest.mark.parametrize(("classes", "pairs"), [(2, False), (4, False), (2, True)])
@pytest.mark.parametrize("l2", [0.01, 1.0])
def test_every_head_ends_at_the_optimum(classes: int, pairs: bool, rows: int, count: int, l2: float) -> None:
    features, targets, output = problem(rows, classes, pairs=pairs)
    some = students(targets, count, n=80, l2=l2)
    heads = solve(features, some, output, device=CPU)
    for one, head in zip(some, heads, strict=True):
        assert isinstance(head, Head)
        x = torch.from_numpy(features[one.rows]).double()

        def loss(weight: torch.Tensor, bias: torch.Tensor, x: torch.Tensor = x, one: Student = one) -> torch.Tensor:
            logits = (x @ weight[0]) if pairs else x @ weight.T + bias
            return -(one.targets * logits.log_softmax(-1)).sum(-1).mean() + one.l2 / classes * (weight**2).sum()

        weight = head.weight.double().requires_grad_()
        bias = head.bias.double().requires_grad_()
        gradients = torch.autograd.grad(loss(weight, bias), [weight] if pairs else [weight, bias])
        assert max(float(gradient.abs().max()) for gradient in gradients) < 5e-4
        best = lowest(loss, weight, bias)
        assert 0 <= loss(weight, bias).item() - best + 1e-7 < 1e-5


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


@pytest.mark.parametrize("classes", [2, 3])
def test_a_head_does_not_depend_on_company(classes: int) -> None:
    features, targets, output = problem(120, classes)
    together = solve(features, students(targets, FEW + 9), output, device=CPU)
    (alone,) = solve(features, students(targets, 9)[4:5], output, device=CPU)
    assert isinstance(alone, Head)
    assert isinstance(together[4], Head)
    torch.testing.assert_close(alone.weight, together[4].weight, atol=1e-2, rtol=0)  # both within the tolerance


@pytest.mark.parametrize("copies", [1, FEW], ids=["few", "many"])
def test_there_can_be_different_penalties_at_once(copies: int) -> None:
    features, targets, output = problem(120, 2)
    penalties = (1e-3, 1, 10)

    def student(l2: float) -> Student:
        rows = np.arange(100)
        return Student(rows=rows, targets=targets[rows], weights=torch.ones(100), loss=PLAIN, seed=0, l2=l2)

    heads = solve(features, [student(l2) for l2 in penalties for _ in range(copies)], output, device=CPU)
    for l2, head in zip(penalties, heads[::copies], strict=True):
        (alone,) = solve(features, [student(l2)], output, device=CPU)
        assert isinstance(head, Head)
        assert isinstance(alone, Head)
        torch.testing.assert_close(head.weight, alone.weight, atol=1e-2, rtol=0)


def test_a_loss_that_is_not_convex_is_refused() -> None:
    features, targets, output = problem(120, 2)
    with pytest.raises(ConfigError, match=r"lbfgs.*convex"):
        solve(features, students(targets, 2, methods["confidence"]().objective().loss), output, device=CPU)


@pytest.mark.parametrize("count", [1, FEW + 1], ids=["few", "many"])
def test_a_head_tells_the_loss_and_the_gradient_that_it_ended_with(count: int) -> None:
    features, targets, output = problem(120, 3)
    some, told = students(targets, count), []
    some[0].check = lambda weight, bias, progress: told.append(progress)
    (head, *_) = solve(features, some, output, device=CPU)
    assert isinstance(head, Head)
    (progress,) = told
    logits = torch.from_numpy(features[some[0].rows]).float() @ head.weight.T + head.bias
    loss = -(some[0].targets * logits.log_softmax(-1)).sum(-1).mean() + some[0].l2 / 3 * head.weight.square().sum()
    assert progress.loss == pytest.approx(loss.item(), abs=1e-5)
    assert (progress.share, progress.rate) == (1.0, None)
    assert progress.gradient_norm == pytest.approx(0, abs=2e-3)


# Without a penalty, and with odd features


def hard(targets: torch.Tensor) -> torch.Tensor:
    return torch.eye(targets.shape[1])[targets.argmax(1)]


@pytest.mark.parametrize("count", [1, FEW + 2], ids=["few", "many"])
@pytest.mark.parametrize("classes", [2, 3])
def test_without_a_penalty_separable_rows_are_refused_and_others_solved(classes: int, count: int) -> None:
    features, targets, output = problem(400, classes)
    separable = hard(targets)[:20]
    some = [
        Student(rows=np.arange(20), targets=separable, weights=torch.ones(20), loss=PLAIN, seed=0, l2=0.0)
        for _ in range(count)
    ]
    for ended in solve(features, some, output, device=CPU):
        assert isinstance(ended, StepFailed)
        assert "set l2 above 0" in str(ended)
    some = students(hard(targets), count, n=380, l2=0.0)
    for one, head in zip(some, solve(features, some, output, device=CPU), strict=True):
        assert isinstance(head, Head)
        assert head.notes == ()
        x = torch.from_numpy(features[one.rows]).double()
        weight, bias = head.weight.double().requires_grad_(), head.bias.double().requires_grad_()
        loss = -(one.targets * (x @ weight.T + bias).log_softmax(-1)).sum(-1).mean()
        gradients = torch.autograd.grad(loss, [weight, bias])
        assert max(float(gradient.abs().max()) for gradient in gradients) < 5e-4


@pytest.mark.parametrize("count", [1, FEW + 2], ids=["few", "many"])
@pytest.mark.parametrize(("l2", "norm"), [(0.0, 50), (1e-6, 50), (0.1, 0.5)])
def test_directions_in_which_rows_vary_by_rounding_alone_are_not_blown_up(l2: float, norm: float, count: int) -> None:
    """Of 60 features, 5 say all there is; the others are theirs, mixed, and rounded to float16."""
    rng = np.random.default_rng(0)
    few = rng.standard_normal((600, 5))
    features = (few @ rng.standard_normal((5, 60))).astype(np.float16)
    labels = (few[:, 0] + rng.standard_normal(600) > 0).astype(int)
    targets = torch.eye(2)[labels]
    heads = solve(
        features, students(targets, count, n=300, l2=l2), Output(kind="classification", n_classes=2), device=CPU
    )
    held_out = np.arange(300, 600)
    for head in heads:
        assert isinstance(head, Head)
        assert head.weight.norm() < norm  # 3,000 without a floor of the penalty
        assert head.notes == ()
        said = (torch.from_numpy(features[held_out]).float() @ head.weight.T + head.bias).argmax(1).numpy()
        assert (said == labels[held_out]).mean() > 0.7


@pytest.mark.parametrize("pairs", [False, True])
def test_features_that_never_change_give_the_shares_of_the_classes(pairs: bool) -> None:
    features = np.zeros((50, 2, WIDTH) if pairs else (50, WIDTH), np.float16)
    targets = torch.tensor([[0.25, 0.75]]).expand(50, 2)
    output = Output(kind="preference" if pairs else "classification", n_classes=2)
    for count in (1, FEW + 1):
        head = solve(features, students(targets, count, n=50), output, device=CPU)[-1]
        assert isinstance(head, Head)
        assert float(head.weight.abs().max()) < 1e-3
        if not pairs:
            assert head.bias.softmax(0).tolist() == pytest.approx([0.25, 0.75], abs=2e-3)


@pytest.mark.parametrize("broken", ["targets", "weights", "features"])
@pytest.mark.parametrize("count", [3, FEW + 3], ids=["few", "many"])
def test_what_is_no_number_fails_alone(broken: str, count: int) -> None:
    features, targets, output = problem(150, 2)
    some = students(targets, count)
    if broken == "features":
        features[some[1].rows[0]] = np.nan
    else:
        getattr(some[1], broken)[0] = float("nan")
    ended = solve(features, some, output, device=CPU)
    assert isinstance(ended[1], StepFailed)
    assert "finite" in str(ended[1])
    if broken != "features":  # which the others share
        for i in (0, count - 1):
            (alone,) = solve(features, students(targets, count)[i : i + 1], output, device=CPU)
            head = ended[i]
            assert isinstance(alone, Head)
            assert isinstance(head, Head)
            torch.testing.assert_close(head.weight, alone.weight, atol=1e-2, rtol=0)


@pytest.mark.parametrize("count", [1, FEW + 1], ids=["few", "many"])
def test_a_head_that_is_not_at_the_optimum_says_so(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    features, targets, output = problem(150, 2)
    (head, *_) = solve(features, students(targets, count, l2=1e-4), output, device=CPU)
    assert isinstance(head, Head)
    assert head.notes == ()
    monkeypatch.setattr(minimise, "MAX_ITERATIONS", 2)
    (head, *_) = solve(features, students(targets, count, l2=1e-4), output, device=CPU)
    assert isinstance(head, Head)
    (note,) = head.notes
    assert "stopped" in note
    assert "larger l2" in note


# Coordinates


def test_matrices_are_read_from_disk_as_they_are(tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((5_000, 2, WIDTH)).astype(np.float16)
    feature_file.create(tmp_path / feature_file.FILE, values.shape)[:] = values
    rows = np.arange(0, 5_000, 1)[::-1].copy()
    found = matrix(feature_file.load(tmp_path), rows, device=CPU)
    expected = torch.from_numpy(values[rows].astype(np.float32))
    torch.testing.assert_close(found, expected[:, 1] - expected[:, 0])
    found = matrix(values[:, 0], rows, device=CPU)
    torch.testing.assert_close(found, torch.cat([expected[:, 0], torch.ones(5_000, 1)], 1))


def test_uncorrelated_axes_take_weights_there_and_back() -> None:
    rng = np.random.default_rng(0)
    mixed = rng.standard_normal((5_000, WIDTH)) @ rng.standard_normal((WIDTH, WIDTH))
    x = torch.cat([torch.from_numpy(mixed).float(), torch.ones(5_000, 1)], 1)
    shares = torch.rand(5_000, generator=torch.Generator().manual_seed(0)) / 5_000
    found = Coordinates.uncorrelated(x, WIDTH, shares)
    w = torch.randn(2, WIDTH + 1, generator=torch.Generator().manual_seed(1))
    logits = x @ w.T
    rotated, turned = found.rotate_(x.clone()), found.rotate_(w.clone())
    torch.testing.assert_close(rotated @ turned.T, logits, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(found.back(turned), w, atol=1e-4, rtol=1e-4)
    hessian = (rotated[:, :-1] * shares[:, None]).T @ rotated[:, :-1]
    torch.testing.assert_close(hessian, torch.diag(found.curvature[:-1]), atol=2e-3, rtol=1e-3)


def test_a_sketch_inverts_what_it_has_seen() -> None:
    """As wide as the features, it is the inverse itself."""
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.standard_normal((500, WIDTH)) * np.linspace(0.1, 3, WIDTH)).float()
    penalty = torch.full((WIDTH,), 0.01)
    found = Coordinates.plain(x, x.square().mean(0), penalty, 0.25)
    assert found.sketch is not None
    divisor = found.scale(penalty[None])[0]
    curvature = 0.25 * (x / divisor).T @ (x / divisor) / len(x) + 0.3 * torch.eye(WIDTH)
    vectors = torch.randn(1, 2, WIDTH, generator=torch.Generator().manual_seed(1))
    inverse = found.sketch.inverse(vectors, torch.tensor([0.3]))
    torch.testing.assert_close(inverse @ curvature, vectors, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("seed", [16760, 17019])
def test_a_sketch_bears_a_column_that_never_changes(seed: int) -> None:
    """Rounded to float32, what these two have seen was not positive definite."""
    rng = np.random.default_rng(seed)
    x = torch.from_numpy(np.stack([np.zeros(40), rng.normal(size=40)], 1).astype(np.float32))
    found = Sketch.of(x, torch.from_numpy(rng.uniform(0.3, 1.5, 2).astype(np.float32)), 0.25)
    assert found.along[0] == pytest.approx(0, abs=1e-6)
    assert found.along[1] > 0


def test_gradients_may_be_taken_through_a_solved_head() -> None:
    values = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float16)
    targets = torch.eye(2)[torch.from_numpy((values[:, 0] > 0).astype(int))]
    one = Student(rows=np.arange(40), targets=targets, weights=torch.ones(40), loss=PLAIN, seed=0, l2=0.1)
    (head,) = solve(values, [one], Output(kind="classification", n_classes=2), device=CPU)
    assert isinstance(head, Head)
    (torch.ones(3, requires_grad=True) * head.weight).sum().backward()
