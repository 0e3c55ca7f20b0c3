"""A training that is stopped between two updates goes on to the same bits."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from losses import PLAIN
from torch import Tensor, nn

from outgrow.learning.batching import Arrays
from outgrow.learning.checkpoint import Checkpoint, Moment
from outgrow.learning.machine import Machine
from outgrow.learning.network import Plain
from outgrow.learning.objective import Probabilities
from outgrow.learning.progress import Progress
from outgrow.learning.train import fit
from outgrow.specs import TrainSpec

CPU = Machine(device=torch.device("cpu"))
SPEC = TrainSpec(epochs=3, batch_size=16, learning_rate=1e-2, evaluations=4, schedule="cosine", dropout=True)
UPDATES = 18


class Stopped(Exception):
    """The machine went away."""


class Kept(Checkpoint):
    """The training as it was after `stop` updates, when it was stopped."""

    def __init__(self, stop: int) -> None:
        self._stop, self._moment = stop, None

    _moment: Moment | None

    def last(self) -> Moment | None:
        return self._moment

    def offer(self, moment: Callable[[], Moment]) -> None:
        if self._moment is None and (now := moment()).done == self._stop:
            self._moment = copy.deepcopy(now)
            raise Stopped


def network() -> Plain:
    torch.manual_seed(0)
    return Plain(nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.3), nn.Linear(16, 2)))


def trained(checkpoint: Checkpoint, seen: list[Progress]) -> list[Tensor]:
    inputs = np.random.default_rng(0).standard_normal((90, 8)).astype(np.float32)
    made = network()
    fit(
        made, Arrays(inputs), Probabilities(torch.eye(2)[(inputs[:, 0] > 0).astype(int)]), SPEC, loss=PLAIN, seed=0,
        machine=CPU, check=lambda network, progress: seen.append(progress), checkpoint=checkpoint,
    )  # fmt: skip
    return list(made.parameters())


@pytest.mark.parametrize("stop", [1, 4, 6, 17, 18])
def test_a_stopped_training_goes_on_to_the_same_bits(stop: int) -> None:
    whole: list[Progress] = []
    undisturbed = trained(Checkpoint(), whole)
    kept, parts = Kept(stop), list[Progress]()
    with pytest.raises(Stopped):
        trained(kept, parts)
    torch.rand(7)  # whatever was drawn meanwhile
    again = trained(kept, parts)
    assert all(torch.equal(one, other) for one, other in zip(undisturbed, again, strict=True))
    assert parts == whole
    assert len(whole) == 5


def test_what_is_offered_says_how_many_updates_are_done() -> None:
    class Counting(Checkpoint):
        done: list[int] = []  # noqa: RUF012

        def offer(self, moment: Callable[[], Moment]) -> None:
            self.done.append(moment().done)

    counting = Counting()
    trained(counting, [])
    assert counting.done == list(range(1, UPDATES + 1))
