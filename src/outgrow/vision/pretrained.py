"""Vision backbones of transformers: ViT, DINO, DINOv2, ResNet, MobileNet and the like."""

from __future__ import annotations

import inspect
import json
import math
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from outgrow.errors import ConfigError, DataError
from outgrow.hub import AGAIN, check_whole, one_error, transformers_library
from outgrow.learning.machine import give_back_freed_memory
from outgrow.tasks.sources.images import IMAGENET, Triple

Pooling = Literal["auto", "cls", "mean"]
MOST_LAYERS = 1_000


class Backbone(nn.Module):
    """Images to one vector each: the CLS token's or the mean over patches, of convolutional networks the mean.

    Args:
        model: a vision model of transformers.
        pooling: `auto` takes the CLS token where there is one.
        resolution: of the images; the positions of another one than in pretraining are interpolated.
    """

    def __init__(self, model: Any, *, pooling: Pooling, resolution: int) -> None:
        super().__init__()
        self.model = model
        has_cls = getattr(getattr(model, "embeddings", None), "cls_token", None) is not None
        if pooling == "cls" and not has_cls:
            raise ConfigError('pooling = "cls": this network has no CLS token; use "mean"')
        self._cls = has_cls and pooling != "mean"
        self._before = int(has_cls) + (getattr(model.config, "num_register_tokens", 0) or 0)  # tokens before patches
        known = getattr(model.config, "image_size", resolution)
        other = resolution not in (known if isinstance(known, (list, tuple)) else [known])
        asks = "interpolate_pos_encoding" in inspect.signature(model.forward).parameters  # others do it unasked
        self._options = {"interpolate_pos_encoding": True} if asks and other else {}

    def forward(self, images: Tensor) -> Tensor:
        states: Tensor = self.model(pixel_values=images, **self._options).last_hidden_state
        if states.ndim == 4:
            return states.mean((2, 3))
        return states[:, 0] if self._cls else states[:, self._before :].mean(1)

    def tokens(self, resolution: int) -> int:
        """Patches of an image; 0 of a network that has none."""
        patch = getattr(self.model.config, "patch_size", None)
        side = patch[0] if isinstance(patch, (list, tuple)) else patch
        return (resolution // side) ** 2 if side else 0


def load(folder: Path, *, pooling: Pooling, resolution: int) -> Backbone:
    """Load float32 weights out of a folder; DataError if it holds no vision model, or not all of its weights."""
    transformers = transformers_library()
    config = _config(folder)
    safe = any(folder.glob("*.safetensors"))
    give_back_freed_memory()
    with one_error(f"the weights in {folder} cannot be read as {folder / 'config.json'} says"):
        model, found = transformers.AutoModel.from_pretrained(
            folder, config=config, dtype=torch.float32, use_safetensors=safe, weights_only=True,
            trust_remote_code=False, output_loading_info=True,
        )  # fmt: skip
    _sees(model, folder)
    missing = sorted(name for name in found["missing_keys"] if not name.startswith("pooler."))
    if missing:  # transformers would make them up
        raise DataError(
            f"the weights in {folder} lack {len(missing):,} of the model's, such as {missing[0]}; config.json and "
            f"weights belong to different models, or files are missing: {AGAIN}"
        )
    if any(True for _ in getattr(model, "pooler", nn.Identity()).parameters()):
        model.pooler = None  # never used, and not part of every checkpoint
    return _tried(model, folder, pooling=pooling, resolution=resolution)


def normalisation(folder: Path) -> tuple[Triple, Triple]:
    """Mean and deviation of colours out of a folder's preprocessor_config.json; ImageNet's where it has none."""
    file = folder / "preprocessor_config.json"
    if not file.is_file():
        return IMAGENET
    try:
        found = json.loads(file.read_text())
        mean, deviation = (found.get(name) for name in ("image_mean", "image_std"))
        if mean is None or deviation is None:
            return IMAGENET
        (a, b, c), (d, e, f) = (map(float, values) for values in (mean, deviation))
        if not all(map(math.isfinite, (a, b, c, d, e, f))) or min(d, e, f) <= 0:
            raise ValueError(f"image_mean = {mean}, image_std = {deviation}")
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DataError(f"{file} does not say how images are normalised: {error}; {AGAIN}") from error
    return (a, b, c), (d, e, f)


@cache
def multiplications(folder: Path, resolution: int) -> float:
    """Multiply-accumulates of one image, counted on a network without weights."""
    from torch.utils.flop_counter import FlopCounterMode

    config = _config(folder)
    with torch.device("meta"):
        with one_error(f"no network can be made as {folder / 'config.json'} says"):
            model = transformers_library().AutoModel.from_config(config)
        _sees(model, folder)
        with FlopCounterMode(display=False) as counter:
            _tried(model, folder, pooling="auto", resolution=resolution)
    return float(counter.get_total_flops() / 2)


def _tried(model: Any, folder: Path, *, pooling: Pooling, resolution: int) -> Backbone:
    """The backbone, once it has seen an image."""
    with one_error(f"the network in {folder} cannot be run on {resolution} pixels as its config.json says"):
        backbone = Backbone(model, pooling=pooling, resolution=resolution).eval()
        with torch.no_grad():
            backbone(torch.zeros(1, 3, resolution, resolution))
        return backbone


def _config(folder: Path) -> Any:
    check_whole(folder)
    file = folder / "config.json"
    with one_error(f"{file}: {folder} holds no model that transformers knows"):
        told = json.loads(file.read_bytes())
        for name in ("num_hidden_layers", "num_layers", "depths"):  # a damaged one would be built for hours
            if np.sum(told.get(name) or 0) > MOST_LAYERS:
                raise DataError(f"{file} says {name} = {told[name]}; {AGAIN}")
        return transformers_library().AutoConfig.from_pretrained(folder, trust_remote_code=False)


def _sees(model: Any, folder: Path) -> None:
    if getattr(model, "main_input_name", "") != "pixel_values":
        raise DataError(f"{folder} holds a {type(model).__name__}, which does not take images; choose a vision model")
