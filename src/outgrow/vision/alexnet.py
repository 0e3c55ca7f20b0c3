"""AlexNet in one column (Krizhevsky 2014), weights by the names of torchvision's file."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from outgrow.errors import DataError, NotFetched

WIDTH, CLASSES = 4_096, 1_000


class AlexNet(nn.Module):
    """Images float32 [b, 3, height, width], normalised as ImageNet, to the logits of ImageNet's classes."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 6 * 6, WIDTH), nn.ReLU(),
            nn.Dropout(), nn.Linear(WIDTH, WIDTH), nn.ReLU(),
            nn.Linear(WIDTH, CLASSES),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return logits

    def split(self) -> tuple[nn.Module, nn.Module]:
        """The network down to the vector [b, 4096] before its last layer, and that layer."""
        head = self.classifier[-1]
        self.classifier[-1] = nn.Identity()
        return self, head


def load(path: str, *, official: str) -> AlexNet:
    """The network with weights in the form of torchvision's; DataError or NotFetched says what is wrong with them.

    Args:
        path: .safetensors or .pth; "" for the official ones.
        official: address of those, which are fetched once.
    """
    network = AlexNet()
    try:
        network.load_state_dict(_read(path) if path else _fetched(official))
    except (RuntimeError, AttributeError, TypeError) as error:
        raise DataError(f"{path or official} does not hold the weights of AlexNet: {error}") from error
    return network


def _fetched(url: str) -> dict[str, Tensor]:
    try:
        found: dict[str, Tensor] = torch.hub.load_state_dict_from_url(
            url, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError) as error:
        raise NotFetched(
            f"AlexNet's weights cannot be fetched ({error}); download {url} where you can, and set path to it"
        ) from error
    return found


def _read(path: str) -> dict[str, Tensor]:
    import pickle

    from safetensors import SafetensorError
    from safetensors.torch import load_file

    file = Path(os.path.expanduser(path))
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        found: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, ValueError, RuntimeError, SafetensorError, pickle.UnpicklingError, EOFError) as error:
        raise DataError(f"the weights of AlexNet in {path} cannot be read: {error}") from error
    return found
