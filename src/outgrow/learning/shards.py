"""Processes that each hold a part of the network and of the optimizer's state (Zhao et al. 2023, FSDP).

A block's parameters are put together when it is computed, and given back after it: so each process needs memory for its
part, and for one block. Gradients are summed on the way back, each process gets those of its part.

The first process builds the network, in the memory of its CPU. The others get their parts from it (outline.py).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from outgrow.errors import ConfigError, OutgrowError, StepFailed
from outgrow.learning.network import Network
from outgrow.learning.outline import Handover, drawn, is_outline, outline
from outgrow.learning.team import Replicas, Team, team
from outgrow.learning.weights import State, trainable
from outgrow.runtime import Runtime

OTHER_WAYS_IN = ("represent", "generate")  # what is called of a network besides `forward`


class Shards(Replicas):
    """The processes of `team()`, or this one alone, which can still keep its parameters in the memory of the CPU.

    Args:
        offload: keep parameters, gradients and the optimizer's state in the memory of the CPU, and update there.
    """

    in_step = True

    def __init__(self, size: int, rank: int, *, offload: bool) -> None:
        super().__init__(size, rank)
        self.offloads = offload

    def build(self, make: Callable[[], Network]) -> Network:
        """The network on the first process, and its outline on the others; what goes wrong there is raised by all."""
        if self.size == 1:
            return make()
        made: Network | None = None
        told: bytes | Exception | None = None
        if self.rank == 0:
            try:
                made = make()
                told = outline(made)
            except Exception as error:
                ours = isinstance(error, OutgrowError)
                self.gather(error if ours else StepFailed(f"{type(error).__name__}: {error}"))
                raise
        told = self.gather(told)[0]
        if isinstance(told, Exception):
            raise told
        if made is not None:
            return made
        return make() if told is None else drawn(told)

    def place(self, network: nn.Module, device: torch.device, dtype: torch.dtype | None, *, low: bool) -> None:
        """Cut a network, block by block; it is never whole on the device.

        What is multiplied in bfloat16 is sent in bfloat16. What scales sums, and stands between the blocks, is not: so
        all is computed in the formats it has where each process holds the whole network.
        """
        from torch.distributed.fsdp import (
            CPUOffloadPolicy,
            FSDPModule,
            MixedPrecisionPolicy,
            OffloadPolicy,
            fully_shard,
            register_fsdp_forward_method,
        )

        if isinstance(network, FSDPModule):
            return
        if any(not value.is_floating_point() for value in network.parameters()):
            raise ConfigError("sharding = 'full' cannot share out quantised weights: leave one of them out")
        if dtype is not None:
            network.to(dtype=dtype)
        offload = self.offloads and device.type != "cpu"
        options: dict[str, Any] = {
            "mesh": self._mesh(device), "offload_policy": CPUOffloadPolicy() if offload else OffloadPolicy()
        }  # fmt: skip
        policy = MixedPrecisionPolicy(
            param_dtype=torch.bfloat16 if low else None, reduce_dtype=torch.float32, cast_forward_inputs=False
        )
        handover = Handover(network, partial(self._hand, device=device)) if self._is_outlined(network) else None
        for block in blocks(network):
            if handover:
                handover.of(block)
            for norm in norms(block) if low else ():
                fully_shard(norm, **options)
            fully_shard(block, mp_policy=policy, **options)
        if handover:
            handover.of(network)
        fully_shard(network, **options)
        warnings.filterwarnings(
            "ignore", "FSDP2-wrapped module .* returned a view tensor"
        )  # nothing is changed in place
        for name in OTHER_WAYS_IN:
            register_fsdp_forward_method(network, name)
        for module in network.modules():
            if isinstance(module, FSDPModule):  # the loss is a share of a sum already
                module.set_gradient_divide_factor(1.0)
                module.set_force_sum_reduction_for_comms(True)  # the operation with a factor is not everywhere

    def _is_outlined(self, network: nn.Module) -> bool:
        """Whether some processes have no more than the network's outline."""
        return self.size > 1 and any(self.gather(is_outline(network)))

    def _hand(self, value: Tensor, *, device: torch.device) -> Tensor:
        """A tensor of the first process, on the device of each."""
        sent = torch.empty_like(value, device=device) if value.is_meta else value.detach().to(device).contiguous()
        torch.distributed.broadcast(sent, src=0)
        return sent

    def _mesh(self, device: torch.device) -> Any:
        from torch import distributed
        from torch.distributed.device_mesh import init_device_mesh

        if self.size > 1:
            self.wait()
        elif not distributed.is_initialized():
            backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
            distributed.init_process_group(backend, store=distributed.HashStore(), rank=0, world_size=1)  # type: ignore[attr-defined]
        return init_device_mesh(device.type, (self.size,))

    def answering(self) -> AbstractContextManager[Any]:
        """Without a graph: what is put together in inference mode could not be used in a training later."""
        return torch.no_grad()

    def state(self, network: nn.Module) -> State:
        """What a training changes, whole; nothing on other processes than the first."""
        found = {}
        for name, value in trainable(network).items():
            whole = self.whole(value)
            if self.rank == 0:
                found[name] = whole
        return found

    @torch.no_grad()
    def load(self, network: nn.Module, state: State) -> None:
        own = network.state_dict()
        for name, value in state.items():
            own[name].copy_(self.part(value, own[name]))

    def whole(self, tensor: Tensor) -> Tensor:
        from torch.distributed.tensor import DTensor

        if isinstance(tensor, DTensor):
            tensor = tensor.full_tensor()
        return tensor.detach().cpu()

    def part(self, whole: Tensor, like: Tensor) -> Tensor:
        from torch.distributed.tensor import DTensor, distribute_tensor

        if not isinstance(like, DTensor):
            return whole.to(like.device)
        return distribute_tensor(whole.to(like.device), like.device_mesh, like.placements, src_data_rank=None)

    def clip(self, parameters: Sequence[Tensor], most: float) -> Tensor:
        norm = super().clip(parameters, most)
        return self.whole(norm).to(norm.device)

    def reduce(self, parameters: Sequence[Tensor]) -> None:
        """Nothing to do: gradients are summed as they come."""

    def sum(self, tensors: Sequence[Tensor]) -> None:
        if self.size > 1:
            super().sum(tensors)

    def gather(self, value: Any) -> list[Any]:
        return super().gather(value) if self.size > 1 else [value]

    def wait(self) -> None:
        if self.size > 1:
            super().wait()


def blocks(network: nn.Module) -> list[nn.Module]:
    """The layers that a network is a stack of: the outermost lists of modules, such as a transformer's."""
    found: list[nn.Module] = []
    for child in network.children():
        if isinstance(child, (nn.ModuleList, nn.Sequential)) and len(child) > 1:
            found += [one for one in child if any(True for _ in one.parameters())]
        else:
            found += blocks(child)
    return found


def norms(block: nn.Module) -> list[nn.Module]:
    """The modules of a block that have vectors alone, such as layer norms."""
    own = ((module, list(module.parameters(recurse=False))) for module in block.modules() if module is not block)
    return [module for module, vectors in own if vectors and all(one.ndim < 2 for one in vectors)]


def team_of(runtime: Runtime) -> Team:
    """Who trains together, and who of them holds what. Raises ConfigError."""
    together = team()
    if runtime.sharding == "replicas":
        return together
    try:
        from torch.distributed.fsdp import FSDPModule, fully_shard  # noqa: F401
    except ImportError as error:
        raise ConfigError(f"sharding = 'full' needs a newer torch than {torch.__version__}: 2.8 or later") from error
    if not hasattr(FSDPModule, "set_force_sum_reduction_for_comms"):
        raise ConfigError(f"sharding = 'full' needs a newer torch than {torch.__version__}: 2.8 or later")
    return Shards(together.size, together.rank, offload=runtime.offload)
