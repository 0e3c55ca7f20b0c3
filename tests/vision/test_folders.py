"""Folders of images as people have them: names, what lies beside the classes, links, and files that change later."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from truths import truth_of

from outgrow.errors import DataError
from outgrow.executors.base import compute
from outgrow.models.base import models
from outgrow.runtime import Runtime
from outgrow.specs import SplitSpec
from outgrow.steps import Context
from outgrow.steps.examples import Dataset
from outgrow.steps.features import Features
from outgrow.store import Store
from outgrow.tasks.image_folder import ImageFolder
from outgrow.tasks.imagenet import ImageNet
from outgrow.tasks.sources.images import Preprocessing, Reference, decode_all, shown

SPLIT = SplitSpec(supervisor=4, transfer=4, validation=2, test=8)
CPU = Runtime(device="cpu", precision="float32")


def load(folder: Path, **options: Any) -> Any:
    return ImageFolder(path=str(folder), **options).load()


def pixels(examples: Any) -> np.ndarray:
    return decode_all(examples.inputs, Preprocessing(resolution=4))


# Names


def test_a_file_may_have_any_name(folder: Path) -> None:
    plain = load(folder)
    before = pixels(plain)
    odd = [
        b"caf\xe9.png", b"a|5|7.png", b"two  blanks .png", b"[red]x[].png", b"line\nend.png", b"100%41?a=b&c#d.png",
        "été.png".encode(), b"$(x).png", b"-n.png",
    ]  # fmt: skip
    files = sorted(file for file in folder.rglob("*.*"))[: len(odd)]
    for file, name in zip(files, odd, strict=True):
        os.rename(file, os.path.join(os.fsencode(file.parent), name))
    found = load(folder)
    assert found.notes == []
    assert sorted(found.ids) == sorted(plain.ids)
    assert all(reference.isascii() for reference in found.inputs)
    order = [plain.ids.index(id) for id in found.ids]
    assert (pixels(found) == before[order]).all()
    assert ImageFolder(path=str(folder)).identity()["fingerprint"].startswith("sha256:")
    for name in odd:
        assert shown(name).isprintable()
    (folder / "cat" / "x").mkdir()
    bad = os.path.join(os.fsencode(folder), b"cat", b"x", b"b\xe9d\n.png")
    with open(bad, "wb") as spoilt:
        spoilt.write(b"spoilt")
    (note,) = load(folder).notes
    assert note.startswith(r"skipped 1 image that cannot be used: cat/x/b\xe9d\n.png (cannot be read")


def test_a_class_may_have_any_name_and_so_may_the_folder(folder: Path, tmp_path: Path) -> None:
    root = os.path.join(os.fsencode(tmp_path), b"b\xfccher [1]")
    os.rename(folder, root)
    os.rename(os.path.join(root, b"cat"), os.path.join(root, b"k\xe4tzchen"))
    found = load(Path(os.fsdecode(root)))
    assert found.class_names == ("dog", r"k\xe4tzchen", "newt")
    assert len(pixels(found)) == 24


@pytest.mark.parametrize(
    "name", ["photo.jfif", "photo.JFIF", "photo", "photo.JPE", "photo.jpg~", "0a1b2c", "photo.dat"]
)
def test_an_image_is_known_by_its_suffix_or_by_its_content(folder: Path, name: str) -> None:
    (folder / "cat" / "0.JPG").rename(folder / "cat" / name)
    found = load(folder)
    assert (len(found.ids), found.notes) == (24, [])


def test_links_are_followed_once_and_never_in_a_circle(folder: Path, tmp_path: Path) -> None:
    plain = load(folder)
    linked = tmp_path / "linked"
    linked.mkdir()
    for name in ("cat", "dog"):
        (linked / name).symlink_to(folder / name)
    (linked / "newt").mkdir()
    (linked / "newt" / "inner").symlink_to(folder / "newt")
    (folder / "newt" / "round").symlink_to(folder)
    (folder / "newt" / "itself").symlink_to(folder / "newt")
    (linked / "newt" / "gone.png").symlink_to(tmp_path / "gone.png")
    found = load(linked)
    assert sorted(found.ids) == sorted(plain.ids)
    assert found.notes == ["passed over links to nothing: newt/gone.png"]
    assert load(folder).ids == plain.ids


# What lies beside the classes


def test_what_is_no_class_is_told_and_never_a_class(folder: Path, make_picture: Callable[..., Any]) -> None:
    plain = load(folder)
    for name in (".git", "__MACOSX", "@eaDir", "empty", "only-text", "only-broken", "only-copies"):
        (folder / name).mkdir()
    for name in (".git", "__MACOSX", "@eaDir"):
        make_picture(99).save(folder / name / "1.png")
    (folder / "cat" / "@eaDir").mkdir()
    make_picture(98).save(folder / "cat" / "@eaDir" / "thumbnail.png")
    (folder / "only-text" / "readme.txt").write_text("text")
    (folder / "only-broken" / "1.png").write_bytes(b"spoilt")
    make_picture(97).save(folder / "loose.png")
    (folder / "readme.md").write_text("text")
    (folder / "stray").mkdir()
    make_picture(96).save(folder / "stray" / "1.png")
    found = load(folder)
    assert found.class_names == plain.class_names
    assert (found.ids, found.n_classes) == (plain.ids, 3)
    assert (found.truth == plain.truth).all()
    assert found.notes[0] == "skipped 1 file of other kinds: only-text/readme.txt"
    assert found.notes[1:3] == [
        "passed over 1 image in no class's folder: loose.png",
        "passed over what other programs have left: @eaDir, __MACOSX",
    ]
    assert found.notes[3].startswith("skipped 1 image that cannot be used: only-broken/1.png")
    assert found.notes[4:] == [
        "taken for no class, since it has one image: 'stray'; set labels = [...] if it is one",
        "taken for no class, since no image of it is left: 'empty', 'only-broken', 'only-copies', 'only-text', 'stray'",
    ]
    chosen = load(folder, labels=("cat", "dog", "stray"))
    assert chosen.class_names == ("cat", "dog", "stray")
    with pytest.raises(DataError, match="the folder of the class 'empty' has no image that can be used"):
        load(folder, labels=("cat", "dog", "empty"))


def test_a_class_whose_images_are_all_in_another_too_is_no_class(folder: Path) -> None:
    shutil.copytree(folder / "cat", folder / "kitten")
    with pytest.raises(DataError, match="every usable image is 'dog'"):
        load(folder, labels=("cat", "dog", "kitten"))
    found = load(folder)
    assert found.class_names == ("dog", "newt")
    assert found.notes[-1] == "taken for no class, since no image of it is left: 'cat', 'kitten'"
    assert set(truth_of(found).tolist()) == {0, 1}


@pytest.mark.parametrize("names", [("train", "val"), ("Train", "test", "valid"), ("training", "testing")])
def test_parts_of_a_data_set_are_no_classes(folder: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    root = tmp_path / "whole"
    for name in names:
        shutil.copytree(folder, root / name)
    with pytest.raises(DataError, match=rf"are parts of a data set and no classes: set path to .*{names[0]}"):
        load(root)
    assert load(root / names[0]).class_names == ("cat", "dog", "newt")


def test_a_folder_too_many_is_told(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "unpacked"
    shutil.copytree(folder, root / "photographs")
    with pytest.raises(DataError, match=r"which has the folders cat, dog, newt; .*set path = '.*photographs'"):
        load(root)


def test_images_in_formats_that_are_not_read_are_told_and_most_are_an_error(folder: Path) -> None:
    (folder / "cat" / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    assert load(folder).notes == ["skipped 1 image in a format that is not read: cat/phone.HEIC"]
    for i in range(30):
        (folder / "dog" / f"{i}.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(DataError, match=r"skipped 31 images in a format that is not read: .*save them as PNG or JPEG"):
        load(folder)


def test_most_images_broken_is_an_error_that_names_the_first(folder: Path) -> None:
    files = sorted(folder.rglob("*.*"))
    for file in files[:12]:
        file.write_bytes(b"spoilt")
    assert len(load(folder).ids) == 12
    files[12].write_bytes(b"spoilt")
    with pytest.raises(DataError, match=r"13 of 24 images cannot be used; cat/0.JPG cannot be read"):
        load(folder)


def test_grey_images_of_many_bits_have_one_white(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for name, top in (("dark", 500), ("light", 4_000)):
        (folder / name).mkdir()
        for i in range(3):
            values = rng.integers(0, top, (20, 20)).astype(np.uint16)
            Image.fromarray(values).save(folder / name / f"{i}.tif")
    found = load(folder, labels=("dark", "light"))
    means = pixels(found).mean((1, 2, 3)).reshape(2, 3).mean(1)
    assert np.abs(means - [16, 124]).max() < 4
    assert found.notes[0].startswith("6 images with grey values of more than 8 bits, up to 3,9")
    assert found.notes[0].endswith(": 4,095 is white")
    with pytest.raises(DataError, match="every usable image is 'dark'"):
        load(folder, labels=("dark",))


# Files that change


def dataset(folder: Path) -> Dataset:
    return Dataset(task=ImageFolder(path=str(folder)), split=SPLIT)


def features(folder: Path, store: Store, resolution: int) -> np.ndarray:
    context = Context(store, CPU)
    step = Features(model=models["pixels"](resolution=resolution), dataset=dataset(folder), start=None)
    for needed in (step.dataset, step):
        compute(needed, store, context)
    return np.array(step.read(context))


def test_a_copy_of_a_folder_is_read_itself_whatever_became_of_the_first(folder: Path, tmp_path: Path) -> None:
    first, copy = folder, tmp_path / "copy"
    shutil.copytree(first, copy)
    assert dataset(first).key == dataset(copy).key
    store = Store(tmp_path / "store")
    features(first, store, 4)
    right = features(copy, Store(tmp_path / "fresh"), 8)
    for file in first.rglob("*.png"):  # the first folder is overwritten, the copy is as it was
        Image.new("RGB", (40, 34), "red").save(file)
    np.testing.assert_array_equal(features(copy, store, 8), right)
    shutil.rmtree(first)
    np.testing.assert_array_equal(features(copy, store, 6), features(copy, Store(tmp_path / "fresh"), 6))
    shutil.move(copy, tmp_path / "moved")
    np.testing.assert_array_equal(features(tmp_path / "moved", store, 9), features(tmp_path / "moved", store, 9))


def test_a_file_that_changes_after_the_examples_were_read_is_an_error(folder: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    step = dataset(folder)
    compute(step, store, Context(store, CPU))
    data = step.read(Context(store, CPU))
    assert decode_all(data.inputs, Preprocessing(resolution=4)).shape == (24, 4, 4, 3)
    file = Path(Reference.of(data.inputs[5]).name)
    whole = file.read_bytes()
    file.write_bytes((folder / "newt" / "0.JPG").read_bytes() + b"x")
    with pytest.raises(DataError, match=rf"image '{file}' has changed since the examples were read: put the file back"):
        decode_all(data.inputs, Preprocessing(resolution=4))
    assert dataset(folder).key != step.key
    file.write_bytes(whole)
    decode_all(data.inputs, Preprocessing(resolution=4))


def test_an_archive_of_imagenet_that_changes_is_an_error_and_a_copy_is_read_itself(
    archives: Path, tmp_path: Path
) -> None:
    found = ImageNet(path=str(archives)).load()
    right = pixels(found)
    copy = tmp_path / "copy"
    shutil.copytree(archives, copy)
    tar = archives / "ILSVRC2012_img_val.tar"
    place = Reference.of(found.inputs[3])
    packed = bytearray(tar.read_bytes())
    packed[place.offset + place.size // 2] ^= 1
    tar.write_bytes(packed)
    with pytest.raises(DataError, match=r"img_val.tar' has changed since the examples were read"):
        pixels(found)
    there = ImageNet(path=str(copy)).located(found.inputs)
    assert (decode_all(there, Preprocessing(resolution=4)) == right).all()


# Classes that are none


@pytest.mark.parametrize("twin", ["Bar", "bar ", "b_ar", "b-ar"])
def test_folders_with_names_alike_are_not_two_classes(twin: str, tmp_path: Path) -> None:
    for label, name in enumerate(["bar", twin, "disc"]):
        (tmp_path / name).mkdir()
        for i in range(8):
            Image.new("RGB", (8, 8), (20 * i, 90 * label, 9)).save(tmp_path / name / f"{i}.png")
    with pytest.raises(DataError, match=r"says both '.*' \(8 rows\) and '.*' \(8\), which are alike"):
        load(tmp_path)
    assert load(tmp_path, labels=("bar", twin, "disc")).n_classes == 3


def test_a_folder_for_each_image_is_no_class(tmp_path: Path) -> None:
    for i in range(24):
        (tmp_path / f"item{i}").mkdir()
        Image.new("RGB", (8, 8), (10 * i, 90, 9)).save(tmp_path / f"item{i}" / "front.png")
    with pytest.raises(DataError, match="24 folders hold 24 images, so they are hardly classes"):
        load(tmp_path)


def test_one_image_in_two_formats_is_one_group(folder: Path) -> None:
    plain = load(folder)
    first, other = sorted(one for one in folder.iterdir() if one.is_dir())[:2]
    files = sorted(first.glob("*.png"))[:3]
    for i, file in enumerate(files):
        with Image.open(file) as image:
            image.save((other if i == 2 else first) / f"twin{i}.bmp")
    found = load(folder)
    assert len(found.ids) == len(plain.ids) + 3
    assert len(set(found.groups)) == len(set(plain.groups))
    assert plain.groups == plain.ids
    assert found.notes[-1] == (
        "3 images are the same as another, pixel by pixel, 1 of them of another class: they stay in one group with it"
    )
