"""EfficientNet-Lite, trained on ImageNet, out of offline packs."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from outgrow import packs
from outgrow.models.base import Model, models
from outgrow.models.bases.images import ImageNetClassifier
from outgrow.spec import spec
from outgrow.tasks.sources.images import Preprocessing

if TYPE_CHECKING:
    from torch import nn

SIZES = {"efficientnet-lite0": (0, 384e6), "efficientnet-lite2": (2, 575e6)}  # multiply-accumulates at 224 pixels


@spec
class EfficientNetLite(ImageNetClassifier):
    """One size of EfficientNet-Lite; the whole image is seen unless `crop` says otherwise."""

    crop: Annotated[float, Field(gt=0, le=1)] = 1.0
    efficiency: ClassVar[float] = 0.04  # its convolutions multiply little of what they read

    @property
    def macs(self) -> float:
        return SIZES[self.name][1]

    def weights(self) -> str:
        return packs.fingerprint(self.name)

    def backbone_identity(self) -> dict[str, Any]:
        return {"family": "efficientnet-lite", **super().backbone_identity()}

    def ladder(self) -> list[Model]:
        return [dataclasses.replace(self, name=name) for name in SIZES]

    def preprocessing(self) -> Preprocessing:
        mean, deviation = (127 / 255,) * 3, (128 / 255,) * 3  # of the networks' own training
        return Preprocessing(resolution=self.resolution, crop=self.crop, mean=mean, deviation=deviation)

    def parts(self) -> tuple[nn.Module, nn.Module | None]:
        from outgrow.vision.efficientnet import load

        return load(packs.folder(self.name) / "model.safetensors", size=SIZES[self.name][0]).split()


for _name, (_size, _macs) in SIZES.items():
    models.add(
        _name,
        partial(EfficientNetLite, name=_name),
        about=f"convolutional network trained on ImageNet, {_macs / 1e6:,.0f}M multiply-accumulates at 224 pixels",
        source=f"Tan and Le 2019; offline pack {_name}",
    )
