"""Networks that see: a backbone that gives a vector for each image, and a head on it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from outgrow.learning.network import Network
from outgrow.tasks.sources.images import Preprocessing
from outgrow.vision.images import Images, check

TILE = 32  # pixels; an image counts as many tokens as it has tiles, unless its network knows better


class ImageNetwork(Network):
    """Images to the vectors of a backbone, or through a head to logits.

    Batch normalisation goes by the pretrained statistics in training too: so what a row gives does not depend on the
    rows beside it, nor a training on how its batches are cut.

    Args:
        backbone: images [b, 3, resolution, resolution] -> [b, width].
        preprocessing: what makes images of that form.
        head: [b, width] -> [b, classes].
        tokens: what an image counts in the budget of a batch; 0 for its tiles of 32 pixels.
        mixed_precision: whether it may be multiplied in bfloat16.
    """

    def __init__(
        self,
        backbone: nn.Module,
        *,
        preprocessing: Preprocessing,
        head: nn.Module | None = None,
        tokens: int = 0,
        mixed_precision: bool = True,
    ) -> None:
        super().__init__()
        self.mixed_precision = mixed_precision  # type: ignore[misc]
        self.backbone = backbone
        self.head = head
        self.preprocessing = preprocessing
        self.tokens = tokens or max(1, preprocessing.resolution // TILE) ** 2

    def encode(self, inputs: np.ndarray) -> Images:
        """Arrays of pixels or references to files, to images."""
        check(inputs)
        return Images(inputs=inputs, preprocessing=self.preprocessing, tokens=self.tokens)

    def forward(self, images: Tensor) -> Tensor:
        return self.represent(images)[0]

    def represent(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and the vectors of the backbone; without a head, these alone."""
        one = next(self.parameters(), None)
        found: Tensor = self.backbone(images if one is None else images.to(one.dtype))
        return found if self.head is None else self.head(found), found

    def train(self, mode: bool = True) -> ImageNetwork:
        super().train(mode)
        for part in self.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.eval()
        return self

    def settle(self, device: torch.device) -> None:
        """Keep the channels of a pixel side by side, as convolutions like it best."""
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def new_head(backbone: nn.Module, resolution: int, n_classes: int, *, seed: int) -> nn.Linear:
    """A linear layer for a backbone whose width one image tells, near zero at first."""
    with torch.inference_mode():
        width = backbone.eval()(torch.zeros(1, 3, resolution, resolution)).shape[-1]
    head = nn.Linear(width, n_classes)
    nn.init.normal_(head.weight, std=0.01, generator=torch.Generator().manual_seed(seed))
    nn.init.zeros_(head.bias)
    return head


class RandomPatches(nn.Module):
    """How much random filters find in each quarter of an image (Coates et al. 2011, with random in place of learned).

    Every patch is normalised, multiplied with `filters` random directions, and cut off below zero.
    """

    directions: Tensor

    def __init__(self, *, patch: int, filters: int) -> None:
        super().__init__()
        self.patch = patch
        drawn = torch.randn(filters, 3 * patch**2, generator=torch.Generator().manual_seed(0))
        self.register_buffer("directions", drawn / drawn.shape[1] ** 0.5)

    def forward(self, images: Tensor) -> Tensor:
        patches = nn.functional.unfold(images, self.patch)  # [b, 3 patch^2, places]
        patches = patches - patches.mean(1, keepdim=True)
        patches = patches / (patches.square().mean(1, keepdim=True).sqrt() + 0.1)  # flat patches stay flat
        found = torch.relu(self.directions @ patches)
        side = images.shape[-1] - self.patch + 1
        return nn.functional.adaptive_avg_pool2d(found.reshape(*found.shape[:2], side, side), 2).flatten(1)
