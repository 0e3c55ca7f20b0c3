"""Tasks with images: what they load, what they skip and say, and what they refuse."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from truths import truth_of

from outgrow import packs
from outgrow.errors import ConfigError, DataError, MissingDependency, PackMissing
from outgrow.spec import canonical
from outgrow.tasks.base import tasks
from outgrow.tasks.image_folder import ImageFolder
from outgrow.tasks.imagenet import ImageNet
from outgrow.tasks.sources.image_rows import ImageRow, image_examples
from outgrow.tasks.sources.images import Reference, content, decode


def check_examples(found: Any, n: int, n_classes: int) -> None:
    assert len(found.ids) == len(set(found.ids)) == len(found.groups) == len(found.inputs) == n
    assert (found.truth.shape, found.truth.dtype) == ((n,), np.int64)
    assert 0 <= found.truth.min() <= found.truth.max() < found.n_classes == n_classes
    assert len(set(found.class_names)) == n_classes


# A folder


def test_a_folder_of_images(folder: Path) -> None:
    task = ImageFolder(path=str(folder))
    found = task.load()
    check_examples(found, 24, 3)
    assert found.class_names == ("cat", "dog", "newt")
    assert found.notes == []
    for reference, label, id in zip(found.inputs, truth_of(found), found.ids, strict=True):
        file = Path(Reference.of(reference).name)
        assert file.relative_to(folder).parts[0] == found.class_names[label]
        assert hashlib.sha256(file.read_bytes()).hexdigest().startswith(id)
        decode(content(reference), name=reference)
    two = ImageFolder(path=str(folder), labels=("newt", "cat"))
    assert canonical(two) != canonical(task)
    check_examples(two.load(), 16, 2)
    assert two.load().class_names == ("newt", "cat")


def test_the_identity_of_a_folder_is_its_content(folder: Path, tmp_path: Path) -> None:
    identity = canonical(ImageFolder(path=str(folder)))
    assert str(tmp_path) not in identity
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    (moved / "cat" / ".DS_Store").write_bytes(b"hidden")
    assert canonical(ImageFolder(path=str(moved))) == identity
    (moved / "cat" / "0.JPG").rename(moved / "dog" / "extra.JPG")
    other = canonical(ImageFolder(path=str(moved)))
    assert other != identity
    (moved / "dog" / "extra.JPG").write_bytes((folder / "newt" / "0.JPG").read_bytes())
    assert canonical(ImageFolder(path=str(moved))) not in {identity, other}


def test_files_that_are_no_images_are_named_and_skipped(folder: Path) -> None:
    (folder / "cat" / "notes.txt").write_text("a cat")
    (folder / "dog" / "broken.jpg").write_bytes((folder / "dog" / "0.JPG").read_bytes()[:-300])
    (folder / "newt" / "text.png").write_text("no image")
    (folder / "newt" / "empty.png").write_bytes(b"")
    (folder / "newt" / "none.webp").write_bytes(b"")
    (folder / "newt" / "again.JPG").write_bytes((folder / "newt" / "0.JPG").read_bytes())
    (folder / "dog" / "cat.JPG").write_bytes((folder / "cat" / "2.JPG").read_bytes())
    found = ImageFolder(path=str(folder)).load()
    check_examples(found, 23, 3)
    assert found.notes == [
        "skipped 1 file of other kinds: cat/notes.txt",
        "skipped 4 images that cannot be used: dog/broken.jpg (cannot be read: it begins as none of "
        "JPEG, PNG, GIF, BMP, WEBP, TIFF, PPM does), newt/empty.png, newt/none.webp, and others",
        "dropped 1 images that are there already",
        "dropped 2 images with two labels",
    ]


def test_folders_without_use_are_refused(folder: Path, tmp_path: Path) -> None:
    def load(path: Path, **options: Any) -> Any:
        return ImageFolder(path=str(path), **options).load()

    with pytest.raises(DataError, match="nowhere is no folder; path is taken from the folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match="has no folders; each class needs a folder of its own"):
        load(folder / "dog" / "more")
    with pytest.raises(DataError, match="has no folder 'bird' for that class; its folders are cat, dog, newt"):
        load(folder, labels=("cat", "bird"))
    with pytest.raises(ConfigError, match="names a class twice"):
        load(folder, labels=("cat", "cat"))
    with pytest.raises(DataError, match="every usable image is 'cat'"):
        load(folder, labels=("cat",))
    for file in folder.rglob("*.*"):
        file.write_bytes(b"spoilt")
    with pytest.raises(
        DataError, match=r"24 of 24 images cannot be used; cat/0.JPG cannot be read: it begins as none of"
    ):
        load(folder)


def test_a_limit_takes_the_lowest_ids() -> None:
    rows = [ImageRow(image=np.full((1, 1, 3), i, np.uint8), label=i % 2, id=f"{i * 7 % 10}") for i in range(10)]
    found = image_examples(rows, source="it", classes="ab", limit=4)
    assert sorted(found.ids) == ["0", "1", "2", "3"]
    assert found.notes == ["kept 4 of 10 images: limit = 4"]


# The hub


Put = Callable[..., str]


@pytest.fixture
def hub_images(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_picture: Callable[..., Any],
    pack_picture: Callable[..., bytes],
) -> Put:
    """Puts 12 images with labels into a hub cache that is all the library can see; returns the commit."""
    constants = pytest.importorskip("huggingface_hub.constants")
    from outgrow.tasks.sources import hub

    hub._commit.cache_clear()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    def put(
        labels: list[Any],
        *,
        names: list[str] | None = None,
        broken: int = -1,
        column: str = "image",
        images: list[bytes | None] | None = None,
    ) -> str:
        images = images or [pack_picture(make_picture(i, size=(30, 20)), "PNG") for i in range(len(labels))]
        images = [b"spoilt" if i == broken else one for i, one in enumerate(images)]
        found = pa.table({column: [{"bytes": one, "path": None} for one in images], "label": labels})
        if names:
            features = {"label": {"names": names, "_type": "ClassLabel"}, column: {"_type": "Image"}}
            noted = {"huggingface": json.dumps({"info": {"features": features}})}
            found = found.replace_schema_metadata(noted)
        place = tmp_path / "hub" / "datasets--me--pictures"
        (place / "refs" / "refs" / "convert").mkdir(parents=True)
        (place / "refs" / "refs" / "convert" / "parquet").write_text("7" * 40)
        file = place / "snapshots" / ("7" * 40) / "default" / "train" / "0000.parquet"
        file.parent.mkdir(parents=True)
        pq.write_table(found, file)
        return "7" * 40

    return put


def hub_task(**options: Any) -> Any:
    return tasks["hub-images"](**{"repo": "me/pictures", "size": 16} | options)


def test_images_of_the_hub(hub_images: Put) -> None:
    commit = hub_images([i % 3 for i in range(12)], names=["cat", "dog", "newt"])
    found = hub_task().load()
    check_examples(found, 12, 3)
    assert found.class_names == ("cat", "dog", "newt")
    assert found.truth.tolist() == [i % 3 for i in range(12)]
    assert (found.inputs.dtype, found.inputs.shape) == (np.uint8, (12, 16, 16, 3))
    assert hub_task().identity()["commit"] == commit
    assert canonical(hub_task()) != canonical(hub_task(size=17))
    small = hub_task(size=8, limit=5).load()
    check_examples(small, 5, 3)
    assert small.ids == [id for id in found.ids if id in small.ids]


def test_labels_of_the_hub_without_names(hub_images: Put) -> None:
    hub_images([[10, 9, 2][i % 3] for i in range(12)], broken=4)
    found = hub_task().load()
    check_examples(found, 11, 3)
    assert found.class_names == ("2", "9", "10")
    assert found.truth.tolist()[:3] == [2, 1, 0]
    (note,) = found.notes
    assert note.startswith("skipped 1 image that cannot be used: row 5 (cannot be read: it begins as none")
    assert hub_task(labels=(10, 9, 2)).load().truth.tolist()[:3] == [0, 1, 2]
    with pytest.raises(DataError, match="the label '2' is not among 10, 9"):
        hub_task(labels=(10, 9)).load()
    with pytest.raises(DataError, match="has no column 'img'; did you mean 'image'"):
        hub_task(image="img").load()
    with pytest.raises(DataError, match="column 'label' holds no image's bytes"):
        hub_task(image="label").load()


def test_labels_of_the_hub_that_are_words(hub_images: Put) -> None:
    hub_images(["dog", "cat", None, "dog", "cat", "dog"], column="picture")
    found = hub_task(image="picture").load()
    check_examples(found, 5, 2)
    assert found.class_names == ("cat", "dog")


def test_rows_of_the_hub_without_a_label_or_an_image_are_counted(
    hub_images: Put, make_picture: Any, pack_picture: Any
) -> None:
    images = [pack_picture(make_picture(i)) for i in range(24)]
    images[7] = None
    labels: list[Any] = [i % 2 for i in range(24)]
    labels[2], labels[5], labels[9] = -1, -1, None  # as the hub's test sets have them
    hub_images(labels, names=["cat", "dog"], images=images)
    found = hub_task().load()
    check_examples(found, 20, 2)
    assert found.class_names == ("cat", "dog")
    assert found.notes == [
        "skipped 1 image that cannot be used: row 8 (cannot be read: the cell is empty)",
        "dropped 3 rows without a label",
    ]


@pytest.mark.parametrize(
    ("labels", "names", "classes"),
    [
        ([0.0, 1.0] * 12, None, ("0", "1")),
        ([True, False] * 12, None, ("false", "true")),
        (["1", "0", "1.0", "0"] * 6, None, ("0", "1")),
        (["dog", "cat"] * 12, ["cat", "dog"], ("cat", "dog")),
    ],
)
def test_labels_of_the_hub_are_read_by_value(hub_images: Put, labels: Any, names: Any, classes: Any) -> None:
    hub_images(labels, names=names)
    found = hub_task().load()
    check_examples(found, 24, 2)
    assert found.class_names == classes


def test_a_label_of_the_hub_that_is_no_class_is_named(hub_images: Put) -> None:
    hub_images([0, 1, 2] * 8, names=["cat", "dog"])
    with pytest.raises(DataError, match="the label '2' is not among 0, 1"):
        hub_task().load()


def test_images_of_the_hub_come_out_as_files_do(hub_images: Put, make_picture: Any, pack_picture: Any) -> None:
    exif = Image.Exif()
    exif[274] = 3
    upright = [make_picture(i, size=(30, 20)) for i in range(4)]
    images: list[bytes | None] = []
    for one in upright:
        stream = io.BytesIO()
        one.rotate(180).save(stream, "PNG", exif=exif)
        images.append(stream.getvalue())
    for top in (500, 4_000):
        values = np.linspace(0, top, 600).reshape(20, 30).astype(np.uint16)
        images += [pack_picture(Image.fromarray(values + i), "TIFF") for i in range(2)]
    hub_images([0, 1] * 4, images=images)
    found = hub_task(size=20).load()
    for pixels, one in zip(found.inputs, upright, strict=False):
        assert (pixels == np.asarray(one)[:, 5:25]).all()
    assert np.abs(found.inputs[4:].mean((1, 2, 3)) - [16, 16, 124, 124]).max() < 3
    assert found.notes == ["4 images with grey values of more than 8 bits, up to 4,001: 4,095 is white"]


# ImageNet


def test_imagenet_is_read_where_it_lies(archives: Path) -> None:
    task = ImageNet(path=str(archives))
    found = task.load()
    check_examples(found, 120, 1_000)
    assert found.ids[0] == "ILSVRC2012_val_00000001"
    assert truth_of(found).tolist() == json.loads((archives / "labels.json").read_text())
    assert found.class_names[7] == "thing 3 (n00000007)"
    assert found.class_names[6] == "thing 3 (n00000006)"
    with tarfile.open(archives / "ILSVRC2012_img_val.tar") as tar:
        for id, reference in zip(found.ids, found.inputs, strict=True):
            member = tar.extractfile(f"{id}.JPEG")
            assert member is not None
            assert content(reference) == member.read()
    identity = canonical(task)
    assert str(archives.parent) not in identity
    with open(archives / "ILSVRC2012_img_val.tar", "ab") as file:
        file.write(b"\0" * 512)
    assert canonical(task) != identity


def test_imagenet_says_what_is_missing_or_cut_short(archives: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = ImageNet(path=str(archives))
    images, devkit = archives / "ILSVRC2012_img_val.tar", archives / "ILSVRC2012_devkit_t12.tar.gz"
    whole, kit = images.read_bytes(), devkit.read_bytes()
    images.write_bytes(whole[: len(whole) // 2 // 512 * 512])
    with pytest.raises(DataError, match=r"cannot be read|holds \d+ images, but .* the classes of 120"):
        task.load()
    images.write_bytes(whole)
    devkit.write_bytes(kit[: len(kit) // 2])
    with pytest.raises(DataError, match=r"ILSVRC2012_devkit_t12.tar.gz cannot be read: .*download it again"):
        task.load()
    with tarfile.open(devkit, "w:gz") as tar:
        member = tarfile.TarInfo("ILSVRC2012_devkit_t12/data/meta.mat")
        member.size = 200
        tar.addfile(
            member, io.BytesIO(b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + b"\x0f\0\0\0\x40\0\0\0" + b"z" * 64)
        )
    with pytest.raises(DataError, match=r"meta.mat does not list the classes: .*invalid|incorrect header"):
        task.load()
    devkit.write_bytes(kit)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "scipy.io", None)
        with pytest.raises(MissingDependency, match=r"pip install 'outgrow\[vision\]'"):
            task.load()
    images.unlink()
    for ask in (task.load, task.identity):
        with pytest.raises(DataError, match=r"img_val.tar is not there: .*https://image-net.org"):
            ask()


# Small ones


@pytest.mark.parametrize(
    ("name", "pack", "n", "side"), [("cifar10", "bigbench", 9_900, 32), ("mnist", "mnist-10k", 9_900, 28)]
)
def test_packed_images(
    name: str, pack: str, n: int, side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tasks[name]()
    assert pack in canonical(task)
    if packs.present(pack):
        found = task.load()
        assert len(found.ids) >= n
        check_examples(found, len(found.ids), 10)
        assert found.inputs.dtype == np.uint8
        assert found.inputs.shape[1:] == (side, side, 3)
        assert np.bincount(truth_of(found)).min() > 800
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path))
    with pytest.raises(PackMissing, match=f"`outgrow packs get {pack}` fetches it"):
        task.load()


def test_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    found = tasks["digits"]().load()
    check_examples(found, 1_797, 10)
    assert found.inputs.dtype == np.uint8
    assert (found.inputs.shape[1:], found.inputs.max()) == ((8, 8, 3), 255)
    from outgrow.tasks import digits

    with monkeypatch.context() as other:
        other.setattr(digits, "SHA256", "0" * 64)
        with pytest.raises(DataError, match="has other digits than"):
            tasks["digits"]().load()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingDependency, match=r"pip install 'outgrow\[vision\]'"):
        tasks["digits"]().load()
