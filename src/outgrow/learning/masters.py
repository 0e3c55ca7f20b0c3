"""Float32 master weights that lie between the numbers of the format they are multiplied in."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from outgrow.learning.team import Team

ALONE = Team()
COARSE = (16, 13)  # low bits of a float32 that are zero in a number stored in bfloat16, in float16


@torch.no_grad()
def leave_grid(weights: Iterable[nn.Parameter], *, seed: int, team: Team = ALONE) -> None:
    """Move float32 weights that a coarser format stored, each within half of that format's step, in place.

    Weights out of a bfloat16 file are numbers of bfloat16. A product in bfloat16 rounds them back to where they began
    until updates add up to half a step (up to 1/256 of the weight). So small updates would do nothing, and reading in
    bfloat16 would hide them. Once each weight is moved by a uniform draw, it rounds up with the probability that its
    place between two numbers asks for, and the mean over weights follows every update (dither). What bfloat16 makes of
    the moved weights is unchanged. Zeros stay, since bfloat16 is fine enough around them.

    Args:
        seed: of the draw, which is the same on every device.
        team: those that hold them.
    """
    rng = np.random.default_rng(seed)
    for value in weights:
        master = team.whole(value.detach()).cpu().contiguous()
        bits, not_zero = master.view(torch.int32), master != 0
        for low in COARSE:
            stored = (bits & (1 << low) - 1) == 0
            stored &= not_zero
            if 2 * stored.count_nonzero() > not_zero.count_nonzero():
                half = 1 << low - 1
                drawn = torch.from_numpy(rng.integers(1 - half, half, size=bits.shape, dtype=np.int16))
                value.copy_(team.part((drawn.mul_(stored) + bits).view(torch.float32), value))
                break
