"""Folders of images, their names and their bytes, as far as a network's input."""

from __future__ import annotations

import io
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged
from tests.fuzz.targets.tables import check_examples

NAMES = (
    "a.png", "b.PNG", "c.jpeg", "d.jfif", "e", "f.png.txt", ".hidden.png", "new\nline.png", "esc\x1b[2J.png",
    "a|5|7.png",     "a|0|0", "é.png", "bad\udcff.png", "sub/g.png", "sub/.h/i.png", "x" * 200 + ".png",
    "[b].png", "'q\".png", " .png",
    "#.png", "Thumbs.db", "j.webp", "k.tiff", "l.gif", "m.bmp", "n.ppm", "o.pgm", "\u202egnp.png", "CON.png",
    "$(x).png",
)  # fmt: skip
CLASSES = ("cat", "dog", "a\nb", "x\x1b[0m", "[/b]", "é", "bad\udcff", "train", "0", "1", "-1", ".hid", "empty", "'")
LARGEST = 1_500  # mebibytes: images of 89 million pixels may be read
FORMS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "ICO", "TGA", "PCX", "PDF", "EPS", "IM", "MPO", "JPEG2000")
MODES = ("RGB", "L", "RGBA", "LA", "P", "1", "CMYK", "I;16", "I", "F", "YCbCr", "LAB", "HSV")


@cache
def image(form: str, mode: str, size: tuple[int, int], colour: int) -> bytes:
    """A small image in a format; in RGB where the format has no such mode."""
    from PIL import Image

    for one in (mode, "RGB"):
        stream = io.BytesIO()
        try:
            made = Image.linear_gradient("L").resize(size).convert("RGB").point(lambda x: (x + colour) % 256)
            made = made.convert("L").convert(one) if one in ("I;16", "I", "F", "1", "P", "LA") else made.convert(one)
            made.save(stream, form)
        except (OSError, ValueError, KeyError):
            continue
        return stream.getvalue()
    return b""


def _any(rng: Rng) -> bytes:
    form = rng.choice(FORMS[:7] if rng.random() < 0.8 else FORMS)
    mode = rng.choice(("RGB", "RGB", *MODES))
    size = rng.choice(((8, 8), (8, 8), (1, 1), (1, 90), (90, 1), (16, 9), (1, 300)))
    data = image(form, mode, size, rng.randrange(4) * 40)
    return damaged(rng, data, other=image("PNG", "RGB", (8, 8), 0), most=3) if rng.random() < 0.5 else data


def _folder(rng: Rng) -> Case:
    classes = ["cat", "dog"] if rng.random() < 0.7 else rng.sample(CLASSES, rng.randint(1, 4))
    files = {}
    for name in classes:
        for i in range(rng.randrange(4)):
            place = f"{i}.png" if rng.random() < 0.6 else rng.choice(NAMES)
            files[f"{name}/{place}"] = _any(rng)
    for i, name in enumerate(("cat", "dog")):
        files[f"{name}/good.png"] = image("PNG", "RGB", (8, 8), 30 + 90 * i)
    labels = rng.choice(([], [], ["cat", "dog"], ["dog", "cat", "bird"]))
    return Case(files, {"labels": labels})


def _read(case: Case, folder: Path) -> None:
    from outgrow.tasks.image_folder import ImageFolder
    from outgrow.tasks.sources.images import Preprocessing
    from outgrow.vision.images import Images, check

    task = ImageFolder(path=str(folder), labels=tuple(case.options["labels"]))
    task.identity()
    examples = task.load()
    check_examples(examples)
    check(examples.inputs)
    pixels = Images(inputs=examples.inputs, preprocessing=Preprocessing(resolution=16), tokens=1)._pixels(
        __import__("numpy").arange(len(examples.ids))
    )
    if pixels.shape != (len(examples.ids), 16, 16, 3):
        raise Wrong(f"pixels of shape {pixels.shape}")


add("images", _folder, _read, share=0.15, mebibytes=LARGEST)


def _packed(rng: Rng) -> Case | None:
    """Images in a Parquet file, as the hub's datasets have them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = rng.choice((2, 4))
    cells: list[Any] = [{"bytes": _any(rng), "path": None} if rng.random() < 0.9 else None for _ in range(n)]
    cells = [{"bytes": image("PNG", "RGB", (8, 8), 60 * i), "path": ""} for i in range(2)] + cells
    labels = [rng.choice((0, 1, None, 5)) if i > 1 else i for i in range(len(cells))]
    table = pa.table({"image": cells, "label": labels})
    noted = rng.choice(
        (
            None,
            b'{"info":{"features":{"label":{"names":["a","b"],"_type":"ClassLabel"}}}}',
            b'{"info":{"features":{"label":{"names":5}}}}',
            b'{"info":[]}',
            b"{",
            b"[]",
            b'{"info":{"features":{"label":{"names":["a","a"]}}}}',
        )
    )
    if noted:
        table = table.replace_schema_metadata({b"huggingface": noted})
    stream = io.BytesIO()
    pq.write_table(table, stream)
    data = stream.getvalue()
    return Case({"i.parquet": damaged(rng, data, most=2) if rng.random() < 0.2 else data})


def _read_packed(case: Case, folder: Path) -> None:
    from outgrow.tasks.sources.hub_images import read_images

    check_examples(
        read_images([folder / "i.parquet"], "image", "label", (), size=16, limit=0, source="images of a dataset")
    )


add("image-rows", _packed, _read_packed, share=0.15, mebibytes=LARGEST)


@cache
def _archives() -> dict[str, bytes]:
    """ImageNet's two archives, with four images of two classes, and the files within the development kit."""
    import numpy as np
    from scipy.io import savemat

    synsets = np.zeros((3, 1), dtype=[(name, object) for name in ("ILSVRC2012_ID", "WNID", "words", "num_children")])
    for i in range(3):
        synsets[i, 0] = (float(i + 1), f"n{i:08}", f"thing {i}", float(i == 2))
    stream = io.BytesIO()
    savemat(stream, {"synsets": synsets}, do_compression=True)
    kit = {"meta.mat": stream.getvalue(), "ILSVRC2012_validation_ground_truth.txt": b"1\n2\n2\n1\n"}
    pictures = {f"ILSVRC2012_val_{i + 1:08}.JPEG": image("JPEG", "RGB", (8, 8), 40 * i) for i in range(4)}
    return {"pictures": _tar(pictures, "w:"), **kit}


def _tar(files: dict[str, bytes], mode: Any) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def _imagenet(rng: Rng) -> Case:
    files = dict(_archives())
    name = rng.choice((*files, *files, "kit", "none"))
    if name in files:
        files[name] = damaged(rng, files[name], most=2)
    pictures = files.pop("pictures")
    kit = _tar({f"ILSVRC2012_devkit_t12/data/{one}": content for one, content in files.items()}, "w:gz")
    kit = damaged(rng, kit, most=2) if name == "kit" else kit
    return Case({"ILSVRC2012_img_val.tar": pictures, "ILSVRC2012_devkit_t12.tar.gz": kit})


def _read_imagenet(case: Case, folder: Path) -> None:
    from outgrow.tasks.sources.imagenet import read

    check_examples(read(str(folder)))


add("imagenet", _imagenet, _read_imagenet, share=0.1)
