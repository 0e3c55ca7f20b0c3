"""ImageNet: the validation images of the ILSVRC 2012, in the archives they come in."""

from __future__ import annotations

import io
import os
import tarfile
import zlib
from pathlib import Path
from typing import Any, ClassVar

from outgrow.errors import DataError, MissingDependency
from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.files import fingerprint

IMAGES = "ILSVRC2012_img_val.tar"
DEVKIT = "ILSVRC2012_devkit_t12.tar.gz"
META = "ILSVRC2012_devkit_t12/data/meta.mat"
TRUTH = "ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt"
LARGEST = 16 << 20  # bytes of a file in the development kit


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
    path: str

    @property
    def kind(self) -> Kind:
        return "classification"

    def identity(self) -> dict[str, Any]:
        """The SHA-256 of both archives."""
        return {"name": self.name, "fingerprint": [fingerprint(self._file(name)) for name in (IMAGES, DEVKIT)]}

    def load(self) -> Examples:
        """Find where every image begins, and its class; DataError if an archive is not what it should be."""
        import numpy as np

        from outgrow.tasks.sources.images import library, refer

        library()
        number_of, names = self._classes()
        truth = self._truth()
        archive = self._file(IMAGES)
        places: dict[str, str] = {}
        try:
            with tarfile.open(archive, "r:") as tar:
                for member in tar:
                    if member.isfile():
                        stem = Path(member.name).stem
                        places[stem] = refer(archive, offset=member.offset_data, size=member.size)
        except (tarfile.TarError, OSError) as error:
            raise DataError(f"{archive} cannot be read: {error}; download it again") from error
        if len(places) != len(truth):
            raise DataError(
                f"{archive.name} holds {len(places):,} images, but {DEVKIT} the classes of {len(truth):,}; "
                "download the one that is cut short again"
            )
        ids = sorted(places)  # their numbers are the lines of the ground truth
        try:
            labels = [number_of[one] for one in truth]
        except KeyError as error:
            raise DataError(f"{DEVKIT}: the ground truth has a class {error} that meta.mat has not") from None
        return Examples(
            ids=ids,
            groups=ids,
            inputs=np.array([places[id] for id in ids], dtype=object),
            truth=np.array(labels, np.int64),
            n_classes=len(names),
            class_names=tuple(names),
        )

    def _file(self, name: str) -> Path:
        file = Path(os.path.expanduser(self.path)) / name
        if not os.path.isfile(file):
            raise DataError(
                f"{file} is not there: path must be the folder with {IMAGES} and {DEVKIT} as https://image-net.org "
                "gives them after registration"
            )
        return file

    def _member(self, name: str) -> bytes:
        try:
            with tarfile.open(self._file(DEVKIT), "r:gz") as tar:
                member = tar.getmember(name)
                file = tar.extractfile(member)
                if file is None or member.size > LARGEST:
                    raise DataError(f"{DEVKIT}: {name!r} is no file of at most {LARGEST:,} bytes")
                return file.read()
        except (tarfile.TarError, OSError, EOFError, zlib.error, KeyError) as error:
            raise DataError(f"{name!r} in {DEVKIT} cannot be read: {error}; download it again") from error

    def _truth(self) -> list[int]:
        """The class of each image as the development kit numbers them."""
        try:
            return [int(line) for line in self._member(TRUTH).split()]
        except ValueError as error:
            raise DataError(f"{DEVKIT}: {TRUTH} is no list of numbers: {error}") from error

    def _classes(self) -> tuple[dict[int, int], list[str]]:
        """Numbers of the development kit to our classes, and the classes' names."""
        try:
            from scipy.io import loadmat
        except ImportError as error:
            raise MissingDependency("imagenet needs the extra [vision]: pip install 'outgrow[vision]'") from error
        content = io.BytesIO(self._member(META))
        try:
            synsets = loadmat(content, squeeze_me=True, variable_names=["synsets"])["synsets"]
            leaves = sorted(  # the rest are groups of classes
                (str(one["WNID"]), int(one["ILSVRC2012_ID"]), str(one["words"]))
                for one in synsets
                if int(one["num_children"]) == 0
            )
        except (ValueError, TypeError, LookupError, NotImplementedError, OSError) as error:
            raise DataError(f"{DEVKIT}: {META} does not list the classes: {error}") from error
        number_of = {number: i for i, (_, number, _) in enumerate(leaves)}
        return number_of, [f"{words.split(',')[0]} ({wnid})" for wnid, _, words in leaves]
