"""The task `image-folder`: images in folders by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.errors import ConfigError
from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.image_folder import ClassFolders
from outgrow.tasks.sources.images import DECODING, located

if TYPE_CHECKING:
    import numpy as np


@tasks.register(
    "image-folder", about="your own images: a folder with a folder for each class, by `path`", source="your own files"
)
@spec
class ImageFolder:
    """Images in the folders PATH/CLASS and below. They stay where they are: the store keeps where that is.

    Args:
        path: the folder of the classes' folders.
        labels: names of the classes' folders, in the order of the classes; by default all that hold images, sorted.
    """

    name: ClassVar[str] = "image-folder"
    kind: ClassVar[Kind] = "classification"
    path: str
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels):
            raise ConfigError(f"task 'image-folder': labels names a class twice: {list(self.labels)}")

    def identity(self) -> dict[str, Any]:
        """The classes, a fingerprint of all files and where in the folder they are, and how images are decoded."""
        found = {"labels": list(self.labels), "fingerprint": self._folders().fingerprint()}
        return {"name": self.name, **found, "decoding": DECODING}

    def load(self) -> Examples:
        """Read every image once; those that cannot be are skipped and named in `notes`, most bad is a DataError."""
        return self._folders().read()

    def located(self, inputs: np.ndarray) -> np.ndarray:
        """References to the same images in this task's folder."""
        return located(inputs, self.path)

    def _folders(self) -> ClassFolders:
        return ClassFolders(self.path, self.labels)
