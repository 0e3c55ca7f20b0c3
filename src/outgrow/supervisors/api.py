"""Weak labels of a language model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.supervisors.base import supervisors
from outgrow.supervisors.bases.served_model import ServedModel


@supervisors.register(
    "api", about="a language model behind an OpenAI-compatible endpoint", source="chat completions, as many serve them"
)
@spec
class Api(ServedModel):
    """The model that an OpenAI-compatible endpoint serves, asked by chat completions."""

    name: ClassVar[str] = "api"
