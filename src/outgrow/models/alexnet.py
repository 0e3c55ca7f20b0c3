"""AlexNet: the weak supervisor of the paper's vision setting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from outgrow.models.base import models
from outgrow.models.bases.images import STANDARD, ImageNetClassifier
from outgrow.spec import spec
from outgrow.tasks.sources.files import fingerprint
from outgrow.tasks.sources.images import Preprocessing

if TYPE_CHECKING:
    from torch import nn

OFFICIAL = "alexnet-owt-7be5be79"  # torchvision's, 56.5 % of ImageNet's validation images; named by its SHA-256
URL = f"https://download.pytorch.org/models/{OFFICIAL}.pth"


@models.register(
    "alexnet",
    about="AlexNet trained on ImageNet, 61M parameters; on ImageNet it supervises as it is",
    source=f"Krizhevsky 2014; torchvision's weights, {URL}",
)
@spec
class AlexNet(ImageNetClassifier):
    """AlexNet with torchvision's weights, fetched once, or with those of a file `path`, .safetensors or .pth."""

    name: str = "alexnet"
    resolution: Annotated[int, Field(ge=64, le=2_048)] = STANDARD
    path: str = ""

    @property
    def macs(self) -> float:
        return 714e6

    def weights(self) -> str:
        if not self.path:
            return OFFICIAL
        sha = fingerprint(Path(os.path.expanduser(self.path)))
        return OFFICIAL if sha.startswith(OFFICIAL.rsplit("-", 1)[1]) else f"sha256:{sha}"

    def backbone_identity(self) -> dict[str, Any]:
        return {"family": "alexnet", **super().backbone_identity()}

    def preprocessing(self) -> Preprocessing:
        return Preprocessing(resolution=self.resolution, crop=self.crop, filter="bilinear")

    def parts(self) -> tuple[nn.Module, nn.Module | None]:
        from outgrow.vision.alexnet import load

        return load(self.path, official=URL).split()
