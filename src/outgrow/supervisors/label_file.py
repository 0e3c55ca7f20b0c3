"""Weak labels out of a file: people, labelling functions, any program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from outgrow.learning.objective import Transform
from outgrow.methods.transforms.mean import Mean
from outgrow.spec import plain, spec
from outgrow.supervisors.base import ById, supervisors
from outgrow.tasks.base import Output
from outgrow.tasks.sources.label_values import Values
from outgrow.tasks.sources.labels import OPTIONS, check_options, content, read_labels


@supervisors.register("labels", about="labels or probabilities by id, out of a file", source="a table of your own")
@spec
class LabelFile(ById):
    """A weak supervisor that is no model: a table with a column `id` and either `label` or one column per class.

    Args:
        path: a table with a row for every example of transfer, validation and test. `label` holds a class's name or
            number, or nothing, -1 or `abstain`; columns named as classes, or 0, 1 and so on, hold probabilities.
        columns: several columns of labels in place of `label`, each of a labeller.
        annotator: a column that says whose label a row is; rows of one example are labels of several labellers.
        values: whether labels are `names` or `numbers` of classes, where both fit; `auto` finds out.
        encoding, delimiter: as of the tasks `csv` and `jsonl`.
        rule: the transform that makes one answer of several labellers, such as `mean` or `vote`.
    """

    name: ClassVar[str] = "labels"
    path: str
    columns: tuple[str, ...] = ()
    annotator: str = ""
    values: Values = "auto"
    encoding: str = ""
    delimiter: str = ""
    rule: Transform = Mean()

    def __post_init__(self) -> None:
        check_options(**{one: getattr(self, one) for one in OPTIONS})

    @property
    def label(self) -> str:
        several = ", ".join(self.columns) if len(self.columns) > 1 else self.annotator
        return f"labels: {self.rule.label} of {several}" if several else "labels"

    def identity(self) -> dict[str, Any]:
        how = {one: plain(getattr(self, one)) for one in (*OPTIONS, "rule")}
        return {"family": "labels", "content": content(self.path), **how}

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        return read_labels(self.path, ids, output, known=known, **{one: getattr(self, one) for one in OPTIONS})
