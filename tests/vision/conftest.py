"""Tiny images, tiny random vision models in a cache of the hub, and an archive of photographs like ImageNet's."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PIL")

NORMALISATION = {"image_mean": [0.5, 0.25, 0.75], "image_std": [0.5, 0.25, 0.125]}


def picture(seed: int, *, size: tuple[int, int] = (40, 34), colour: int = 0) -> Any:
    """A smooth random image with more of one colour."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    small = rng.integers(0, 160, (5, 5, 3)).astype(np.uint8)
    small[..., colour] += 80
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def packed(image: Any, form: str = "PNG") -> bytes:
    """An image as the bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


@pytest.fixture(scope="session")
def make_picture() -> Callable[..., Any]:
    return picture


@pytest.fixture(scope="session")
def pack_picture() -> Callable[..., bytes]:
    return packed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight images of each of three classes, PNG and JPEG, grey ones among them."""
    root = tmp_path / "photographs"
    for label, name in enumerate(("cat", "dog", "newt")):
        (root / name / "more").mkdir(parents=True)
        for i in range(8):
            image = picture(10 * label + i, colour=label)
            image = image.convert("L") if i == 3 else image
            place = root / name / ("more" if i > 5 else "")
            (place / f"{i}.{'png' if i % 2 else 'JPG'}").write_bytes(packed(image, "PNG" if i % 2 else "JPEG"))
    return root


@pytest.fixture(scope="session")
def tiny_eye(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The folder of a tiny random vision model: `tiny_eye("vit", seed=1)`; `pickled` as older repositories are."""
    t = pytest.importorskip("transformers")
    import torch

    small = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "initializer_range": 0.3}
    configs = {
        "vit": lambda: t.ViTConfig(**small, intermediate_size=24, image_size=32, patch_size=8),
        "dinov2": lambda: t.Dinov2Config(**small, image_size=56, patch_size=14),
        "registers": lambda: t.Dinov2WithRegistersConfig(**small, image_size=56, patch_size=14, num_register_tokens=3),
        "resnet": lambda: t.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"),
        "mobilenet": lambda: t.MobileNetV2Config(depth_multiplier=0.1),
        "swin": lambda: t.SwinConfig(
            image_size=32,
            patch_size=4,
            embed_dim=8,
            depths=[1, 1],
            num_heads=[1, 2],
            window_size=4,
            drop_path_rate=0.0,
        ),
        "bert": lambda: t.BertConfig(vocab_size=20, **small, intermediate_size=24),
    }
    made: dict[Any, Path] = {}

    def give(family: str, *, seed: int = 0, pickled: bool = False, normalised: bool = True) -> Path:
        wanted = (family, seed, pickled, normalised)
        if wanted not in made:
            from outgrow.hub import transformers_library

            transformers_library()
            place = made[wanted] = tmp_path_factory.mktemp(family)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                model = t.AutoModel.from_config(configs[family]())
                for name, value in model.named_buffers():
                    if name.endswith("running_mean"):
                        value.normal_(std=0.1)
                for value in model.parameters():
                    if value.ndim == 4 and family == "mobilenet":  # else nothing of the image would be left
                        torch.nn.init.kaiming_normal_(value)
            if pickled:
                model.config.save_pretrained(place)
                torch.save(model.state_dict(), place / "pytorch_model.bin")
            else:
                model.save_pretrained(place)
            if normalised:
                (place / "preprocessor_config.json").write_text(json.dumps(NORMALISATION))
        return made[wanted]

    return give


@pytest.fixture
def eyes_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_eye: Callable[..., Path]
) -> Iterator[Callable[[str, Path], None]]:
    """A hub cache that is all the library can see, with both DINO models of the paper; puts in others on call."""
    constants = pytest.importorskip("huggingface_hub.constants")
    from outgrow import hub as source

    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))

    def put(repository: str, folder: Path) -> None:
        commit = hashlib.sha1(repository.encode()).hexdigest()
        place = cache / f"models--{repository.replace('/', '--')}"
        (place / "refs").mkdir(parents=True)
        (place / "refs" / "main").write_text(commit)
        snapshot = place / "snapshots" / commit
        snapshot.mkdir(parents=True)
        for file in folder.iterdir():
            (snapshot / file.name).symlink_to(file)

    put("Ramos-Ramos/dino-resnet-50", tiny_eye("resnet", pickled=True))
    put("facebook/dino-vitb8", tiny_eye("vit"))
    source.commit.cache_clear()
    yield put
    source.commit.cache_clear()


CLASSES = 1_000


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """ImageNet's two archives with 120 tiny photographs of 4 of the 1,000 classes."""
    scipy_io = pytest.importorskip("scipy.io")
    root = tmp_path / "imagenet"
    root.mkdir()
    rng = np.random.default_rng(0)
    numbers = rng.permutation(CLASSES) + 1  # the development kit has its own order
    fields = ["ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height"]
    synsets = np.zeros((CLASSES + 3, 1), dtype=[(field, object) for field in fields])
    for i in range(CLASSES + 3):
        leaf = i < CLASSES
        number = int(numbers[i]) if leaf else i + 1
        words = f"thing {i // 2}, some thing"  # pairs of classes share their words
        children = np.zeros((1, 0)) if leaf else np.array([[1.0, 2.0]])
        row = (float(number), f"n{i:08}", words, "a gloss", float(children.size), children, float(not leaf))
        synsets[i, 0] = row
    stream = io.BytesIO()
    scipy_io.savemat(stream, {"synsets": synsets}, do_compression=True)
    shown = [7, 300, 301, 999]  # classes in our order
    labels = rng.permutation([shown[i % 4] for i in range(120)])
    truth = "".join(f"{numbers[label]}\n" for label in labels)
    with tarfile.open(root / "ILSVRC2012_devkit_t12.tar.gz", "w:gz") as tar:
        for name, content in {
            "meta.mat": stream.getvalue(),
            "ILSVRC2012_validation_ground_truth.txt": truth.encode(),
        }.items():
            member = tarfile.TarInfo(f"ILSVRC2012_devkit_t12/data/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    with tarfile.open(root / "ILSVRC2012_img_val.tar", "w:") as tar:
        for i in rng.permutation(120):  # not in the order of their numbers
            content = packed(picture(int(i), size=(70, 66), colour=shown.index(labels[i]) % 3), "JPEG")
            member = tarfile.TarInfo(f"ILSVRC2012_val_{i + 1:08}.JPEG")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (root / "labels.json").write_text(json.dumps([int(label) for label in labels]))
    return root
