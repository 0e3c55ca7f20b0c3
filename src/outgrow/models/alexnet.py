"""AlexNet: the weak supervisor of the paper's vision setting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from outgrow.errors import DataError, NotFetched
from outgrow.models.base import models
from outgrow.models.images import STANDARD, ImageNetClassifier
from outgrow.spec import spec

if TYPE_CHECKING:
    from torch import nn

    from outgrow.models.base import Weights
    from outgrow.tasks.sources.images import Preprocessing

OFFICIAL = "alexnet-owt-7be5be79"  # torchvision's, 56.5 % of ImageNet's validation images; named by its SHA-256
URL = f"https://download.pytorch.org/models/{OFFICIAL}.pth"


@models.register(
    "alexnet",
    about="AlexNet trained on ImageNet, 61M parameters; on ImageNet it supervises as it is",
    source=f"Krizhevsky 2014; torchvision's weights, {URL}",
)
@spec
class AlexNet(ImageNetClassifier):
    """AlexNet with torchvision's weights, fetched once, or those in a file.

    Args:
        path: weights in the form of torchvision's, .safetensors or .pth; by default the official ones.
    """

    name: str = "alexnet"
    resolution: Annotated[int, Field(ge=64, le=2_048)] = STANDARD
    path: str = ""

    @property
    def macs(self) -> float:
        return 714e6

    def weights(self) -> str:
        if not self.path:
            return OFFICIAL
        from outgrow.tasks.sources.files import fingerprint

        digest = fingerprint(self._file())
        return OFFICIAL if digest.startswith(OFFICIAL.rsplit("-", 1)[1]) else f"sha256:{digest}"

    def backbone_identity(self) -> dict[str, Any]:
        return {"family": "alexnet", **super().backbone_identity()}

    def preprocessing(self) -> Preprocessing:
        from outgrow.tasks.sources.images import Preprocessing

        return Preprocessing(resolution=self.resolution, crop=self.crop, filter="bilinear")

    def parts(self) -> tuple[nn.Module, nn.Module | None]:
        from outgrow.vision.alexnet import AlexNet as Network

        network = Network()
        try:
            network.load_state_dict(self._load())
        except (RuntimeError, AttributeError, TypeError) as error:
            raise DataError(f"{self.path or URL} does not hold the weights of AlexNet: {error}") from error
        return network.split()

    def _file(self) -> Path:
        return Path(self.path).expanduser()

    def _load(self) -> Weights:
        import pickle

        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        found: Weights
        if not self.path:
            try:
                found = torch.hub.load_state_dict_from_url(
                    URL, map_location="cpu", progress=False, check_hash=True, weights_only=True
                )
            except (OSError, RuntimeError) as error:
                raise NotFetched(
                    f"AlexNet's weights cannot be fetched ({error}); download {URL} where you can, and set path to it"
                ) from error
            return found
        try:
            if self._file().suffix == ".safetensors":
                return load_file(self._file())
            found = torch.load(self._file(), map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, SafetensorError, pickle.UnpicklingError, EOFError) as error:
            raise DataError(f"the weights of AlexNet in {self.path} cannot be read: {error}") from error
        return found
