"""Trainings and answers that one process and two processes must agree on; run in two, it writes what they come to.

RANK=0 WORLD_SIZE=2 ... python tests/learning/sharded.py MODELS OUT
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tiny_models
import torch
from safetensors.torch import load, save, save_file
from torch import Tensor
from torch.distributed.tensor import DTensor

from outgrow.errors import DataError
from outgrow.learning.checkpoint import Checkpoint, Moment
from outgrow.learning.extract import extracted
from outgrow.learning.losses import CrossEntropy
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.objective import Probabilities
from outgrow.learning.outline import is_outline
from outgrow.learning.predict import predict
from outgrow.learning.shards import Shards
from outgrow.learning.team import Team, team
from outgrow.learning.train import fit
from outgrow.learning.weights import State
from outgrow.methods.losses.confidence import ConfidenceLoss
from outgrow.methods.losses.elr import EarlyLearning
from outgrow.models.bases.language import LanguageModel
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output

TWO = Output(kind="classification", n_classes=2, class_names=("bad", "good"))
PAIRS = Output(kind="preference", n_classes=2)
SPEC = TrainSpec(epochs=1, batch_size=10, learning_rate=3e-3, evaluations=1)
ROWS = 26  # the last batch has six, and pieces are not as many for both processes


class Stopped(Exception):
    """The machine went away."""


class Last(Checkpoint):
    """The last moment of a training, or of one that is stopped after so many updates; all read what the first keeps."""

    def __init__(self, together: Team, *, stop: int = 0) -> None:
        self._team, self._stop, self._file, self.momenta = together, stop, b"", State()

    def last(self) -> Moment | None:
        return Moment.of(load(self._file), done=self._stop) if self._file else None

    def offer(self, moment: Callable[[], Moment]) -> None:
        now = moment()
        if now.done == self._stop and not self._file:
            self._file = self._team.gather(save(now.tensors()))[0]
            raise Stopped
        self.momenta = {f"momentum/{name}": one for name, one in now.optimizer.items() if name.endswith("/exp_avg")}


def inputs(output: Output) -> np.ndarray:
    texts = tiny_models.texts(ROWS, longest=20)
    return np.stack([texts, texts[::-1]], 1) if output.kind == "preference" else texts


def targets() -> Probabilities:
    return Probabilities(torch.rand(ROWS, 2, generator=torch.Generator().manual_seed(0)).softmax(-1))


def trained(
    model: Path, together: Team, *, output: Output = TWO, loss: Any = None, checkpoint: Last | None = None,
    spec: TrainSpec = SPEC, machine: dict[str, Any] | None = None, each: bool = False, **options: Any,
) -> State:  # fmt: skip
    """Weights, what the network answers, and the momentum of every gradient.

    Args:
        each: whether every process builds the network, not the first alone.
    """

    def make() -> Network:
        return LanguageModel(name="tiny", path=str(model), max_length=64, **options).build(output, seed=0)

    network = make() if each else together.build(make)
    assert each or is_outline(network) == (together.in_step and together.rank > 0)
    where = Machine(
        device=torch.device("cpu"), team=together, **{"tokens": 48, "precision": "float32", **(machine or {})}
    )
    rows = network.encode(inputs(output))
    checkpoint = checkpoint or Last(together)

    def check(network: Network) -> None:  # answers between updates must not get in their way
        predict(network, rows, machine=where)

    fit(
        network, rows, targets(), spec, loss=loss or CrossEntropy(), seed=0, machine=where,
        check=lambda network, progress: check(network),
        checkpoint=checkpoint,
    )  # fmt: skip
    said = predict(network, rows, machine=where)
    state = {f"state/{name}": value for name, value in together.state(network).items()}
    return state | {"said": torch.from_numpy(said), **checkpoint.momenta}


def generated(model: Path, together: Team) -> State:
    """A language model that continues texts, and what it says then."""
    made = together.build(LanguageModel(name="tiny", path=str(model), max_length=64, new_tokens=4).language_model)
    where = Machine(device=torch.device("cpu"), team=together, tokens=48, precision="float32")
    rows, wanted = made.continued(inputs(TWO))
    last = Last(together)
    fit(made, rows, wanted, SPEC, loss=CrossEntropy(), seed=0, machine=where, checkpoint=last)
    said = predict(made, made.encode(inputs(TWO)), machine=where)
    text = torch.tensor(list("\n".join(said).encode()))
    return last.momenta | {"text": text}


def features(model: Path, together: Team) -> State:
    """Features of a frozen network."""
    found = LanguageModel(name="tiny", path=str(model), max_length=64, training="probe").extractor()
    assert found is not None
    network = together.build(lambda: found.build(TWO))
    where = Machine(device=torch.device("cpu"), team=together, precision="float32")
    where.place(network).eval()
    rows = network.encode(inputs(TWO))
    pieces = sorted(extracted(network, rows, where, "tiny"), key=lambda piece: int(piece[0][0]))
    return {"features": torch.from_numpy(np.concatenate([values for _, values in pieces]))}


def gone_on(model: Path, together: Team, **options: Any) -> State:
    """A training that is stopped on the way."""
    kept = Last(together, stop=3)
    try:
        trained(model, together, checkpoint=kept, **options)
    except Stopped:
        torch.rand(5)
        return trained(model, together, checkpoint=kept, **options)
    raise AssertionError("it was not stopped")


def held(model: Path, together: Team) -> State:
    """Bytes of the parameters that one process holds."""
    network = together.build(lambda: LanguageModel(name="tiny", path=str(model), max_length=64).build(TWO, seed=0))
    Machine(device=torch.device("cpu"), team=together).place(network)
    mine = [one.to_local() if isinstance(one, DTensor) else one for one in network.parameters()]
    return {"held": torch.tensor(sum(one.numel() * one.element_size() for one in mine))}


def told(model: Path, together: Team) -> State:
    """What each process says of a network that could not be built, and whether one is built that cannot be sent."""
    said = []
    for error in (DataError("it is damaged"), ValueError("a mistake")):
        try:
            together.build(partial(raising, error))
        except Exception as found:
            said.append(f"{type(found).__name__}: {found}")
    made = together.build(NotSent)
    assert not is_outline(made)
    return {"said": torch.tensor(list("\n".join(one for each in together.gather(said) for one in each).encode()))}


def raising(error: Exception) -> Network:
    raise error


class NotSent(Network):
    """A network that cannot be pickled."""

    def __init__(self) -> None:
        super().__init__()
        self.name = lambda: "nobody"


DROPS: dict[str, Any] = {"loss": EarlyLearning(), "spec": TrainSpec(epochs=2, batch_size=10, dropout=True)}
CASES: dict[str, Callable[[Path, Team], State]] = {
    "whole": trained,
    "a loss that looks at the batch": lambda model, team: trained(model, team, loss=ConfidenceLoss()),
    "pairs with an anchor": lambda model, team: trained(
        model, team, output=PAIRS, spec=TrainSpec(epochs=1, batch_size=10, anchor=0.5)
    ),
    "anchor and batch": lambda model, team: trained(
        model, team, loss=ConfidenceLoss(), spec=TrainSpec(epochs=1, batch_size=10, anchor=0.5)
    ),
    "low rank, recomputed": lambda model, team: trained(
        model, team, training="lora", lora_rank=4, machine={"checkpointing": True}
    ),
    "bfloat16": lambda model, team: trained(model, team, machine={"precision": "bfloat16"}),
    "generated": generated,
    "features": features,
    "held": held,
    "told": told,
    "whole, each": lambda model, team: trained(model, team, each=True),
    "low rank, each": lambda model, team: trained(
        model, team, training="lora", lora_rank=4, machine={"checkpointing": True}, each=True
    ),
    "bfloat16, each": lambda model, team: trained(model, team, machine={"precision": "bfloat16"}, each=True),
    "with dropout": lambda model, team: trained(model, team, **DROPS),
    "with dropout, gone on": lambda model, team: gone_on(model, team, **DROPS),
}


REPLICAS = ("a loss that looks at the batch", "with dropout", "with dropout, gone on")  # others are tested elsewhere


def main(model: Path, out: Path) -> None:
    replicas = team()
    for kind, together in (("replicas", replicas), ("shards", Shards(replicas.size, replicas.rank, offload=False))):
        for name, case in CASES.items():
            if kind == "replicas" and name not in REPLICAS:
                continue
            found = case(model, together)
            if together.rank == 0:
                kept: dict[str, Tensor] = {key: value.detach().clone() for key, value in found.items()}
                save_file(kept, out / f"{kind}, {name}.safetensors")
    replicas.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
