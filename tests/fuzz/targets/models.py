"""Folders of models: configuration, tokenizer and weights, as far as one batch."""

from __future__ import annotations

import json
import struct
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import altered, written

FAMILIES = ("gpt2", "bert", "llama")
BIG = ("vocab_size", "hidden_size", "n_embd", "n_positions", "max_position_embeddings", "intermediate_size", "n_layer")


@cache
def _model(family: str) -> dict[str, bytes]:
    """The files of a tiny model."""
    import sys

    sys.path.insert(0, str(Path(__file__).parents[2] / "plugins"))
    import tiny_models

    with tempfile.TemporaryDirectory() as folder:
        tiny_models.save(family, Path(folder), layers=1)
        return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


@cache
def _vision() -> dict[str, bytes]:
    """The files of a tiny network that sees."""
    import transformers

    kind: Any = transformers
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    with tempfile.TemporaryDirectory() as folder:
        kind.ViTModel(kind.ViTConfig(**sizes, image_size=32, patch_size=16)).save_pretrained(folder)
        (Path(folder) / "preprocessor_config.json").write_text(
            '{"image_mean": [0.5, 0.5, 0.5], "image_std": [1, 1, 1]}'
        )
        return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def _prepare() -> None:
    from outgrow.hub import transformers_library

    transformers_library()
    for family in FAMILIES:
        _model(family)


def _prepare_vision() -> None:
    from outgrow.hub import transformers_library

    transformers_library()
    _vision()


def tensors(rng: Rng, data: bytes) -> bytes:
    """A file of safetensors with another header, or other numbers."""
    if rng.random() < 0.5:
        return damaged(rng, data, most=2)
    try:
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + length])
        names = [one for one in header if one != "__metadata__" and "shape" in header[one]]
    except (struct.error, ValueError, TypeError):  # damaged already
        return damaged(rng, data, most=2)
    if names and rng.random() < 0.4:
        name = rng.choice(names)
        entry = header[name]
        way = rng.randrange(4)
        if way == 0:
            entry["shape"] = [*entry["shape"]][::-1]
        elif way == 1:
            entry["dtype"] = rng.choice(("F16", "I8", "U8", "BF16", "F64", "BOOL", "F8_E4M3", "X"))
        elif way == 2:
            entry["shape"] = [1, *entry["shape"]]
        else:
            header["other." + name] = header.pop(name)
    else:
        header = altered(rng, header)
    made = written(rng, header)
    return struct.pack("<Q", len(made)) + made + data[8 + length :]


def _damage(rng: Rng, files: dict[str, bytes]) -> dict[str, bytes]:
    files = dict(files)
    for _ in range(rng.randint(1, 2)):
        name = rng.choice(list(files))
        way = rng.random()
        if name.endswith(".json") and way < 0.75:
            try:
                tree = json.loads(files[name])
            except ValueError:
                continue
            if name == "config.json" and rng.random() < 0.5:
                key = rng.choice(list(tree))
                if key not in BIG or rng.random() < 0.1:
                    tree[key] = rng.choice(
                        (0, -1, 1, 3, 0.5, None, "", "x", [], {}, True, [1], {"a": 1}, "gpt2", 1_000)
                    )
                else:
                    tree[key] = rng.choice((0, -1, 1, 7, 100, None, "32", [32]))
            else:
                tree = altered(rng, tree, most=2)
            files[name] = written(rng, tree)
        elif name.endswith(".safetensors"):
            files[name] = tensors(rng, files[name])
        elif way < 0.9:
            files[name] = damaged(rng, files[name], most=2)
        else:
            del files[name]
    if rng.random() < 0.1:
        files["modeling_x.py"] = b"raise SystemExit('code of a model was run')\n"
        config = json.loads(files.get("config.json", b"{}") or b"{}") if rng.random() < 0.9 else {}
        if isinstance(config, dict):
            config["auto_map"] = {
                one: f"modeling_x.X{one}" for one in ("AutoConfig", "AutoModel", "AutoModelForCausalLM")
            }
            config["model_type"] = rng.choice((config.get("model_type"), "mine"))
            files["config.json"] = json.dumps(config).encode()
    return files


def _text(rng: Rng) -> Case | None:
    try:
        files = _damage(rng, _model(rng.choice(FAMILIES)))
    except (ValueError, RecursionError):
        return None
    training = rng.choice(("full", "full", "probe", "lora"))
    kind = rng.choice(("classification", "preference", "generation"))
    return Case(files, {"layers": rng.choice((0, 0, 1)), "training": training, "kind": kind})


def _read_text(case: Case, folder: Path) -> None:
    import numpy as np
    import torch

    from outgrow.models.base import models
    from outgrow.tasks.base import Output

    made: Any = models["transformer"]
    model = made(path=str(folder), layers=case.options["layers"], max_length=16, training=case.options["training"])
    model.identity()
    model.cost  # noqa: B018
    kind = case.options["kind"]
    output = Output(kind=kind, n_classes=2, class_names=("good", "bad"))
    texts = np.array([["a good film", "a bad one"], ["", "\u2028 é"]], dtype=object)
    torch.manual_seed(0)
    if case.options["training"] == "probe" and kind != "generation":
        network = model.extractor().build(output)
    else:
        network = model.build(output, seed=0)
    rows = network.encode(texts if kind == "preference" else texts[:, 0])
    if kind == "generation":  # asks for answers besides
        return
    with torch.inference_mode():
        network.eval()(rows.batch(np.arange(2), torch.device("cpu")))


def _image(rng: Rng) -> Case | None:
    try:
        return Case(_damage(rng, _vision()))
    except (ValueError, RecursionError):
        return None


def _read_image(case: Case, folder: Path) -> None:
    import numpy as np
    import torch

    from outgrow.models.base import models

    made: Any = models["vision"]
    model = made(path=str(folder), resolution=32)
    model.identity()
    model.cost  # noqa: B018
    network = model.feature_network()
    images = network.encode(np.zeros((2, 32, 32, 3), np.uint8))
    with torch.inference_mode():
        network.eval()(images.batch(np.arange(2), torch.device("cpu")))


HEAVY: dict[str, Any] = {"seconds": 20.0, "mebibytes": 800, "share": 0.04}
add("models", _text, _read_text, prepare=_prepare, **HEAVY)
add("vision-models", _image, _read_image, prepare=_prepare_vision, **HEAVY)


def _bare(rng: Rng) -> Case | None:
    """Weights alone, and what is asked of them: sizes that fit, and others."""
    import numpy as np
    from safetensors.numpy import save

    data = save({"a": np.zeros((2, 3), np.float32), "b": np.arange(3)})
    return Case({"w.safetensors": tensors(rng, data)})


def _read_bare(case: Case, folder: Path) -> None:
    from outgrow.models.base import models

    made: Any = models["alexnet"]
    made(path=str(folder / "w.safetensors")).weights()
    from outgrow.vision.alexnet import _read

    _read(str(folder / "w.safetensors"))


add("weights", _bare, _read_bare, share=0.3)
