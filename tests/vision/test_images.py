"""Decoding, resizing and normalising, against values made by hand; what is refused, and why."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from outgrow.errors import DataError
from outgrow.learning.batching import batches
from outgrow.learning.predict import in_batches
from outgrow.tasks.sources import decoding
from outgrow.tasks.sources.image_rows import image_id
from outgrow.tasks.sources.images import Preprocessing, content, crop_and_resize, decode, refer
from outgrow.vision.images import Images, check

CPU = torch.device("cpu")
PLAIN: dict[str, Any] = {"mean": (0.0, 0.0, 0.0), "deviation": (1.0, 1.0, 1.0)}


def decoded(image: Any, form: str = "PNG", **options: Any) -> np.ndarray:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return np.asarray(decode(stream.getvalue(), name="it"))


def test_colours_come_out_as_they_went_in() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 3)).astype(np.uint8)
    for form in ("PNG", "BMP", "TIFF", "PPM"):
        assert (decoded(Image.fromarray(pixels), form) == pixels).all()
    assert np.abs(decoded(Image.new("RGB", (16, 16), (200, 30, 90)), "JPEG") - np.array([200, 30, 90])).max() <= 3
    assert (
        np.abs(decoded(Image.new("CMYK", (16, 16), (0, 255, 0, 0)), "JPEG")[0, 0] - np.array([255, 0, 255])).max() < 9
    )


def test_grey_is_three_equal_colours() -> None:
    grey = np.array([[0, 128, 255]], np.uint8)
    assert decoded(Image.fromarray(grey)).tolist() == [[[0] * 3, [128] * 3, [255] * 3]]
    assert decoded(Image.fromarray(grey > 100)).tolist() == [[[0] * 3, [255] * 3, [255] * 3]]
    deep = Image.fromarray(np.array([[0, 256, 32768, 65535]], np.uint16))
    assert decoded(deep)[0, :, 0].tolist() == [0, 1, 128, 255]
    assert decoded(Image.merge("LA", [Image.new("L", (1, 1), 100), Image.new("L", (1, 1), 255)])).tolist() == [
        [[100] * 3]
    ]


def test_what_is_transparent_is_white() -> None:
    clear = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [0, 0, 0, 51]]], np.uint8)
    assert decoded(Image.fromarray(clear)).tolist() == [[[255] * 3, [10, 20, 30], [204] * 3]]
    palette = Image.new("P", (2, 1))
    palette.putpalette([9, 8, 7, 60, 70, 80])
    palette.putpixel((1, 0), 1)
    assert decoded(palette).tolist() == [[[9, 8, 7], [60, 70, 80]]]
    assert decoded(palette, transparency=0).tolist() == [[[255] * 3, [60, 70, 80]]]
    assert decoded(palette, "GIF", transparency=0).tolist() == [[[255] * 3, [60, 70, 80]]]


def test_the_middle_is_cut_out() -> None:
    pixels = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    assert (crop_and_resize(Image.fromarray(pixels), Preprocessing(resolution=2)) == pixels[:, 1:3]).all()
    tall = pixels.transpose(1, 0, 2)
    assert (crop_and_resize(Image.fromarray(tall), Preprocessing(resolution=2)) == tall[1:3]).all()
    square = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    assert (crop_and_resize(Image.fromarray(square), Preprocessing(resolution=4, crop=0.5)) == square[2:6, 2:6]).all()


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (17, 300), (224, 224), (33, 32), (1, 1)])
@pytest.mark.parametrize("crop", [1.0, 0.875, 0.6])
def test_every_shape_becomes_the_resolution(size: tuple[int, int], crop: float) -> None:
    one = Image.new("RGB", size, (7, 100, 250))
    for resolution in (1, 32, 224):
        found = crop_and_resize(one, Preprocessing(resolution=resolution, crop=crop))
        assert found.shape == (resolution, resolution, 3)
        assert (found == [7, 100, 250]).all()


def test_resizing_averages_and_the_filters_differ() -> None:
    board = np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((4, 4)))[..., None] * np.array([255, 255, 255])
    whole = crop_and_resize(Image.fromarray(board.astype(np.uint8)), Preprocessing(resolution=1))
    assert abs(int(whole[0, 0, 0]) - 128) <= 2
    edge = Image.fromarray(np.repeat(np.array([[0, 0, 255, 255]], np.uint8), 4, 0)).convert("RGB")
    rows = {
        name: crop_and_resize(edge, Preprocessing(resolution=8, filter=name))[0, :, 0]
        for name in ("bicubic", "bilinear")
    }
    assert rows["bilinear"].tolist() == [0, 0, 0, 64, 191, 255, 255, 255]
    assert rows["bicubic"].tolist() != rows["bilinear"].tolist()
    assert (np.diff(rows["bicubic"].astype(int)) >= 0).all()


def test_batches_are_normalised_by_colour() -> None:
    pixels = np.zeros((2, 2, 2, 3), np.uint8)
    pixels[1] = [255, 127, 51]
    found = Images(inputs=pixels, preprocessing=Preprocessing(resolution=2), tokens=1).batch(np.array([1, 0]), CPU)
    assert (found.shape, found.dtype) == ((2, 3, 2, 2), torch.float32)
    assert found.is_contiguous(memory_format=torch.channels_last)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(found[0, :, 0, 0], (torch.tensor([1.0, 127 / 255, 0.2]) - mean) / deviation)
    torch.testing.assert_close(found[1, :, 1, 1], -mean / deviation)


def test_files_archives_and_arrays_give_the_same(tmp_path: Path, make_picture: Callable[..., Any]) -> None:
    pictures = [make_picture(i, size=(20, 20)) for i in range(5)]
    references = []
    with tarfile.open(tmp_path / "all.tar", "w:") as tar:
        for i, one in enumerate(pictures):
            one.save(tmp_path / f"{i}.png")
            tar.add(tmp_path / f"{i}.png", f"{i}.png")
    with tarfile.open(tmp_path / "all.tar") as tar:
        for member in tar:
            hash = image_id((tmp_path / member.name).read_bytes())
            references.append(refer(tmp_path, "all.tar", hash, offset=member.offset_data, size=member.size))
    preprocessing = Preprocessing(resolution=12, crop=0.8)
    files = np.array([str(tmp_path / f"{i}.png") for i in range(5)], dtype=object)
    arrays = np.stack([np.asarray(one) for one in pictures])
    rows = np.array([3, 0, 4])
    found = [
        Images(inputs=inputs, preprocessing=preprocessing, tokens=1).batch(rows, CPU)
        for inputs in (arrays, files, np.array(references, dtype=object))
    ]
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
    assert content(references[2]) == (tmp_path / "2.png").read_bytes()


def test_large_images_come_in_small_batches_of_random_rows() -> None:
    rows = Images(inputs=np.zeros((1_000, 2, 2, 3), np.uint8), preprocessing=Preprocessing(resolution=2), tokens=49)
    assert {len(piece) for piece in in_batches(rows)} == {20, 12, 8}
    one = batches(rows.lengths, 100, rng=np.random.default_rng(0))[0]
    assert (one == np.random.default_rng(0).permutation(1_000)[:100]).all()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = [
        struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in (head, body, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("size", [(9_000, 9_990), (12_000, 10_000), (60_000, 60_000)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bombs_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(DataError, match=r"image 'it'.*pixels"):
        decode(claiming(*size), name="it")


def test_lines_are_refused(pack_picture: Callable[..., bytes]) -> None:
    with pytest.raises(DataError, match="image 'it' is refused: 1 x 101 pixels"):
        decode(pack_picture(Image.new("RGB", (1, 101))), name="it")
    decode(pack_picture(Image.new("RGB", (1, 100))), name="it")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
def test_damaged_images_are_named(
    form: str, make_picture: Callable[..., Any], pack_picture: Callable[..., bytes]
) -> None:
    whole = pack_picture(make_picture(0), form)
    decode(whole, name="it")
    for broken in (whole[: len(whole) // 2], whole[:12], b"", b"no image at all"):
        with pytest.raises(DataError, match=r"image '/a/b.jpg' cannot be read"):
            decode(broken, name="/a/b.jpg")


def test_other_formats_are_not_read(pack_picture: Callable[..., bytes]) -> None:
    for form in ("EPS", "PDF", "ICO"):
        with pytest.raises(DataError, match="cannot be read"):
            decode(pack_picture(Image.new("RGB", (16, 16)), form), name="it")


def test_images_that_are_gone_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone.png' cannot be read: No such file.*were moved, put them back"):
        content(refer(tmp_path, "gone.png", "0" * 16))
    (tmp_path / "short.tar").write_bytes(b"0123456789")
    assert content(refer(tmp_path, "short.tar", image_id(b"456789"), offset=4, size=6)) == b"456789"
    with pytest.raises(DataError, match="its file ends before byte 11"):
        content(refer(tmp_path, "short.tar", image_id(b"456789"), offset=4, size=7))


@pytest.mark.parametrize(
    ("inputs", "shown"),
    [
        (np.zeros((4, 4, 16), np.float32), r"float32 \[4, 4, 16\]"),
        (np.zeros((4, 64), np.uint8), r"uint8 \[4, 64\]"),
        (np.zeros((4, 8, 8, 1), np.uint8), r"uint8 \[4, 8, 8, 1\]"),
        (np.array(["a dull film"], dtype=object), "texts such as 'a dull film'"),
        (np.array([["/a", "/b"]], dtype=object), "texts such as '/a'"),
    ],
)
def test_other_inputs_are_no_images(inputs: np.ndarray, shown: str) -> None:
    with pytest.raises(DataError, match=f"needs a task with images, and this one has {shown}; choose cifar10"):
        check(inputs)


def test_pillow_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from outgrow.errors import MissingDependency

    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingDependency, match=r"pip install 'outgrow\[vision\]'"):
        decoding.library()
