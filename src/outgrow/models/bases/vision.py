"""Pretrained vision backbones: from the model hub or a folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from outgrow.errors import ConfigError, DataError
from outgrow.models.base import Model
from outgrow.models.bases.images import STANDARD, Backbone
from outgrow.models.bases.presets import Presets
from outgrow.spec import spec

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from outgrow.tasks.sources.images import Preprocessing
    from outgrow.vision.network import ImageNetwork

CONFIG = ["*.json"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Facts of a pretrained network.

    Args:
        path: hub repository.
        macs: multiply-accumulates of an image of 224 pixels.
        about: what it is and what it was trained on.
        epochs: a sensible number of passes for a linear head.
    """

    path: str
    macs: float
    about: str
    epochs: int = 20

    @property
    def source(self) -> str:
        """Where it comes from."""
        return f"hub: {self.path}"


PRESETS: Presets[Preset] = Presets()


@spec
class VisionModel(Backbone):
    """A vision backbone of transformers with a linear head.

    Args:
        path: a hub repository or a folder with weights and config; presets bring their own.
        revision: branch, tag or commit on the hub; resolved to a commit before it counts.
        pooling: of a transformer's states, the one of the CLS token (`cls`) or the `mean` over patches; `auto` takes
            CLS where there is one. Convolutional networks give the mean over places.
    """

    path: str = ""
    revision: str = "main"
    pooling: Literal["auto", "cls", "mean"] = "auto"

    def __post_init__(self) -> None:
        if not self.path and self.name not in PRESETS:
            raise ConfigError(f"model {self.name!r} needs path = a hub repository such as 'org/name', or a folder")

    @property
    def _label(self) -> str:
        return self.path.rstrip("/").rsplit("/", 1)[-1] if self.path else self.name

    @property
    def macs(self) -> float:
        if not self.path:
            return PRESETS[self.name].macs
        from outgrow.hub import folder
        from outgrow.vision.pretrained import multiplications

        return multiplications(folder(**self._source, files=CONFIG), STANDARD)

    @property
    def _source(self) -> dict[str, str]:
        return {"pack": "", "path": self.path or PRESETS[self.name].path, "revision": self.revision}

    def weights(self) -> str:
        from outgrow.hub import fingerprint

        return fingerprint(**self._source)

    def backbone_identity(self) -> dict[str, Any]:
        return {"family": "vision", **super().backbone_identity(), "pooling": self.pooling}

    def train_defaults(self) -> dict[str, Any]:
        defaults = super().train_defaults()
        if self.training == "probe" and not self.path:
            defaults = {**defaults, "epochs": PRESETS[self.name].epochs}
        return defaults

    def ladder(self) -> list[Model]:
        """The presets of its family, smallest first."""
        if self.path:
            return [self]
        family = [name for name in PRESETS if name.split("-")[0] == self.name.split("-")[0]]
        others = [dataclasses.replace(self, name=name, revision="main") for name in family if name != self.name]
        return sorted([self, *others], key=lambda one: one.cost)  # a revision is one repository's own

    def preprocessing(self) -> Preprocessing:
        from outgrow.tasks.sources.images import Preprocessing
        from outgrow.vision.pretrained import normalisation

        mean, deviation = normalisation(self._folder())
        return Preprocessing(resolution=self.resolution, crop=self.crop, mean=mean, deviation=deviation)

    def parts(self) -> tuple[nn.Module, nn.Module | None]:
        from outgrow.vision.pretrained import load

        return load(self._folder(), pooling=self.pooling, resolution=self.resolution), None

    def _network(self, backbone: nn.Module, head: nn.Module | None) -> ImageNetwork:
        from outgrow.vision.network import ImageNetwork
        from outgrow.vision.pretrained import Backbone as Pretrained

        assert isinstance(backbone, Pretrained)
        tokens = backbone.tokens(self.resolution)
        return ImageNetwork(backbone, preprocessing=self.preprocessing(), head=head, tokens=tokens)

    def _folder(self) -> Path:
        """The files; some older repositories have their weights as pytorch_model.bin alone, read as plain tensors."""
        from outgrow.hub import folder

        for weights in ("*.safetensors", "pytorch_model.bin"):
            found = folder(**self._source, files=[*CONFIG, weights])
            if any(found.glob(weights)):
                return found
        raise DataError(f"{self._source['path']!r} has neither .safetensors weights nor a pytorch_model.bin")


def add_family(sizes: Mapping[str, Preset]) -> None:
    """Register the sizes of one family; all their names are the same up to the first dash."""
    PRESETS.add(sizes, VisionModel)
