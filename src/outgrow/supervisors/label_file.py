"""Weak labels out of a file: people, an API, labelling functions, any program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.errors import ConfigError
from outgrow.learning.objective import Transform
from outgrow.methods.transforms.mean import Mean
from outgrow.spec import plain, spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.tasks.base import Kind, Output
from outgrow.tasks.sources.label_values import Values
from outgrow.tasks.sources.labels import content, read_labels

if TYPE_CHECKING:
    import numpy as np


@supervisors.register(
    "labels",
    about="weak labels or probabilities by example id, out of a table of your own",
    source="a file of your own",
)
@spec
class LabelFile(Supervisor):
    """A weak supervisor that is no model: a table with a column `id` and either `label` or one column per class.

    Args:
        path: a table of any form that tasks read. `label` holds a class name or number, or nothing, -1 or `abstain`;
            columns named as the classes, or 0, 1 and so on, hold probabilities that sum to one. Every example of
            transfer, validation and test needs a row.
        columns: several columns of labels in place of `label`, each of a labeller.
        annotator: a column that says whose label a row is; rows of one example are labels of several labellers.
        values: whether labels are `names` or `numbers` of classes, where both fit; `auto` finds out.
        rule: the transform that makes one answer of several labellers, such as `mean` or `vote`.
    """

    name: ClassVar[str] = "labels"
    learns: ClassVar[bool] = False
    path: str
    columns: tuple[str, ...] = ()
    annotator: str = ""
    values: Values = "auto"
    rule: Transform = Mean()

    def __post_init__(self) -> None:
        if len(set(self.columns)) < len(self.columns) or (self.annotator and len(self.columns) > 1):
            raise ConfigError(
                f"columns = {list(self.columns)}: several columns are of one labeller each: name each once, and leave "
                "annotator out"
            )

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return frozenset({"classification", "preference"})

    @property
    def label(self) -> str:
        several = ", ".join(self.columns) if len(self.columns) > 1 else self.annotator
        return f"labels: {self.rule.label} of {several}" if several else "labels"

    def identity(self) -> dict[str, Any]:
        how = {"columns": list(self.columns), "annotator": self.annotator, "values": self.values}
        return {"family": "labels", "content": content(self.path), **how, "rule": plain(self.rule)}

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.given(self, data)

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """Probabilities float32 [labellers, n, classes] of these examples, and notes."""
        said = read_labels(
            self.path, ids, output, known=known, columns=self.columns, annotator=self.annotator, values=self.values
        )
        return said.votes, said.notes
