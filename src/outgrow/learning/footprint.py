"""How much memory a network takes to be trained or to answer, told from its size alone.

Weights in training are float32, gradients too, and Adam keeps two numbers for each. Frozen weights may be smaller.
What is multiplied in bfloat16 is copied into it, and the copy is kept for the way back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FLOAT32, BFLOAT16 = 4, 2  # bytes
FEW = {"8bit": 1.0, "4bit": 0.5 + 4 / 64}  # bytes of a weight; of four bits, 64 weights share a scale
ADAM = 8  # bytes of a weight that is trained: its mean gradient, and that of its square
WAITING = 2  # blocks of a network that is shared out that are whole at a time: one is computed, the next comes in
REST = 256 << 20  # bytes that libraries take for themselves


@dataclass(frozen=True, kw_only=True)
class Extent:
    """A network, as far as memory goes. Where nothing but its parameters is known, its activations count for nothing.

    Args:
        parameters: all of them.
        trainable: those that a training changes.
        layers: blocks, all of one size.
        outside: parameters that are in no block, such as embeddings.
        width, inner, heads: of a block: hidden states, its feed-forward part, its attention.
        frozen_bytes: of a parameter that is not trained.
    """

    parameters: int
    trainable: int
    layers: int = 1
    outside: int = 0
    width: int = 0
    inner: int = 0
    heads: int = 0
    frozen_bytes: float = FLOAT32

    @property
    def block(self) -> float:
        """Parameters of one block."""
        return (self.parameters - self.outside) / max(self.layers, 1)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How it is computed.

    Args:
        tokens: of a micro-batch, padding counted.
        length: tokens of a text.
        low: whether it is multiplied in bfloat16.
        checkpointing: whether activations are computed again on the way back.
        parts: processes that share the network out among them; 1 where each holds all of it.
        blockwise: whether blocks are put together one by one, as where it is shared out.
        offload: whether what waits lies in the memory of the CPU.
    """

    tokens: int
    length: int
    low: bool = False
    checkpointing: bool = False
    parts: int = 1
    blockwise: bool = False
    offload: bool = False


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Bytes on one device, part by part; and of the CPU's memory where it is another."""

    weights: int
    gradients: int = 0
    optimizer: int = 0
    copies: int = 0
    activations: int = 0
    host: int = 0

    @property
    def total(self) -> int:
        """Bytes on the device."""
        return self.weights + self.gradients + self.optimizer + self.copies + self.activations + REST


def to_train(of: Extent, how: Setting) -> Footprint:
    """Memory of a training with Adam."""
    frozen = of.parameters - of.trainable
    weights = frozen * of.frozen_bytes + of.trainable * FLOAT32
    gradients, optimizer = of.trainable * FLOAT32, of.trainable * ADAM
    activations = _activations(of, how)
    if not how.blockwise:
        kept = of.trainable if how.checkpointing else of.parameters
        return _rounded(weights, gradients, optimizer, kept * BFLOAT16 if how.low else 0.0, activations)
    at_work = WAITING * of.block * (BFLOAT16 if how.low else FLOAT32) + of.outside * FLOAT32
    at_work += FLOAT32 * of.trainable * of.block / of.parameters  # the gradient of a block, before it is shared out
    if how.offload:
        host = (weights + gradients + optimizer) / how.parts
        return _rounded(0.0, 0.0, 0.0, at_work, activations, host=host)
    return _rounded(weights / how.parts, gradients / how.parts, optimizer / how.parts, at_work, activations)


def to_answer(of: Extent, how: Setting) -> Footprint:
    """Memory of answering, or of features: no gradients, and one block's activations at a time.

    Frozen features are taken of weights that are bfloat16 themselves: then `frozen_bytes` is that of bfloat16.
    """
    weights, one = of.parameters * of.frozen_bytes, how.tokens * _of_a_token(of, how)
    if not how.blockwise:
        return _rounded(weights, 0.0, 0.0, of.block * BFLOAT16 if how.low else 0.0, one)
    at_work = WAITING * of.block * (BFLOAT16 if how.low else FLOAT32) + of.outside * FLOAT32
    if how.offload:
        return _rounded(0.0, 0.0, 0.0, at_work, one, host=weights / how.parts)
    return _rounded(weights / how.parts, 0.0, 0.0, at_work, one)


def _activations(of: Extent, how: Setting) -> float:
    """Bytes that are kept for the way back."""
    one = how.tokens * _of_a_token(of, how)
    if not how.checkpointing:
        return of.layers * one
    return one + of.layers * how.tokens * of.width * FLOAT32  # what went into each block, and all of one block


def _of_a_token(of: Extent, how: Setting) -> float:
    """Bytes that one block keeps of one token (after Korthikanti et al. 2022, sec. 4).

    Of the width: what goes into two norms and two sums in float32, and into the products. Of the feed-forward part:
    before and after its function. Of the attention: scores and shares of each head, where these are kept.
    """
    size = BFLOAT16 if how.low else FLOAT32
    return of.width * (4 * FLOAT32 + 6 * size) + 4 * of.inner * size + of.heads * how.length * (FLOAT32 + size)


def _rounded(
    weights: float, gradients: float, optimizer: float, copies: float, activations: float, *, host: float = 0.0
) -> Footprint:
    return Footprint(
        weights=math.ceil(weights), gradients=math.ceil(gradients), optimizer=math.ceil(optimizer),
        copies=math.ceil(copies), activations=math.ceil(activations), host=math.ceil(host),
    )  # fmt: skip
