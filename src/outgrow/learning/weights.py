"""Weights of a training: what changes, packed and put back."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save
from torch import Tensor, nn

State = dict[str, Tensor]


def trainable(network: nn.Module) -> State:
    """The parameters that a training changes, and buffers: all that must be kept of it."""
    changes = {name for name, value in network.named_parameters(remove_duplicate=False) if value.requires_grad}
    changes |= {name for name, _ in network.named_buffers()}  # what belongs to frozen weights of few bits is neither
    return {name: value for name, value in network.state_dict().items() if name in changes}


def packed(state: State) -> bytes:
    """Weights as the bytes of a safetensors file."""
    return save({name: value.detach().cpu().contiguous() for name, value in state.items()})


def put_back(network: nn.Module, file: Path) -> None:
    """Load a file of what `trainable` gave into a network that was built alike."""
    restore(network, load_file(file))


def restore(network: nn.Module, state: State) -> None:
    """Put what `trainable` gave into a network that was built alike."""
    missing, unexpected = network.load_state_dict(state, strict=False)
    frozen = {name for name, value in network.named_parameters() if not value.requires_grad}
    assert not unexpected, unexpected
    assert frozen.issuperset(missing), missing
