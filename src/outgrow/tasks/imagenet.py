"""ImageNet: the validation images of the ILSVRC 2012, in the archives they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.files import fingerprint
from outgrow.tasks.sources.imagenet import DEVKIT, IMAGES, archive, read
from outgrow.tasks.sources.images import DECODING, located

if TYPE_CHECKING:
    import numpy as np


@tasks.register(
    "imagenet",
    about="which of 1,000 things does this photograph show? ImageNet's 50,000 validation images, by `path`",
    source="Russakovsky et al. 2015; https://image-net.org, after registration",
)
@spec
class ImageNet:
    """Images stay in their archive: the store keeps where each begins.

    Classes are in the order of their WordNet ids, as pretrained classifiers have them.

    Args:
        path: folder with ILSVRC2012_img_val.tar and ILSVRC2012_devkit_t12.tar.gz as downloaded.
    """

    name: ClassVar[str] = "imagenet"
    kind: ClassVar[Kind] = "classification"
    path: str

    def identity(self) -> dict[str, Any]:
        """The SHA-256 of both archives, and how images are decoded."""
        found = [fingerprint(archive(self.path, name)) for name in (IMAGES, DEVKIT)]
        return {"name": self.name, "fingerprint": found, "decoding": DECODING}

    def load(self) -> Examples:
        """Find where every image begins, and its class; DataError if an archive is not what it should be."""
        return read(self.path)

    def located(self, inputs: np.ndarray) -> np.ndarray:
        """References to the same images in this task's folder."""
        return located(inputs, self.path)
