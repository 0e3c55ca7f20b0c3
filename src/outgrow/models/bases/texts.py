"""What models of texts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outgrow.models.base import Model, seen
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    import numpy as np


class TextModel(Model):
    """A model that reads texts and nothing else."""

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        from outgrow.tasks.sources.images import MARK

        if inputs.dtype != object:
            return f"reads texts, and the task has {seen(inputs)}"
        images = str(inputs.reshape(-1)[0]).startswith(MARK)
        return "reads texts, and the task has images" if images else ""
