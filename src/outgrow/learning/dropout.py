"""Training without dropout."""

from __future__ import annotations

from torch import nn


def switch_off_dropout(network: nn.Module) -> None:
    """Let a network drop nothing in training, in place: neither units, nor attention, nor whole paths.

    Libraries keep their rates in layers of their own, in plain attributes of other layers, and in configurations that
    layers look up.
    """
    for part in network.modules():
        if isinstance(part, nn.modules.dropout._DropoutNd):
            part.p = 0.0
        for holder in (part, getattr(part, "config", None)):
            for name, value in vars(holder).items() if hasattr(holder, "__dict__") else ():
                if "drop" in name and isinstance(value, float):
                    setattr(holder, name, 0.0)
