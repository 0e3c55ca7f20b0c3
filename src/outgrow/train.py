"""The one training loop."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from outgrow.config import TrainSpec
from outgrow.errors import StepFailed
from outgrow.methods.base import Loss, cross_entropy_loss
from outgrow.predict import predict

if TYPE_CHECKING:
    from outgrow.runtime import Context
    from outgrow.steps import Trained


def finetune(step: Trained, context: Context, folder: Path) -> None:
    """Train a step's model and write its weights and its curve."""
    data = context.split(step.part.split)
    rows = data.rows(step.part)
    inputs = data.inputs[rows]
    if step.labels is None:
        targets = torch.nn.functional.one_hot(torch.from_numpy(data.labels[rows]), data.n_classes).float()
        loss: Loss = cross_entropy_loss
    else:
        assert step.method is not None
        first = step.part.start - step.labels.part.start  # a piece may learn from the labels of the whole
        weak = torch.from_numpy(context.labels(step.labels)[first : first + step.part.size].astype(np.float32))
        targets = step.method.targets(weak / weak.sum(-1, keepdim=True))
        loss = step.method.new_loss()
    network = step.role.model.build(n_classes=data.n_classes, seed=step.seed)
    held_out = data.rows(step.part.split.part("validation"))
    supervisor = None
    if step.labels is not None:
        weak_network = context.network(step.labels.model)
        supervisor = predict(weak_network, data.inputs[held_out], device=context.device).argmax(1)
    curve: list[dict[str, float | int | None]] = []

    def look(progress: float) -> None:
        predicted = predict(network, data.inputs[held_out], device=context.device).argmax(1)
        curve.append(
            {
                "progress": progress,
                "accuracy": float((predicted == data.labels[held_out]).mean()),
                "agreement": None if supervisor is None else float((predicted == supervisor).mean()),
                "n": len(held_out),
            }
        )
        context.report(step, progress)

    fit(network, inputs, targets, step.role.train, loss=loss, seed=step.seed, device=context.device, look=look)
    weights = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    (folder / "model.safetensors").write_bytes(save(weights))
    (folder / "curve.json").write_text(json.dumps(curve))


def fit(
    network: nn.Module,
    inputs: np.ndarray,
    targets: Tensor,
    spec: TrainSpec,
    *,
    loss: Loss,
    seed: int,
    device: torch.device,
    look: Callable[[float], None] = lambda progress: None,
) -> None:
    """Fit the network in place.

    Args:
        inputs: [n, ...], as the network takes them.
        targets: probabilities [n, classes].
        seed: order of the rows; the same seed on the same machine gives the same bits.
        look: called with the progress in [0, 1] before the first update and `spec.evaluations` times after.

    Raises:
        StepFailed: the loss is no longer a number; names the update and the learning rate.
    """
    torch.manual_seed(seed)  # dropout and the like; the order of rows has a generator of its own
    rng = np.random.default_rng(seed)
    per_epoch = math.ceil(len(inputs) / spec.batch_size)
    total = per_epoch * spec.epochs
    looks = {round(total * i / spec.evaluations) for i in range(1, spec.evaluations + 1)}
    network.to(device).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=spec.learning_rate)
    look(0.0)
    done = 0
    for _ in range(spec.epochs):
        order = rng.permutation(len(inputs))
        for start in range(0, len(order), spec.batch_size):
            rows = order[start : start + spec.batch_size]
            for group in optimizer.param_groups:
                group["lr"] = spec.learning_rate * rate(spec, done / total)
            batch = torch.from_numpy(inputs[rows]).to(device)
            value = loss(network(batch).float(), targets[rows].to(device), done / total)
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), spec.max_grad_norm)
            optimizer.step()
            done += 1
            if done in looks:
                if not torch.isfinite(value):
                    raise StepFailed(
                        f"the loss is {value.item()} at update {done} of {total} "
                        f"with learning_rate {spec.learning_rate:g}; "
                        f"try a smaller one, such as {spec.learning_rate / 10:g}"
                    )
                look(done / total)


def rate(spec: TrainSpec, progress: float) -> float:
    """Learning rate as a share of its peak at `progress` in [0, 1)."""
    if progress < spec.warmup:
        return (progress + 1e-9) / spec.warmup
    rest = (progress - spec.warmup) / (1 - spec.warmup)
    if spec.schedule == "linear":
        return 1 - rest
    if spec.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * rest))
    return 1.0
