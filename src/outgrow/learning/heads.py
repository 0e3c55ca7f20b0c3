"""Linear heads on stored features, many of them trained together as one batched problem."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from outgrow.errors import StepFailed
from outgrow.learning.batching import batches
from outgrow.learning.losses import Batch, Loss
from outgrow.learning.machine import one_thread
from outgrow.learning.probe import Probe, log_shares
from outgrow.learning.progress import Progress
from outgrow.learning.train import rate, run_away
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output

TOGETHER = 16  # students that take their updates together: their batches of features stay in the processor's cache
ROWS = 8_192  # that a head answers at once
BUDGET = 1 << 26  # numbers that students hold at once: copies of features, targets
ALIGNED = 16  # numbers to which rows of features and weights are filled up with zeros: 64 bytes
FEW = 3  # classes up to which products are summed in the same order, whichever factor comes first
BETAS, EPSILON = (0.9, 0.999), 1e-8  # Adam


@dataclass(kw_only=True)
class Student:
    """One linear head to train.

    Args:
        rows: which rows of the features it learns from, int64 [n].
        targets: probabilities [n, classes].
        weights: how much each row counts, [n]; their mean over those above zero is 1.
        loss: what it minimises.
        seed: of its first weights and of the order of its rows.
        l2: half of the squared weights, times this, times 2 over the number of classes, is added to the mean loss
            (L-BFGS alone).
        start: a head that it goes on from. Adam begins with its weights; for L-BFGS, the squares that `l2` counts are
            those of what is added to it, of the bias too.
        check: called with its weight, its bias and its progress, as `train.fit` checks a network.
    """

    rows: np.ndarray
    targets: Tensor
    weights: Tensor
    loss: Loss
    seed: int
    l2: float = 0.0
    start: Head | None = None
    check: Callable[[Tensor, Tensor, Progress], None] = lambda weight, bias, progress: None


@dataclass(frozen=True, kw_only=True)
class Head:
    """A trained head: weight [classes, width] and bias [classes]; for preference [1, width] and a bias of zero.

    Args:
        notes: what the user should know of its training.
    """

    weight: Tensor
    bias: Tensor
    notes: tuple[str, ...] = ()


def train_together(
    features: np.ndarray, students: Sequence[Student], spec: TrainSpec, output: Output, *, device: torch.device
) -> list[Head | StepFailed]:
    """Train every student with Adam as `train.fit` would train it alone: same weights, batches, rates and clipping.

    On a CPU a student comes out the same to the last bit, whoever is trained beside it: its numbers lie at addresses
    that are as even as if it were alone, and so are multiplied in the same order.

    Rows of weight 0 are left out. Students with equally many rows left take their updates together.

    Args:
        features: of a whole dataset, [n, width], or [n, 2, width] for preference.
        spec: of all students.
    """
    found: list[Head | StepFailed | None] = [None] * len(students)
    alike: dict[int, list[int]] = {}
    kept = [_without_rows_left_out(one) for one in students]
    for i, one in enumerate(kept):
        alike.setdefault(len(one.rows), []).append(i)
    weights = 4 * output.n_classes * features.shape[-1]  # with gradient and moments
    for n, members in alike.items():
        size = max(1, min(TOGETHER, BUDGET // (n * math.prod(features.shape[1:]) + weights)))
        for start in range(0, len(members), size):
            some = members[start : start + size]
            heads = _adam(features, [kept[i] for i in some], spec, output, device=device)
            for i, head in zip(some, heads, strict=True):
                found[i] = head
    return [head for head in found if head is not None]


def _without_rows_left_out(one: Student) -> Student:
    keep = one.weights > 0
    if bool(keep.all()):
        return one
    rows = one.rows[keep.numpy()]
    return replace(one, rows=rows, targets=one.targets[keep], weights=one.weights[keep])


def _adam(
    features: np.ndarray, students: Sequence[Student], spec: TrainSpec, output: Output, *, device: torch.device
) -> list[Head | StepFailed]:
    pairs, n = output.kind == "preference", len(students[0].rows)
    total = math.ceil(n / spec.batch_size) * spec.epochs
    checks = {round(total * i / spec.evaluations) for i in range(1, spec.evaluations + 1)}
    width = features.shape[-1]
    weight, bias = first_weights(width, students, output, device=device)
    weight = _filled_up(weight)
    parameters = [weight] if pairs else [weight, bias]
    moments = [(torch.zeros_like(value), torch.zeros_like(value)) for value in parameters]
    taken, place = np.unique(np.stack([one.rows for one in students]), return_inverse=True)
    inputs = _filled_up(torch.from_numpy(features[taken])).to(device)
    places = torch.from_numpy(place.reshape(len(students), n)).to(device)
    targets = torch.stack([one.targets for one in students]).to(device)
    weights = torch.stack([one.weights for one in students]).to(device)
    losses = {i: one.loss.start(one.targets.to(device)) for i, one in enumerate(students) if not one.loss.convex}
    failed: dict[int, StepFailed] = {}
    _check(students, weight[..., :width], bias, [Progress(share=0.0)] * len(students), failed)
    done, seen = 0, []
    orders = [np.random.default_rng(one.seed) for one in students]
    lengths = np.ones(n, np.int64)
    for _ in range(spec.epochs):
        for chosen in zip(*(batches(lengths, spec.batch_size, rng=rng) for rng in orders), strict=True):
            order = torch.from_numpy(np.stack(chosen)).to(device)
            x = inputs.index_select(0, places.gather(1, order).view(-1)).float().view(*order.shape, *inputs.shape[1:])
            wanted = targets.gather(1, order[..., None].expand(-1, -1, targets.shape[-1]))
            logits = scores(x, weight, bias).requires_grad_()
            counts = weights.gather(1, order)
            values = -(counts * (wanted * logits.log_softmax(-1)).sum(-1)).mean(-1)
            if losses:
                values = torch.stack([
                    losses[i](Batch(logits=logits[i], targets=wanted[i], weights=counts[i], rows=order[i],
                                    progress=done / total)) if i in losses else value
                    for i, value in enumerate(values)
                ])  # fmt: skip
            (pull,) = torch.autograd.grad(values.sum(), logits)
            gradients = slopes(x, pull)
            step_size = spec.learning_rate * rate(spec, done / total)
            done += 1
            _note_failures(values, failed, done, total, spec)
            norms = update(parameters, moments, gradients, spec, step_size=step_size, step=done)
            seen.append(torch.stack([values.detach(), norms]))
            if done in checks:
                since = torch.stack(seen).mean(0).T.tolist()
                progress = [
                    Progress(share=done / total, loss=loss, rate=step_size, gradient_norm=norm) for loss, norm in since
                ]
                _check(students, weight[..., :width], bias, progress, failed)
                seen = []
    weight = weight[..., :width].contiguous()
    return [failed.get(i) or Head(weight=weight[i], bias=bias[i]) for i in range(len(students))]


def _filled_up(values: Tensor) -> Tensor:
    return nn.functional.pad(values, (0, -values.shape[-1] % ALIGNED))


def first_weights(
    width: int, students: Sequence[Student], output: Output, *, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Weights [students, classes, width] and biases [students, classes] that a probe begins with for each student."""
    probes = [Probe(width, output, seed=one.seed, bias=log_shares(one.targets, one.weights)) for one in students]
    zero = torch.zeros(probes[0].head.weight.shape[0])
    own = [
        one.start or Head(weight=head.weight.detach(), bias=zero if head.bias is None else head.bias.detach())
        for one, head in zip(students, (probe.head for probe in probes), strict=True)
    ]
    weight, bias = torch.stack([one.weight for one in own]), torch.stack([one.bias for one in own])
    return weight.to(device), bias.to(device)


def scores(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Features [students, b, width] (pairs: [students, b, 2, width]) to logits [students, b, classes]."""
    if x.ndim == 4:
        if len(x) == 1:  # one alone would be multiplied in another order, and come out otherwise in its last bits
            return scores(x.expand(2, -1, -1, -1), weight.expand(2, -1, -1), bias)[:1]
        return torch.bmm(x.flatten(1, 2), weight.transpose(1, 2)).view(x.shape[:3])
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))


def slopes(x: Tensor, pull: Tensor) -> list[Tensor]:
    """Derivatives by weights [students, classes, width] and biases (pairs have none), of those by logits.

    On a CPU and of few classes, x is multiplied row by row: the same to the last bit, in a tenth of the time.

    Args:
        x: features [students, b, width], or pairs of them, [students, b, 2, width].
        pull: by logits, [students, b, classes].
    """
    if x.ndim == 4:
        return [_product(x.flatten(1, 2), pull.reshape(len(x), -1, 1))]
    return [_product(x, pull), pull.sum(1)]


def _product(x: Tensor, pull: Tensor) -> Tensor:
    """Of x [students, b, width] and pull [students, b, classes], [students, classes, width]."""
    if pull.shape[-1] <= FEW and x.device.type == "cpu":
        return torch.bmm(pull.transpose(1, 2), x)
    return torch.bmm(x.transpose(1, 2), pull).transpose(1, 2)


def update(
    parameters: Sequence[Tensor],
    moments: Sequence[tuple[Tensor, Tensor]],
    gradients: Sequence[Tensor],
    spec: TrainSpec,
    *,
    step_size: float,
    step: int,
) -> Tensor:
    """One AdamW update of every student, each one's gradient scaled down to `max_grad_norm` by itself; their norms."""
    norm = torch.stack([gradient.flatten(1).square().sum(1) for gradient in gradients]).sum(0).sqrt()
    scale = (spec.max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
    for value, (mean, square), gradient in zip(parameters, moments, gradients, strict=True):
        own = gradient * scale.view(-1, *[1] * (gradient.ndim - 1))
        mean.lerp_(own, 1 - BETAS[0])
        square.mul_(BETAS[1]).addcmul_(own, own, value=1 - BETAS[1])
        denominator = (square / (1 - BETAS[1] ** step)).sqrt_().add_(EPSILON)
        value.mul_(1 - step_size * spec.weight_decay)
        value.addcdiv_(mean, denominator, value=-step_size / (1 - BETAS[0] ** step))
    return norm


def _note_failures(values: Tensor, failed: dict[int, StepFailed], done: int, total: int, spec: TrainSpec) -> None:
    if bool(torch.isfinite(values).all()):
        return
    for i, value in enumerate(values.tolist()):
        if not math.isfinite(value) and i not in failed:
            failed[i] = StepFailed(run_away(value, done, total, spec))


def _check(
    students: Sequence[Student],
    weight: Tensor,
    bias: Tensor,
    progress: Sequence[Progress],
    failed: dict[int, StepFailed],
) -> None:
    for i, one in enumerate(students):
        if i not in failed:
            one.check(weight[i], bias[i], progress[i])


@torch.inference_mode()
def answers(head: nn.Module, features: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A head's probabilities for some rows of stored features, float32 [n, classes]."""
    with one_thread():
        found = [
            head(torch.from_numpy(features[rows[start : start + ROWS]])).softmax(-1).numpy()
            for start in range(0, max(1, len(rows)), ROWS)
        ]
    return np.concatenate(found)
