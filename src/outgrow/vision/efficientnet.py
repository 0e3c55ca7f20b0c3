"""EfficientNet-Lite: networks of Tan and Le 2019 without squeeze-and-excitation, for any resolution.

Weights go by the names of the offline packs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

STEM, WIDTH, CLASSES = 32, 1_280, 1_000  # stem and head are not scaled in the Lite networks
STAGES = [  # of the smallest network: repeats, kernel, stride, expansion, channels; Tan and Le 2019, table 1
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How a network differs from the smallest one: factors of the channels and of the repeats."""

    channels: float
    depth: float


LITE = {0: Scaling(channels=1.0, depth=1.0), 2: Scaling(channels=1.1, depth=1.2)}


def channels(number: int, factor: float) -> int:
    """Channels times a factor, to a multiple of 8 that is at least nine tenths of it."""
    wanted = number * factor
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


class SameConv(nn.Conv2d):
    """A convolution whose output has a `stride`-th of the input's size, rounded up; padded as TensorFlow does it."""

    def forward(self, x: Tensor) -> Tensor:
        sides: list[int] = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1], strict=True):
            lack = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            sides += [lack // 2, lack - lack // 2]
        if sides[::2] == sides[1::2]:  # the convolution can pad by itself
            return functional.conv2d(x, self.weight, self.bias, self.stride, sides[::-2], 1, self.groups)
        return super().forward(functional.pad(x, sides))


def _conv(inside: int, outside: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> SameConv:
    return SameConv(inside, outside, kernel, stride, groups=groups, bias=False)


def _norm(number: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(number, eps=1e-3, momentum=0.01)


class Block(nn.Module):
    """An inverted residual: widen, filter each channel, narrow, and add the input where shapes allow."""

    def __init__(self, inside: int, outside: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.residual = stride == 1 and inside == outside
        if expansion > 1:
            self._expand_conv, self._bn0 = _conv(inside, wide), _norm(wide)
        self._depthwise_conv, self._bn1 = _conv(wide, wide, kernel, stride, groups=wide), _norm(wide)
        self._project_conv, self._bn2 = _conv(wide, outside), _norm(outside)

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.relu6(self._bn0(self._expand_conv(x))) if hasattr(self, "_expand_conv") else x
        wide = functional.relu6(self._bn1(self._depthwise_conv(wide)))
        narrow: Tensor = self._bn2(self._project_conv(wide))
        return narrow + x if self.residual else narrow


class EfficientNetLite(nn.Module):
    """Images float32 [b, 3, height, width], (0 ... 255 - 127) / 128, to the logits of ImageNet's classes."""

    def __init__(self, scaling: Scaling) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = _conv(3, STEM, 3, 2), _norm(STEM)
        blocks: list[Block] = []
        inside = STEM
        for i, (repeats, kernel, stride, expansion, base) in enumerate(STAGES):
            outside = channels(base, scaling.channels)
            times = repeats if i in (0, len(STAGES) - 1) else math.ceil(repeats * scaling.depth)
            for again in range(times):
                first = stride if again == 0 else 1
                blocks.append(Block(inside, outside, kernel=kernel, stride=first, expansion=expansion))
                inside = outside
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = _conv(inside, WIDTH), _norm(WIDTH)
        self._fc: nn.Module = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = functional.relu6(self._bn1(self._conv_head(x)))
        logits: Tensor = self._fc(x.mean((2, 3)))
        return logits

    def split(self) -> tuple[nn.Module, nn.Module]:
        """The network down to the vector [b, 1280] before its last layer, and that layer."""
        head = self._fc
        self._fc = nn.Identity()
        return self, head


def load(file: Path, *, size: int) -> EfficientNetLite:
    """The network of that size, a key of LITE, with the weights in a safetensors file."""
    from safetensors.torch import load_file

    network = EfficientNetLite(LITE[size])
    network.load_state_dict(load_file(file))
    return network
