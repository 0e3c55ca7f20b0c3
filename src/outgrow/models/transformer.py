"""Any language model of transformers, by its repository or folder."""

from __future__ import annotations

from functools import partial

from outgrow.models.base import models
from outgrow.models.bases.language import LanguageModel

models.add(
    "transformer",
    partial(LanguageModel, name="transformer"),
    about="any causal language model or encoder: path = hub repository or folder",
    source="the model hub, or files of your own",
)
