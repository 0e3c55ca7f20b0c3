"""What is said of rows: label, probability, and the probability of every class, as columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outgrow.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from outgrow.student import Student


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Answers to the rows of a chunk.

    Args:
        labels: of each row; "" where there is none.
        values: float32 [n, 1 + classes], the label's probability and those of all classes; NaN where there is none.
    """

    labels: list[str]
    values: np.ndarray

    def joined(self, labels: Sequence[str], delimiter: str) -> list[str]:
        """Of each row the label, as it is to be written, and the numbers; nothing stands for one that is not there.

        Numbers are the shortest texts that are read back as the same. Arrow makes them, many times as fast as Python.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        columns = [pa.array(labels, pa.string()), *(column.fill_null("") for column in self._written())]
        found: list[str] = pc.binary_join_element_wise(*columns, delimiter).to_pylist()
        return found

    def json_texts(self) -> list[list[str]]:
        """The numbers as texts, `null` where there is none."""
        return [column.fill_null("null").to_pylist() for column in self._written()]

    def arrays(self) -> list[Any]:
        """Arrow's arrays: the labels, and float32 of each column of `values`; null where there is none."""
        import pyarrow as pa

        return [pa.array([label or None for label in self.labels], pa.string()), *self._numbers()]

    def _numbers(self) -> list[Any]:
        import numpy as np
        import pyarrow as pa

        missing = np.isnan(self.values[:, 0])
        return [pa.array(column, mask=missing) for column in np.ascontiguousarray(self.values.T)]

    def _written(self) -> list[Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        return [pc.cast(numbers, pa.string()) for numbers in self._numbers()]


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the added columns are called."""

    label: str
    values: Sequence[str]

    @classmethod
    def of(cls, student: Student, prefix: str) -> Names:
        """`label`, `probability`, and `p_CLASS` of every class, behind a prefix."""
        values = ["probability", *(f"p_{name}" for name in classes_of(student))]
        return cls(label=f"{prefix}label", values=[prefix + one for one in values])

    @property
    def all(self) -> list[str]:
        """In order."""
        return [self.label, *self.values]

    def check(self, columns: Sequence[str]) -> None:
        """ConfigError if the input has such a column."""
        if taken := [name for name in self.all if name in columns]:
            raise ConfigError(
                f"the input has a column {taken[0]!r} already; say --prefix NAME_, so that the new columns are called "
                f"NAME_{self.label} and so on"
            )

    def json_form(self) -> str:
        """The end of a JSON object, with %s in place of the values."""
        return ", ".join(f"{json.dumps(name, ensure_ascii=False).replace('%', '%%')}: %s" for name in self.all) + "}"


def classes_of(student: Student) -> list[str]:
    """Names of the classes; of preference, which candidate is better."""
    return ["first", "second"] if student.output.kind == "preference" else student.classes


def answered(n: int, places: np.ndarray, answers: np.ndarray, classes: Sequence[str]) -> tuple[Answered, int]:
    """Answers [m, classes] to some rows of n, and how many of them are ties between classes: the first is named."""
    import numpy as np

    values = np.full((n, 1 + len(classes)), np.nan, np.float32)
    values[places, 1:] = answers
    values[places, 0] = best = answers.max(1, initial=0)
    labels = np.full(n, "", object)
    labels[places] = np.array(classes, object)[answers.argmax(1)]
    return Answered(labels=labels.tolist(), values=values), int(((answers == best[:, None]).sum(1) > 1).sum())
