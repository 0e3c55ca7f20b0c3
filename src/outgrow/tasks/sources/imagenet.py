"""The archives of the ILSVRC 2012: validation images, and the development kit with their classes."""

from __future__ import annotations

import io
import os
import tarfile
import zlib
from pathlib import Path

from outgrow.errors import DataError, MissingDependency
from outgrow.tasks.base import Examples

IMAGES = "ILSVRC2012_img_val.tar"
DEVKIT = "ILSVRC2012_devkit_t12.tar.gz"
META = "ILSVRC2012_devkit_t12/data/meta.mat"
TRUTH = "ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt"
LARGEST = 16 << 20  # bytes of a file in the development kit


def read(folder: str) -> Examples:
    """References to all images in their archive, with their classes; DataError if an archive is not in order."""
    import numpy as np

    from outgrow.tasks.sources.decoding import library
    from outgrow.tasks.sources.image_rows import image_id
    from outgrow.tasks.sources.images import refer

    library()
    number_of, names = _classes(folder)
    truth = _truth(folder)
    images, folder = archive(folder, IMAGES), os.path.expanduser(folder)
    places: dict[str, str] = {}
    try:
        with tarfile.open(images, "r:") as tar:
            for member in tar:
                if member.isfile() and (file := tar.extractfile(member)) is not None:  # links may lead nowhere
                    id, hash = Path(member.name).stem, image_id(file.read())
                    places[id] = refer(folder, IMAGES, hash, offset=member.offset_data, size=member.size)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise DataError(f"{images} cannot be read: {error}; download it again") from error
    if len(places) != len(truth):
        raise DataError(
            f"{images.name} holds {len(places):,} images, but {DEVKIT} the classes of {len(truth):,}; "
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


def archive(folder: str, name: str) -> Path:
    """One of the archives; DataError if it is not in the folder."""
    file = Path(os.path.expanduser(folder)) / name
    if not os.path.isfile(file):
        raise DataError(
            f"{file} is not there: path must be the folder with {IMAGES} and {DEVKIT} as https://image-net.org "
            "gives them after registration"
        )
    return file


def _member(folder: str, name: str) -> bytes:
    try:
        with tarfile.open(archive(folder, DEVKIT), "r:gz") as tar:
            member = tar.getmember(name)
            file = tar.extractfile(member)
            if file is None or member.size > LARGEST:
                raise DataError(f"{DEVKIT}: {name!r} is no file of at most {LARGEST:,} bytes")
            return file.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error, KeyError, TypeError) as error:
        raise DataError(f"{name!r} in {DEVKIT} cannot be read: {error}; download it again") from error


def _truth(folder: str) -> list[int]:
    """The class of each image as the development kit numbers them."""
    try:
        return [int(line) for line in _member(folder, TRUTH).split()]
    except ValueError as error:
        raise DataError(f"{DEVKIT}: {TRUTH} is no list of numbers: {error}") from error


def _classes(folder: str) -> tuple[dict[int, int], list[str]]:
    """Numbers of the development kit to our classes, and the classes' names."""
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise MissingDependency("imagenet needs the extra [vision]: pip install 'outgrow[vision]'") from error
    content = io.BytesIO(_member(folder, META))
    try:
        synsets = loadmat(content, squeeze_me=True, variable_names=["synsets"])["synsets"]
        leaves = sorted(  # the rest are groups of classes
            (str(one["WNID"]), int(one["ILSVRC2012_ID"]), str(one["words"]))
            for one in synsets
            if int(one["num_children"]) == 0
        )
    except Exception as error:  # SciPy's and zlib's own have no base in common
        raise DataError(f"{DEVKIT}: {META} does not list the classes: {error}") from error
    number_of = {number: i for i, (_, number, _) in enumerate(leaves)}
    return number_of, [f"{words.split(',')[0]} ({wnid})" for wnid, _, words in leaves]
