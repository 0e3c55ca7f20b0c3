"""Frozen weights in eight or four bits (Dettmers et al. 2022 and 2023), with full ones trained on top."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Literal

import torch
from torch import nn

from outgrow.errors import ConfigError, MissingDependency

Bits = Literal["", "8bit", "4bit"]
LIBRARY = "bitsandbytes"


def lacking() -> str:
    """What is missing here to read weights in few bits, in words; empty if nothing is."""
    return "" if find_spec(LIBRARY) else "needs the extra [quantised]: pip install 'outgrow[quantised]'"


def options(bits: Bits) -> dict[str, Any]:
    """What transformers is told to load weights so. Raises MissingDependency."""
    if not bits:
        return {}
    if why := lacking():
        raise MissingDependency(f"quantised = {bits!r} {why}")
    import transformers

    maker: Any = transformers.BitsAndBytesConfig
    if bits == "8bit":
        made = maker(load_in_8bit=True)
    else:
        made = maker(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32)
    return {"quantization_config": made, "device_map": {"": "cpu"}}


def merged(network: Any) -> Any:
    """A network with its low-rank updates added to its weights. Raises ConfigError where these have few bits."""
    if not hasattr(network, "merge_and_unload"):
        return network
    if is_quantised(network):
        raise ConfigError("low-rank updates cannot be added to quantised weights; train without `quantised`")
    return network.merge_and_unload()


def is_quantised(network: nn.Module) -> bool:
    """Whether some of its weights have few bits."""
    return any(not value.is_floating_point() for value in network.parameters())
