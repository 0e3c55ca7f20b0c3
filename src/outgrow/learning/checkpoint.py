"""A training between two updates: all that it needs to go on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from outgrow.learning.memory import Memory
from outgrow.learning.team import Team
from outgrow.learning.weights import State


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A training after `done` updates.

    Where processes train together, the first has all of it, and the others nothing but their part of the work.

    Args:
        weights: what the training changes.
        optimizer: its state, `PARAMETER/NAME` -> tensor.
        memory: what the loss remembers.
        random: for each process, the states of the generators that a forward pass draws from.
        losses, norms: of the updates since the last check.
    """

    done: int
    weights: State
    optimizer: State
    memory: State
    random: Sequence[Sequence[Tensor]]
    losses: list[float]
    norms: list[Tensor]

    def tensors(self) -> State:
        """All of it but how many updates are done."""
        groups = {"weights": self.weights, "optimizer": self.optimizer, "memory": self.memory}
        found = {f"{group}/{name}": value for group, state in groups.items() for name, value in state.items()}
        for process, states in enumerate(self.random):
            found |= {f"random/{process}/{i}": state for i, state in enumerate(states)}
        found["losses"] = torch.tensor(self.losses, dtype=torch.float64)
        found["norms"] = torch.stack(self.norms) if self.norms else torch.zeros(0)
        return found

    @classmethod
    def of(cls, tensors: State, *, done: int) -> Moment:
        """What `tensors` told."""

        def group(name: str) -> State:
            return {key.removeprefix(f"{name}/"): tensors[key] for key in tensors if key.startswith(f"{name}/")}

        random: dict[int, dict[int, Tensor]] = {}
        for key, state in group("random").items():
            process, _, place = key.partition("/")
            random.setdefault(int(process), {})[int(place)] = state
        return cls(
            done=done, weights=group("weights"), optimizer=group("optimizer"), memory=group("memory"),
            random=[[states[i] for i in sorted(states)] for _, states in sorted(random.items())],
            losses=tensors["losses"].tolist(), norms=list(tensors["norms"]),
        )  # fmt: skip

    def restore(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, loss: object, device: torch.device, team: Team
    ) -> None:
        """Put weights, optimizer, the loss's memory and generators back as they were."""
        team.load(network, self.weights)  # what is frozen stands as it was built
        restore_optimizer(optimizer, network, self.optimizer, team)
        if isinstance(loss, Memory):
            loss.recall(self.memory)
        random_state(device, self.random[team.rank])


class Checkpoint:
    """Keeps moments of a training, and gives the last one back; this one keeps none."""

    def last(self) -> Moment | None:
        """Where to go on from; None to begin at the beginning."""
        return None

    def offer(self, moment: Callable[[], Moment]) -> None:
        """An update is done. `moment()` tells all, and takes a while; its tensors change with the next update.

        Processes that train together have to ask for it together.
        """


NEVER = Checkpoint()


def optimizer_state(optimizer: torch.optim.Optimizer, network: nn.Module, team: Team) -> State:
    """What an optimizer remembers of each parameter, `PARAMETER/NAME` -> tensor, whole; the first process needs it."""
    found = {}
    for name, parameter in network.named_parameters():
        for what, value in sorted(optimizer.state.get(parameter, {}).items()):  # in one order on all processes
            whole = team.whole(value)
            if team.rank == 0:
                found[f"{name}/{what}"] = whole
    return found


def restore_optimizer(optimizer: torch.optim.Optimizer, network: nn.Module, state: State, team: Team) -> None:
    """Put back what `optimizer_state` gave; its settings stand as it was built."""
    known: dict[str, dict[str, Tensor]] = {}
    for name, value in state.items():
        owner, _, what = name.rpartition("/")
        known.setdefault(owner, {})[what] = value
    for name, parameter in network.named_parameters():
        for what, value in known.get(name, {}).items():
            if what != "step":
                value = team.part(value, parameter)
            elif optimizer.defaults.get("fused"):  # one kernel does it all, and counts where the parameters are
                value = value.to(parameter.device)
            optimizer.state[parameter][what] = value.clone()


def random_state(device: torch.device, state: Sequence[Tensor] | None = None) -> list[Tensor]:
    """The state of the generators a forward pass draws from; sets it where one is given."""
    if state is not None:
        torch.set_rng_state(state[0])
        if device.type == "cuda":
            torch.cuda.set_rng_state(state[1], device)
    here = [torch.get_rng_state()]
    return [*here, torch.cuda.get_rng_state(device)] if device.type == "cuda" else here
