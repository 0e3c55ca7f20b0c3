"""Any vision backbone of transformers, by its repository or folder."""

from __future__ import annotations

from functools import partial

from outgrow.models.base import models
from outgrow.models.bases.vision import VisionModel

models.add(
    "vision",
    partial(VisionModel, name="vision"),
    about="any vision backbone of transformers: path = hub repository or folder",
    source="the model hub, or files of your own",
)
