"""Transforms, selections, losses, and the methods they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from outgrow.learning.losses import Batch, Loss
from outgrow.learning.memory import Memory
from outgrow.learning.objective import Selection, Transform, WeakLabels
from outgrow.methods.base import Method
from outgrow.testing.broken import Broken, demand

if TYPE_CHECKING:
    from torch import Tensor

    LossFunction = Callable[[Batch], Tensor]

ROWS = 40


def some_labels(*, supervisors: int, classes: int, truth: bool = False) -> WeakLabels:
    """Labels of supervisors, of whom one abstains now and then and all do at the end; features; a student's answers.

    Args:
        truth: whether that of two rows of three is known: mostly what is said of them.
    """
    rng = np.random.default_rng(0)
    votes = rng.dirichlet(np.full(classes, 0.3), (supervisors, ROWS)).astype(np.float32)
    votes[0, ::7] = 0
    votes[:, -1] = 0
    ids = [f"row {i:02}" for i in range(ROWS)]
    features = rng.standard_normal((ROWS, 6)).astype(np.float16)
    earlier = rng.dirichlet(np.ones(classes), ROWS).astype(np.float32)
    weak = WeakLabels(probabilities=votes, ids=ids, groups=ids, features=lambda: features, earlier=earlier)
    if not truth:
        return weak
    likely = (weak.mean().argmax(1) + (rng.random(ROWS) < 0.2)) % classes
    return replace(weak, truth=np.where(np.arange(ROWS) % 3 > 0, likely, -1))


def check_transform(one: Transform) -> None:
    """It gives labels of the same rows and classes, rows sum to 1 or are zero, and what it was given is unchanged."""
    for supervisors, classes in ((1, 2), (3, 2), (3, 5)):
        weak = some_labels(supervisors=supervisors, classes=classes, truth=one.uses_truth)
        before = weak.probabilities.copy()
        found = one.apply(weak, seed=0).probabilities
        demand(found.ndim == 3 and found.shape[1:] == (ROWS, classes),
               f"{one.name}: labels must be [supervisors, {ROWS}, {classes}], not {list(found.shape)}")  # fmt: skip
        total = found.sum(-1)
        demand(np.all((np.abs(total - 1) < 1e-4) | (total == 0)), f"{one.name}: rows must sum to 1, or be zero")
        demand((found >= 0).all() or one.signed, f"{one.name}: a probability is below zero; set signed = True")
        demand(np.array_equal(before, weak.probabilities), f"{one.name} changes the labels that it is given")
        again = one.apply(weak, seed=0).probabilities
        demand(np.array_equal(found, again), f"{one.name}: the same seed must give the same labels")


def check_selection(one: Selection) -> None:
    """It gives a weight of at least 0 to each row, the same for the same seed, whatever the order of the rows."""
    for supervisors, classes in ((1, 2), (3, 5)):
        weak = some_labels(supervisors=supervisors, classes=classes, truth=one.uses_truth)
        found = np.asarray(one.weights(weak, seed=0))
        demand(found.shape == (ROWS,), f"{one.name}: weights must be [{ROWS}], not {list(found.shape)}")
        demand(np.isfinite(found).all() and (found >= 0).all(), f"{one.name}: weights must be numbers from 0 on")
        demand(found[:-1].any(), f"{one.name} leaves no row")
        order = np.random.default_rng(1).permutation(ROWS)
        turned = _turned(weak, order)
        demand(np.allclose(one.weights(turned, seed=0), found[order]), f"{one.name} depends on the order of the rows")


def _turned(weak: WeakLabels, order: np.ndarray) -> WeakLabels:
    """The same rows in another order."""
    assert weak.features is not None
    assert weak.earlier is not None
    ids, features = [weak.ids[i] for i in order], weak.features()[order]
    return WeakLabels(
        probabilities=weak.probabilities[:, order], ids=ids, groups=ids, features=lambda: features,
        earlier=weak.earlier[order], truth=None if weak.truth is None else weak.truth[order],
    )  # fmt: skip


def check_loss(one: Loss) -> None:
    """It is a finite number with a gradient; each training begins anew; its memory can be kept; rowwise is true.

    Targets are probabilities, and token numbers too where it is for texts that are generated.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    for classes in (2, 5):
        soft = torch.randn(8, classes, generator=generator).softmax(-1)
        known = np.where(np.arange(8) < 4, soft.argmax(1).numpy(), -1)
        loss = one.fitted(lambda soft=soft: soft.numpy(), known)  # type: ignore[misc]
        weights = torch.rand(8, generator=generator) + 0.5
        numbers = [torch.arange(8) % classes] if "generation" in one.kinds else []
        for targets in (soft, *numbers):
            for progress in (0.0, 0.5, 1.0):
                logits = torch.randn(8, classes, generator=generator, requires_grad=True)

                def seen(rows: slice, *, logits: torch.Tensor = logits, targets: torch.Tensor = targets,
                         progress: float = progress, weights: torch.Tensor = weights) -> Batch:  # fmt: skip
                    return Batch(logits=logits[rows], targets=targets[rows], weights=weights[rows],
                                 rows=torch.arange(8)[rows], progress=progress)  # fmt: skip

                value = loss.start(soft if targets.ndim > 1 else None)(seen(slice(None)))
                demand(value.shape == () and bool(torch.isfinite(value)), f"{one.name}: the loss must be one number")
                again = loss.start(soft if targets.ndim > 1 else None)(seen(slice(None)))
                demand(torch.equal(value, again), f"{one.name} remembers another training; keep memory inside `start`")
                function, fresh = (loss.start(soft if targets.ndim > 1 else None) for _ in range(2))
                first, _, again = (function(seen(slice(n))) for n in (8, 4, 8))
                if isinstance(function, Memory) or not torch.equal(first, again):
                    _check_memory(one, function, fresh, seen(slice(None)))
                (gradient,) = torch.autograd.grad(value, logits)
                demand(bool(torch.isfinite(gradient).all()), f"{one.name}: the gradient is not finite")
                if one.rowwise:
                    function = loss.start(soft if targets.ndim > 1 else None)
                    alone = torch.stack([function(seen(slice(i, i + 1))) for i in range(8)]).mean()
                    demand(bool(torch.allclose(alone, value, atol=1e-5)),
                           f"{one.name} is marked rowwise, but is no mean over rows, each by itself")  # fmt: skip


def _check_memory(
    one: Loss, function: Callable[[Batch], Tensor], fresh: Callable[[Batch], Tensor], batch: Batch
) -> None:
    """A function that has seen batches, and one that has seen none, are the same once the memory is put back."""
    import torch

    if not (isinstance(function, Memory) and isinstance(fresh, Memory)):
        raise Broken(
            f"{one.name} remembers what it saw before: give back a learning.memory.Remembering, so that a training "
            "that was stopped can go on"
        )
    fresh.recall({name: value.clone() for name, value in function.memory().items()})
    demand(torch.equal(function(batch), fresh(batch)), f"{one.name}: what it remembers is not all in its memory")


def check_objective(one: Method) -> None:
    """Its objective keeps its contract, piece by piece, and leaves rows to learn from."""
    objective = one.objective()
    for transform in objective.transforms:
        check_transform(transform)
    for selection in objective.selections:
        check_selection(selection)
    check_loss(objective.loss)
    demand(one.uses_truth or not objective.uses_truth, f"{one.name} learns from known truth: set uses_truth = True")
    lesson = objective.lesson(some_labels(supervisors=3, classes=3, truth=one.uses_truth), seed=0)
    demand(len(lesson.kept) > 0, f"{one.name} leaves no row to learn from")
