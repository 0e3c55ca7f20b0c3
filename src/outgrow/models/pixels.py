"""The pixels themselves: the weakest look at images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from outgrow.models.base import models
from outgrow.models.bases.images import ImageModel
from outgrow.spec import spec

if TYPE_CHECKING:
    from outgrow.vision.network import ImageNetwork


@models.register("pixels", about="linear head on the pixels at a low resolution", source="made by this project")
@spec
class Pixels(ImageModel):
    """A linear head on the colours of each pixel.

    Args:
        resolution: to which images are brought.
    """

    name: str = "pixels"
    resolution: Annotated[int, Field(ge=1, le=256)] = 8

    @property
    def label(self) -> str:
        return f"pixels@{self.resolution}"

    @property
    def cost(self) -> float:
        return 3.0 * self.resolution**2

    def backbone_identity(self) -> dict[str, Any]:
        return {"family": "pixels", "resolution": self.resolution}

    def feature_network(self) -> ImageNetwork:
        from torch import nn

        from outgrow.tasks.sources.images import Preprocessing
        from outgrow.vision.network import ImageNetwork

        preprocessing = Preprocessing(resolution=self.resolution)
        return ImageNetwork(nn.Flatten(), preprocessing=preprocessing, mixed_precision=False)
