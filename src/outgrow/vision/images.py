"""Images to batches of one resolution."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from outgrow.errors import DataError
from outgrow.tasks.sources.images import MARK, Preprocessing, crop_and_resize, decode_all

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Images:
    """A task's images as batches float32 [b, 3, resolution, resolution], channels last in memory.

    Args:
        inputs: uint8 [n, height, width, 3], or references (`refer`) or absolute paths, dtype object.
        preprocessing: of each image.
        tokens: what an image counts in the budget of a batch.
    """

    inputs: np.ndarray
    preprocessing: Preprocessing
    tokens: int

    @cached_property
    def lengths(self) -> np.ndarray:
        return np.full(len(self.inputs), self.tokens, np.int64)

    def __len__(self) -> int:
        return len(self.inputs)

    def batch(self, rows: np.ndarray, device: torch.device) -> torch.Tensor:
        import torch

        pixels = torch.from_numpy(self._pixels(rows)).to(device).permute(0, 3, 1, 2).float()
        mean, deviation = (
            255 * torch.tensor(values, device=device).view(1, 3, 1, 1)
            for values in (self.preprocessing.mean, self.preprocessing.deviation)
        )
        return (pixels - mean) / deviation

    def _pixels(self, rows: np.ndarray) -> np.ndarray:
        """Uint8 [b, resolution, resolution, 3]."""
        if self.inputs.dtype == object:
            return decode_all(self.inputs[rows], self.preprocessing)
        size = (self.preprocessing.resolution, self.preprocessing.resolution)
        if self.inputs.shape[1:3] == size and self.preprocessing.crop == 1:
            found: np.ndarray = self.inputs[rows]
            return found
        from PIL import Image

        return np.stack([crop_and_resize(Image.fromarray(self.inputs[row]), self.preprocessing) for row in rows])


def check(inputs: np.ndarray) -> None:
    """Raise a DataError if a task's inputs are no images."""
    if inputs.dtype == object:
        if inputs.ndim == 1 and all(text.startswith(MARK) or os.path.isabs(text) for text in inputs[:1]):
            return
        shown = f"texts such as {str(inputs.reshape(-1)[0])[:40]!r}"
    elif inputs.dtype == np.uint8 and inputs.ndim == 4 and inputs.shape[-1] == 3:
        return
    else:
        shown = f"{inputs.dtype} {list(inputs.shape)}"
    raise DataError(f"a vision model needs a task with images, and this one has {shown}; choose cifar10, for example")
