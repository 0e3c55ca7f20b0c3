"""What a step would take on a machine that is not there: seconds, and bytes read and written."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from outgrow.lengths import model_of
from outgrow.models.bases.language import TOKENS, LanguageModel
from outgrow.nominal import constant
from outgrow.steps import Labels, Scored, Step, Trained, TrainedHead, Untrained

PRETRAINED, TRAINED = 2, 4  # bytes of a weight: in half precision on the hub, in float32 in the store


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One worker and its GPU.

    Args:
        peak: multiply-accumulates a second of the GPU: half of its floating-point operations.
        reached: share of the peak that a network reaches.
        update: seconds that an update, or a batch of answers, takes besides its multiplications.
        start: seconds until a step with a network begins, besides the time that its weights take.
        loading: bytes a second of float32 weights into a network on the GPU.
        bandwidth: bytes a second between a worker and the store, or its copies of models of the hub.
    """

    peak: float = 990e12 / 2  # H200, bfloat16, dense
    reached: float = 0.4
    update: float = 0.02
    start: float = 2.0
    loading: float = 2e9
    bandwidth: float = 1e9

    @property
    def speed(self) -> float:
        """Multiply-accumulates a second."""
        return self.peak * self.reached


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one step takes, if nothing fails."""

    seconds: float
    read: float = 0.0
    written: float = 0.0


def cost_of(step: Step, machine: Machine, *, longer: Callable[[Step], float] = lambda step: 1.0) -> Cost:
    """What a step takes.

    Args:
        longer: how many times as long its rows are as a model's cost supposes.
    """
    model = model_of(step)
    weights = model.cost / TOKENS if isinstance(model, LanguageModel) else 0.0
    read, written, batches, work = 0.0, 0.0, 0, step.work
    if isinstance(step, TrainedHead):
        pass  # its features are mapped into memory, and its weights are few
    elif isinstance(step, Trained) and model:
        read, train = PRETRAINED * weights, step.role.train
        written = TRAINED * weights if getattr(model, "training", "full") == "full" else 0.0
        batches = math.ceil(step.part.size / train.batch_size) * train.epochs
        checked = step.part.split.part("validation").size * (train.evaluations + 1)
        work += checked * model.cost
    elif isinstance(step, (Labels, Scored)) and step.work and model:
        read = PRETRAINED * weights if isinstance(step.by, Untrained) else TRAINED * weights
        batches = math.ceil(step.part.size / 32)
    elif work and model:  # features of all rows, say
        read, batches = PRETRAINED * weights, 1
    seconds = constant(step) + work * longer(step) / machine.speed + (read + written) / machine.bandwidth
    if batches:
        seconds += machine.start + TRAINED * weights / machine.loading + machine.update * batches
    return Cost(seconds=seconds, read=read, written=written)
