"""What models of images have in common: a backbone that is frozen or fine-tuned, at some resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from outgrow.errors import DataError
from outgrow.models.base import Extractor, Model, Weights, seen
from outgrow.spec import spec
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from outgrow.learning.network import Network
    from outgrow.tasks.sources.images import Preprocessing
    from outgrow.vision.network import ImageNetwork

STANDARD = 224  # pixels, the resolution at which most networks were trained
PROBE: dict[str, Any] = {"epochs": 20, "batch_size": 128, "schedule": "cosine", "learning_rate": 3e-3}
FULL: dict[str, Any] = {"epochs": 5, "batch_size": 32, "schedule": "linear", "warmup": 0.06}


class ImageModel(Model):
    """A model that takes images: of which at least the features are known."""

    def backbone_identity(self) -> dict[str, Any]:
        """What determines its features."""
        raise NotImplementedError

    def feature_network(self) -> ImageNetwork:
        """The network that gives its features."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        return self.backbone_identity()

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        from outgrow.vision.images import check

        try:
            check(inputs)
        except DataError:
            return f"sees images, and the task has {seen(inputs)}"
        return ""

    def train_defaults(self) -> dict[str, Any]:
        return PROBE

    def extractor(self) -> Extractor | None:
        return FrozenImages(model=self)


@dataclass(frozen=True, kw_only=True)
class FrozenImages(Extractor):
    """The frozen network: images to features."""

    model: ImageModel

    def identity(self) -> dict[str, Any]:
        return self.model.backbone_identity()

    @property
    def cost(self) -> float:
        return self.model.cost

    def build(self, output: Output, *, start: Weights | None = None) -> Network:
        return self.model.feature_network()


@spec
class Backbone(ImageModel):
    """A pretrained network with a linear head, of which the head alone is trained, or all.

    Args:
        resolution: of what it sees, in pixels; costs grow with its square.
        crop: share of an image's shorter side that it sees; 0.875 is usual for photographs, 1 for small images.
        training: a linear head on frozen features (`probe`), or `full` fine-tuning.
    """

    name: str
    resolution: Annotated[int, Field(ge=32, le=2_048)] = STANDARD
    crop: Annotated[float, Field(gt=0, le=1)] = 0.875
    training: Literal["probe", "full"] = "probe"
    rate: ClassVar[float] = 1e-4  # of full fine-tuning
    mixed_precision: ClassVar[bool] = True
    represents: ClassVar[bool] = True

    @property
    def label(self) -> str:
        size = "" if self.resolution == STANDARD else f"@{self.resolution}"
        return f"{self._label}{size}{' full' if self.training == 'full' else ''}"

    @property
    def _label(self) -> str:
        return self.name

    @property
    def macs(self) -> float:
        """Multiply-accumulates of an image of the standard resolution."""
        raise NotImplementedError

    @property
    def cost(self) -> float:
        return self.macs * (self.resolution / STANDARD) ** 2

    def weights(self) -> str:
        """Fingerprint of the pretrained weights."""
        raise NotImplementedError

    def parts(self) -> tuple[nn.Module, nn.Module | None]:
        """Backbone, images to vectors, and the head for the classes of its pretraining, if there is one."""
        raise NotImplementedError

    def preprocessing(self) -> Preprocessing:
        """How it wants its images."""
        raise NotImplementedError

    def backbone_identity(self) -> dict[str, Any]:
        return {"weights": self.weights(), "resolution": self.resolution, "crop": self.crop}

    def identity(self) -> dict[str, Any]:
        return {**self.backbone_identity(), "training": self.training}

    def train_defaults(self) -> dict[str, Any]:
        return PROBE if self.training == "probe" else {**FULL, "learning_rate": self.rate}

    def extractor(self) -> Extractor | None:
        return FrozenImages(model=self) if self.training == "probe" else None

    def feature_network(self) -> ImageNetwork:
        return self._network(self.parts()[0], None)

    def _network(self, backbone: nn.Module, head: nn.Module | None) -> ImageNetwork:
        from outgrow.vision.network import ImageNetwork

        return ImageNetwork(backbone, preprocessing=self.preprocessing(), head=head)

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Network:
        from outgrow.vision.network import new_head

        backbone, head = self.parts()
        if getattr(head, "out_features", None) != output.n_classes:
            head = new_head(backbone, self.resolution, output.n_classes, seed=seed)
        return self._network(backbone, head)


@spec
class ImageNetClassifier(Backbone):
    """A backbone with the head of its training on ImageNet: it begins a task of 1,000 classes as that classifier."""

    knows: ClassVar[frozenset[str]] = frozenset({"imagenet"})
    supervises_untrained: ClassVar[frozenset[str]] = frozenset({"imagenet"})
