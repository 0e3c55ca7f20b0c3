"""A network without its weights: what a process has that will get them from another one, part by part.

The first process builds the network. The others get its outline as bytes. Both ends are processes of one run, so these
are pickled; nothing else ever is.
"""

from __future__ import annotations

import io
import logging
import pickle
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from outgrow.learning.network import Network

log = logging.getLogger(__name__)
Places = list[tuple[dict[str, Any], str]]
"""Where a network holds one tensor: several where names share it."""


def outline(network: Network) -> bytes | None:
    """All of a network but its weights and buffers, which take no memory; None where that cannot be sent."""
    file = io.BytesIO()
    try:
        _Outliner(file, network).dump(network)
    except Exception as error:  # whatever a class of somebody's own raises
        log.info("every process builds %s, as it cannot be sent: %s", type(network).__name__, error)
        return None
    return file.getvalue()


def drawn(outlined: bytes) -> Network:
    """The network of an outline, on the device `meta`."""
    found: Network = pickle.loads(outlined)
    return found


def is_outline(network: nn.Module) -> bool:
    """Whether a network lacks weights."""
    return any(value.is_meta for group in _groups(network) for value in group.values() if value is not None)


class Handover:
    """Weights and buffers of a network that one process has and the others get; asked for by all of them alike.

    Args:
        hand: gives all processes what the first has in a tensor's place.
    """

    def __init__(self, network: nn.Module, hand: Callable[[Tensor], Tensor]) -> None:
        self._hand, self._left = hand, dict[int, Places]()
        for group in _groups(network):
            for name, value in group.items():
                if value is not None:
                    self._left.setdefault(id(value), []).append((group, name))
        for module in network.modules():
            for name, value in vars(module).items():
                if id(value) in self._left:  # another name of a buffer, such as that of a rotary embedding
                    self._left[id(value)].append((vars(module), name))

    def of(self, module: nn.Module) -> None:
        """Hand over what a part of the network has and what has not been handed over yet."""
        mine = {id(group) for group in _groups(module)}
        for key in [key for key, places in self._left.items() if any(id(group) in mine for group, _ in places)]:
            places = self._left.pop(key)
            group, name = places[0]
            old = group[name]
            new = self._hand(old)
            if old.is_meta and isinstance(old, nn.Parameter):
                new = nn.Parameter(new, requires_grad=old.requires_grad)
            if old.is_meta:
                for group, name in places:
                    group[name] = new


class _Outliner(pickle.Pickler):
    def __init__(self, file: io.BytesIO, network: nn.Module) -> None:
        super().__init__(file)
        self._weights = {id(value) for group in _groups(network) for value in group.values() if value is not None}

    def reducer_override(self, value: Any) -> Any:
        if id(value) in self._weights:
            return _empty, (isinstance(value, nn.Parameter), tuple(value.shape), value.dtype, value.requires_grad)
        return NotImplemented


def _empty(is_parameter: bool, shape: tuple[int, ...], dtype: torch.dtype, trained: bool) -> Tensor:
    found = torch.empty(shape, dtype=dtype, device="meta")
    return nn.Parameter(found, requires_grad=trained) if is_parameter else found


def _groups(network: nn.Module) -> list[dict[str, Any]]:
    """Parameters and buffers of each module by name."""
    return [group for module in network.modules() for group in (module._parameters, module._buffers)]
