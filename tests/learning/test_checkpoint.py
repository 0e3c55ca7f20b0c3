"""A training that is stopped between two updates goes on to the same bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from losses import PLAIN
from safetensors.torch import load, save
from torch import Tensor, nn

from outgrow.learning.batching import Arrays
from outgrow.learning.checkpoint import Checkpoint, Moment
from outgrow.learning.losses import Loss
from outgrow.learning.machine import Machine
from outgrow.learning.network import Plain
from outgrow.learning.objective import Probabilities
from outgrow.learning.progress import Progress
from outgrow.learning.train import fit
from outgrow.learning.weights import State, trainable
from outgrow.methods.losses.base import losses
from outgrow.specs import TrainSpec

CPU = Machine(device=torch.device("cpu"))
SPEC = TrainSpec(epochs=3, batch_size=16, learning_rate=1e-2, evaluations=4, schedule="cosine", dropout=True)
UPDATES = 18


class Stopped(Exception):
    """The machine went away."""


class Kept(Checkpoint):
    """The training as it was after `stop` updates, when it was stopped, in a file."""

    def __init__(self, stop: int) -> None:
        self._stop, self._file = stop, b""

    def last(self) -> Moment | None:
        return Moment.of(load(self._file), done=self._stop) if self._file else None

    def offer(self, moment: Callable[[], Moment]) -> None:
        if not self._file and (now := moment()).done == self._stop:
            self._file = save(now.tensors())
            raise Stopped


def network() -> Plain:
    torch.manual_seed(0)
    return Plain(nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.3), nn.Linear(16, 2)))


def trained(checkpoint: Checkpoint, seen: list[Progress], loss: Loss = PLAIN) -> list[Tensor]:
    inputs = np.random.default_rng(0).standard_normal((90, 8)).astype(np.float32)
    made = network()
    fit(
        made, Arrays(inputs), Probabilities(torch.eye(2)[(inputs[:, 0] > 0).astype(int)]), SPEC, loss=loss, seed=0,
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


def of_this_training(loss: Loss) -> Loss:
    """A loss as a training has it: fitted, and with the labels of three supervisors where it wants them."""
    votes = np.random.default_rng(1).dirichlet(np.ones(2), (3, 90)).astype(np.float32)
    return loss.fitted(lambda: votes[0], votes[0].argmax(-1)).hearing(votes)


ALL = [entry.value() for entry in losses]


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_what_a_loss_remembers_is_kept(loss: Loss) -> None:
    assert {"elr", "raven", "confidence_loss"} <= {one.name for one in ALL}
    loss = of_this_training(loss)
    undisturbed, kept = trained(Checkpoint(), [], loss), Kept(8)
    with pytest.raises(Stopped):
        trained(kept, [], loss)
    again = trained(kept, [], loss)
    assert all(torch.equal(one, other) for one, other in zip(undisturbed, again, strict=True))


def test_without_its_memory_a_loss_would_end_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above can fail, for each loss that remembers."""
    found = set()
    for loss in map(of_this_training, ALL):
        undisturbed, kept = trained(Checkpoint(), [], loss), Kept(8)
        with pytest.raises(Stopped):
            trained(kept, [], loss)
        with monkeypatch.context() as forgetting:
            forgetting.setattr("outgrow.learning.checkpoint.Memory", type("Nothing", (), {}))
            again = trained(kept, [], loss)
        if not all(torch.equal(one, other) for one, other in zip(undisturbed, again, strict=True)):
            found.add(loss.name)
    assert found == {"elr", "weighed", "confidence_loss"}


@pytest.mark.parametrize("rank", [0, 4])
def test_a_language_model_goes_on_too(tiny: Callable[..., Path], rank: int) -> None:
    """Tied weights, and with low-rank updates frozen ones, are kept once, or not at all."""
    from outgrow.models.bases.language import LanguageModel

    def fitted(checkpoint: Checkpoint) -> State:
        training: Any = {"training": "lora", "lora_rank": rank} if rank else {"training": "full"}
        made = LanguageModel(
            name="tiny", path=str(tiny("gpt2", dropout=0.1)), max_length=32, **training
        ).language_model()
        rows, targets = made.continued(tiny_models.texts(20))
        spec = TrainSpec(epochs=2, batch_size=4, dropout=True)
        fit(made, rows, targets, spec, loss=PLAIN, seed=0, machine=CPU, checkpoint=checkpoint)
        return trainable(made)

    undisturbed, kept = fitted(Checkpoint()), Kept(6)
    with pytest.raises(Stopped):
        fitted(kept)
    again = fitted(kept)
    assert len(again) >= 4
    assert undisturbed.keys() == again.keys()
    assert all(torch.equal(one, again[name]) for name, one in undisturbed.items())


def test_what_is_offered_says_how_many_updates_are_done() -> None:
    class Counting(Checkpoint):
        done: list[int] = []  # noqa: RUF012

        def offer(self, moment: Callable[[], Moment]) -> None:
            self.done.append(moment().done)

    counting = Counting()
    trained(counting, [])
    assert counting.done == list(range(1, UPDATES + 1))
