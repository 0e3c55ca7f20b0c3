"""One picture stored in many ways looks the same, or is refused with the reason."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from outgrow.errors import DataError
from outgrow.tasks.sources.decoding import TURNS, decoded, recognised, white_of
from outgrow.tasks.sources.looks import judged, look_at_all, told, whites

GREY = np.add.outer(np.arange(24), 9 * np.arange(16)).astype(np.uint8)  # 24 high, 16 wide, 0 ... 158, no symmetry


def saved(image: Any, form: str = "TIFF", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def grey_of(packed: bytes, **options: Any) -> np.ndarray:
    found = np.asarray(decoded(packed, **options).image).astype(int)
    assert found.shape[2:] == (3,)
    assert (found == found[..., :1]).all()
    return found[..., 0]


def colours() -> Any:
    return Image.fromarray(np.stack([GREY, GREY[::-1], 200 - GREY], -1))


# Turned


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_data_say(orientation: int, form: str) -> None:
    upright = colours()
    undo = {"ROTATE_90": "ROTATE_270", "ROTATE_270": "ROTATE_90"}
    turn = TURNS.get(orientation, "")
    stored = upright.transpose(getattr(Image.Transpose, undo.get(turn, turn))) if turn else upright
    exif = Image.Exif()
    exif[274] = orientation
    own: dict[str, dict[str, Any]] = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}
    found = np.asarray(decoded(saved(stored, form, exif=exif, **own.get(form, {}))).image).astype(int)
    assert found.shape == (24, 16, 3)
    assert np.abs(found - np.asarray(upright)).max() <= (8 if form == "JPEG" else 0)


def test_the_orientation_is_that_of_the_camera_not_of_our_own_reading() -> None:
    """Orientation 6, by the standard: the first row as stored is the right side as seen."""
    stored = Image.fromarray(np.array([[10, 20, 30], [40, 50, 60]], np.uint8))
    exif = Image.Exif()
    exif[274] = 6
    assert grey_of(saved(stored, "PNG", exif=exif)).tolist() == [[40, 10], [50, 20], [60, 30]]


@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_broken_exif_data_turn_nothing(exif: bytes) -> None:
    whole = saved(Image.fromarray(GREY), "JPEG", quality=100)
    packed = whole[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + whole[2:]
    assert np.abs(grey_of(packed) - GREY).max() <= 3


# Depths


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (GREY.astype(np.uint16) * 257, "PNG"),
        (GREY.astype(np.uint16) * 257, "TIFF"),
        (GREY.astype(np.int32) * 257, "TIFF"),
        (GREY.astype(np.uint16) * 64, "TIFF"),
        (GREY.astype(np.uint16) * 16, "TIFF"),
        (GREY.astype(np.uint16) * 16, "PNG"),
        (GREY.astype(np.uint16) * 4, "TIFF"),
        (GREY.astype(np.uint16), "TIFF"),
        (GREY.astype(np.uint16), "PNG"),
        ((GREY / 255).astype(np.float32), "TIFF"),
        (GREY.astype(np.float32), "TIFF"),
        (GREY.astype(np.float32) * 257, "TIFF"),
    ],
)
def test_grey_values_of_every_depth_look_the_same(values: np.ndarray, form: str) -> None:
    found = decoded(saved(Image.fromarray(values), form))
    assert np.abs(np.asarray(found.image)[..., 0].astype(int) - GREY).max() <= 1
    assert found.depth == ("real" if values.dtype == np.float32 else "whole")
    assert found.top == pytest.approx(values.max())


def test_a_white_given_is_the_white() -> None:
    packed = saved(Image.fromarray(np.array([[0, 600, 4095]], np.uint16)))
    assert grey_of(packed).tolist() == [[0, 37, 255]]
    assert grey_of(packed, white=65_535).tolist() == [[0, 2, 16]]
    assert grey_of(packed, white=1_000).tolist() == [[0, 153, 255]]


def test_a_tiff_whose_zero_is_white_is_turned_about() -> None:
    for values in (GREY.astype(np.uint16) * 257, GREY):
        packed = saved(Image.fromarray(values), tiffinfo={262: 0})
        if values.dtype == np.uint8:  # which Pillow writes turned about, too
            assert (grey_of(packed) == values).all()
        else:
            assert np.abs(grey_of(packed) - (255 - GREY.astype(int))).max() <= 1


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.linspace(-1, 1, 12, dtype=np.float32), "its values begin at -1, so it is not known which is black"),
        (np.array([0, np.nan, 1], np.float32), "not finite numbers"),
        (np.array([0, np.inf, 1], np.float32), "not finite numbers"),
        (np.array([0, 1e9, 1], np.float32), "go up to 1e.09, so it is not known which is white"),
        (np.array([0, 70_000, 9], np.int32), "go up to 70,000, so"),
        (np.array([-5, 70, 9], np.int32), "begin at -5, so"),
    ],
)
def test_values_that_no_picture_has_are_refused(values: np.ndarray, why: str) -> None:
    with pytest.raises(DataError, match=why):
        decoded(saved(Image.fromarray(values[None])))


def test_whites_are_those_of_whole_bits() -> None:
    assert [white_of("whole", top) for top in (1, 255, 256, 4_095, 4_096, 65_535)] == [
        255,
        255,
        1023,
        4095,
        16383,
        65535,
    ]
    assert [white_of("real", top) for top in (0.2, 1, 1.1, 254.7, 256, 4_095.5)] == [1, 1, 1, 255, 255, 4_095]


def test_one_bit_and_few_bits() -> None:
    board = GREY > 80
    for form in ("PNG", "TIFF", "BMP", "PPM", "GIF"):
        assert (grey_of(saved(Image.fromarray(board), form)) == 255 * board).all()
    four = Image.fromarray((GREY // 17 * 17).astype(np.uint8)).quantize(16)
    assert np.abs(grey_of(saved(four, "PNG", bits=4)) - GREY // 17 * 17).max() <= 8


# Colours


def test_every_way_to_write_colours_looks_the_same() -> None:
    plain = np.asarray(colours()).astype(int)
    for mode, form in (("CMYK", "JPEG"), ("CMYK", "TIFF"), ("YCbCr", "TIFF"), ("LAB", "TIFF"), ("RGBX", "TIFF")):
        options = {"quality": 100, "subsampling": 0} if form == "JPEG" else {}
        found = np.asarray(decoded(saved(colours().convert(mode), form, **options)).image).astype(int)
        assert np.abs(found - plain).mean() <= 2, mode


def test_what_is_transparent_has_white_behind_it_in_every_mode() -> None:
    alpha = Image.fromarray(np.where(GREY > 80, 255, 0).astype(np.uint8))
    grey = Image.fromarray(GREY)
    expected = np.where(GREY > 80, GREY, 255)
    for image in (Image.merge("LA", [grey, alpha]), Image.merge("RGBA", [grey] * 3 + [alpha])):
        for form in ("PNG", "TIFF") if image.mode == "RGBA" else ("PNG",):
            assert (grey_of(saved(image, form)) == expected).all()
    deep = Image.fromarray(GREY.astype(np.uint16) * 257)
    assert grey_of(saved(deep, "PNG", transparency=0))[0, 0] == 255  # the value 0 is clear
    assert grey_of(saved(deep, "PNG", transparency=0))[0, 1] == 9
    assert grey_of(saved(grey, "PNG", transparency=0))[0, :2].tolist() == [255, 9]
    half = np.asarray(decoded(saved(Image.new("RGBA", (2, 2), (0, 0, 0, 51)), "PNG")).image)
    assert (half == 204).all()


def test_a_colour_profile_says_what_the_numbers_mean() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = np.asarray(colours())
    for useless in (srgb, lab, b"nonsense"):  # the usual one, one for other colours, a broken one
        assert (np.asarray(decoded(saved(colours(), "PNG", icc_profile=useless)).image) == plain).all()
    swapped = srgb.replace(b"rXYZ", b"tmp_", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"tmp_", b"gXYZ", 1)
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be")).replace(b"sRGB", b"mine")
    found = np.asarray(decoded(saved(Image.new("RGB", (4, 4), (250, 10, 10)), "PNG", icc_profile=swapped)).image)
    assert (found[0, 0] == [10, 250, 10]).sum() >= 1
    assert found[0, 0, 1] > 200 > found[0, 0, 0]


def test_deep_colours_that_leave_their_upper_bits_unused_are_refused() -> None:
    def png(scale: int) -> bytes:
        values = (GREY[..., None].astype(np.uint32) * scale * np.array([1, 1, 1])).astype(">u2")
        rows = b"".join(b"\0" + row.tobytes() for row in values)
        chunks = (b"IHDR" + struct.pack(">IIBBBBB", 16, 24, 16, 2, 0, 0, 0), b"IDAT" + zlib.compress(rows), b"IEND")
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks
        )

    assert np.abs(grey_of(png(257)) - GREY).max() <= 1
    for scales, bad in (((257, 16), 0), ((16, 16), 2), ((64, 16), 2)):
        files = [png(scale) for scale in scales]
        looks = judged(look_at_all(["a", "b"], files.__getitem__))
        assert [bool(one.problem) for one in looks] == [bool(bad)] * 2
    assert "no colours of 16 bits reach 16,384, so it is not known what is white" in looks[0].problem


# Several, plain, broken


def test_what_there_is_to_tell_of_many_images() -> None:
    other = Image.fromarray(GREY[::-1].copy())
    files = {
        "moving.gif": saved(Image.fromarray(GREY), "GIF", save_all=True, append_images=[other]),
        "moving.png": saved(Image.fromarray(GREY), "PNG", save_all=True, append_images=[other]),
        "moving.webp": saved(colours(), "WEBP", save_all=True, append_images=[other.convert("RGB")], lossless=True),
        "pages.tif": saved(Image.fromarray(GREY), "TIFF", save_all=True, append_images=[other]),
        "phone.jpg": saved(colours(), "MPO", save_all=True, append_images=[colours()]),
        "plain.png": saved(Image.new("RGB", (9, 9), "red"), "PNG"),
        "clear.png": saved(Image.new("RGBA", (9, 9), (1, 2, 3, 0)), "PNG"),
        "dark.tif": saved(Image.fromarray(GREY.astype(np.uint16) * 4)),
        "bright.tif": saved(Image.fromarray(GREY.astype(np.uint16) * 16)),
        "broken.png": b"\x89PNG\r\n\x1a\n",
    }
    looks = judged(look_at_all(list(files), lambda i: list(files.values())[i]))
    notes = told(looks, source="it")
    assert notes[0].startswith("skipped 1 image that cannot be used: broken.png (cannot be read: it begins as none of")
    assert notes[1:] == [
        "2 images of one colour throughout, kept: plain.png, clear.png",
        "4 images with several frames or pages, the first taken: moving.gif, moving.png, moving.webp, and others",
        f"2 images with grey values of more than 8 bits, up to {158 * 16 + 22 * 16 - 22 * 16:,}: 4,095 is white",
    ]
    assert whites(looks) == {"whole": 4_095}
    first = np.asarray(decoded(files["pages.tif"]).image)[..., 0]
    assert (first == GREY).all()
    with pytest.raises(DataError, match=r"it: 1 of 1 images cannot be used; broken.png cannot be read"):
        told(looks[-1:], source="it")


def test_a_file_is_recognised_by_how_it_begins(tmp_path: Any) -> None:
    for form in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM"):
        (tmp_path / form).write_bytes(saved(colours(), form))
        assert recognised(str(tmp_path / form))
    for name, content in {"text": b"P3 is what it says", "empty": b"", "zip": b"PK\3\4" + bytes(99)}.items():
        (tmp_path / name).write_bytes(content)
        assert not recognised(str(tmp_path / name))
    assert not recognised(str(tmp_path / "none"))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_damage_anywhere_gives_an_image_or_one_error(form: str) -> None:
    whole = bytearray(saved(colours(), form))
    rng = np.random.default_rng(0)
    for _ in range(60):
        packed = whole.copy()
        for place in rng.integers(0, len(packed), 3):
            packed[place] = int(rng.integers(256))
        damaged = bytes(packed[: rng.integers(1, 2 * len(packed))])
        (look,) = look_at_all(["it"], [damaged].__getitem__)
        assert look.id or look.problem.startswith(("cannot be read: ", "is refused: "))
