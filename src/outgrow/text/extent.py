"""How large a transformer is, by its configuration: built without memory, as nothing but shapes."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import torch
from torch import nn

from outgrow.hub import one_error, transformers_library
from outgrow.learning.footprint import FEW, FLOAT32, Extent
from outgrow.learning.shards import blocks
from outgrow.text.configuration import measure
from outgrow.text.network import with_lora
from outgrow.text.pretrained import cut
from outgrow.text.quantised import Bits


@cache
def extent(folder: Path, *, layers: int, rank: int, head: bool, frozen: bool = False, bits: Bits = "") -> Extent:
    """The extent of the model whose config.json lies in a folder.

    Args:
        layers: of it, the first so many; 0 for all.
        rank: of low-rank updates; 0 where all is trained.
        head: whether it predicts tokens.
        frozen: whether nothing of it is trained.
        bits: of the weights of its linear layers, where these are few.

    Raises:
        DataError: it is no configuration of a transformer.
    """
    transformers = transformers_library()
    from transformers.pytorch_utils import Conv1D

    measure(folder / "config.json")
    with one_error(f"{folder / 'config.json'}: {folder} holds no model that transformers knows"), torch.device("meta"):
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
        cut(config, layers)
        made = (transformers.AutoModelForCausalLM if head else transformers.AutoModel).from_config(config)
    if hasattr(made, "pooler"):
        made.pooler = None  # as `load` does
    stack = blocks(made)
    found = Extent(
        parameters=_count(made), trainable=0 if frozen else _count(made), layers=len(stack),
        outside=_count(made) - sum(map(_count, stack)), width=int(config.hidden_size),
        inner=int(getattr(config, "intermediate_size", None) or 4 * config.hidden_size),
        heads=int(config.num_attention_heads),
    )  # fmt: skip
    if bits:
        linear = sum(_count(one) for block in stack for one in block.modules() if isinstance(one, (nn.Linear, Conv1D)))
        share = linear / found.parameters
        found = dataclasses.replace(found, frozen_bytes=share * FEW[bits] + (1 - share) * FLOAT32)
    if rank and not frozen:
        with torch.device("meta"):
            made = with_lora(made, rank=rank, seed=0)
        updates = sum(one.numel() for one in made.parameters() if one.requires_grad)
        found = dataclasses.replace(found, parameters=found.parameters + updates, trainable=updates)
    return found


def _count(network: nn.Module) -> int:
    return sum(one.numel() for one in network.parameters())
