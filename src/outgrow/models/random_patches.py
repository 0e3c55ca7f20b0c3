"""Random convolutional features: more than pixels, and nothing to download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.models.base import models
from outgrow.models.bases.images import ImageModel
from outgrow.spec import spec

if TYPE_CHECKING:
    from outgrow.vision.network import ImageNetwork


@models.register(
    "random-patches",
    about="linear head on what random filters find in each quarter of an image",
    source="after Coates, Ng and Lee 2011, with random filters",
)
@spec
class RandomPatchFeatures(ImageModel):
    """A linear head on the responses of random filters to small patches, averaged over each quarter of an image.

    Args:
        resolution: to which images are brought.
        patch: height and width of a filter.
        filters: their number.
    """

    name: str = "random-patches"
    resolution: Annotated[int, Field(ge=2, le=256)] = 8
    patch: Annotated[int, Field(ge=1)] = 4
    filters: Annotated[int, Field(ge=1)] = 128

    def __post_init__(self) -> None:
        if self.patch > self.resolution:
            raise ConfigError(f"patch = {self.patch} is larger than an image of resolution {self.resolution}")

    @property
    def label(self) -> str:
        return f"random-patches@{self.resolution}"

    @property
    def cost(self) -> float:
        return 3.0 * self.patch**2 * self.filters * (self.resolution - self.patch + 1) ** 2

    def backbone_identity(self) -> dict[str, Any]:
        shape = {"resolution": self.resolution, "patch": self.patch, "filters": self.filters}
        return {"family": "random-patches", **shape}

    def feature_network(self) -> ImageNetwork:
        from outgrow.tasks.sources.images import Preprocessing
        from outgrow.vision.network import ImageNetwork, RandomPatches

        network = RandomPatches(patch=self.patch, filters=self.filters)
        return ImageNetwork(network, preprocessing=Preprocessing(resolution=self.resolution), mixed_precision=False)
